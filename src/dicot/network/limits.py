"""Quotas: Neutron's defaults, a project's own limits, and the count against them.

A project's limits are a ResourceQuota, so that Kubernetes holds them too, also against kubectl. What Kubernetes cannot
count (rules, routes) and what it has no word for (unlimited) stands in an annotation of the same object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import Conflict
from dicot.cluster import Cluster
from dicot.kube.kinds import RESOURCE_QUOTAS
from dicot.kube.quantity import number
from dicot.network import kinds

Json = dict[str, Any]

NAME = "dicot-network"
ANNOTATION = "network.dicot.io/limits"

DEFAULTS: Mapping[str, int] = {
    "network": 100,
    "subnet": 100,
    "port": 500,
    "router_route": 30,
    "router": 10,
    "floatingip": 50,
    "security_group": 10,
    "security_group_rule": 100,
    "subnetpool": -1,
}
COUNTED: Mapping[str, str] = {
    "network": f"count/{kinds.NETWORKS.full_name}",
    "subnet": f"count/{kinds.SUBNETS.full_name}",
    "port": f"count/{kinds.PORTS.full_name}",
    "router": f"count/{kinds.ROUTERS.full_name}",
    "floatingip": f"count/{kinds.FLOATING_IPS.full_name}",
    "security_group": f"count/{kinds.SECURITY_GROUPS.full_name}",
    "subnetpool": f"count/{kinds.SUBNET_POOLS.full_name}",
}
KINDS = {
    "network": kinds.NETWORKS,
    "subnet": kinds.SUBNETS,
    "port": kinds.PORTS,
    "router": kinds.ROUTERS,
    "floatingip": kinds.FLOATING_IPS,
    "security_group": kinds.SECURITY_GROUPS,
    "subnetpool": kinds.SUBNET_POOLS,
}


def of(cluster: Cluster, namespace: str) -> dict[str, int]:
    """Return a project's limits; -1 is unlimited."""
    quota = cluster.cache(RESOURCE_QUOTAS).get(NAME, namespace)
    if quota is None:
        return dict(DEFAULTS)
    limits = {**DEFAULTS, **explicit(quota)}
    hard = quota["spec"].get("hard") or {}
    return {
        name: math.floor(number(hard[COUNTED[name]])) if COUNTED.get(name) in hard else limits[name]
        for name in DEFAULTS
    }


def explicit(quota: Json) -> dict[str, int]:
    """Return the limits that an administrator has set; none where somebody broke the annotation."""
    try:
        kept = msgspec.json.decode(names.annotations_of(quota).get(ANNOTATION, "{}"), type=dict[str, int])
    except (msgspec.DecodeError, RecursionError):
        return {}
    return {name: limit for name, limit in kept.items() if name in DEFAULTS}


def manifest(limits: Mapping[str, int]) -> Json:
    """Make the ResourceQuota that holds these limits."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": NAME,
            "labels": dict(names.MANAGED_BY),
            "annotations": {ANNOTATION: msgspec.json.encode(dict(limits)).decode()},
        },
        "spec": {
            "hard": {COUNTED[name]: str(limit) for name, limit in limits.items() if limit >= 0 and name in COUNTED}
        },
    }


def used(cluster: Cluster, namespace: str) -> dict[str, int]:
    """Count what a project has of each resource."""
    counts = {name: len(cluster.cache(kind).find("namespace", namespace)) for name, kind in KINDS.items()}
    groups = cluster.cache(kinds.SECURITY_GROUPS).find("namespace", namespace)
    routers = cluster.cache(kinds.ROUTERS).find("namespace", namespace)
    counts["security_group_rule"] = sum(len(group["spec"].get("rules", ())) for group in groups)
    counts["router_route"] = sum(len(router["spec"].get("routes", ())) for router in routers)
    return {name: counts[name] for name in DEFAULTS}


def check(cluster: Cluster, namespace: str, noun: str, more: int = 1) -> None:
    """Refuse `more` objects of a kind beyond the project's limit: 409 OverQuota."""
    name = noun.replace("-", "_")
    limit = of(cluster, namespace).get(name, -1)  # Neutron has no limit of address scopes
    if 0 <= limit < used(cluster, namespace)[name] + more:
        raise over(noun)


def over(noun: str) -> Conflict:
    """Return Neutron's error for a full quota."""
    return Conflict(f"Quota exceeded for resources: ['{noun.replace('-', '_')}'].", kind="OverQuota")
