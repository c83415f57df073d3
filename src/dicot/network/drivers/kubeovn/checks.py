"""What Kube-OVN cannot do, refused by name before anything is written. Pure but for the cache."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import KUBEOVN_SUBNETS
from dicot.network import store
from dicot.network.drivers.kubeovn import acls, settle, switches
from dicot.network.drivers.kubeovn.switches import Switch
from dicot.network.resources import SUBNET

Json = dict[str, Any]


def nothing(_: Cluster, __: Caller, ___: Json, ____: Json) -> None:
    """Refuse nothing."""


def network(_: Cluster, __: Caller, have: Json, wish: Json) -> None:
    """Refuse what a logical switch cannot be."""
    for key in ("networkType", "physicalNetwork", "segmentationId"):
        if wish.get(key) is not None and wish.get(key) != have.get("spec", {}).get(key):
            raise BadRequest(
                f"Invalid input for operation: provider:{_WIRE[key]} is not supported: Kube-OVN chooses it.",
                kind="InvalidInput",
            )


_WIRE = {"networkType": "network_type", "physicalNetwork": "physical_network", "segmentationId": "segmentation_id"}


def subnet(cluster: Cluster, _: Caller, have: Json, wish: Json) -> None:
    """Refuse a network's first subnet of an IP version once servers are on it: a switch has fixed CIDRs.

    On a switch of its own it would be of no use to ports that want both versions, as Neutron's do.
    """
    network = None if have else store.network_of(cluster, wish["networkId"])
    found: list[Switch] = [] if network is None else settle.switches_of(cluster, network)
    if found and all(
        switches.lacks(one.subnets, wish["ipVersion"]) and any(settle.carries(cluster, part) for part in one.subnets)
        for one in found
    ):
        raise Conflict(
            f"Network {wish['networkId']} has servers and no IPv{wish['ipVersion']} subnet: Kube-OVN networks "
            "take their first subnet of an IP version only before."
        )


def subnet_removal(cluster: Cluster, _: Caller, have: Json, __: Json) -> None:
    """Refuse to take a subnet from a switch that carries its neighbour's servers: a switch has fixed CIDRs."""
    network = store.network_of(cluster, have["spec"]["networkId"])
    cidr = have["spec"]["cidr"]
    beside: list[Json] = [] if network is None else switches.beside(settle.switches_of(cluster, network), cidr)
    for other in beside:
        if settle.carries(cluster, other):
            raise Conflict(
                f"Subnet {store.identity(SUBNET, have)} shares a Kube-OVN switch with subnet "
                f"{store.identity(SUBNET, other)}, which has addresses in use: both go, or none.",
                kind="SubnetInUse",
            )


def port(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse address pairs with another MAC address: port_vips knows addresses only."""
    mac = wish.get("macAddress")
    for pair in wish.get("allowedAddressPairs") or []:
        if pair.get("macAddress") not in (None, mac):
            raise BadRequest(
                "Invalid input for allowed_address_pairs. Reason: a mac_address other than the port's is not supported."
            )


def interface(cluster: Cluster, _: Caller, have: Json, wish: Json) -> None:
    """Refuse to connect networks of different Vpcs: one of them overlapped another network when it was made."""
    homes = {
        switch["spec"].get("vpc")
        for network_id in (*have["networkIds"], *wish["networkIds"])
        for switch in cluster.cache(KUBEOVN_SUBNETS).find("network", network_id)
    }
    if len(homes) > 1:
        raise Conflict(
            f"Network {wish['networkIds'][0]} cannot share this router: it was made while another network of the "
            f"project had its addresses, and so lives in another Vpc ({', '.join(sorted(str(one) for one in homes))})."
        )


def rule(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse ports of protocols in which OVN finds none."""
    if not acls.is_enforceable(wish):
        raise BadRequest(
            f"Ports cannot be specified for protocol {wish['protocol']}. Ports are only supported for sctp, tcp, udp.",
            kind="SecurityGroupInvalidProtocolForPort",
        )
