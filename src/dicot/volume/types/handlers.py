"""Handlers of volume types. They are read only: a StorageClass is made with kubectl by whoever runs the storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dicot.api.errors import Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.volume import flags, listing
from dicot.volume.types import facts, view
from dicot.volume.types.record import VolumeType

Json = dict[str, Any]

_SORTABLE: Mapping[str, Callable[[VolumeType], Any]] = {
    "id": lambda kind: kind.id,
    "name": lambda kind: kind.name,
    "created_at": lambda kind: kind.storage_class["metadata"].get("creationTimestamp"),
    "updated_at": lambda kind: kind.storage_class["metadata"].get("creationTimestamp"),
    "description": lambda kind: kind.description,
}


def _view(request: Request, kind: VolumeType) -> Json:
    return view.volume_type(kind, sensitive=request.caller.cloud_admin)


def _fits(request: Request, kind: VolumeType, filters: dict[str, str]) -> bool:
    if listing.truth(filters.get("is_public", "true")) is False:
        return False
    wanted = None if request.before(flags.TYPE_FILTERS) else listing.pairs(filters.get("extra_specs", "{}"))
    have = view.extra_specs(kind, sensitive=request.caller.cloud_admin)
    return all(have.get(key) == value for key, value in (wanted or {}).items())


async def index(request: Request, cluster: Cluster) -> Response:
    """List the types."""
    configured = frozenset({"is_public", "extra_specs"})
    filters = {key: value for key, value in request.query if key in configured}
    fitting = [one for one in facts.every(cluster) if _fits(request, one, filters)]
    ordered = listing.order(request, fitting, _SORTABLE)
    most = cluster.config.page_max
    page = listing.cut(request, ordered, lambda one: one.id, most=most, missing=_missing)
    views = [view.public(_view(request, one)) for one in page]
    body = listing.enveloped(
        request, "volume_types", views, path="/types", total=len(fitting), most=most, links_key="volume_type_links"
    )
    body.pop("count", None)
    return Response(body)


def _missing(marker: str) -> Exception:
    return NotFound(f"Volume type {marker} could not be found.")


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one type, by id."""
    kind = facts.by_id(cluster, request.params["type_id"])
    return Response({"volume_type": view.public(_view(request, kind))})


async def default(request: Request, cluster: Cluster) -> Response:
    """Show the type of volumes that ask for none."""
    kind = facts.default_type(cluster)
    if kind is None:
        raise NotFound("Default volume type can not be found.")
    return Response({"volume_type": _view(request, kind)})


async def extra_specs(request: Request, cluster: Cluster) -> Response:
    """List the extra specs of a type."""
    kind = facts.by_id(cluster, request.params["type_id"])
    return Response({"extra_specs": view.extra_specs(kind, sensitive=request.caller.cloud_admin)})


async def extra_spec(request: Request, cluster: Cluster) -> Response:
    """Show one extra spec of a type."""
    kind, key = facts.by_id(cluster, request.params["type_id"]), request.params["key"]
    specs = view.extra_specs(kind, sensitive=request.caller.cloud_admin)
    if key not in specs:
        raise NotFound(f"Volume Type {kind.id} has no extra specs with key {key}.")
    return Response({key: specs[key]})


async def access(request: Request, cluster: Cluster) -> Response:
    """Refuse as Cinder does: every type is public, so none has a list of those who may use it."""
    facts.by_id(cluster, request.params["type_id"])
    raise NotFound("Access list not available for public volume types.")


async def encryption(request: Request, cluster: Cluster) -> Response:
    """Show that a type is not encrypted by Cinder (the storage may do it)."""
    facts.by_id(cluster, request.params["type_id"])
    return Response({})


async def refuse(request: Request, _: Cluster) -> Response:
    """Refuse every change, by name."""
    raise Forbidden(
        "Volume types are the StorageClasses of the cluster: whoever runs its storage makes and changes them there."
    )
