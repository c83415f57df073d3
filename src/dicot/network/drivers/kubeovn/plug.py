"""Plugs ports into virtual machines on Kube-OVN: the pod's own interface first, further ones through Multus."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import NETWORK_ATTACHMENT_DEFINITIONS, VIRTUAL_MACHINES
from dicot.network import store
from dicot.network.drivers import Wire, link
from dicot.network.drivers.kubeovn import manifest, settle, switches
from dicot.network.drivers.kubeovn.switches import Switch
from dicot.network.resources import PORT

Json = dict[str, Any]

MIGRATION = "kubevirt.io/allow-pod-bridge-network-live-migration"
PROVIDER = "ovn"


def wire(cluster: Cluster, port: Json, network: Json, place: int) -> Wire:
    """Describe how a port is plugged in; 400 if no one switch has all of its addresses."""
    name = link.name(port)
    _check_addresses(cluster, port, network)
    interface = link.interface(port, "bridge")
    if place == 0:
        notes = {**notes_of(cluster, port, network, PROVIDER), MIGRATION: "true"}
        return Wire(network={"name": name, "pod": {}}, interface=interface, annotations=notes)
    meta = network["metadata"]
    if not settle.served(cluster, NETWORK_ATTACHMENT_DEFINITIONS):
        raise BadRequest("More than one network of a server needs Multus, which this cluster does not have.")
    return Wire(
        network={"name": name, "multus": {"networkName": f"{meta['namespace']}/{meta['name']}"}},
        interface=interface,
        annotations=notes_of(cluster, port, network, f"{meta['name']}.{meta['namespace']}.{PROVIDER}"),
    )


def _check_addresses(cluster: Cluster, port: Json, network: Json) -> None:
    """Refuse what an interface cannot have: it is on one switch, with an address of each of its CIDRs at most."""
    fixed = [one["ipAddress"] for one in port["spec"].get("fixedIps", [])]
    switch = _switch(cluster, port, network)
    twice = len({":" in one for one in fixed}) < len(fixed)
    if twice or any(switch is None or switches.at([switch], one) is None for one in fixed):
        raise BadRequest(
            f"Port {store.identity(PORT, port)} has the addresses {', '.join(fixed)}: on Kube-OVN a server's interface "
            "has one IPv4 and one IPv6 address at most, of subnets that share a switch."
        )


def _switch(cluster: Cluster, port: Json, network: Json) -> Switch | None:
    """Return the switch that a port is on: that of its first address, or else the network's oldest."""
    found = settle.switches_of(cluster, network)
    fixed = [one["ipAddress"] for one in port["spec"].get("fixedIps", [])]
    return switches.at(found, fixed[0]) if fixed else next(iter(found), None)


def notes_of(cluster: Cluster, port: Json, network: Json, provider: str) -> dict[str, str]:
    """Tell Kube-OVN what the interface of a provider is to be."""
    spec = port["spec"]
    fixed = [one["ipAddress"] for one in spec.get("fixedIps", [])]
    switch = _switch(cluster, port, network)
    notes = {
        "logical_switch": switch.name if switch is not None else "",
        "mac_address": spec["macAddress"],
        "port_security": "true" if spec.get("portSecurityEnabled", True) else "false",
    }
    if fixed:
        notes["ip_address"] = ",".join(sorted(fixed, key=lambda one: ":" in one))
    groups = groups_of(cluster, port)
    if groups:
        notes["security_groups"] = ",".join(groups)
    pairs = [one["ipAddress"] for one in spec.get("allowedAddressPairs", [])]
    if pairs:
        notes["port_vips"] = ",".join(pairs)
    return {f"{provider}.kubernetes.io/{key}": value for key, value in notes.items()}


def groups_of(cluster: Cluster, port: Json) -> list[str]:
    """Name the Kube-OVN SecurityGroups of a port; the closed one if it has none but wants port security."""
    spec = port["spec"]
    if not spec.get("portSecurityEnabled", True):
        return []
    home = store.namespace_of(port)
    found = (store.group_of(cluster, one) for one in spec.get("securityGroups", []))
    own = [manifest.group_name(one) for one in found if one is not None and store.namespace_of(one) == home]
    return own or [manifest.closed_name(home)]


CHANGEABLE = ("security_groups", "port_security", "port_vips")


async def replug(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Let a change of a port reach its server: the template for the next start, and what runs now."""
    await settle.project(cluster, store.namespace_of(port))
    server_id = port["spec"].get("deviceId", "")
    if not port["spec"].get("deviceOwner", "").startswith("compute:"):
        return
    for vm in cluster.cache(VIRTUAL_MACHINES).find("id", server_id):
        meta = vm["metadata"]
        notes = _changes(cluster, port, vm)
        if not notes:
            continue
        template = {"spec": {"template": {"metadata": {"annotations": notes}}}}
        await cluster.patch(caller, VIRTUAL_MACHINES, meta["name"], template, meta["namespace"])
        await link.carry(cluster, caller, vm, {"annotations": notes})


def _changes(cluster: Cluster, port: Json, vm: Json) -> dict[str, str | None]:
    """Return the annotations of a port's interface that may change under a running server, or None to remove one."""
    network = store.network_of(cluster, port["spec"]["networkId"])
    template = vm["spec"]["template"]
    wired = next((one for one in template["spec"].get("networks", []) if one["name"] == link.name(port)), None)
    if network is None or wired is None:
        return {}
    provider = PROVIDER
    if "multus" in wired:
        namespace, _, name = wired["multus"]["networkName"].rpartition("/")
        provider = f"{name}.{namespace}.{PROVIDER}"
    new = notes_of(cluster, port, network, provider)
    old = template.get("metadata", {}).get("annotations", {})
    keys = [f"{provider}.kubernetes.io/{key}" for key in CHANGEABLE]
    return {key: new.get(key) for key in keys if new.get(key) != old.get(key)}
