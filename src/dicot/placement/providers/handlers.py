"""Handlers of Placement: they only look."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute.aggregates import lookup as compute_aggregates
from dicot.compute.aggregates import manifest
from dicot.compute.servers import lookup
from dicot.identity import namespaces
from dicot.kube.kinds import NAMESPACES, VIRTUAL_MACHINE_INSTANCES
from dicot.placement.providers import changes, view

Json = dict[str, Any]


def _answer(request: Request, body: Json) -> Response:
    """Say since when this is true: it was read just now."""
    if request.before(changes.LAST_MODIFIED):
        return Response(body)
    headers = {"Last-Modified": formatdate(usegmt=True), "Cache-Control": "no-cache"}
    return Response(body, headers=headers)


def _instances(cluster: Cluster) -> dict[str, list[Json]]:
    """Return the instances on each node."""
    found: dict[str, list[Json]] = {}
    for vmi in cluster.cache(VIRTUAL_MACHINE_INSTANCES).all():
        found.setdefault((vmi.get("status") or {}).get("nodeName", ""), []).append(vmi)
    return found


def _node(request: Request, cluster: Cluster) -> Json:
    uuid = request.params["provider_uuid"]
    for node in nodes.hosts(cluster):
        if node["metadata"]["uid"] == uuid:
            return node
    raise NotFound(f"No resource provider with uuid {uuid} found")


async def root(_: Request, __: Cluster) -> Response:
    """Tell which microversions there are."""
    version = {
        "id": "v1.0",
        "max_version": changes.NEWEST,
        "min_version": changes.OLDEST,
        "status": "CURRENT",
        "links": [{"rel": "self", "href": ""}],
    }
    return Response({"versions": [version]})


async def refuse(_: Request, __: Cluster) -> Response:
    """Refuse by name to write: nodes and instances say what there is."""
    raise Forbidden("Placement is read-only here: Kubernetes tells what nodes have, and what is taken of it.")


async def index(request: Request, cluster: Cluster) -> Response:
    """List the nodes that have what is asked for."""
    instances = _instances(cluster)
    name, uuid = request.asked("name"), request.asked("uuid")
    found = [
        node
        for node in nodes.hosts(cluster)
        if name in ("", node["metadata"]["name"])
        and uuid in ("", node["metadata"]["uid"])
        and _fits(request, cluster, node, instances.get(node["metadata"]["name"], []))
    ]
    return _answer(request, {"resource_providers": [view.provider(node) for node in found]})


def _fits(request: Request, cluster: Cluster, node: Json, instances: list[Json]) -> bool:
    """Tell whether a node has what `resources`, `required`, `in_tree` and `member_of` ask for."""
    in_tree = request.asked("in_tree")
    if in_tree not in ("", node["metadata"]["uid"]):
        return False
    groups = request.asked_all("member_of")
    if groups and not _is_member(_aggregates(cluster, node), groups):
        return False
    traits = set(view.traits(node))
    for group in request.asked_all("required"):
        if not _has_traits(traits, group):
            return False
    have, used = view.inventories(node), view.usages(node, instances)
    wanted = _wanted(request)
    return all(name in have and used[name] + amount <= have[name]["total"] for name, amount in wanted.items())


def _aggregates(cluster: Cluster, node: Json) -> list[str]:
    """Return the UUIDs of Nova's aggregates that a node is in, as Nova mirrors them to Placement."""
    return [names.identity_of(one, manifest.NOUN) for one in compute_aggregates.around(cluster, node)]


def _is_member(have: list[str], groups: list[str]) -> bool:
    """Tell whether each of `<id>`, `in:<id>,<id>`, and either with `!` before it, is true."""
    for group in groups:
        wanted = set(group.removeprefix("!").removeprefix("in:").split(","))
        if wanted.isdisjoint(have) is not group.startswith("!"):
            return False
    return True


def _has_traits(traits: set[str], group: str) -> bool:
    if group.startswith("in:"):
        return bool(traits & set(group[3:].split(",")))
    asked = group.split(",")
    return all((one[1:] not in traits) if one.startswith("!") else (one in traits) for one in asked)


def _wanted(request: Request) -> dict[str, int]:
    """Read `resources=VCPU:1,MEMORY_MB:128`; 400, in Placement's words, for anything else."""
    found: dict[str, int] = {}
    text = request.asked("resources")
    for part in text.split(",") if text else ():
        name, _, amount = part.partition(":")
        if not name or not amount.isascii() or not amount.isdigit() or len(amount) > len("2147483647"):
            raise BadRequest(
                "Badly formed resources parameter. Expected resources query string parameter in form: "
                f'?resources=VCPU:2,MEMORY_MB:1024. Got: "{text}"'
            )
        if int(amount) < 1:
            raise BadRequest(f"Requested resource {name} requires amount >= 1. Got: {amount}")
        found[name] = int(amount)
    return found


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one node."""
    return _answer(request, view.provider(_node(request, cluster)))


async def inventories(request: Request, cluster: Cluster) -> Response:
    """Tell what a node has."""
    found = view.inventories(_node(request, cluster))
    return _answer(request, {"resource_provider_generation": view.GENERATION, "inventories": found})


async def inventory(request: Request, cluster: Cluster) -> Response:
    """Tell what a node has of one class."""
    name, node = request.params["class_name"], _node(request, cluster)
    found = view.inventories(node).get(name)
    if found is None:
        raise NotFound(f"No inventory of class {name} for {node['metadata']['uid']}")
    return _answer(request, {"resource_provider_generation": view.GENERATION, **found})


async def usages(request: Request, cluster: Cluster) -> Response:
    """Tell how much of a node is used."""
    node = _node(request, cluster)
    used = view.usages(node, _instances(cluster).get(node["metadata"]["name"], []))
    return _answer(request, {"resource_provider_generation": view.GENERATION, "usages": used})


async def traits(request: Request, cluster: Cluster) -> Response:
    """Tell what a node can do."""
    found = view.traits(_node(request, cluster))
    return _answer(request, {"traits": found, "resource_provider_generation": view.GENERATION})


async def aggregates(request: Request, cluster: Cluster) -> Response:
    """List the aggregates of a node."""
    found = _aggregates(cluster, _node(request, cluster))
    return _answer(request, {"aggregates": found, "resource_provider_generation": view.GENERATION})


async def allocations(request: Request, cluster: Cluster) -> Response:
    """Tell which servers take what of a node."""
    node = _node(request, cluster)
    found: dict[str, Json] = {}
    for vm in lookup.servers_of(cluster, ""):
        vmi = lookup.instance_of(cluster, vm)
        if vmi is not None and (vmi.get("status") or {}).get("nodeName") == node["metadata"]["name"]:
            found[names.identity_of(vm, lookup.NOUN)] = {"resources": view.resources([vmi])}
    return _answer(request, {"allocations": found, "resource_provider_generation": view.GENERATION})


async def consumer(request: Request, cluster: Cluster) -> Response:
    """Tell what one server takes, and of which node; of anything else, that it takes nothing."""
    uuid = request.params["consumer_uuid"]
    hosts = {node["metadata"]["name"]: node["metadata"]["uid"] for node in nodes.hosts(cluster)}
    for vm in lookup.servers_of(cluster, ""):
        if names.identity_of(vm, lookup.NOUN) != uuid:
            continue
        vmi = lookup.instance_of(cluster, vm) or {}
        provider = hosts.get((vmi.get("status") or {}).get("nodeName", ""))
        if provider is None:
            break
        held = {"generation": view.GENERATION, "resources": view.resources([vmi])}
        return _answer(request, {"allocations": {provider: held}, **_owner(cluster, vm)})
    return _answer(request, {"allocations": {}})


def _owner(cluster: Cluster, vm: Json) -> Json:
    namespace = cluster.cache(NAMESPACES).get(vm["metadata"]["namespace"])
    return {
        "project_id": names.project_id(namespace) if namespace is not None else "",
        "user_id": names.annotations_of(vm).get("dicot.io/user-id", ""),
        "consumer_generation": view.GENERATION,
        "consumer_type": "INSTANCE",
    }


def _require(request: Request, key: str) -> None:
    """Refuse a query without this key, in Placement's words; a schema is not asked about an empty query."""
    if not request.asked(key):
        raise BadRequest(f"Invalid query string parameters: '{key}' is a required property")


async def candidates(request: Request, cluster: Cluster) -> Response:
    """List the nodes on which a server of this size could run."""
    _require(request, "resources")
    wanted, instances = _wanted(request), _instances(cluster)
    limit = request.asked("limit")
    if limit and (not limit.isdigit() or int(limit) < 1):
        raise BadRequest(f"Invalid query string parameters: '{limit}' does not match '^[1-9][0-9]*$'")
    found = [
        node
        for node in nodes.hosts(cluster)
        if nodes.is_available(node) and _fits(request, cluster, node, instances.get(node["metadata"]["name"], []))
    ][: int(limit) if limit else None]
    ids = {node["metadata"]["uid"]: node for node in found}
    asked = [{"allocations": {uuid: {"resources": wanted}}, "mappings": {"": [uuid]}} for uuid in ids]
    told = {uuid: view.summary(node, instances.get(node["metadata"]["name"], [])) for uuid, node in ids.items()}
    return _answer(request, {"allocation_requests": asked, "provider_summaries": told})


async def project_usages(request: Request, cluster: Cluster) -> Response:
    """Tell what the servers of a project take."""
    _require(request, "project_id")
    space = namespaces.find(cluster, request.asked("project_id"))
    servers = lookup.servers_of(cluster, space["metadata"]["name"]) if space is not None else []
    found = [vmi for vm in servers if (vmi := lookup.instance_of(cluster, vm)) is not None]
    used = view.resources(found) if found else {}
    if request.before(changes.TYPED_USAGES):
        return _answer(request, {"usages": used})
    typed = {"INSTANCE": {"consumer_count": len(found), **used}} if found else {}
    return _answer(request, {"usages": typed})


async def resource_classes(request: Request, _: Cluster) -> Response:
    """List the classes of what nodes have."""
    return _answer(request, {"resource_classes": [_class(name) for name in view.CLASSES]})


def _class(name: str) -> Json:
    return {"name": name, "links": [{"rel": "self", "href": f"/resource_classes/{name}"}]}


async def resource_class(request: Request, _: Cluster) -> Response:
    """Show one class."""
    name = request.params["class_name"]
    if name not in view.CLASSES:
        raise NotFound(f"No such resource class {name}.")
    return _answer(request, _class(name))


async def all_traits(request: Request, _: Cluster) -> Response:
    """List what nodes can do."""
    return _answer(request, {"traits": sorted((*view.TRAITS, view.DISABLED))})


async def trait(request: Request, _: Cluster) -> Response:
    """Tell whether there is such a trait."""
    if request.params["trait"] not in (*view.TRAITS, view.DISABLED):
        raise NotFound(f"No such trait(s): {request.params['trait']}.")
    return Response(status=204)
