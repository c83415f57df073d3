"""What goes with a user or group: bindings that name it, memberships, application credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dicot import names
from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.identity import grants, people
from dicot.identity.application_credentials import bindings as credential_bindings
from dicot.identity.assignments.bindings import unbind
from dicot.identity.kinds import APPLICATION_CREDENTIALS, GROUPS, TRUSTS
from dicot.identity.trusts.handlers import withdraw
from dicot.kube import errors as kube
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


async def of_place(cluster: Cluster, caller: Caller, noun: str, identity: str) -> None:
    """Remove the bindings over the cluster that give roles on, or below, a domain or project that is deleted."""
    label = names.id_label(noun)
    found = [
        one
        for one in cluster.cache(CLUSTER_ROLE_BINDINGS).all()
        if names.labels_of(one).get(label) == identity and (grants.domain_role_of(one) or grants.below_project(one))
    ]
    await asyncio.gather(*(cluster.delete(caller, CLUSTER_ROLE_BINDINGS, one) for one in found))


async def of_user(cluster: Cluster, caller: Caller, user_id: str) -> None:
    """Remove what would be left of a user that is deleted."""
    credentials = people.application_credentials_of(cluster, user_id)
    await asyncio.gather(
        of_subject(cluster, caller, f"User:{grants.kube_user(user_id)}"),
        *(leave(cluster, caller, group, user_id) for group in people.groups_of(cluster, user_id)),
        *(_end(cluster, caller, credential) for credential in credentials),
        *(withdraw(cluster, trust) for trust in cluster.cache(TRUSTS).find("user", user_id)),
    )


async def _end(cluster: Cluster, caller: Caller, credential: Json) -> None:
    await cluster.delete(caller, APPLICATION_CREDENTIALS, credential)
    await credential_bindings.remove(cluster, credential)


async def leave(cluster: Cluster, caller: Caller, group: Json, user_id: str) -> None:
    """Take a user out of a group."""
    await change_members(cluster, caller, group, lambda members: [one for one in members if one != user_id])


async def change_members(
    cluster: Cluster, caller: Caller, group: Json, change: Callable[[list[str]], list[str]]
) -> None:
    """Change who is in a group; a lost race is decided anew, so that no other change is lost."""
    for attempt in range(1, RETRIES + 1):
        members = group["spec"].get("members") or []
        wanted = change(members)
        if wanted == members:
            return
        meta = group["metadata"]
        patch = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"members": wanted}}
        try:
            await cluster.patch(caller, GROUPS, meta["name"], patch)
            return
        except kube.Conflict:
            if attempt == RETRIES:
                raise
        group = await cluster.reread(caller, GROUPS, group)


def group_key(group: Json) -> str:
    """Return what bindings file a group under."""
    return f"Group:{grants.kube_group(names.identity_of(group, 'group'))}"
