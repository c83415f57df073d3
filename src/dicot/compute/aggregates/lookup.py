"""Finds aggregates and the hosts in them. Reads only the cache, but for one miss by number."""

from __future__ import annotations

import re
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute.aggregates import manifest, view
from dicot.compute.kinds import AGGREGATES

Json = dict[str, Any]

_INTEGER = re.compile("-?[0-9]{1,20}", re.ASCII)


def is_number(text: str) -> bool:
    """Tell whether this can be the number of an aggregate."""
    return _INTEGER.fullmatch(text) is not None


def no_number() -> BadRequest:
    """Refuse, in Nova's words, what is no number."""
    return BadRequest("Invalid input received: id must be an integer")


async def find(cluster: Cluster, caller: Caller, number: str) -> Json:
    """Return an aggregate by its number; 400 and 404 in Nova's words."""
    if not is_number(number):
        raise no_number()
    found = _known(cluster, int(number))
    if found is None:
        await cluster.ask(caller, AGGREGATES, f"{manifest.NUMBER}={int(number)}")
        found = _known(cluster, int(number))
    if found is None:
        raise NotFound(f"Aggregate {number} could not be found.")
    return found


def _known(cluster: Cluster, number: int) -> Json | None:
    return next((one for one in every(cluster) if view.number(one) == number), None)


def every(cluster: Cluster) -> list[Json]:
    """Return all aggregates, oldest first."""
    found = [one for one in cluster.cache(AGGREGATES).all() if "deletionTimestamp" not in one["metadata"]]
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))


def named(cluster: Cluster, name: str) -> Json | None:
    """Return the aggregate of a name."""
    return next((one for one in every(cluster) if one["spec"]["name"] == name), None)


def hosts(cluster: Cluster, aggregate: Json) -> list[Json]:
    """Return the nodes in an aggregate, by name."""
    label = manifest.member_label(aggregate)
    return [node for node in nodes.hosts(cluster) if label in names.labels_of(node)]


def around(cluster: Cluster, node: Json) -> list[Json]:
    """Return the aggregates that a node is in."""
    labels = names.labels_of(node)
    return [one for one in every(cluster) if manifest.member_label(one) in labels]
