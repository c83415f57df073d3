"""Hashes of passwords and application credentials' secrets: made and checked off the loop, kept in Secrets.

The only place that knows argon2. Never tells an unknown name from a wrong password by the time it takes.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dicot import names
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import SECRETS

Json = dict[str, Any]

# OWASP's second recommended setting: as strong as more memory and fewer passes, and 19 MiB a login.
ARGON2_MEMORY_KIB = 19 * 1024
ARGON2_PASSES = 2
ARGON2_LANES = 1
HASHES_AT_ONCE = 4
"""How many hashes are computed at the same time: bounds the memory that a storm of logins takes."""

SECRET_TYPE = "identity.dicot.io/hash"  # noqa: S105 - a type, not a secret
_FIELD = "argon2"


class Hasher:
    """Makes and checks argon2 hashes in threads."""

    def __init__(self) -> None:
        """Choose the parameters; no hash is computed yet."""
        self._argon2 = PasswordHasher(time_cost=ARGON2_PASSES, memory_cost=ARGON2_MEMORY_KIB, parallelism=ARGON2_LANES)
        self._turn = asyncio.Semaphore(HASHES_AT_ONCE)
        self._nobody = ""
        self.verifications = 0
        """How many hashes have been computed in order to check something."""

    async def hash(self, text: str) -> str:
        """Return the argon2 hash of a text, with its parameters and a new salt."""
        async with self._turn:
            return await asyncio.to_thread(self._argon2.hash, text)

    async def verify(self, hashed: str | None, text: str) -> bool:
        """Tell whether the text has this hash; without a hash it takes as long and is False."""
        self.verifications += 1
        async with self._turn:
            matches = await asyncio.to_thread(self._matches, hashed, text)
        return matches and hashed is not None

    def _matches(self, hashed: str | None, text: str) -> bool:
        if not self._nobody:  # once, and for whoever comes first
            self._nobody = self._argon2.hash(names.new_id())
        try:
            return self._argon2.verify(hashed or self._nobody, text)
        except (VerificationError, InvalidHashError):
            return False


def secret_name(noun: str, identity: str) -> str:
    """Return the name of the Secret that holds the hash of a user or an application credential."""
    return f"{noun}-{names.derived_hex(noun, identity)}"


def secret(noun: str, identity: str, hashed: str, owner: Json) -> Json:
    """Return the Secret of a hash; it goes when its owner goes."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(noun, identity),
            "labels": {**names.MANAGED_BY, names.id_label(noun): identity},
            "ownerReferences": [
                {
                    "apiVersion": owner["apiVersion"],
                    "kind": owner["kind"],
                    "name": owner["metadata"]["name"],
                    "uid": owner["metadata"]["uid"],
                }
            ],
        },
        "type": SECRET_TYPE,
        "data": {_FIELD: base64.b64encode(hashed.encode()).decode()},
    }


async def read(client: Client, namespace: str, noun: str, identity: str) -> str | None:
    """Return the stored hash, or None; one call in either case."""
    try:
        found = await client.get(SECRETS, secret_name(noun, identity), namespace)
    except kube.NotFound:
        return None
    data = found.get("data") or {}
    return base64.b64decode(data[_FIELD]).decode() if _FIELD in data else None


async def write(client: Client, namespace: str, noun: str, identity: str, hashed: str, owner: Json) -> None:
    """Store a hash, in place of an older one."""
    body = secret(noun, identity, hashed, owner)
    try:
        await client.create(SECRETS, body, namespace)
    except kube.AlreadyExists:
        await client.patch(SECRETS, body["metadata"]["name"], {"data": body["data"]}, namespace)
