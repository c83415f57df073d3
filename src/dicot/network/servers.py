"""A port's server, seen from the network: its VirtualMachine and VirtualMachineInstance, from the cache. No writes."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.kube.kinds import VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES

Json = dict[str, Any]


def vm_of(cluster: Cluster, port: Json) -> Json | None:
    """Return the VirtualMachine a port is plugged into, or None."""
    spec = port["spec"]
    if not spec.get("deviceOwner", "").startswith("compute:"):
        return None
    found = cluster.cache(VIRTUAL_MACHINES).find("id", spec.get("deviceId", ""))
    return next((vm for vm in found if vm["metadata"]["namespace"] == port["metadata"]["namespace"]), None)


def vmi_of(cluster: Cluster, port: Json) -> Json | None:
    """Return the running instance a port is plugged into, or None."""
    vm = vm_of(cluster, port)
    if vm is None:
        return None
    return cluster.cache(VIRTUAL_MACHINE_INSTANCES).get(vm["metadata"]["name"], vm["metadata"]["namespace"])


def fixed_ips(port: Json, vmi: Json | None, subnets: list[Json]) -> list[Json]:
    """Return a port's addresses: the ones it was given, else (the cluster chooses) the ones its server reports."""
    kept = port["spec"].get("fixedIps")
    if kept:
        return [{"subnet_id": one["subnetId"], "ip_address": one["ipAddress"]} for one in kept]
    reported = reported_addresses(vmi, f"port-{names.identity_of(port, 'port')}")
    found: list[Json] = []
    for address in reported:
        version = 6 if ":" in address else 4
        subnet = next((one for one in subnets if one["spec"]["ipVersion"] == version), None)
        if subnet is not None:
            found.append({"subnet_id": names.identity_of(subnet, "subnet"), "ip_address": address})
    return found


def reported_addresses(vmi: Json | None, interface: str) -> list[str]:
    """Return what KubeVirt reports for an interface of the spec, without link-local addresses."""
    for one in (vmi or {}).get("status", {}).get("interfaces", []):
        if one.get("name") == interface:
            listed = one.get("ipAddresses") or ([one["ipAddress"]] if one.get("ipAddress") else [])
            return [address for address in listed if not address.lower().startswith("fe80:")]
    return []
