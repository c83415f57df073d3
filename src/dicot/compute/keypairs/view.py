"""A keypair as OpenStack shows it, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot.compute.keypairs.manifest import Keypair

Json = dict[str, Any]

_ID_BITS = 31


def brief(keypair: Keypair) -> Json:
    """Show a keypair as lists do."""
    return {
        "keypair": {
            "name": keypair.name,
            "public_key": keypair.public_key,
            "fingerprint": keypair.fingerprint,
            "type": keypair.type,
        }
    }


def created(keypair: Keypair, private_key: str) -> Json:
    """Show a new keypair, with the private key if Dicot made it."""
    view = {**brief(keypair)["keypair"], "user_id": keypair.user_id}
    return {"private_key": private_key, **view} if private_key else view


def keypair(keypair: Keypair) -> Json:
    """Show one keypair in full; it is never shown deleted."""
    return {
        **brief(keypair)["keypair"],
        "user_id": keypair.user_id,
        "created_at": keypair.created.replace("Z", ".000000"),
        "deleted": False,
        "deleted_at": None,
        "id": int(keypair.uid.replace("-", "")[:8], 16) % 2**_ID_BITS,
        "updated_at": None,
    }
