"""The Fernet keys that seal tokens: one Secret for all replicas, made at first start, followed while running.

Reads and makes the Secret; rotation belongs to dicot.reconcile. No other key is known here.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from typing import Any

import structlog

from dicot import names
from dicot.api.errors import Unavailable
from dicot.api.token import Sealer, is_key, new_key
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import SECRETS
from dicot.kube.watch import BackOff

Json = dict[str, Any]

NAME = "dicot-fernet-keys"
ROTATED_AT = "dicot.io/rotated-at"
"""Annotation: when the newest key was made, in seconds since the epoch."""
WATCH_S = 240.0
AGAIN_S, AGAIN_MOST_S = 1.0, 15.0
"""Pauses after a watch that broke, or a Secret that could not be read: they grow."""
_SELECTION = f"metadata.name={NAME}"

log = structlog.get_logger(__name__)


class Keyring:
    """The keys as they are now; `sealer` changes when the Secret does."""

    def __init__(self, client: Client, namespace: str) -> None:
        """Know where the Secret lives; nothing is read yet."""
        self._client = client
        self._namespace = namespace
        self._sealer: Sealer | None = None
        self.generation = 0
        self.problem = "they have not been read yet"
        """Why the keys cannot be followed now; "" if they can."""

    @property
    def ready(self) -> bool:
        """Tell whether there are keys."""
        return self._sealer is not None

    @property
    def sealer(self) -> Sealer:
        """Return what seals and opens tokens; Unavailable until the keys have been read."""
        if self._sealer is None:
            raise Unavailable("The keys of tokens have not been read yet.")
        return self._sealer

    async def follow(self) -> None:
        """Keep up with the Secret for ever; a broken watch or an absent namespace is tried again."""
        back_off = BackOff(AGAIN_S, AGAIN_MOST_S)
        while True:
            try:
                secret, revision = await self._read()
                if secret is None:
                    await self._make()
                    continue
                self._take(secret)
                self.problem = ""
                back_off.reset()
                await self._watch(revision)
            except kube.KubeError as error:
                self.problem = str(error)
                log.warning("keys of tokens", error=self.problem)
                await asyncio.sleep(back_off.next_s())

    async def _read(self) -> tuple[Json | None, str]:
        """Return the Secret and from where to watch: the list's revision, since the Secret's own may have expired."""
        found, revision = await self._client.list(SECRETS, self._namespace, fields=_SELECTION)
        return (found[0] if found else None), revision

    async def _make(self) -> None:
        with contextlib.suppress(kube.AlreadyExists):  # another replica was faster: its keys are everyone's
            await self._client.create(SECRETS, manifest([new_key(), new_key()], time.time()), self._namespace)

    async def _watch(self, resource_version: str) -> None:
        events = self._client.watch(
            SECRETS,
            self._namespace,
            resource_version=resource_version,
            fields=_SELECTION,
            timeout_s=WATCH_S,
        )
        async for event in events:
            if event["type"] == "DELETED":  # all tokens end here; new keys are made by the next reading
                return
            if event["type"] != "BOOKMARK":
                self._take(event["object"])

    def _take(self, secret: Json) -> None:
        keys = keys_of(secret)
        if not keys:
            log.error("no usable key", secret=NAME)
        elif self._sealer is None or keys != self._sealer.keys:
            self._sealer = Sealer(keys)
            self.generation += 1


def by_age(secret: Json) -> list[str]:
    """Return the keys in a Secret, newest first; what is no key is left out."""
    data = secret.get("data") or {}
    numbered = sorted((name for name in data if name.isdecimal()), key=int, reverse=True)
    keys = (base64.b64decode(data[name]).decode("ascii", "replace") for name in numbered)
    return [key for key in keys if is_key(key)]


def keys_of(secret: Json) -> tuple[str, ...]:
    """Return the keys in a Secret, the one that seals first.

    The newest only opens: by the time that it seals, every replica has seen it.
    """
    staged, *others = by_age(secret) or [""]
    if not staged:
        return ()
    return (others[0], staged, *others[1:]) if others else (staged,)


def newest(secret: Json) -> int:
    """Return the number of the newest key; -1 if there is none."""
    return max((int(name) for name in secret.get("data") or {} if name.isdecimal()), default=-1)


def rotated_at(secret: Json) -> float:
    """Return when the newest key was made, in seconds since the epoch; 0 if nobody wrote it down."""
    text = names.annotations_of(secret).get(ROTATED_AT, "")
    return float(text) if text.isdecimal() else 0.0


def manifest(keys: list[str], made_at: float, after: int = -1) -> Json:
    """Return the Secret that holds keys, oldest first; the last one is numbered `after` + 1 at least."""
    first = max(after + 2 - len(keys), 0)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "labels": dict(names.MANAGED_BY),
            "annotations": {ROTATED_AT: str(int(made_at))},
        },
        "type": "identity.dicot.io/fernet-keys",
        "data": {str(number): base64.b64encode(key.encode()).decode() for number, key in enumerate(keys, start=first)},
    }
