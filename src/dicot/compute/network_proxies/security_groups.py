"""Handlers of security groups and their incoming rules as Nova shows them: gather, decide, act, in Nova's words."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import unquote

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.server_security_groups import view
from dicot.network import projected, store
from dicot.network.kinds import SECURITY_GROUPS
from dicot.network.resources import SECURITY_GROUP
from dicot.network.security_group_rules import handlers as rules
from dicot.network.security_groups import handlers

Json = dict[str, Any]

_ANYWHERE = "0.0.0.0/0"
_PORTS_MAX = 65535
_TYPES_MAX = 255
_NO_UUID = "Security group id should be uuid"


def _groups(cluster: Cluster, namespace: str) -> list[Json]:
    """Return all groups of a project, the default one also before anybody has changed it."""
    found = [one for one in cluster.cache(SECURITY_GROUPS).find("namespace", namespace) if store.alive(one)]
    default = projected.default_group(cluster, namespace)
    return [*found, default] if default is not None and projected.is_projected(default) else found


def _named(groups: list[Json]) -> dict[str, str]:
    return {names.identity_of(one, view.NOUN): _name(one) for one in groups}


def _name(group: Json) -> str:
    return str(group["spec"].get("name", group["metadata"]["name"]))


def _view(cluster: Cluster, group: Json) -> Json:
    namespace = store.namespace_of(group)
    return view.group(group, store.project_of(cluster, namespace), _named(_groups(cluster, namespace)))


async def index(request: Request, cluster: Cluster) -> Response:
    """List the groups of the project by name."""
    found = _groups(cluster, request.caller.namespace) if request.caller.namespace else []
    start, most = int(request.asked("offset") or 0), int(request.asked("limit") or 0) or cluster.config.page_max
    page = sorted(found, key=_name)[start : start + min(most, cluster.config.page_max)]
    project, named = store.project_of(cluster, request.caller.namespace), _named(found)
    return Response({"security_groups": [view.group(one, project, named) for one in page]})


async def _find(request: Request, cluster: Cluster, group_id: str) -> Json:
    return await store.find(cluster, request.caller, SECURITY_GROUP, group_id)


def _named_by_uuid(request: Request) -> str:
    if not names.is_uuid(request.params["id"]):
        raise BadRequest(_NO_UUID)
    return request.params["id"]


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one group."""
    return Response({"security_group": _view(cluster, await _find(request, cluster, _named_by_uuid(request)))})


def _as_neutron_takes_it(request: Request) -> None:
    asked = request.body["security_group"]
    request.body = {"security_group": {key: asked[key] for key in ("name", "description")}}


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a group that lets everything out and nothing in."""
    _as_neutron_takes_it(request)
    try:
        made = await handlers.create(request, cluster)
    except Conflict as error:
        raise Forbidden(error.message) from error
    assert isinstance(made.body, dict)
    group = await _find(request, cluster, made.body["security_group"]["id"])
    return Response({"security_group": _view(cluster, group)})


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a group's name and description."""
    group_id = _named_by_uuid(request)
    _as_neutron_takes_it(request)
    await handlers.update(request, cluster)
    return Response({"security_group": _view(cluster, await _find(request, cluster, group_id))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a group; 400, as Nova says it, while a port has it."""
    _named_by_uuid(request)
    try:
        await handlers.delete(request, cluster)
    except Conflict as error:
        raise BadRequest(error.message) from error
    return Response(status=202)


async def create_rule(request: Request, cluster: Cluster) -> Response:
    """Let something in."""
    asked = request.body["security_group_rule"]
    parent_id, source_id = asked["parent_group_id"], asked.get("group_id")
    await _find(request, cluster, parent_id)
    if source_id is not None:
        await _find(request, cluster, source_id)
    rule: Json = {"security_group_id": parent_id, "direction": "ingress", **_matched(asked, source_id)}
    request.body = {"security_group_rule": rule}
    try:
        made = await rules.create(request, cluster)
    except Conflict as error:
        if error.kind == "OverQuota":
            raise Forbidden(error.message) from error
        raise BadRequest(f"This rule already exists in group {parent_id}") from error
    assert isinstance(made.body, dict)
    told = _view(cluster, await _find(request, cluster, parent_id))["rules"]
    wanted = made.body["security_group_rule"]["id"]
    return Response({"security_group_rule": next(one for one in told if one["id"] == wanted)})


def _matched(asked: Json, source_id: str | None) -> Json:
    """Return what a rule lets in, as Neutron spells it; 400 in Nova's words (security_group_api._new_ingress_rule)."""
    protocol, first, last = asked.get("ip_protocol"), asked.get("from_port"), asked.get("to_port")
    network = None if source_id is not None else _network(asked.get("cidr"))
    version = 4 if network is None else network.version
    told: Json = {"ethertype": f"IPv{version}", "remote_group_id": source_id}
    if network is not None:
        told["remote_ip_prefix"] = str(network)
    if not protocol or first is None or last is None:
        if network is not None:
            raise BadRequest("Not enough parameters to build a valid rule.")
        return {**told, "protocol": str(protocol).lower()} if protocol else told
    return {**told, **_ports(str(protocol), first, last)}


def _network(cidr: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = unquote(str(cidr)) if cidr else _ANYWHERE
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadRequest(f"{text} is not a valid IP network.") from error
    if "/" not in text:
        raise BadRequest(f"{text} is not a valid IP network.")
    if network.prefixlen == 0 and text.partition("/")[0] not in ("0.0.0.0", "::"):  # noqa: S104 - no address to bind
        raise BadRequest(f"Bad prefix for network in cidr {text}")
    return network


def _ports(protocol: str, first: Any, last: Any) -> Json:
    name = protocol.upper()
    try:
        first, last = int(first), int(last)
    except (TypeError, ValueError, OverflowError) as error:
        what = "Type and Code must be integers for ICMP protocol type"
        raise BadRequest(
            f"Invalid input received: {what if name == 'ICMP' else 'To and From ports must be integers'}"
        ) from error
    if name not in ("TCP", "UDP", "ICMP"):
        raise BadRequest(f"Invalid IP protocol {protocol}.")
    wrong = ""
    if name == "ICMP":
        if not (-1 <= first <= _TYPES_MAX and -1 <= last <= _TYPES_MAX):
            wrong = "For ICMP, the type:code must be valid"
    elif first > last:
        wrong = "Former value cannot be greater than the later"
    elif first < 1 or last > _PORTS_MAX:
        wrong = f"Valid {name} ports should be between 1-65535"
    if wrong:
        raise BadRequest(f"Invalid port range {first}:{last}. {wrong}")
    open_icmp = name == "ICMP" and first == -1
    told: Json = {"protocol": protocol.lower()}
    if not open_icmp:
        told |= {"port_range_min": first, "port_range_max": None if name == "ICMP" and last == -1 else last}
    return told


async def delete_rule(request: Request, cluster: Cluster) -> Response:
    """Let something in no more."""
    _named_by_uuid(request)
    await rules.delete(request, cluster)
    return Response(status=202)
