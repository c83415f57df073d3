"""A network for a project that has none: Neutron's auto-allocated topology, made when Nova asks for one."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import attributes, store
from dicot.network.drivers.choice import of as driver_of
from dicot.network.networks import handlers as networks
from dicot.network.networks.schema import ATTRIBUTES as NETWORK_ATTRIBUTES
from dicot.network.resources import NETWORK
from dicot.network.routers import handlers as routers
from dicot.network.routers.schema import ATTRIBUTES as ROUTER_ATTRIBUTES
from dicot.network.subnets import handlers as subnets
from dicot.network.subnets.schema import ATTRIBUTES as SUBNET_ATTRIBUTES

Json = dict[str, Any]

CIDR = "10.64.0.0/24"
"""Every project's own: projects are isolated, so that all may have the same."""
NAMES = {"network": "auto_allocated_network", "subnet": "auto_allocated_subnet_v4", "router": "auto_allocated_router"}


async def allocate(cluster: Cluster, caller: Caller) -> Json:
    """Make a network, a subnet and, where there is an external network, a router; all or nothing."""
    if not cluster.config.tenant_networks:
        raise BadRequest("Unable to automatically allocate a network for project " + caller.project_id)
    network = await networks.make(
        cluster, caller, attributes.for_create(NETWORK_ATTRIBUTES, {"name": NAMES["network"]}, caller, "network")
    )
    network_id = store.identity(NETWORK, network)
    try:
        wish = {"name": NAMES["subnet"], "network_id": network_id, "ip_version": 4, "cidr": CIDR}
        subnet = await subnets.make(cluster, caller, attributes.for_create(SUBNET_ATTRIBUTES, wish, caller, "subnet"))
    except BaseException:
        await networks.unmake(cluster, caller, network)
        raise
    try:
        await _route(cluster, caller, store.identity(subnets.SERVED.resource, subnet))
    except BaseException:
        await subnets.unmake(cluster, caller, subnet)
        await networks.unmake(cluster, caller, network)
        raise
    return network


async def _route(cluster: Cluster, caller: Caller, subnet_id: str) -> None:
    """Connect the subnet to the default external network, if the driver routes and there is one."""
    if "router" not in driver_of(cluster).extensions:
        return
    visible = store.visible(cluster, caller, NETWORK)
    external = [one for one in visible if one["spec"].get("external")]
    chosen = next((one for one in external if one["spec"].get("isDefault")), None) or next(iter(external), None)
    wish: Json = {"name": NAMES["router"]}
    if chosen is not None:
        wish["external_gateway_info"] = {"network_id": store.identity(NETWORK, chosen)}
    router = await routers.make(cluster, caller, attributes.for_create(ROUTER_ATTRIBUTES, wish, caller, "router"))
    try:
        await routers.attach(cluster, caller, router, {"subnet_id": subnet_id})
    except (BadRequest, Conflict):
        await routers.unmake(cluster, caller, router)
        raise
