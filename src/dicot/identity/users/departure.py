"""What goes with a user or group: bindings that name it, memberships, application credentials."""

from __future__ import annotations

import asyncio
from typing import Any

from dicot import names
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.identity import grants, people
from dicot.identity.assignments.bindings import unbind
from dicot.identity.kinds import APPLICATION_CREDENTIALS, GROUPS
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS

Json = dict[str, Any]


async def of_subject(cluster: Cluster, caller: Caller, key: str) -> None:
    """Take a subject out of every binding that gives it a role."""
    system = cluster.cache(CLUSTER_ROLE_BINDINGS)
    over_cluster = [*system.find("subject", key), *system.find("domain-subject", key)]
    in_projects = cluster.cache(ROLE_BINDINGS).find("subject", key)
    await asyncio.gather(
        *(unbind(cluster, caller, CLUSTER_ROLE_BINDINGS, binding, key) for binding in over_cluster),
        *(unbind(cluster, caller, ROLE_BINDINGS, binding, key) for binding in in_projects),
    )


async def of_user(cluster: Cluster, caller: Caller, user_id: str) -> None:
    """Remove what would be left of a user that is deleted."""
    credentials = people.application_credentials_of(cluster, user_id)
    await asyncio.gather(
        of_subject(cluster, caller, f"User:{grants.kube_user(user_id)}"),
        *(leave(cluster, caller, group, user_id) for group in people.groups_of(cluster, user_id)),
        *(cluster.delete(caller, APPLICATION_CREDENTIALS, credential) for credential in credentials),
    )


async def leave(cluster: Cluster, caller: Caller, group: Json, user_id: str) -> None:
    """Take a user out of a group; the test makes a lost race a Conflict, not a lost member."""
    members = group["spec"].get("members") or []
    patch: list[Json] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": group["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/spec/members", "value": [one for one in members if one != user_id]},
    ]
    await cluster.patch(caller, GROUPS, group["metadata"]["name"], patch)


def group_key(group: Json) -> str:
    """Return what bindings file a group under."""
    return f"Group:{grants.kube_group(names.identity_of(group, 'group'))}"
