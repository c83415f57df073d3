"""What a plain cluster network cannot do, refused by name before anything is written. Pure but for the cache."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import store
from dicot.network.resources import NETWORK

Json = dict[str, Any]

PROTOCOLS = {"tcp": "TCP", "6": "TCP", "udp": "UDP", "17": "UDP", "sctp": "SCTP", "132": "SCTP"}
WITHOUT_EFFECT = frozenset({"icmp", "1", "icmpv6", "ipv6-icmp", "58"})
"""Accepted, since every client opens ICMP, but NetworkPolicy has no word for it: the cluster's network decides."""


def nothing(_: Cluster, __: Caller, ___: Json, ____: Json) -> None:
    """Refuse nothing."""


def together(cluster: Cluster, network: Json) -> list[list[Json]]:
    """Return the subnets whose addresses one interface can have: all, since the cluster chooses."""
    return [store.subnets_of(cluster, store.identity(NETWORK, network))]


def network(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse provider networks: there is one cluster network."""
    for key, name in (
        ("networkType", "network_type"),
        ("physicalNetwork", "physical_network"),
        ("segmentationId", "segmentation_id"),
    ):
        if wish.get(key) is not None:
            raise BadRequest(
                f"Invalid input for operation: provider:{name} is not supported: there is one cluster network.",
                kind="InvalidInput",
            )


def port(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse particular addresses and address pairs."""
    owner = wish.get("deviceOwner", "")
    fixed: list[Json] = [] if owner.startswith("network:") else wish.get("fixedIps") or []
    if any("ipAddress" in one or "ip_address" in one for one in fixed):
        raise BadRequest(
            "Invalid input for fixed_ips. Reason: a particular address cannot be had: the cluster network chooses."
        )
    if wish.get("allowedAddressPairs"):
        raise BadRequest("Invalid input for allowed_address_pairs. Reason: not supported by the cluster network.")


def router(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse extra routes: the cluster's network has its own."""
    if wish.get("routes"):
        raise BadRequest("Invalid input for routes. Reason: not supported by the cluster network.")


def rule(_: Cluster, __: Caller, ___: Json, wish: Json) -> None:
    """Refuse protocols that NetworkPolicy does not know."""
    protocol = wish.get("protocol")
    if protocol is not None and protocol not in PROTOCOLS and protocol not in WITHOUT_EFFECT:
        said = sorted({*PROTOCOLS, *WITHOUT_EFFECT})
        raise BadRequest(
            f"Security group rule protocol {protocol} not supported. Only protocol values {said} are supported.",
            kind="SecurityGroupRuleInvalidProtocol",
        )
