"""Making and unmaking one port: addresses first, then the Port, and everything back if it fails."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.network import addresses, attributes, store
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import PORTS
from dicot.network.ports import rules
from dicot.network.ports.schema import ATTRIBUTES
from dicot.network.resources import FLOATING_IP, NETWORK, PORT

Json = dict[str, Any]

MAC_PREFIX = "fa:16:3e"
MAC_TRIES = 16


def new_mac(cluster: Cluster) -> str:
    """Make a MAC address of OpenStack's prefix that no port has."""
    cache = cluster.cache(PORTS)
    for _ in range(MAC_TRIES):
        tail = secrets.token_hex(3)
        mac = f"{MAC_PREFIX}:{tail[:2]}:{tail[2:4]}:{tail[4:]}"
        if not cache.find("mac", mac):
            return mac
    raise kube.Unavailable("no free MAC address found")


async def make(cluster: Cluster, caller: Caller, wish: Json, *, labels: dict[str, str] | None = None) -> Json:
    """Create a port as the attributes (already checked) say."""
    network = await store.find(cluster, caller, NETWORK, wish["network_id"])
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    wish = await _completed(cluster, caller, network, namespace, wish)
    driver = driver_of(cluster)
    spec = attributes.spec(ATTRIBUTES, {**wish, "fixed_ips": wish.get("fixed_ips") or []})
    rules.check_security(spec)
    driver.check_port(cluster, caller, {}, spec)
    spec["fixedIps"] = list[Json]()
    port_id = names.new_id()
    taken: list[Json] = []
    if driver.gives_addresses or wish["device_owner"].startswith("network:"):
        fixed, taken = await addresses.fixed(
            cluster,
            wish["network_id"],
            wish.get("fixed_ips"),
            wish["mac_address"],
            port_id,
            exact=wish["device_owner"].startswith("network:"),
        )
        spec["fixedIps"] = attributes.to_camel(fixed)
    try:
        body = store.manifest(PORT, spec, wanted=port_id)
        body["metadata"]["labels"] |= labels or {}
        made = await store.add(cluster, caller, PORT, body, namespace)
    except BaseException:
        await addresses.give_back(cluster, taken)
        raise
    try:
        await driver.settle(cluster, made)
    except BaseException:
        await unmake(cluster, caller, made)
        raise
    return made


async def _completed(cluster: Cluster, caller: Caller, network: Json, namespace: str, wish: Json) -> Json:
    """Fill in what Neutron would: MAC address, port security, security groups."""
    wish = dict(wish)
    if "mac_address" in wish:
        rules.refuse_used_mac(cluster, network, wish["mac_address"])
    else:
        wish["mac_address"] = new_mac(cluster)
    wish.setdefault("port_security_enabled", network["spec"].get("portSecurityEnabled", True))
    if "security_groups" not in wish:
        secured = wish["port_security_enabled"] and not wish["device_owner"].startswith("network:")
        wish["security_groups"] = rules.default_group_ids(cluster, namespace) if secured else []
    await rules.check_groups(cluster, caller, namespace, wish["security_groups"])
    wish["allowed_address_pairs"] = rules.complete_pairs(wish["allowed_address_pairs"], wish["mac_address"])
    return wish


async def unmake(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Delete a port, give back its addresses, and let go of its floating IPs."""
    port_id = store.identity(PORT, port)
    await store.remove(cluster, caller, PORTS, port)
    await addresses.give_back_all(cluster, port_id)
    await let_go(cluster, caller, port)
    await driver_of(cluster).settle(cluster, port)


async def let_go(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Disassociate a port's floating IPs, unless they lead elsewhere by now."""
    port_id = store.identity(PORT, port)

    async def decide(obj: Json) -> Json:
        return dict.fromkeys(ASSOCIATION) if obj["spec"].get("portId") == port_id else {}

    for floating_ip in store.floating_ips_of(cluster, port):
        with contextlib.suppress(NotFound):  # deleted meanwhile
            await store.change(cluster, caller, FLOATING_IP, store.identity(FLOATING_IP, floating_ip), decide)


ASSOCIATION = ("portId", "fixedIpAddress", "routerId", "networkId")
"""What of a FloatingIP says where it leads."""
