"""What a project may have of servers, and what it has.

The number of servers is a ResourceQuota's, which Kubernetes enforces for everybody. Cores and memory are annotations of
the same object, and so are server groups and their members: a ResourceQuota counts what pods request, which is not what
a flavor says. Dicot alone checks those. What a project has no limit of its own for, the defaults limit: annotations
of a ResourceQuota in Dicot's own namespace that itself limits nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import Forbidden
from dicot.cluster import Cluster
from dicot.compute import annotated
from dicot.compute.keypairs.handlers import KEYPAIRS_MAX
from dicot.compute.kinds import SERVER_GROUPS
from dicot.compute.servers import beside, lookup
from dicot.kube.kinds import RESOURCE_QUOTAS
from dicot.kube.quantity import number

Json = dict[str, Any]

UNLIMITED = -1
OBJECT = "dicot-compute"
"""The ResourceQuota that Dicot writes; others of the namespace count too, and the strictest holds."""
DEFAULTS = "dicot-compute-defaults"
"""The ResourceQuota in Dicot's own namespace whose annotations are the limits of projects without their own."""
SERVERS = "count/virtualmachines.kubevirt.io"
PREFIX = "quota.dicot.io/"
SIZES = ("instances", "cores", "ram")
"""What servers take."""
SETTABLE = (*SIZES, "server_groups", "server_group_members")
METADATA_ITEMS = 128
FIXED = {"key_pairs": KEYPAIRS_MAX, "metadata_items": METADATA_ITEMS}
"""What nobody can change: keypairs of a user, metadata of a server."""


class Quota(msgspec.Struct, frozen=True):
    """One limit (-1 for none) and how much of it is used; memory in MiB."""

    limit: int
    in_use: int


def of_project(cluster: Cluster, namespace: str) -> dict[str, Quota]:
    """Return every quota of a project; for "", the defaults, with nothing used."""
    used = _used(cluster, namespace) if namespace else {}
    found = {name: Quota(limit, used.get(name, 0)) for name, limit in _limits(cluster, namespace, SETTABLE).items()}
    return found | {name: Quota(limit, 0) for name, limit in FIXED.items()}


def _limits(cluster: Cluster, namespace: str, wanted: Iterable[str]) -> dict[str, int]:
    """Return limits of a project, -1 for none."""
    cache = cluster.cache(RESOURCE_QUOTAS)
    objects = cache.find("namespace", namespace) if namespace else []
    defaults = cache.get(DEFAULTS, cluster.config.system_namespace)
    return {name: _limit(objects, defaults, name) for name in wanted}


def _limit(objects: list[Json], defaults: Json | None, name: str) -> int:
    """Return the strictest limit of a project's objects; where they say nothing, the default."""
    if name == "instances":
        hard = [(one["spec"].get("hard") or {}).get(SERVERS) for one in objects]
        told = [math.floor(number(one)) for one in hard if one is not None]
    else:
        told = [limit for one in objects if (limit := annotated.integer(one, f"{PREFIX}{name}")) is not None]
    if told:
        return min(told)
    if defaults is None or any(names.annotations_of(one).get(f"{PREFIX}{name}") == str(UNLIMITED) for one in objects):
        return UNLIMITED
    default = annotated.integer(defaults, f"{PREFIX}{name}")
    return UNLIMITED if default is None else default


def _used(cluster: Cluster, namespace: str) -> dict[str, int]:
    servers = lookup.servers_of(cluster, namespace)
    flavors = [beside.flavor(cluster, vm, lookup.instance_of(cluster, vm)) for vm in servers]
    return {
        "instances": len(servers),
        "cores": sum(flavor["vcpus"] for flavor in flavors),
        "ram": sum(flavor["ram"] for flavor in flavors),
        "server_groups": _groups(cluster, namespace),
    }


def _groups(cluster: Cluster, namespace: str) -> int:
    return len(cluster.cache(SERVER_GROUPS).find("namespace", namespace))


def require(cluster: Cluster, namespace: str, servers: int, flavor: Json) -> None:
    """Raise Forbidden, in Nova's words, if a project may not have so many servers more of this flavor."""
    limits = {name: limit for name, limit in _limits(cluster, namespace, SIZES).items() if limit != UNLIMITED}
    if not limits:
        return  # to count what is used takes a look at every server
    asked = {"instances": servers, "cores": servers * flavor["vcpus"], "ram": servers * flavor["ram"]}
    _compare(limits, _used(cluster, namespace), asked)


def require_more(cluster: Cluster, namespace: str, **more: int) -> None:
    """Raise Forbidden, in Nova's words, if a project may not have so much more (or, below zero, less) of each."""
    growing = [name for name, wanted in more.items() if wanted > 0]
    limits = {name: limit for name, limit in _limits(cluster, namespace, growing).items() if limit != UNLIMITED}
    if limits:
        _compare(limits, _used(cluster, namespace), more)


def _compare(limits: dict[str, int], used: dict[str, int], asked: dict[str, int]) -> None:
    over = sorted(name for name, limit in limits.items() if used[name] + asked[name] > limit)
    if over:
        requested = ", ".join(str(asked[name]) for name in over)
        taken = ", ".join(str(used[name]) for name in over)
        allowed = ", ".join(str(limits[name]) for name in over)
        raise Forbidden(
            f"Quota exceeded for {', '.join(over)}: Requested {requested}, but already used {taken} of {allowed} "
            f"{', '.join(over)}"
        )


def require_group(cluster: Cluster, namespace: str) -> None:
    """Raise Forbidden, in Nova's words, if a project may not have one more server group."""
    most = _limits(cluster, namespace, ("server_groups",))["server_groups"]
    if most != UNLIMITED and _groups(cluster, namespace) >= most:
        raise Forbidden("Quota exceeded, too many server groups.")


def require_members(cluster: Cluster, namespace: str, members: int) -> None:
    """Raise Forbidden, in Nova's words, if a server group may not have so many members."""
    most = _limits(cluster, namespace, ("server_group_members",))["server_group_members"]
    if most != UNLIMITED and members > most:
        raise Forbidden("Quota exceeded, too many servers in group")
