"""Which roles there are: the built-in ones, and those made since. Reads only.

A role is called here by its name if it is built in, else by its id: that never changes and is no other role's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.identity import grants
from dicot.identity.kinds import IDENTITY_ROLES

Json = dict[str, Any]


def made(cluster: Cluster, role: str) -> Json | None:
    """Return the object of a role that was made through Keystone."""
    found = cluster.cache(IDENTITY_ROLES).find("id", role)
    return found[0] if found else None


def find(cluster: Cluster, role_id: str) -> str | None:
    """Return what the role of an id is called here; None if there is none."""
    if role_id in grants.ROLE_OF_ID:
        return grants.ROLE_OF_ID[role_id]
    return role_id if made(cluster, role_id) is not None else None


def named(cluster: Cluster, name: str) -> str | None:
    """Return what the role of a name is called here."""
    if name in grants.IMPLIED:
        return name
    found = cluster.cache(IDENTITY_ROLES).find("name", name)
    return names.identity_of(found[0], "role") if found else None


def name_of(cluster: Cluster, role: str) -> str:
    """Return the name of a role."""
    obj = None if role in grants.IMPLIED else made(cluster, role)
    return obj["spec"]["name"] if obj else role


def everyone(cluster: Cluster) -> list[str]:
    """Return all roles, the built-in ones first."""
    others = (names.identity_of(one, "role") for one in cluster.cache(IDENTITY_ROLES).all())
    return [*grants.ROLES, *sorted(others)]


def ordered(cluster: Cluster, roles: Iterable[str]) -> list[str]:
    """Put roles into the order in which they are listed; those that are gone are left out."""
    wanted = frozenset(roles)
    if wanted <= grants.IMPLIED.keys():
        return [role for role in grants.ROLES if role in wanted]
    return [role for role in everyone(cluster) if role in wanted]


def following(cluster: Cluster, role: str) -> list[str]:
    """Return the roles that one implies directly."""
    if role in grants.IMPLIED:
        return [grants.NEXT[role]] if role in grants.NEXT else []
    obj = made(cluster, role)
    return [one for one in (obj["spec"].get("implies") or ()) if made(cluster, one)] if obj else []


def implied(cluster: Cluster, roles: Iterable[str | None]) -> frozenset[str]:
    """Return the roles that there are, with all that they imply."""
    found: set[str] = set()
    left = [role for role in roles if role is not None]
    while left:
        role = left.pop()
        if role in grants.IMPLIED:
            found |= grants.IMPLIED[role]
        elif role not in found and made(cluster, role) is not None:
            found.add(role)
            left += following(cluster, role)
    return frozenset(found)


def brief(cluster: Cluster, roles: Iterable[str]) -> list[Json]:
    """Show roles as a token does: {id, name} of each."""
    return [{"id": grants.role_id(role), "name": name_of(cluster, role)} for role in ordered(cluster, roles)]
