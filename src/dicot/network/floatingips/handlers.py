"""Handlers of floating IPs: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import addresses, answers, store
from dicot.network.answers import Served
from dicot.network.drivers.choice import of as driver_of
from dicot.network.floatingips import view
from dicot.network.floatingips.schema import ATTRIBUTES
from dicot.network.kinds import FLOATING_IPS, PORTS, ROUTERS
from dicot.network.ports import handlers as ports
from dicot.network.ports.making import ASSOCIATION
from dicot.network.resources import FLOATING_IP, NETWORK, PORT, ROUTER, SUBNET
from dicot.network.routers import interfaces

Json = dict[str, Any]


def shown(cluster: Cluster, caller: Caller, obj: Json) -> Json:
    """Gather what a floating IP's view needs."""
    port = next(iter(cluster.cache(PORTS).find("id", obj["spec"].get("portId") or "-")), None)
    return view.floating_ip(
        obj,
        project_id=store.project_of(cluster, store.namespace_of(obj)),
        active=bool(obj["spec"].get("portId")) and driver_of(cluster).is_translated(cluster, obj),
        port=None if port is None else ports.shown(cluster, caller, port),
    )


SERVED = Served(FLOATING_IP, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List floating IPs."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one floating IP."""
    return await answers.show(request, cluster, SERVED)


def _bad(reason: str) -> BadRequest:
    return BadRequest(f"Bad floatingip request: {reason}.", kind="BadRequest")


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one floating IP."""
    network = await store.find(cluster, caller, NETWORK, wish["floating_network_id"])
    if not network["spec"].get("external"):
        raise _bad(f"Network {wish['floating_network_id']} is not a valid external network")
    driver = driver_of(cluster)
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    floating_ip_id = names.new_id()
    spec: Json = {"description": wish["description"], "floatingNetworkId": wish["floating_network_id"]}
    driver.check_floating_ip(cluster, caller, {}, spec)
    taken = await _addressed(cluster, wish, floating_ip_id)
    spec["floatingIpAddress"] = taken[0]["spec"]["address"]
    try:
        spec |= await association(cluster, caller, wish, spec, floating_ip_id)
        body = store.manifest(FLOATING_IP, {"name": spec["floatingIpAddress"], **spec}, wanted=floating_ip_id)
        body["metadata"]["finalizers"] = list(driver.finalizers)
        del body["spec"]["name"]
        made = await store.add(cluster, caller, FLOATING_IP, body, namespace)
    except BaseException:
        await addresses.give_back(cluster, taken)
        raise
    try:
        await driver.settle(cluster, made)
    except BaseException:
        await unmake(cluster, caller, made)
        raise
    return made


async def _addressed(cluster: Cluster, wish: Json, owner: str) -> list[Json]:
    """Take the address asked for, or any IPv4 address of the network (or of one subnet of it)."""
    network_id = wish["floating_network_id"]
    subnets = [one for one in store.subnets_of(cluster, network_id) if one["spec"]["ipVersion"] == 4]
    if wish["subnet_id"] is not None:
        subnets = [one for one in subnets if store.identity(SUBNET, one) == wish["subnet_id"]]
        if not subnets:
            raise SUBNET.missing(wish["subnet_id"])
    address = wish.get("floating_ip_address")
    if address is not None:
        subnet = addresses.of_address(subnets, address)
        if subnet is None:
            raise addresses.invalid_for_network(address)
        return [await addresses.take(cluster, subnet, address, owner)]
    for subnet in subnets:
        taken = await addresses.take_any(cluster, subnet, owner)
        if taken is not None:
            return [taken]
    raise addresses.exhausted(network_id)


async def association(cluster: Cluster, caller: Caller, wish: Json, spec: Json, floating_ip_id: str) -> Json:
    """Decide where a floating IP leads: the four facts of an association, or none of them."""
    port_id, fixed = wish.get("port_id"), wish.get("fixed_ip_address")
    if port_id is None:
        if fixed is not None:
            raise _bad("fixed_ip_address cannot be specified without a port_id")
        return dict.fromkeys(ASSOCIATION)
    port = await store.find(cluster, caller, PORT, port_id)
    subnet_id, fixed = _inside(port, port_id, fixed)
    external = spec["floatingNetworkId"]
    for other in store.floating_ips_of(cluster, port):
        mine = store.identity(FLOATING_IP, other) == floating_ip_id
        if not mine and other["spec"].get("fixedIpAddress") == fixed:
            raise Conflict(
                f"Cannot associate floating IP {spec['floatingIpAddress']} ({floating_ip_id}) with port {port_id} "
                f"using fixed IP {fixed}, as that fixed IP already has a floating IP on external network {external}.",
                kind="FloatingIPPortAlreadyAssociated",
            )
    router_id = _router_between(cluster, subnet_id, external) if driver_of(cluster).gives_addresses else None
    if router_id is None and driver_of(cluster).gives_addresses:
        raise NotFound(
            f"External network {external} is not reachable from subnet {subnet_id}.  Therefore, cannot associate Port "
            f"{port_id} with a Floating IP.",
            kind="ExternalGatewayForFloatingIPNotFound",
        )
    network_id = port["spec"]["networkId"]
    return {"portId": port_id, "fixedIpAddress": fixed, "routerId": router_id, "networkId": network_id}


def _inside(port: Json, port_id: str, fixed: str | None) -> tuple[str | None, str | None]:
    """Return (subnet id, address) of a port that a floating IP leads to."""
    have = [one for one in port["spec"].get("fixedIps", []) if ":" not in one["ipAddress"]]
    if fixed is not None:
        found = next((one for one in have if one["ipAddress"] == fixed), None)
        if found is None:
            raise _bad(f"Port {port_id} does not have fixed ip {fixed}")
        return found["subnetId"], fixed
    if not have and port["spec"].get("fixedIps") is not None and not port["spec"].get("deviceId"):
        raise _bad(f"Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses")
    if len(have) > 1:
        raise _bad(
            f"Port {port_id} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when assigning a "
            "floating IP"
        )
    return (have[0]["subnetId"], have[0]["ipAddress"]) if have else (None, None)


def _router_between(cluster: Cluster, subnet_id: str | None, external: str) -> str | None:
    """Return the router that connects a subnet with an external network."""
    for port in cluster.cache(PORTS).find("subnet", subnet_id or "-"):
        if port["spec"].get("deviceOwner") != interfaces.OWNER:
            continue
        for router in cluster.cache(ROUTERS).find("id", port["spec"].get("deviceId", "-")):
            gateway = router["spec"].get("externalGatewayInfo")
            if gateway is not None and gateway["networkId"] == external and store.alive(router):
                return store.identity(ROUTER, router)
    return None


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one floating IP and give back its address."""
    await store.remove(cluster, caller, FLOATING_IPS, obj)
    await store.settle_removed(cluster, caller, FLOATING_IP, obj, driver_of(cluster).settle)
    await addresses.give_back_all(cluster, store.identity(FLOATING_IP, obj))


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one floating IP or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change where a floating IP leads. An update that names no port disassociates nothing unless it says so."""
    wish = answers.wish(request, SERVED)
    obj = await lead(cluster, request.caller, request.params["id"], wish, request=request)
    return answers.one(request, cluster, SERVED, obj)


async def lead(
    cluster: Cluster, caller: Caller, floating_ip_id: str, wish: Json, *, request: Request | None = None
) -> Json:
    """Let a floating IP lead where `wish` says (`port_id`, `fixed_ip_address`; None for nowhere)."""

    async def decide(obj: Json) -> Json:
        spec: Json = {"description": wish["description"]} if "description" in wish else {}
        if "port_id" in wish or "fixed_ip_address" in wish:
            whole = {"port_id": obj["spec"].get("portId"), **wish}
            spec |= await association(cluster, caller, whole, obj["spec"], store.identity(FLOATING_IP, obj))
        return spec

    obj = await store.change(cluster, caller, FLOATING_IP, floating_ip_id, decide, request=request)
    await driver_of(cluster).settle(cluster, obj)
    return obj


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a floating IP and give back its address."""
    obj = await store.own(cluster, request.caller, FLOATING_IP, request.params["id"], "delete")
    store.expect_revision(request, obj)
    await unmake(cluster, request.caller, obj)
    return Response(status=204)
