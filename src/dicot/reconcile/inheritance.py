"""Keeps inherited roles true: a RoleBinding in each project below, also in those made later or by kubectl."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.identity import grants
from dicot.identity.assignments import inheritance
from dicot.kube import errors as kube
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, NAMESPACES, ROLE_BINDINGS
from dicot.reconcile.follow_up import FollowUp

Json = dict[str, Any]

EVERY_S = 60.0


async def keep(cluster: Cluster) -> None:
    """Remove what nothing stands behind, or what says something else; make what is missing."""
    wanted = {_place(body): body for one in inheritance.sources(cluster) for body in inheritance.wanted(cluster, one)}
    there = {
        _place(one): one for one in cluster.cache(ROLE_BINDINGS).all() if grants.INHERITED_FROM in names.labels_of(one)
    }
    wrong = [one for place, one in there.items() if place not in wanted or not _same(one, wanted[place])]
    await asyncio.gather(*(_delete(cluster, one) for one in wrong))
    gone = {_place(one) for one in wrong}
    missing = [body for place, body in wanted.items() if place not in there or place in gone]
    await asyncio.gather(*(_create(cluster, body) for body in missing))


def _place(binding: Json) -> tuple[str, str]:
    return binding["metadata"]["namespace"], names.labels_of(binding)[grants.INHERITED_FROM]


def _same(one: Json, other: Json) -> bool:
    return one["roleRef"] == other["roleRef"] and grants.keys_of_subjects(one) == grants.keys_of_subjects(other)


async def _delete(cluster: Cluster, binding: Json) -> None:
    meta = binding["metadata"]
    with contextlib.suppress(kube.NotFound, kube.Conflict):
        await cluster.client.delete(ROLE_BINDINGS, meta["name"], meta["namespace"], uid=meta["uid"])
    cluster.cache(ROLE_BINDINGS).forget(meta["uid"])


async def _create(cluster: Cluster, body: Json) -> None:
    with contextlib.suppress(kube.AlreadyExists, kube.NotFound):  # made meanwhile; or the project is gone
        made = await cluster.client.create(ROLE_BINDINGS, body, body["metadata"]["namespace"])
        cluster.cache(ROLE_BINDINGS).learn(made)


FOLLOW_UP = FollowUp("inherited_roles", keep, EVERY_S, (NAMESPACES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS))
