"""What a narrowed application credential acts by: bindings of a Kubernetes user of its own. Dicot itself writes them.

A credential that stands for less than its user, who may have gained a role since, must not act with all of that user's
rights; one that stands for all of them acts as the user and has no bindings.
"""

from __future__ import annotations

import contextlib
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.identity import callers, grants, namespaces, people, roleset
from dicot.identity.application_credentials import manifest
from dicot.kube import errors as kube
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, Kind

Json = dict[str, Any]

KINDS = (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)


def wanted(cluster: Cluster, credential: Json) -> list[Json]:
    """Return the bindings that a credential must have now: those of its roles that its user still has."""
    spec = credential["spec"]
    namespace = namespaces.find(cluster, spec["projectId"])
    if namespace is None or callers.expired(credential) or people.user(cluster, spec["userId"]) is None:
        return []
    have = callers.roles_of_user(cluster, spec["userId"], namespace)
    if not callers.narrowed(cluster, credential, have):
        return []
    everywhere = callers.roles_in_system(cluster, grants.subject_keys(*callers.of_user(cluster, spec["userId"])))
    return [
        # Of the roles over the cluster only that of its administrators reaches beyond the project of a token.
        manifest.binding(credential, role, "" if role in everywhere & {grants.ADMIN} else namespace["metadata"]["name"])
        for role in roleset.ordered(cluster, have & roleset.implied(cluster, spec["roles"]))
    ]


async def keep(cluster: Cluster, credential: Json) -> None:
    """Remove the bindings that a credential must not have, and make those that are missing."""
    bodies = wanted(cluster, credential)
    for kind in KINDS:
        there = {one["metadata"]["name"]: one for one in _of(cluster, kind, credential)}
        named = {body["metadata"]["name"]: body for body in bodies if body["kind"] == kind.kind}
        for name in there.keys() - named.keys():
            await _delete(cluster, kind, there[name])
        for name in named.keys() - there.keys():
            with contextlib.suppress(kube.AlreadyExists):  # another replica made it, and the cache will hear of it
                made = await cluster.client.create(kind, named[name], named[name]["metadata"].get("namespace"))
                cluster.cache(kind).learn(made)


async def remove(cluster: Cluster, credential: Json) -> None:
    """Remove all bindings of a credential that is gone, which Kubernetes would collect later."""
    for kind in KINDS:
        for one in _of(cluster, kind, credential):
            await _delete(cluster, kind, one)


def _of(cluster: Cluster, kind: Kind, credential: Json) -> list[Json]:
    """Return a credential's bindings; what somebody else bound to its user is not among them."""
    credential_id = people.credential_id_of(credential)
    (subject,) = grants.subject_keys(grants.credential_user(credential_id), ())
    label = names.id_label("application-credential")
    found = cluster.cache(kind).find("subject", subject)
    return [one for one in found if names.labels_of(one).get(label) == credential_id]


async def _delete(cluster: Cluster, kind: Kind, binding: Json) -> None:
    meta = binding["metadata"]
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(kind, meta["name"], meta.get("namespace"), uid=meta["uid"])
    cluster.cache(kind).forget(meta["uid"])
