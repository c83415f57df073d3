"""Addresses as Kube-OVN hands them out: an IP object for each interface of a virtual machine, kept as long as it.

Pure but for `Reserved`, which bridges the moment between choosing an address and the IP object that records it.
"""

import ipaddress
import random
from collections.abc import Iterator

import msgspec

from dicot.devcluster.controllers.objects import annotations, name_of, namespace_of
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import KUBEOVN_EIPS, KUBEOVN_IPS, KUBEOVN_SUBNETS

DEFAULT_PROVIDER = "ovn"
DEFAULT_SUBNET = "ovn-default"
SCAN_MOST = 65_536


class Address(msgspec.Struct, frozen=True):
    """What an interface has: addresses (v4 first) and MAC; empty while nothing is allocated."""

    ips: tuple[str, ...] = ()
    mac: str = ""


class NoAddress(Exception):
    """The subnet has no such address, or none left."""


class Reserved:
    """Addresses that have been chosen and are not recorded yet, and where the search for the next free one begins.

    As with Kube-OVN, an address given back is not given again before the rest of its range has been.
    """

    def __init__(self) -> None:
        self._entries: set[str] = set()
        self._next: dict[str, int] = {}

    def __contains__(self, entry: str) -> bool:
        return entry in self._entries

    def add(self, entry: str) -> None:
        """Keep an address from being chosen again."""
        self._entries.add(entry)

    def discard(self, entry: str) -> None:
        """Let go of an address: it is recorded, or will not be."""
        self._entries.discard(entry)

    def begin(self, network: str, hosts: int) -> int:
        """Say which host of a network to look at first."""
        return self._next.get(network, 0) % hosts

    def found(self, network: str, at: int) -> None:
        """Look at the host after this one the next time."""
        self._next[network] = at + 1


def provider_of(vmi: Json, network: Json) -> str:
    """Name the Kube-OVN provider of a network of the spec: "ovn", or "<nad>.<namespace>.ovn"."""
    if "multus" not in network:
        return DEFAULT_PROVIDER
    text = network["multus"]["networkName"]
    namespace, _, name = text.rpartition("/")
    return f"{name}.{namespace or namespace_of(vmi)}.ovn"


def ip_name(vmi: Json, provider: str) -> str:
    """Name the IP object of one interface."""
    base = f"{name_of(vmi)}.{namespace_of(vmi)}"
    return base if provider == DEFAULT_PROVIDER else f"{base}.{provider}"


def of_interface(vmi: Json, network: Json, world: World) -> Address:
    """Read what an interface has been given."""
    found = world.get(KUBEOVN_IPS, ip_name(vmi, provider_of(vmi, network)))
    if found is None:
        return Address()
    spec = found["spec"]
    ips = tuple(ip for ip in (spec.get("v4IpAddress"), spec.get("v6IpAddress")) if ip)
    return Address(ips, spec.get("macAddress", ""))


def entry(subnet: str, ip: str) -> str:
    """Name the index entry under which an address of a subnet is found."""
    return f"{subnet}/{ip}"


def index(ip: Json) -> Iterator[str]:
    """Index an IP object by its addresses and by the machine it belongs to."""
    spec = ip.get("spec") or {}
    for key in ("v4IpAddress", "v6IpAddress"):
        if spec.get(key):
            yield entry(spec.get("subnet", ""), spec[key])
    yield f"subnet/{spec.get('subnet', '')}"
    yield f"machine/{spec.get('namespace', '')}/{spec.get('podName', '')}"


def weigh(ip: Json) -> tuple[str, dict[str, int]]:
    """Say what an IP object takes of its subnet."""
    spec = ip.get("spec") or {}
    return f"subnet/{spec.get('subnet', '')}", {
        f"v{version}": 1 for version in (4, 6) if spec.get(f"v{version}IpAddress")
    }


def allocate(vmi: Json, node: str, world: World, reserved: Reserved) -> list[Json]:
    """Write the IP objects that the instance's interfaces lack on the node; raise NoAddress if it cannot."""
    result = []
    nics = {nic["name"]: nic for nic in vmi["spec"]["domain"].get("devices", {}).get("interfaces") or []}
    for network in vmi["spec"].get("networks") or []:
        provider = provider_of(vmi, network)
        name = ip_name(vmi, provider)
        prefix = "ovn" if provider == DEFAULT_PROVIDER else provider
        notes = annotations(vmi)
        wanted = notes.get(f"{prefix}.kubernetes.io/ip_address", "")
        known = world.get(KUBEOVN_IPS, name)
        asked = notes.get(f"{prefix}.kubernetes.io/logical_switch", "")
        subnet = _subnet(provider, asked, world)
        if asked and subnet is None:
            raise NoAddress(f"AcquireAddressFailed: subnet {asked} not found")
        if subnet is None:
            continue
        if known is not None and _still_right(known, wanted, subnet):
            result += _moved(known, node)
            continue
        mac = (
            nics.get(network["name"], {}).get("macAddress")
            or notes.get(f"{prefix}.kubernetes.io/mac_address")
            or random_mac()
        )
        result.append(_ip(vmi, name, node, subnet, choose(subnet, wanted, world, reserved), mac))
    return result


def _moved(known: Json, node: str) -> list[Json]:
    """Write an IP object anew if its machine comes to another node; the addresses stay."""
    if known["spec"].get("nodeName") == node:
        return []
    marks = {**(known["metadata"].get("labels") or {}), "ovn.kubernetes.io/node-name": node}
    metadata = {"name": name_of(known), "labels": marks}
    spec = {**known["spec"], "nodeName": node}
    return [{"apiVersion": "kubeovn.io/v1", "kind": "IP", "metadata": metadata, "spec": spec}]


def _still_right(known: Json, wanted: str, subnet: Json) -> bool:
    spec = known["spec"]
    asked = set(filter(None, (part.strip() for part in wanted.split(","))))
    return spec["subnet"] == name_of(subnet) and asked <= {spec.get("v4IpAddress"), spec.get("v6IpAddress")}


def _subnet(provider: str, asked: str, world: World) -> Json | None:
    if asked:
        return world.get(KUBEOVN_SUBNETS, asked)
    if provider == DEFAULT_PROVIDER:
        return world.get(KUBEOVN_SUBNETS, DEFAULT_SUBNET)
    return next((one for one in world.all(KUBEOVN_SUBNETS) if one["spec"].get("provider") == provider), None)


def choose(subnet: Json, wanted: str, world: World, reserved: Reserved) -> list[str]:
    """Choose one address of each of the subnet's CIDRs: the wanted one, else the first free one."""
    asked = [part.strip() for part in wanted.split(",") if part.strip()]
    result = []
    for cidr in subnet["spec"]["cidrBlock"].split(","):
        network = ipaddress.ip_network(cidr.strip(), strict=False)
        mine = [ip for ip in asked if ipaddress.ip_address(ip) in network]
        ip = mine[0] if mine else _first_free(subnet, network, world, reserved)
        if mine and _taken(subnet, ip, world, reserved):
            raise NoAddress(f"AddressConflict: {ip} of subnet {name_of(subnet)} is in use")
        reserved.add(entry(name_of(subnet), ip))
        result.append(ip)
    return result


def _taken(subnet: Json, ip: str, world: World, reserved: Reserved) -> bool:
    key = entry(name_of(subnet), ip)
    return key in reserved or bool(world.find(KUBEOVN_IPS, key)) or bool(world.find(KUBEOVN_EIPS, key))


def _first_free(
    subnet: Json, network: ipaddress.IPv4Network | ipaddress.IPv6Network, world: World, reserved: Reserved
) -> str:
    closed = list(excluded(subnet))
    first, hosts = _hosts(network)
    key = entry(name_of(subnet), str(network))
    begin = reserved.begin(key, hosts)
    for step in range(min(hosts, SCAN_MOST)):
        at = (begin + step) % hosts
        host = first + at
        if any(low <= int(host) <= high for low, high in closed) or _taken(subnet, str(host), world, reserved):
            continue
        reserved.found(key, at)
        return str(host)
    raise NoAddress(f"NoAvailableAddress: subnet {name_of(subnet)} has no free address")


def _hosts(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """Say which host of a network is the first, and how many there are: what its `hosts()` goes through."""
    if network.num_addresses <= 2:
        return network.network_address, network.num_addresses
    return network.network_address + 1, network.num_addresses - (2 if network.version == 4 else 1)


def excluded(subnet: Json) -> Iterator[tuple[int, int]]:
    """Go through the closed ranges: spec.excludeIps ("a" or "a..b") and the gateway."""
    spec = subnet["spec"]
    gateways = [part for part in (spec.get("gateway") or "").split(",") if part]
    for text in [*(spec.get("excludeIps") or []), *gateways]:
        low, _, high = text.partition("..")
        yield int(ipaddress.ip_address(low)), int(ipaddress.ip_address(high or low))


def random_mac() -> str:
    """Make up a locally administered MAC address."""
    return "02:" + ":".join(f"{random.randrange(256):02x}" for _ in range(5))


def _ip(vmi: Json, name: str, node: str, subnet: Json, ips: list[str], mac: str) -> Json:
    v4 = next((ip for ip in ips if ":" not in ip), "")
    v6 = next((ip for ip in ips if ":" in ip), "")
    return {
        "apiVersion": "kubeovn.io/v1",
        "kind": "IP",
        "metadata": {
            "name": name,
            "labels": {
                "ovn.kubernetes.io/subnet": name_of(subnet),
                "ovn.kubernetes.io/node-name": node,
            },
        },
        "spec": {
            "attachIps": [],
            "attachMacs": [],
            "attachSubnets": [],
            "containerID": "",
            "ipAddress": ",".join(ips),
            "macAddress": mac,
            "namespace": namespace_of(vmi),
            "nodeName": node,
            "podName": name_of(vmi),
            "podType": "VirtualMachine",
            "subnet": name_of(subnet),
            "v4IpAddress": v4,
            "v6IpAddress": v6,
        },
    }
