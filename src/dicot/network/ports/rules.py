"""What Neutron demands of a port before it makes or changes one. Reads the cache, writes nothing."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import projected, servers, store
from dicot.network.kinds import PORTS
from dicot.network.resources import NETWORK, PORT, SECURITY_GROUP

Json = dict[str, Any]

PAIRS_MAX = 10


def check_rights(caller: Caller, network: Json, wish: Json, action: str) -> None:
    """Keep addresses and MACs on others' networks, and network device owners, from plain users."""
    if caller.cloud_admin:
        return
    foreign = store.namespace_of(network) != caller.namespace
    if foreign and any("ip_address" in one for one in wish.get("fixed_ips") or []):
        raise _disallowed(action, "fixed_ips")
    if foreign and "mac_address" in wish and action == "create_port":
        raise _disallowed(action, "mac_address")
    if wish.get("device_owner", "").startswith("network:"):
        raise _disallowed(action, "device_owner")


def _disallowed(action: str, name: str) -> Forbidden:
    return Forbidden(f"(rule:{action} and rule:{action}:{name}) is disallowed by policy", kind="PolicyNotAuthorized")


async def check_groups(cluster: Cluster, caller: Caller, namespace: str, group_ids: list[str]) -> list[Json]:
    """Return the security groups of these ids, all of the port's project; 404 in Neutron's words."""
    found: list[Json] = []
    for one in group_ids:
        group = await store.find(cluster, caller, SECURITY_GROUP, one)
        if store.namespace_of(group) != namespace:
            raise SECURITY_GROUP.missing(one)
        found.append(group)
    return found


def check_security(spec: Json) -> None:
    """Refuse groups or address pairs without port security."""
    if spec.get("portSecurityEnabled", True):
        return
    if spec.get("securityGroups"):
        raise Conflict(
            "Port has security group associated. Cannot disable port security or IP address until security group is "
            "removed.",
            kind="PortSecurityPortHasSecurityGroup",
        )
    if spec.get("allowedAddressPairs"):
        raise Conflict(
            "Port Security must be enabled in order to have allowed address pairs on a port.",
            kind="AddressPairAndPortSecurityRequired",
        )


def complete_pairs(pairs: list[Json], mac: str) -> list[Json]:
    """Fill in the port's own MAC address where a pair names none; at most PAIRS_MAX."""
    if len(pairs) > PAIRS_MAX:
        raise BadRequest(
            f"The number of allowed address pair exceeds the maximum {PAIRS_MAX}.", kind="AllowedAddressPairExhausted"
        )
    return [{"mac_address": one.get("mac_address", mac), "ip_address": one["ip_address"]} for one in pairs]


def refuse_used_mac(cluster: Cluster, network: Json, mac: str, port_id: str = "") -> None:
    """Refuse a MAC address that another port of the network has."""
    network_id = store.identity(NETWORK, network)
    for port in cluster.cache(PORTS).find("network", network_id):
        if port["spec"].get("macAddress") == mac and store.identity(PORT, port) != port_id:
            raise Conflict(
                f"Unable to complete operation for network {network_id}. The mac address {mac} is in use.",
                kind="MacAddressInUse",
            )


def refuse_bound(cluster: Cluster, port: Json) -> None:
    """Refuse what cannot happen to a port while its server exists."""
    vm = servers.vm_of(cluster, port)
    if vm is not None and store.alive(vm):
        raise Conflict(
            f"Unable to complete operation on port {store.identity(PORT, port)} for network "
            f"{port['spec']['networkId']}. Port already has an attached device {port['spec']['deviceId']}.",
            kind="PortInUse",
        )


def refuse_service_port(port: Json) -> None:
    """Refuse to delete a router's port behind the router's back."""
    owner = port["spec"].get("deviceOwner", "")
    if owner.startswith("network:"):
        raise Conflict(
            f"Port {store.identity(PORT, port)} cannot be deleted directly via the port API: has device owner {owner}.",
            kind="ServicePortInUse",
        )


def default_group_ids(cluster: Cluster, namespace: str) -> list[str]:
    """Return the id of a project's default security group, in a list; empty if it was deleted."""
    group = projected.default_group(cluster, namespace)
    return [] if group is None else [store.identity(SECURITY_GROUP, group)]
