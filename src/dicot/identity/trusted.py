"""What a trust is worth at this moment: it, and all that it was redelegated from. Reads only."""

from __future__ import annotations

import time
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.identity.kinds import TRUSTS
from dicot.identity.times import stamp

Json = dict[str, Any]

CHAIN_MOST = 16
"""How many trusts are followed upwards: more than Keystone ever lets be redelegated."""


def find(cluster: Cluster, trust_id: str) -> Json | None:
    """Return a trust that has not ended."""
    found = cluster.cache(TRUSTS).find("id", trust_id)
    if not found or "deletionTimestamp" in found[0]["metadata"]:
        return None
    expires_at = found[0]["spec"].get("expiresAt")
    return found[0] if expires_at is None or expires_at > stamp(time.time()) else None


def line(cluster: Cluster, trust_id: str) -> list[Json]:
    """Return a trust and those it was redelegated from, the first last; empty if any of them has ended."""
    found: list[Json] = []
    above: str | None = trust_id
    while above:
        one = find(cluster, above)
        if one is None or len(found) >= CHAIN_MOST:
            return []
        found.append(one)
        above = one["spec"].get("redelegatedTrustId")
    return found


def ends(found: list[Json]) -> str | None:
    """Return when a line of trusts ends, None if never."""
    return min((one["spec"]["expiresAt"] for one in found if one["spec"].get("expiresAt")), default=None)


def redelegations(cluster: Cluster, trust_id: str) -> list[Json]:
    """Return the trusts that were redelegated from one."""
    return cluster.cache(TRUSTS).find("redelegated-from", trust_id)


def user_ids(obj: Json) -> tuple[str, str]:
    """Return the ids of trustor and trustee."""
    return obj["spec"]["trustorUserId"], obj["spec"]["trusteeUserId"]


def by_user(obj: Json) -> tuple[str, ...]:
    """Index a trust by its trustor and its trustee."""
    return tuple(dict.fromkeys(user_ids(obj)))


def by_origin(obj: Json) -> tuple[str, ...]:
    """Index a trust by the one that it was redelegated from."""
    above = obj["spec"].get("redelegatedTrustId")
    return (above,) if above else ()


def id_of(obj: Json) -> str:
    """Return the id of a trust."""
    return names.identity_of(obj, "trust")
