"""OpenStack -> Kubernetes for keypairs, and what a Secret says of one. Pure."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from dicot import names

Json = dict[str, Any]

PREFIX = "keypair.dicot.io/"
OWNER = "dicot.io/keypair-of"
"""Label: the user whose keypair it is."""
SECRET_TYPE = "dicot.io/keypair"  # noqa: S105 - a type, not a secret
_FIELD = "public-key"


class Keypair(msgspec.Struct, frozen=True, kw_only=True):
    """A keypair as Dicot knows it; the private key is never among it."""

    name: str
    public_key: str
    fingerprint: str
    type: str = "ssh"
    user_id: str = ""
    uid: str = ""
    created: str = ""
    """As Kubernetes writes times: `2026-11-22T06:46:11Z`."""


def secret_name(user_id: str, name: str) -> str:
    """Name the Secret of a user's keypair: names of keypairs know upper case and spaces, so a digest follows."""
    return f"keypair-{names.slug(name, 20)}-{names.derived_hex('keypair', user_id, name)}"


def secret(keypair: Keypair, user: Json | None) -> Json:
    """Return the Secret that is this keypair; it goes when the user goes, if Dicot knows the user as an object."""
    owners: list[Json] = [] if user is None else [_owner(user)]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(keypair.user_id, keypair.name),
            "labels": {**names.MANAGED_BY, OWNER: keypair.user_id},
            "ownerReferences": owners,
            "annotations": {
                names.NAME: keypair.name,
                f"{PREFIX}type": keypair.type,
                f"{PREFIX}fingerprint": keypair.fingerprint,
            },
        },
        "type": SECRET_TYPE,
        "data": {_FIELD: base64.b64encode(keypair.public_key.encode()).decode()},
    }


def _owner(user: Json) -> Json:
    meta = user["metadata"]
    return {"apiVersion": user["apiVersion"], "kind": user["kind"], "name": meta["name"], "uid": meta["uid"]}


def keypair(stored: Json) -> Keypair:
    """Read a keypair back from its Secret."""
    meta, facts = stored["metadata"], names.annotations_of(stored)
    return Keypair(
        name=names.display_name(stored),
        public_key=base64.b64decode((stored.get("data") or {}).get(_FIELD, "")).decode(),
        fingerprint=facts.get(f"{PREFIX}fingerprint", ""),
        type=facts.get(f"{PREFIX}type", "ssh"),
        user_id=names.labels_of(stored).get(OWNER, ""),
        uid=meta["uid"],
        created=meta["creationTimestamp"],
    )
