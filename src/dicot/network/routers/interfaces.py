"""A router's interfaces: what Neutron demands before it makes or removes one. Reads the cache, writes nothing."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.cluster import Cluster
from dicot.network import ranges, store
from dicot.network.kinds import FLOATING_IPS, PORTS
from dicot.network.resources import PORT, ROUTER, SUBNET

Json = dict[str, Any]

OWNER = "network:router_interface"


def bad(reason: str) -> BadRequest:
    """Return Neutron's "Bad router request"."""
    return BadRequest(f"Bad router request: {reason}.", kind="BadRequest")


def of(cluster: Cluster, router_id: str) -> list[Json]:
    """Return the ports that are a router's interfaces, oldest first."""
    found = [
        one
        for one in cluster.cache(PORTS).find("device", router_id)
        if one["spec"].get("deviceOwner") == OWNER and store.alive(one)
    ]
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))


def subnets(cluster: Cluster, router_id: str) -> list[Json]:
    """Return the subnets a router is connected to."""
    ids = [one["subnetId"] for port in of(cluster, router_id) for one in port["spec"].get("fixedIps", [])]
    return [subnet for one in ids if (subnet := store.subnet_of(cluster, one)) is not None]


def check_new(cluster: Cluster, router_id: str, subnet: Json) -> None:
    """Refuse a subnet the router has already, or whose CIDR overlaps one that it has."""
    subnet_id, cidr = store.identity(SUBNET, subnet), subnet["spec"]["cidr"]
    for other in subnets(cluster, router_id):
        other_id = store.identity(SUBNET, other)
        if other_id == subnet_id:
            raise bad(f"Router already has a port on subnet {subnet_id}")
        if ranges.overlap(other["spec"]["cidr"], cidr):
            raise bad(
                f"Cidr {cidr} of subnet {subnet_id} overlaps with cidr {other['spec']['cidr']} of subnet {other_id}"
            )


def asked(body: Any) -> tuple[str, str]:
    """Read (subnet id, port id) out of a body; at least one of them."""
    if not isinstance(body, dict):
        raise bad("Invalid router interface info")
    subnet_id, port_id = body.get("subnet_id") or "", body.get("port_id") or ""
    if not subnet_id and not port_id:
        raise bad("Either subnet_id or port_id must be specified")
    if not isinstance(subnet_id, str) or not isinstance(port_id, str):
        raise bad("subnet_id and port_id must be strings")
    return subnet_id, port_id


def existing(cluster: Cluster, router_id: str, subnet_id: str, port_id: str) -> Json:
    """Return the interface to remove."""
    ports = of(cluster, router_id)
    if port_id:
        found = next((one for one in ports if store.identity(PORT, one) == port_id), None)
        if found is None:
            raise NotFound(
                f"Router {router_id} does not have an interface with id {port_id}", kind="RouterInterfaceNotFound"
            )
        if subnet_id and all(one["subnetId"] != subnet_id for one in found["spec"]["fixedIps"]):
            raise BadRequest(
                f"Subnet on port {port_id} does not match the requested subnet {subnet_id}.",
                kind="SubnetMismatchForPort",
            )
        return found
    for port in ports:
        if any(one["subnetId"] == subnet_id for one in port["spec"]["fixedIps"]):
            return port
    raise NotFound(
        f"Router {router_id} has no interface on subnet {subnet_id}", kind="RouterInterfaceNotFoundForSubnet"
    )


def check_removal(cluster: Cluster, router: Json, port: Json) -> None:
    """Refuse to take away what a floating IP or an extra route needs."""
    router_id = store.identity(ROUTER, router)
    for one in port["spec"]["fixedIps"]:
        subnet = store.subnet_of(cluster, one["subnetId"])
        if subnet is None:
            continue
        cidr = subnet["spec"]["cidr"]
        for floating_ip in cluster.cache(FLOATING_IPS).find("router", router_id):
            fixed = floating_ip["spec"].get("fixedIpAddress")
            if fixed and ranges.contains(cidr, fixed):
                raise Conflict(
                    f"Router interface for subnet {one['subnetId']} on router {router_id} cannot be deleted, as it is "
                    "required by one or more floating IPs.",
                    kind="RouterInterfaceInUseByFloatingIP",
                )
        if any(ranges.contains(cidr, route["nexthop"]) for route in router["spec"].get("routes", [])):
            raise Conflict(
                f"Router interface for subnet {one['subnetId']} on router {router_id} cannot be deleted, as it is "
                "required by one or more routes.",
                kind="RouterInterfaceInUseByRoute",
            )
