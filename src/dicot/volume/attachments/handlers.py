"""Handlers of attachments: read from the specifications of virtual machines; made and removed only through servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dicot.api.errors import NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.volume import listing, spelling
from dicot.volume.volumes import facts, view
from dicot.volume.volumes.record import Use, Volume
from dicot.volume.volumes.status import use_state

Json = dict[str, Any]

CONFIGURED = frozenset({"volume_id", "status", "instance_id", "attach_status"})
_CONNECTION: Json = {
    "driver_volume_type": "kubernetes",
    "qos_specs": None,
    "encrypted": False,
    "cacheable": False,
    "enforce_multipath": False,
}
_STATES = {"in-use": "attached", "attaching": "attaching", "detaching": "detaching"}


class Attachment(msgspec.Struct, frozen=True):
    """One volume in one server."""

    volume: Volume
    use: Use

    @property
    def id(self) -> str:
        """Derive the id: an attachment has no object of its own."""
        return view.attachment_id(self.volume.id, self.use.server_id)

    @property
    def status(self) -> str:
        """Tell how far the server has come with the volume."""
        return _STATES[use_state(self.use)]


def _every(cluster: Cluster, namespace: str | None) -> list[Attachment]:
    return [Attachment(volume, use) for volume in facts.all_in(cluster, namespace) for use in volume.uses]


_SORTABLE: Mapping[str, Callable[[Attachment], Any]] = {
    "id": lambda one: one.id,
    "created_at": lambda one: view.attached_at(one.volume, one.use),
    "updated_at": lambda one: view.attached_at(one.volume, one.use),
    "volume_id": lambda one: one.volume.id,
}


def _fits(one: Attachment, filters: dict[str, str]) -> bool:
    have = {
        "volume_id": one.volume.id,
        "instance_id": one.use.server_id,
        "status": one.status,
        "attach_status": one.status,
    }
    return all(have.get(key) == value for key, value in filters.items())


def _page(request: Request, cluster: Cluster) -> list[Attachment]:
    namespace = None if listing.every_project(request) else request.caller.namespace
    filters = listing.filters(request, CONFIGURED)
    fitting = [one for one in _every(cluster, namespace) if _fits(one, filters)]
    ordered = listing.order(request, fitting, _SORTABLE)
    return listing.cut(request, ordered, lambda one: one.id, most=cluster.config.page_max, missing=_missing)


def _missing(attachment_id: str) -> NotFound:
    return NotFound(f"Volume attachment could not be found with filter: attachment_id = {attachment_id}.")


def _brief(one: Attachment) -> Json:
    return {"id": one.id, "status": one.status, "instance": one.use.server_id, "volume_id": one.volume.id}


def _full(one: Attachment) -> Json:
    mode = "ro" if spelling.flag(one.volume.claim, spelling.READONLY) else "rw"
    return {
        **_brief(one),
        "attached_at": view.attached_at(one.volume, one.use) or "",
        "detached_at": "",
        "attach_mode": mode,
        # Kubernetes connects storage to the node by itself; there is nothing for a client to connect to.
        "connection_info": {**_CONNECTION, "access_mode": mode, "attachment_id": one.id},
    }


async def index(request: Request, cluster: Cluster) -> Response:
    """List attachments."""
    return Response({"attachments": [_brief(one) for one in _page(request, cluster)]})


async def detail(request: Request, cluster: Cluster) -> Response:
    """List attachments in full."""
    return Response({"attachments": [_full(one) for one in _page(request, cluster)]})


def _find(request: Request, cluster: Cluster) -> Attachment:
    """Return the attachment that the path names; NotFound if the caller has no such."""
    wanted = request.params["attachment_id"]
    namespace = None if request.caller.cloud_admin else request.caller.namespace
    for one in _every(cluster, namespace):
        if one.id == wanted:
            return one
    raise _missing(wanted)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one attachment."""
    return Response({"attachment": _full(_find(request, cluster))})


async def refuse(request: Request, cluster: Cluster) -> Response:
    """Refuse to make, change or remove one by hand."""
    if "attachment_id" in request.params:
        _find(request, cluster)
    raise NotImplementedHere("attachments: volumes are attached and detached through servers (os-volume_attachments).")
