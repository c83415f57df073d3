"""A router's external gateway: the address it takes on an external network, and what forbids to give it back."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import addresses, attributes, store
from dicot.network.kinds import FLOATING_IPS
from dicot.network.resources import NETWORK, ROUTER
from dicot.network.routers.interfaces import bad

Json = dict[str, Any]

NO_MAC = "00:00:00:00:00:00"
"""A gateway has no SLAAC address that a MAC address would be needed for."""


async def take(cluster: Cluster, caller: Caller, wish: Json, owner: str, have: Json | None) -> tuple[Json, list[Json]]:
    """Return (externalGatewayInfo, addresses taken) for a wish; a gateway on the same network keeps its addresses."""
    network = await store.find(cluster, caller, NETWORK, wish["network_id"])
    if not network["spec"].get("external"):
        raise bad(f"Network {wish['network_id']} is not an external network")
    snat = wish.get("enable_snat", (have or {}).get("enableSnat", True))
    fixed_wish = wish.get("external_fixed_ips") or None
    same = have is not None and have["networkId"] == wish["network_id"]
    if have is not None and same and (fixed_wish is None or _has(have, fixed_wish)):
        return {**have, "enableSnat": snat}, []
    if not store.subnets_of(cluster, wish["network_id"]):
        return {"networkId": wish["network_id"], "enableSnat": snat, "externalFixedIps": []}, []
    fixed, taken = await addresses.fixed(cluster, wish["network_id"], fixed_wish, NO_MAC, owner, exact=True)
    info = {"networkId": wish["network_id"], "enableSnat": snat, "externalFixedIps": attributes.to_camel(fixed)}
    return info, taken


def _has(have: Json, wishes: list[Json]) -> bool:
    held = have.get("externalFixedIps", [])
    return all(
        any(
            wish.get("ip_address") in (None, one["ipAddress"]) and wish.get("subnet_id") in (None, one["subnetId"])
            for one in held
        )
        for wish in wishes
    )


def check_change(cluster: Cluster, router: Json, wish: Json | None) -> None:
    """Refuse to move or clear a gateway that floating IPs need."""
    have = router["spec"].get("externalGatewayInfo")
    if have is None or (wish is not None and wish["network_id"] == have["networkId"]):
        return
    router_id = store.identity(ROUTER, router)
    if any(store.alive(one) for one in cluster.cache(FLOATING_IPS).find("router", router_id)):
        raise Conflict(
            f"Gateway cannot be updated for router {router_id}, since a gateway to external network "
            f"{have['networkId']} is required by one or more floating IPs.",
            kind="RouterExternalGatewayInUseByFloatingIp",
        )
