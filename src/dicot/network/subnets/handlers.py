"""Handlers of subnets: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import Conflict, Forbidden
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import addresses, answers, attributes, store
from dicot.network.answers import Served
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import FLOATING_IPS, IP_ADDRESSES, PORTS, ROUTERS
from dicot.network.resources import NETWORK, PORT, SUBNET
from dicot.network.subnets import pooled, rules, view
from dicot.network.subnets.schema import ATTRIBUTES

Json = dict[str, Any]


def shown(cluster: Cluster, _: Caller, obj: Json) -> Json:
    """Gather what a subnet's view needs."""
    network = store.network_of(cluster, obj["spec"]["networkId"])
    return view.subnet(
        obj,
        project_id=store.project_of(cluster, store.namespace_of(obj)),
        external=bool(network and network["spec"].get("external")),
    )


SERVED = Served(SUBNET, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List subnets."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one subnet."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one subnet on a network of the caller's."""
    network = await store.find(cluster, caller, NETWORK, wish["network_id"])
    if not caller.cloud_admin and store.namespace_of(network) != caller.namespace:
        raise Forbidden("rule:create_subnet is disallowed by policy", kind="PolicyNotAuthorized")
    store.refuse_projected(NETWORK, network)
    rules.check_version(wish)
    others = store.subnets_of(cluster, wish["network_id"])
    pool = await pooled.pool_for(cluster, caller, wish, network, others)
    subnet_id = names.new_id()
    if pool is None:
        return await _made(cluster, caller, wish, network, subnet_id)
    await pooled.take(cluster, pool, wish, subnet_id, store.namespace_of(network))
    try:
        return await _made(cluster, caller, wish, network, subnet_id)
    except BaseException:
        await pooled.give_back(cluster, subnet_id, wish["subnetpool_id"])
        raise


async def _made(cluster: Cluster, caller: Caller, wish: Json, network: Json, subnet_id: str) -> Json:
    """Create a subnet whose CIDR is known."""
    others = store.subnets_of(cluster, wish["network_id"])
    whole = rules.complete(wish, [(store.identity(SUBNET, one), one["spec"]["cidr"]) for one in others])
    spec = attributes.spec(ATTRIBUTES, whole)
    driver = driver_of(cluster)
    driver.check_subnet(cluster, caller, {}, spec)
    body = store.manifest(SUBNET, spec, wanted=subnet_id)
    meta = network["metadata"]
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": network["apiVersion"], "kind": network["kind"], "name": meta["name"], "uid": meta["uid"]}
    ]
    made = await store.add(cluster, caller, SUBNET, body, store.namespace_of(network))
    try:
        await driver.settle(cluster, network)
    except BaseException:
        await unmake(cluster, caller, made)
        raise
    return made


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one subnet and what stands behind it."""
    await store.remove(cluster, caller, SUBNET.kind, obj)
    await pooled.give_back(cluster, store.identity(SUBNET, obj), obj["spec"].get("subnetPoolId"))
    network = store.network_of(cluster, obj["spec"]["networkId"])
    if network is not None:
        await driver_of(cluster).settle(cluster, network)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one subnet or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a subnet."""
    wish = answers.wish(request, SERVED)

    async def decide(obj: Json) -> Json:
        store.refuse_projected(SUBNET, obj)
        have = attributes.view(ATTRIBUTES, obj["spec"])
        subnet_id = store.identity(SUBNET, obj)
        rules.check({**have, **wish}, subnet_id)
        if "gateway_ip" in wish and wish["gateway_ip"] != have["gateway_ip"]:
            _refuse_used_gateway(cluster, subnet_id, have["gateway_ip"])
        spec = attributes.spec(ATTRIBUTES, wish)
        driver_of(cluster).check_subnet(cluster, request.caller, obj, spec)
        return spec

    obj = await store.change(cluster, request.caller, SUBNET, request.params["id"], decide, request=request)
    network = store.network_of(cluster, obj["spec"]["networkId"])
    if network is not None:
        await driver_of(cluster).settle(cluster, network)
    return answers.one(request, cluster, SERVED, obj)


def _refuse_used_gateway(cluster: Cluster, subnet_id: str, gateway: str | None) -> None:
    for port in ports_on(cluster, subnet_id):
        if any(one["ipAddress"] == gateway for one in port["spec"].get("fixedIps", [])):
            raise Conflict(
                f"Current gateway ip {gateway} already in use by port {store.identity(PORT, port)}. Unable to update.",
                kind="GatewayIpInUse",
            )


def ports_on(cluster: Cluster, subnet_id: str) -> list[Json]:
    """Return the ports that have an address of a subnet."""
    return [one for one in cluster.cache(PORTS).find("subnet", subnet_id) if store.alive(one)]


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a subnet; 409 while a port has an address of it."""
    obj = await store.own(cluster, request.caller, SUBNET, request.params["id"], "delete")
    store.refuse_projected(SUBNET, obj)
    store.expect_revision(request, obj)
    subnet_id = store.identity(SUBNET, obj)
    if ports_on(cluster, subnet_id) or _others_hold(cluster, subnet_id):
        raise Conflict(rules.in_use(subnet_id), kind="SubnetInUse")
    driver_of(cluster).check_subnet_removal(cluster, request.caller, obj, {})
    await unmake(cluster, request.caller, obj)
    await addresses.give_back(cluster, cluster.cache(IP_ADDRESSES).find("subnet", subnet_id))
    return Response(status=204)


def _others_hold(cluster: Cluster, subnet_id: str) -> bool:
    """Tell whether a router's gateway or a floating IP has an address of a subnet."""
    owners = {one["spec"]["ownerId"] for one in cluster.cache(IP_ADDRESSES).find("subnet", subnet_id)}
    return any(cluster.cache(kind).find("id", owner) for owner in owners for kind in (FLOATING_IPS, ROUTERS))
