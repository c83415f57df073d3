"""Handlers of the list of all migrations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dicot.api import paging
from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.migrations import lookup, view
from dicot.compute.migrations.changes import PAGED

Json = dict[str, Any]

_FILTERS: dict[str, Callable[[Json], list[str | None]]] = {
    "host": lambda one: [one["source_compute"], one["dest_compute"]],
    "source_compute": lambda one: [one["source_compute"]],
    "instance_uuid": lambda one: [one["instance_uuid"]],
    "status": lambda one: [one["status"]],
    "migration_type": lambda one: [one["migration_type"]],
    "user_id": lambda one: [one["user_id"]],
    "project_id": lambda one: [one["project_id"]],
}


async def index(request: Request, cluster: Cluster) -> Response:
    """List the migrations of all servers, the newest first; hidden ones there are none."""
    found = [view.migration(row) for row in lookup.rows(cluster)]
    found = [one for one in found if _wanted(request, one)]
    found.sort(key=lambda one: (one["created_at"], one["id"]), reverse=True)
    if request.before(PAGED):
        return Response({"migrations": [_linked(request, one) for one in found]})
    found = _in_time(request, found)
    page, more = paging.page(
        request,
        found,
        lambda one: str(one["uuid"]),
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"Marker {marker} could not be found."),
    )
    body: Json = {"migrations": [_linked(request, one) for one in page]}
    if more:
        link = paging.next_link(request, "/os-migrations", page[-1]["uuid"])
        body["migrations_links"] = [{"rel": "next", "href": link}]
    return Response(body)


def _wanted(request: Request, one: Json) -> bool:
    if request.asked("hidden") in {"1", "true", "True"}:
        return False
    return all(not request.asked(key) or request.asked(key) in of(one) for key, of in _FILTERS.items())


def _in_time(request: Request, found: list[Json]) -> list[Json]:
    since, before = _moment(request, "changes-since"), _moment(request, "changes-before")
    if since and before and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if since:
        found = [one for one in found if _changed(one) >= since]
    return [one for one in found if _changed(one) <= before] if before else found


def _moment(request: Request, key: str) -> datetime | None:
    text = request.asked(key)
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _changed(one: Json) -> datetime:
    return datetime.fromisoformat(one["updated_at"])


def _linked(request: Request, one: Json) -> Json:
    if one["status"] not in view.UNDER_WAY:
        return one
    path = f"/servers/{one['instance_uuid']}/migrations/{one['id']}"
    links = [{"rel": "self", "href": request.url(path)}, {"rel": "bookmark", "href": request.root_url(path)}]
    return {**one, "links": links}
