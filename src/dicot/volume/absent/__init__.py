"""What Cinder has and this cloud does not: backups, transfers, messages. None is listed, none can be made."""

from __future__ import annotations

from dicot.api.errors import NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.api.route import Handler, Route
from dicot.cluster import Cluster
from dicot.volume.snapshots.selection import CONFIGURED as SNAPSHOT_FILTERS
from dicot.volume.volumes.selection import CONFIGURED as VOLUME_FILTERS


def _none(key: str) -> Handler:
    async def index(_: Request, __: Cluster) -> Response:
        return Response({key: []})

    return index


def _missing(noun: str) -> Handler:
    async def show(request: Request, _: Cluster) -> Response:
        raise NotFound(f"{noun} {request.params['absent_id']} could not be found.")

    return show


def _refusing(why: str) -> Handler:
    async def create(_: Request, __: Cluster) -> Response:
        raise NotImplementedHere(why)

    return create


def _kind(collection: str, key: str, noun: str, policies: tuple[str, str, str], why: str, since: str) -> list[Route]:
    listed, shown, created = policies
    one = f"/{collection}/{{absent_id}}"
    routes = [
        Route(method="GET", path=f"/{collection}", handler=_none(key), policy=listed, since=since),
        Route(method="GET", path=f"/{collection}/detail", handler=_none(key), policy=listed, since=since),
        *(
            Route(method=method, path=one, handler=_missing(noun), policy=shown, since=since, raw=True)
            for method in ("GET", "PUT", "DELETE")
        ),
    ]
    if why:
        path = f"/{collection}"
        routes.append(Route(method="POST", path=path, handler=_refusing(why), policy=created, since=since, raw=True))
    return routes


async def resource_filters(request: Request, _: Cluster) -> Response:
    """List by what each resource can be filtered."""
    known = {
        "volume": sorted(VOLUME_FILTERS | {"name~"}),
        "snapshot": sorted(SNAPSHOT_FILTERS | {"name~"}),
        "attachment": ["volume_id", "status", "instance_id", "attach_status"],
        "volume_type": ["is_public", "extra_specs"],
    }
    asked = request.asked("resource")
    found = [{"resource": name, "filters": keys} for name, keys in known.items() if asked in ("", name)]
    return Response({"resource_filters": found})


_BACKUPS = ("backup:get_all", "backup:get", "backup:create")
_TRANSFERS = ("volume:get_all_transfers", "volume:get_transfer", "volume:create_transfer")
_NO_TRANSFER = "Volumes cannot be transferred: a claim belongs to its namespace."

ROUTES = (
    *_kind(
        "backups",
        "backups",
        "Backup",
        _BACKUPS,
        "Backups are not supported: Kubernetes has no counterpart. Make a snapshot.",
        "",
    ),
    *_kind("volume-transfers", "transfers", "Transfer", _TRANSFERS, _NO_TRANSFER, ""),
    *_kind("os-volume-transfer", "transfers", "Transfer", _TRANSFERS, _NO_TRANSFER, ""),
    *_kind("messages", "messages", "Message", ("message:get_all", "message:get", ""), "", "3.3"),
    Route(
        method="GET",
        path="/resource_filters",
        handler=resource_filters,
        policy="volume:get_all",
        since="3.33",
    ),
)
