"""Handlers of routers: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import addresses, answers, attributes, store
from dicot.network.answers import Served
from dicot.network.drivers.choice import of as driver_of
from dicot.network.ports import making
from dicot.network.ports import rules as port_rules
from dicot.network.resources import PORT, ROUTER, SUBNET
from dicot.network.routers import gateway, interfaces, reach, view
from dicot.network.routers.schema import ATTRIBUTES

Json = dict[str, Any]


def shown(cluster: Cluster, _: Caller, obj: Json) -> Json:
    """Gather what a router's view needs."""
    return view.router(obj, project_id=store.project_of(cluster, store.namespace_of(obj)))


SERVED = Served(ROUTER, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List routers."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one router."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one router, with its gateway's address."""
    driver = driver_of(cluster)
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    router_id = names.new_id()
    spec = attributes.spec(ATTRIBUTES, {**wish, "external_gateway_info": None})
    driver.check_router(cluster, caller, {}, spec)
    taken: list[Json] = []
    if wish["external_gateway_info"] is not None:
        info, taken = await gateway.take(cluster, caller, wish["external_gateway_info"], router_id, None)
        spec["externalGatewayInfo"] = info
    try:
        body = store.manifest(ROUTER, spec, wanted=router_id, finalizers=driver.finalizers)
        made = await store.add(cluster, caller, ROUTER, body, namespace)
    except BaseException:
        await addresses.give_back(cluster, taken)
        raise
    try:
        await driver.settle(cluster, made)
    except BaseException:
        await unmake(cluster, caller, made)
        raise
    return made


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one router, its gateway's address, and what stands behind it."""
    await store.remove(cluster, caller, ROUTER.kind, obj)
    await addresses.give_back_all(cluster, store.identity(ROUTER, obj))
    await store.settle_removed(cluster, caller, ROUTER, obj, driver_of(cluster).settle)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one router or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a router, its gateway and its routes."""
    caller = request.caller
    wish = answers.wish(request, SERVED)
    taken: list[Json] = []

    async def decide(obj: Json) -> Json:
        await addresses.give_back(cluster, taken)
        taken.clear()
        spec = attributes.spec(ATTRIBUTES, wish)
        driver_of(cluster).check_router(cluster, caller, obj, spec)
        if "external_gateway_info" in wish:
            info = wish["external_gateway_info"]
            gateway.check_change(cluster, obj, info)
            spec["externalGatewayInfo"] = None
            if info is not None:
                have = obj["spec"].get("externalGatewayInfo")
                owner = store.identity(ROUTER, obj)
                spec["externalGatewayInfo"], more = await gateway.take(cluster, caller, info, owner, have)
                taken.extend(more)
        if "routes" in wish:
            reach.check(cluster, {**obj, "spec": {**obj["spec"], **spec}}, wish["routes"])
        return spec

    try:
        obj = await store.change(cluster, caller, ROUTER, request.params["id"], decide, request=request)
    except BaseException:
        await addresses.give_back(cluster, taken)
        raise
    held = (obj["spec"].get("externalGatewayInfo") or {}).get("externalFixedIps", [])
    kept = frozenset(one["ipAddress"] for one in held)
    await addresses.give_back_all(cluster, store.identity(ROUTER, obj), but=kept)
    await driver_of(cluster).settle(cluster, obj)
    return answers.one(request, cluster, SERVED, obj)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a router; 409 while it has interfaces."""
    obj = await store.own(cluster, request.caller, ROUTER, request.params["id"], "delete")
    store.expect_revision(request, obj)
    router_id = store.identity(ROUTER, obj)
    ports = interfaces.of(cluster, router_id)
    if ports:
        said = ", ".join(store.identity(PORT, one) for one in ports)
        raise Conflict(f"Router {router_id} has ports still attached: {said}", kind="RouterInUse")
    await unmake(cluster, request.caller, obj)
    return Response(status=204)


async def add_router_interface(request: Request, cluster: Cluster) -> Response:
    """Connect a router to a subnet, at the subnet's gateway address or through a port that exists."""
    caller = request.caller
    router = await store.own(cluster, caller, ROUTER, request.params["id"], "update")
    port = await attach(cluster, caller, router, request.body)
    return _interface(cluster, router, port)


async def remove_router_interface(request: Request, cluster: Cluster) -> Response:
    """Disconnect a router from a subnet; its port goes."""
    caller = request.caller
    router = await store.own(cluster, caller, ROUTER, request.params["id"], "update")
    subnet_id, port_id = interfaces.asked(request.body)
    port = interfaces.existing(cluster, store.identity(ROUTER, router), subnet_id, port_id)
    interfaces.check_removal(cluster, router, port)
    await making.unmake(cluster, caller, port)
    await driver_of(cluster).settle(cluster, router)
    return _interface(cluster, router, port)


def _interface(cluster: Cluster, router: Json, port: Json) -> Response:
    project_id = store.project_of(cluster, store.namespace_of(router))
    return Response(view.interface(router, port, port_id=store.identity(PORT, port), project_id=project_id))


async def attach(cluster: Cluster, caller: Caller, router: Json, body: Any) -> Json:
    """Connect a router as a body asks; returns the port."""
    subnet_id, port_id = interfaces.asked(body)
    if subnet_id and port_id:
        raise interfaces.bad("Cannot specify both subnet-id and port-id")
    if port_id:
        port = await _attach_port(cluster, caller, router, port_id)
    else:
        port = await _attach_subnet(cluster, caller, router, subnet_id)
    try:
        await driver_of(cluster).settle(cluster, router)
    except BaseException:
        await (_detach_port if port_id else making.unmake)(cluster, caller, port)
        raise
    return port


def _check_interface(cluster: Cluster, caller: Caller, router: Json, subnets: list[Json]) -> None:
    """Refuse subnets of other projects, and those that the driver cannot connect."""
    for subnet in subnets:
        if store.namespace_of(subnet) != store.namespace_of(router):
            raise interfaces.bad(f"Subnet {store.identity(SUBNET, subnet)} belongs to another project")
    have = {one["spec"]["networkId"] for one in interfaces.subnets(cluster, store.identity(ROUTER, router))}
    wish = [one["spec"]["networkId"] for one in subnets]
    driver_of(cluster).check_interface(cluster, caller, {"networkIds": sorted(have)}, {"networkIds": wish})


async def _attach_subnet(cluster: Cluster, caller: Caller, router: Json, subnet_id: str) -> Json:
    subnet = await store.find(cluster, caller, SUBNET, subnet_id)
    router_id = store.identity(ROUTER, router)
    if not subnet["spec"].get("gatewayIp"):
        raise interfaces.bad("Subnet for router interface must have a gateway IP")
    interfaces.check_new(cluster, router_id, subnet)
    _check_interface(cluster, caller, router, [subnet])
    wish: Json = {
        "project_id": store.project_of(cluster, store.namespace_of(router)),
        "network_id": subnet["spec"]["networkId"],
        "name": "",
        "description": "",
        "admin_state_up": True,
        "device_id": router_id,
        "device_owner": interfaces.OWNER,
        "port_security_enabled": False,
        "security_groups": [],
        "allowed_address_pairs": [],
        "binding:vnic_type": "normal",
        "fixed_ips": [{"subnet_id": subnet_id, "ip_address": subnet["spec"]["gatewayIp"], "gateway": True}],
    }
    return await making.make(cluster, caller, wish)


async def _attach_port(cluster: Cluster, caller: Caller, router: Json, port_id: str) -> Json:
    port = await store.own(cluster, caller, PORT, port_id, "update")
    if port["spec"].get("deviceId"):
        raise Conflict(
            f"Unable to complete operation on port {port_id} for network {port['spec']['networkId']}. Port already has "
            f"an attached device {port['spec']['deviceId']}.",
            kind="PortInUse",
        )
    port_rules.refuse_bound(cluster, port)
    fixed = port["spec"].get("fixedIps", [])
    if not fixed:
        raise interfaces.bad("Router port must have at least one fixed IP")
    router_id = store.identity(ROUTER, router)
    subnets = [await store.find(cluster, caller, SUBNET, one["subnetId"]) for one in fixed]
    for subnet in subnets:
        interfaces.check_new(cluster, router_id, subnet)
    _check_interface(cluster, caller, router, subnets)
    spec: Json = {
        "deviceId": router_id,
        "deviceOwner": interfaces.OWNER,
        "securityGroups": [],
        "portSecurityEnabled": False,
    }
    return await store.write(cluster, caller, PORT.kind, port, spec)


async def _detach_port(cluster: Cluster, caller: Caller, port: Json) -> None:
    await store.write(cluster, caller, PORT.kind, port, {"deviceId": None, "deviceOwner": None})
