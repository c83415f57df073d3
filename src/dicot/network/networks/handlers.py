"""Handlers of networks: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Conflict, Unavailable
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import answers, attributes, store
from dicot.network.answers import Served
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import PORTS
from dicot.network.networks import view
from dicot.network.networks.schema import ATTRIBUTES
from dicot.network.resources import NETWORK, PORT, SUBNET
from dicot.network.subnetpools import scoped
from dicot.network.subnets import pooled

Json = dict[str, Any]


def shown(cluster: Cluster, caller: Caller, obj: Json) -> Json:
    """Gather what a network's view needs."""
    subnets = store.subnets_of(cluster, store.identity(NETWORK, obj))
    return view.network(
        obj,
        project_id=store.project_of(cluster, store.namespace_of(obj)),
        subnet_ids=[store.identity(SUBNET, one) for one in subnets],
        scopes=[scoped.of_network(cluster, subnets, version) for version in (4, 6)],
        admin=caller.cloud_admin,
    )


SERVED = Served(NETWORK, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List networks: the project's own, shared and external ones."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one network."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one network."""
    if not cluster.config.tenant_networks and not caller.cloud_admin:
        error = Unavailable("Unable to create the network. No project network is available for allocation.")
        error.kind = "NoNetworkAvailable"
        raise error
    driver = driver_of(cluster)
    spec = attributes.spec(ATTRIBUTES, wish)
    driver.check_network(cluster, caller, {}, spec)
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    body = store.manifest(NETWORK, spec, finalizers=driver.finalizers)
    made = await store.add(cluster, caller, NETWORK, body, namespace)
    try:
        return await store.grant(cluster, caller, NETWORK, made, store.COMMON)
    except BaseException:
        await unmake(cluster, caller, made)
        raise


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one network and what stands behind it."""
    await store.remove(cluster, caller, NETWORK.kind, obj)
    await store.settle_removed(cluster, caller, NETWORK, obj, driver_of(cluster).settle)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one network or several."""
    response = await answers.create(request, cluster, SERVED, make, unmake)
    if isinstance(response.body, dict):
        # Neutron tells it of every network that was just made, later only of external ones.
        for one in response.body.get(NETWORK.collection) or [response.body[NETWORK.name]]:
            one.setdefault("is_default", False)
    return response


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a network."""
    wish = answers.wish(request, SERVED)
    spec = attributes.spec(ATTRIBUTES, wish)

    async def decide(obj: Json) -> Json:
        store.refuse_projected(NETWORK, obj)
        driver_of(cluster).check_network(cluster, request.caller, obj, spec)
        if not spec.get("shared", True) and obj["spec"].get("shared"):
            _refuse_if_others_use(cluster, obj)
        return spec

    obj = await store.change(cluster, request.caller, NETWORK, request.params["id"], decide, request=request)
    if any(way in spec for way in store.COMMON):
        obj = await store.grant(cluster, request.caller, NETWORK, obj, store.COMMON)
    await driver_of(cluster).settle(cluster, obj)
    return answers.one(request, cluster, SERVED, obj)


def _refuse_if_others_use(cluster: Cluster, network: Json) -> None:
    used = cluster.cache(PORTS).find("network", store.identity(NETWORK, network))
    if any(store.namespace_of(port) != store.namespace_of(network) for port in used):
        raise Conflict(
            f"Unable to reconfigure sharing settings for network {store.identity(NETWORK, network)}. "
            "Multiple projects are using it.",
            kind="InvalidSharedSetting",
        )


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a network and its subnets; 409 while ports are on it."""
    caller = request.caller
    obj = await store.own(cluster, caller, NETWORK, request.params["id"], "delete")
    store.refuse_projected(NETWORK, obj)
    store.expect_revision(request, obj)
    network_id = store.identity(NETWORK, obj)
    ports = [one for one in cluster.cache(PORTS).find("network", network_id) if store.alive(one)]
    if ports:
        said = ",".join(sorted(store.identity(PORT, one) for one in ports))
        raise Conflict(
            f"Unable to complete operation on network {network_id}. There are one or more ports still in use on the "
            f"network, id for these ports is: {said}.",
            kind="NetworkInUse",
        )
    for subnet in store.subnets_of(cluster, network_id):
        await store.remove(cluster, caller, SUBNET.kind, subnet)
        await pooled.give_back(cluster, store.identity(SUBNET, subnet), subnet["spec"].get("subnetPoolId"))
    await unmake(cluster, caller, obj)
    return Response(status=204)
