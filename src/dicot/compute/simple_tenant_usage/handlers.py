"""Handlers of usage: they only look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dicot.api import paging
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, lookup
from dicot.compute.simple_tenant_usage import changes, view
from dicot.compute.simple_tenant_usage.view import Period
from dicot.identity import namespaces

Json = dict[str, Any]

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
_PATH = "/os-simple-tenant-usage"


def _moment(text: str, default: datetime) -> datetime:
    if not text:
        return default
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadRequest("Invalid date string: Datetime is in invalid format")


def _period(request: Request) -> Period:
    now = datetime.now(UTC)
    start = _moment(next(iter(request.asked_all("start")), ""), now - timedelta(microseconds=1))
    stop = _moment(next(iter(request.asked_all("end")), ""), now)
    if not start < stop:
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return Period(start, min(stop, now), now)


def _usages(request: Request, cluster: Cluster, namespace: str, period: Period) -> tuple[list[Json], bool]:
    """Return one page of what servers have used, in the order of their launch; of all projects for ""."""
    servers = [one.view for one in answers.entries(cluster, lookup.servers_of(cluster, namespace))]
    found = [usage for server in servers if (usage := view.server_usage(server, period)) is not None]
    found.sort(key=lambda usage: (usage["started_at"], usage["instance_id"]))
    if request.before(changes.HAS_PAGES):
        return found, False
    return paging.page(
        request,
        found,
        lambda usage: usage["instance_id"],
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"Marker {marker} could not be found."),
    )


def _answer(request: Request, key: str, told: Any, path: str, usages: list[Json], *, more: bool) -> Response:
    body: Json = {key: told}
    if more:
        link = paging.next_link(request, path, usages[-1]["instance_id"])
        body[f"{key}_links"] = [{"rel": "next", "href": link}]
    return Response(body)


async def index(request: Request, cluster: Cluster) -> Response:
    """Show what every project has used in a period."""
    period = _period(request)
    detailed = next(iter(request.asked_all("detailed")), "0") == "1"
    usages, more = _usages(request, cluster, "", period)
    told = view.tenant_usages(usages, period, detailed=detailed)
    return _answer(request, "tenant_usages", told, _PATH, usages, more=more)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show what one project has used in a period, server by server."""
    project, caller = request.params["target_id"], request.caller
    if project != caller.project_id and not caller.cloud_admin:
        assert request.route is not None
        raise Forbidden(request.service.forbidden(request.route))
    period = _period(request)
    found = namespaces.find(cluster, project)
    if found is None:
        return Response({"tenant_usage": {}})
    usages, more = _usages(request, cluster, found["metadata"]["name"], period)
    told = view.tenant_usages(usages, period, detailed=True)
    return _answer(request, "tenant_usage", told[0] if told else {}, f"{_PATH}/{project}", usages, more=more)
