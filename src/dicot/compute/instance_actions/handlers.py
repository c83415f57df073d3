"""Handlers of what was done to a server: a list that its VirtualMachine carries, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dicot import names
from dicot.api import paging
from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import lookup, marks

Json = dict[str, Any]


def _view(vm: Json, done: Json) -> Json:
    return {
        "action": done["action"],
        "instance_uuid": names.identity_of(vm, lookup.NOUN),
        "request_id": done.get("request_id") or "",
        "user_id": done.get("user_id") or None,
        "project_id": done.get("project_id") or None,
        "start_time": done.get("start_time") or "",
        "message": done.get("message"),
        "updated_at": done.get("start_time") or "",
    }


def _moment(text: str) -> datetime:
    """Read a time; one in an annotation that somebody has spoilt is before all others."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def index(request: Request, cluster: Cluster) -> Response:
    """List what was done to a server."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    done = [_view(vm, one) for one in reversed(marks.actions(vm))]
    since, before = request.asked("changes-since"), request.asked("changes-before")
    if since and before and _moment(before) < _moment(since):
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if since:
        done = [one for one in done if _moment(one["updated_at"]) >= _moment(since)]
    if before:
        done = [one for one in done if _moment(one["updated_at"]) <= _moment(before)]
    page, more = paging.page(
        request,
        done,
        lambda one: str(one["request_id"]),
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"Marker {marker} could not be found."),
    )
    body: Json = {"instanceActions": page}
    if more:
        path = f"/servers/{request.params['server_id']}/os-instance-actions"
        body["links"] = [{"rel": "next", "href": paging.next_link(request, path, page[-1]["request_id"])}]
    return Response(body)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one thing that was done, by the id of the request."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    asked = request.params["request_id"]
    for done in marks.actions(vm):
        if done.get("request_id") == asked:
            return Response({"instanceAction": {**_view(vm, done), "events": []}})
    raise NotFound(f"Action {asked} not found")
