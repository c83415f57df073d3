"""What Kube-OVN cannot do, refused by name before anything is written. Pure but for the cache."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import KUBEOVN_SUBNETS
from dicot.network import store
from dicot.network.drivers.kubeovn.manifest import PROTOCOLS
from dicot.network.kinds import IP_ADDRESSES
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
    """Refuse a second subnet of one IP version, or one more once addresses are in use: a switch has fixed CIDRs."""
    if have:
        return
    others = store.subnets_of(cluster, wish["networkId"])
    if any(one["spec"]["ipVersion"] == wish["ipVersion"] for one in others):
        raise Conflict(
            f"Network {wish['networkId']} has an IPv{wish['ipVersion']} subnet already: Kube-OVN networks have one of "
            "each IP version."
        )
    taken = [
        taken for one in others for taken in cluster.cache(IP_ADDRESSES).find("subnet", store.identity(SUBNET, one))
    ]
    if taken:
        raise Conflict(
            f"Network {wish['networkId']} has addresses in use: Kube-OVN networks take a second subnet only before."
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
    """Refuse protocols that Kube-OVN cannot tell apart, and ICMP types."""
    protocol = wish.get("protocol")
    if protocol not in PROTOCOLS:
        said = [name for name in PROTOCOLS if name is not None]
        raise BadRequest(
            f"Security group rule protocol {protocol} not supported. Only protocol values {said} are supported.",
            kind="SecurityGroupRuleInvalidProtocol",
        )
    if PROTOCOLS[protocol] == "icmp" and wish.get("portRangeMin") is not None:
        raise BadRequest(
            "Invalid input for port_range_min. Reason: a rule for one ICMP type is not supported, only for all of ICMP."
        )
