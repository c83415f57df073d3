"""What the cluster's network can do for Neutron."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dicot.config import Config
from dicot.doctor.finding import Finding, bad, ok, warn
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import KUBEOVN_SUBNETS, NETWORK_ATTACHMENT_DEFINITIONS, Kind


async def _served(client: Client, kind: Kind) -> bool:
    try:
        await client.call("GET", kind.path(), params={"limit": 1})
    except kube.NotFound:
        return False
    return True


async def network(client: Client, config: Config) -> AsyncIterator[Finding]:
    """Tell which driver serves, and what is missing for it."""
    kubeovn = await _served(client, KUBEOVN_SUBNETS)
    if config.network_driver == "kubeovn" and not kubeovn:
        yield bad("network driver kubeovn: Kube-OVN is not installed", "Install it, or set network_driver to pod.")
        return
    if config.network_driver == "pod" or not kubeovn:
        advice = "See that the cluster's network enforces NetworkPolicies: projects are kept apart by nothing else."
        yield warn("network driver pod: the cluster's own network", advice)
        return
    yield ok("network driver kubeovn")
    if not await _served(client, NETWORK_ATTACHMENT_DEFINITIONS):
        yield warn("Multus is not installed", "Servers can be in one network only: install Multus for more.")
    else:
        yield ok("Multus: servers can be in several networks")
    try:
        await client.get(KUBEOVN_SUBNETS, config.external_subnet)
        yield ok(f"floating IPs come from subnet {config.external_subnet}")
    except kube.NotFound:
        advice = "There are no floating IPs: make that subnet, or name another with external_subnet."
        yield warn(f"Kube-OVN has no subnet {config.external_subnet}", advice)
