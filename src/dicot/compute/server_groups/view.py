"""A server group as OpenStack shows it, at the newest microversion. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.compute.server_groups.manifest import NOUN

Json = dict[str, Any]


def server_group(group: Json, project_id: str, members: Iterable[str]) -> Json:
    """Show a group with the ids of its members."""
    spec = group["spec"]
    most = spec.get("maxServersPerHost")
    return {
        "id": names.identity_of(group, NOUN),
        "name": spec["name"],
        "policy": spec["policy"],
        "rules": {} if most is None else {"max_server_per_host": most},
        "members": list(members),
        "project_id": project_id,
        "user_id": spec.get("userId", ""),
    }
