"""Which flavors a list shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot import names
from dicot.api import paging
from dicot.api.errors import BadRequest
from dicot.api.pattern import finder
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.compute.flavors import lookup, manifest, view
from dicot.kube.kinds import CLUSTER_INSTANCETYPES

Json = dict[str, Any]

_TRUE = frozenset(("1", "t", "true", "on", "y", "yes"))
_FALSE = frozenset(("0", "f", "false", "off", "n", "no"))
_SORTED_BY: dict[str, Callable[[Json], Any]] = {
    "created_at": lambda one: one["metadata"]["creationTimestamp"],
    "description": lambda one: names.annotations_of(one).get(f"{manifest.PREFIX}description"),
    "disabled": lambda _: False,
    "ephemeral_gb": lambda one: view.sizes(one)["OS-FLV-EXT-DATA:ephemeral"],
    "flavorid": manifest.flavor_id,
    "id": lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]),
    "is_public": manifest.is_public,
    "memory_mb": lambda one: view.sizes(one)["ram"],
    "name": manifest.flavor_name,
    "root_gb": lambda one: view.sizes(one)["disk"],
    "rxtx_factor": lambda one: view.rxtx_factor(one),
    "swap": lambda one: view.sizes(one)["swap"],
    "updated_at": lambda _: None,
    "vcpu_weight": lambda _: None,
    "vcpus": lambda one: view.sizes(one)["vcpus"],
}


def page(request: Request, cluster: Cluster) -> tuple[list[Json], bool]:
    """Return one page of the flavors asked for, and whether more follow."""
    found = [one for one in cluster.cache(CLUSTER_INSTANCETYPES).all() if _public(request, one)]
    for name, size in (("minRam", "ram"), ("minDisk", "disk")):
        least = _least(request, name)
        found = [one for one in found if least is None or view.sizes(one)[size] >= least]
    matches = finder(request.asked("name"))
    found = [one for one in found if matches(manifest.flavor_name(one))]
    descending = request.asked("sort_dir") == "desc"
    keys = [_SORTED_BY[request.asked("sort_key") or "flavorid"], _SORTED_BY["id"]]
    return paging.page(
        request,
        paging.order(found, [(key, descending) for key in keys]),
        manifest.flavor_id,
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"marker [{marker}] not found"),
    )


def _public(request: Request, flavor: Json) -> bool:
    """Tell whether a flavor passes `is_public`, which only an administrator may choose."""
    asked = request.asked("is_public", "true") if request.caller.cloud_admin else "true"
    if asked.lower() == "none":
        return True
    if asked.lower() in _TRUE:
        return lookup.may_use(request.caller, flavor)
    if asked.lower() in _FALSE:
        return not manifest.is_public(flavor)
    raise BadRequest(f"Invalid is_public filter [{asked}]")


def _least(request: Request, name: str) -> int | None:
    text = next((value for key, value in reversed(request.query) if key == name), None)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise BadRequest(f"Invalid {name} filter [{text}]") from error
