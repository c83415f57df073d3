"""Handlers of hypervisors: they only look."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api import paging
from dicot.api.errors import BadRequest, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute import parameters as p
from dicot.compute.hypervisors import changes, view
from dicot.compute.servers import lookup
from dicot.kube.kinds import VIRTUAL_MACHINE_INSTANCES

Json = dict[str, Any]

_PATH = "/os-hypervisors"
_PATTERN = "hypervisor_hostname_pattern"


def _instances(cluster: Cluster) -> dict[str, list[Json]]:
    """Return the instances on each node."""
    found: dict[str, list[Json]] = {}
    for vmi in cluster.cache(VIRTUAL_MACHINE_INSTANCES).all():
        found.setdefault((vmi.get("status") or {}).get("nodeName", ""), []).append(vmi)
    return found


def _servers(cluster: Cluster) -> dict[str, list[Json]]:
    """Return the servers on each node."""
    found: dict[str, list[Json]] = {}
    for vm in lookup.servers_of(cluster, ""):
        vmi = lookup.instance_of(cluster, vm) or {}
        host = (vmi.get("status") or {}).get("nodeName", "")
        server = {"name": names.display_name(vm), "uuid": names.identity_of(vm, lookup.NOUN)}
        found.setdefault(host, []).append(server)
    return found


def _views(
    request: Request, cluster: Cluster, hosts: list[Json], *, in_full: bool, with_servers: bool = False
) -> list[Json]:
    asked = with_servers or p.truth(request.asked("with_servers"))
    servers = _servers(cluster) if asked else None
    instances = _instances(cluster) if in_full and request.before(changes.SIZES_ARE_GONE) else None
    found: list[Json] = []
    for node in hosts:
        name = node["metadata"]["name"]
        show = view.full if in_full else view.brief
        told = show(node, up=nodes.is_ready(node), disabled=nodes.is_disabled(node))
        if instances is not None:
            told |= {**view.sizes(node, instances.get(name, [])), "cpu_info": view.processor(node)}
        if servers is not None:
            told["servers"] = servers.get(name, [])
        found.append(told)
    return found


def _list(request: Request, cluster: Cluster, path: str, *, in_full: bool) -> Response:
    hosts, pattern = nodes.hosts(cluster), request.asked(_PATTERN)
    if any(key == _PATTERN for key, _ in request.query):
        if request.asked("limit") or request.asked("marker"):
            raise BadRequest(f"Paging over hypervisors with the {_PATTERN} query parameter is not supported.")
        return Response({"hypervisors": _views(request, cluster, _named(hosts, pattern), in_full=in_full)})
    page, more = paging.page(
        request,
        hosts,
        lambda node: _id(request, node),
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"marker [{marker}] not found"),
    )
    body: Json = {"hypervisors": _views(request, cluster, page, in_full=in_full)}
    if more:
        body["hypervisors_links"] = [{"rel": "next", "href": paging.next_link(request, path, _id(request, page[-1]))}]
    return Response(body)


def _named(hosts: list[Json], pattern: str) -> list[Json]:
    found = [node for node in hosts if pattern in node["metadata"]["name"]]
    if not found:
        raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return found


def _id(request: Request, node: Json) -> str:
    uid = node["metadata"]["uid"]
    return str(nodes.number(uid)) if request.before(changes.IDS_ARE_UUIDS) else uid


async def index(request: Request, cluster: Cluster) -> Response:
    """List hypervisors by name."""
    return _list(request, cluster, _PATH, in_full=False)


async def detail(request: Request, cluster: Cluster) -> Response:
    """List hypervisors in full."""
    return _list(request, cluster, f"{_PATH}/detail", in_full=True)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one hypervisor."""
    return Response({"hypervisor": _views(request, cluster, _one(request, cluster), in_full=True)[0]})


def _one(request: Request, cluster: Cluster) -> list[Json]:
    asked = request.params["hypervisor_id"]
    if not request.before(changes.IDS_ARE_UUIDS) and not names.is_uuid(asked):
        raise BadRequest(f"Invalid uuid {asked}")
    found = [node for node in nodes.hosts(cluster) if _id(request, node) == asked]
    if not found:
        raise NotFound(f"Hypervisor with ID '{asked}' could not be found.")
    return found


async def uptime(request: Request, cluster: Cluster) -> Response:
    """Refuse what no node tells, as Nova does for a driver that cannot tell it."""
    _one(request, cluster)
    raise NotImplementedHere("The requested functionality is not supported.")


async def search(request: Request, cluster: Cluster) -> Response:
    """List the hypervisors with this in their names."""
    found = _named(nodes.hosts(cluster), request.params["hypervisor_id"])
    return Response({"hypervisors": _views(request, cluster, found, in_full=False)})


async def servers(request: Request, cluster: Cluster) -> Response:
    """List the servers of the hypervisors with this in their names."""
    found = _named(nodes.hosts(cluster), request.params["hypervisor_id"])
    return Response({"hypervisors": _views(request, cluster, found, in_full=False, with_servers=True)})


async def statistics(_: Request, cluster: Cluster) -> Response:
    """Add up the sizes of all hypervisors."""
    instances = _instances(cluster)
    hosts = nodes.hosts(cluster)
    total: Json = {"count": len(hosts), **view.sizes({"status": {}}, [])}
    for node in hosts:
        for key, value in view.sizes(node, instances.get(node["metadata"]["name"], [])).items():
            total[key] += value
    return Response({"hypervisor_statistics": total})
