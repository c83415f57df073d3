"""What Nova asks of Neutron: ports for a server, plugged, bound, released, and the addresses they give it.

Errors are in Nova's words, since Nova's users read them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.network import drivers, servers, store, topology
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import NETWORKS, PORTS
from dicot.network.ports import making
from dicot.network.resources import NETWORK, PORT, SECURITY_GROUP
from dicot.network.security_groups.handlers import named

Json = dict[str, Any]

POD_NETWORK = "default"
"""What the cluster's own pod network is called in the addresses of a server that Dicot did not plug."""
OWNER_PREFIX = "compute:"
MADE_FOR = "network.dicot.io/made-for"
"""Label: the id of the server that a port was made for and goes with."""
NO_PORT, NO_NETWORK, ADDRESS_TAKEN = "PortNotFound", "NetworkNotFound", "FixedIpAlreadyInUse"
"""Kinds of the refusals that Nova gives another status where the server exists already."""


class NicRequest(msgspec.Struct, frozen=True):
    """One entry of a server's `networks`: a network, with or without an address, or a port."""

    network_id: str = ""
    port_id: str = ""
    fixed_ip: str = ""
    tag: str = ""


class Server(msgspec.Struct, frozen=True):
    """Whom a port is for: a server's id, its project's namespace, its zone."""

    id: str
    namespace: str
    zone: str


class Nic(msgspec.Struct, frozen=True):
    """One port ready to be plugged in: the VM's `networks[]` and `interfaces[]` entry, what its template carries."""

    port_id: str
    port: Json
    network_name: str
    network: Json
    interface: Json
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}
    made: bool = True


async def prepare(
    cluster: Cluster,
    caller: Caller,
    requests: list[NicRequest],
    *,
    server_id: str,
    security_groups: list[str],
    requested_none: bool = False,
    zone: str = "nova",
    allocate: bool = True,
) -> list[Nic]:
    """Make or claim the ports of a new server; takes nothing if it cannot have all.

    Without requests the project's only network is used; with none at all, one is made (Nova's `auto`), unless
    `allocate` is false. `security_groups` are names or ids, for the ports that are made here.
    """
    if requested_none:
        return []
    driver = driver_of(cluster)
    requests = requests or await _automatic(cluster, caller, allocate)
    require_room(driver, len(requests))
    group_ids = _groups(cluster, caller, security_groups)
    nics: list[Nic] = []
    server = Server(id=server_id, namespace=caller.namespace, zone=zone)
    try:
        for place, request in enumerate(requests):
            port, network, made = await _port(cluster, caller, request, server, group_ids)
            # Known before it is plugged, so that a failure there gives it back too.
            nics.append(_nic(port, network, drivers.Wire(network={}, interface={}), request, made))
            wire = driver.plug(cluster, port, network, place)
            nics[-1] = _nic(port, network, wire, request, made)
        refuse_two_of_one([nic.network for nic in nics])
    except BaseException:
        await undo(cluster, caller, nics)
        raise
    return nics


def require_room(driver: drivers.Driver, ports: int) -> None:
    """Refuse more ports than a server can have on this cluster."""
    if ports > driver.ports_max:
        raise BadRequest(f"A server has at most {driver.ports_max} network interface on this cluster.")


async def more(cluster: Cluster, caller: Caller, request: NicRequest, server: Server, *, place: int, hot: bool) -> Nic:
    """Make or claim one more port of a server that exists; takes nothing if it cannot be plugged in.

    `place`: among its interfaces, 0 is the pod's own. `hot`: the guest runs, so that only a further interface can come.
    """
    driver = driver_of(cluster)
    if not request.network_id and not request.port_id:
        request = msgspec.structs.replace(request, network_id=_only_network(cluster, server.namespace))
    port, network, made = await _port(cluster, caller, request, server, None)
    nic = _nic(port, network, drivers.Wire(network={}, interface={}), request, made)
    try:
        wire = driver.plug(cluster, port, network, place)
        if hot and "multus" not in wire.network:
            raise BadRequest(f"Attaching interfaces is not supported for instance {server.id}.")
    except BaseException:
        await undo(cluster, caller, [nic])
        raise
    return _nic(port, network, wire, request, made)


def _only_network(cluster: Cluster, namespace: str) -> str:
    """Choose the only network of a server's project; BadRequest, in Nova's words, where there is no such choice."""
    networks = usable(cluster, namespace)
    if not networks:
        project = store.project_of(cluster, namespace)
        raise BadRequest(
            f"No specific network was requested and none are available for project '{project}'.",
        )
    if len(networks) > 1:
        raise BadRequest("Multiple possible networks found, use a Network ID to be more specific.")
    return store.identity(NETWORK, networks[0])


def _nic(port: Json, network: Json, wire: drivers.Wire, request: NicRequest, made: bool) -> Nic:
    interface = {**wire.interface, "tag": request.tag} if request.tag else wire.interface
    return Nic(
        port_id=store.identity(PORT, port),
        port=port,
        network_name=_network_name(network),
        network=wire.network,
        interface=interface,
        annotations=wire.annotations,
        labels=wire.labels,
        made=made,
    )


def refuse_two_of_one(networks: list[Json]) -> None:
    """Refuse two further interfaces on one network: their annotations have one key."""
    attachments = [one["multus"]["networkName"] for one in networks if "multus" in one]
    twice = {one for one in attachments if attachments.count(one) > 1}
    if twice:
        raise BadRequest(f"Two further interfaces on one network are not supported: {', '.join(sorted(twice))}.")


def _network_name(network: Json) -> str:
    return network["spec"].get("name") or network["metadata"]["name"]


async def _automatic(cluster: Cluster, caller: Caller, allocate: bool) -> list[NicRequest]:
    """Choose the project's only network, or make one; 409 if there are several."""
    networks = usable(cluster, caller.namespace)
    if len(networks) > 1:
        raise Conflict("Multiple possible networks found, use a Network ID to be more specific.")
    if not networks:
        if not allocate:
            return []
        networks = [await topology.allocate(cluster, caller)]
    return [NicRequest(network_id=store.identity(NETWORK, networks[0]))]


def usable(cluster: Cluster, namespace: str) -> list[Json]:
    """Return the networks Nova considers for a server: the project's own, or else the shared ones."""
    own = cluster.cache(NETWORKS).find("namespace", namespace)
    return _inside(cluster, own) or _inside(cluster, store.common_networks(cluster, "shared"))


def _inside(cluster: Cluster, networks: list[Json]) -> list[Json]:
    alive = [one for one in networks if store.alive(one) and not one["spec"].get("external")]
    return [one for one in alive if _has_subnets(cluster, one)]


def _has_subnets(cluster: Cluster, network: Json) -> bool:
    return bool(store.subnets_of(cluster, store.identity(NETWORK, network)))


def _groups(cluster: Cluster, caller: Caller, wanted: list[str]) -> list[str] | None:
    """Return the ids of the security groups wanted; None for Neutron's own choice, the default group."""
    if not wanted or wanted == ["default"]:
        return None
    found: list[str] = []
    for name in wanted:
        groups = named(cluster, caller.namespace, name)
        if not groups:
            raise BadRequest(f"Security group {name} not found for project {caller.project_id}.")
        if len(groups) > 1:
            raise Conflict(f"Multiple security groups found matching '{name}'. Use an ID to be more specific.")
        identity = store.identity(SECURITY_GROUP, groups[0])
        if identity not in found:
            found.append(identity)
    return found


async def _port(
    cluster: Cluster, caller: Caller, request: NicRequest, server: Server, groups: list[str] | None
) -> tuple[Json, Json, bool]:
    """Return (port, network, made here) for one request."""
    owner = f"{OWNER_PREFIX}{server.zone}"
    if request.port_id:
        port, network = await _claimed(cluster, caller, request.port_id, server, owner)
        return port, network, False
    network = await _network(cluster, caller, request.network_id)
    wish: Json = {
        "project_id": store.project_of(cluster, server.namespace),
        "network_id": request.network_id,
        "name": "",
        "description": "",
        "admin_state_up": True,
        "device_id": server.id,
        "device_owner": owner,
        "allowed_address_pairs": [],
        "binding:vnic_type": "normal",
    }
    secured = network["spec"].get("portSecurityEnabled", True)
    if groups is not None and secured:
        wish["security_groups"] = groups
    if request.fixed_ip:
        wish["fixed_ips"] = [{"ip_address": request.fixed_ip}]
    try:
        return await making.make(cluster, caller, wish, labels={MADE_FOR: server.id}), network, True
    except ApiError as error:
        raise _as_nova(error, request) from error


def _as_nova(error: ApiError, request: NicRequest) -> ApiError:
    """Say a refusal of Neutron's as Nova does."""
    if error.kind == "IpAddressAlreadyAllocated":
        message = f"Fixed IP address {request.fixed_ip} is already in use on instance."
        return BadRequest(message, kind=ADDRESS_TAKEN)
    if error.kind == "InvalidIpForNetwork":
        return BadRequest(
            f"Fixed IP address {request.fixed_ip} is not a valid ip address for network {request.network_id}."
        )
    if error.kind == "IpAddressGenerationFailure":
        return BadRequest(f"No fixed IP addresses available for network: {request.network_id}")
    if error.kind == "OverQuota":
        return Forbidden("Maximum number of ports exceeded")
    return error


async def _network(cluster: Cluster, caller: Caller, network_id: str) -> Json:
    try:
        network = await store.find(cluster, caller, NETWORK, network_id)
    except NotFound as error:
        raise BadRequest(f"Network {network_id} could not be found.", kind=NO_NETWORK) from error
    if network["spec"].get("external") and not caller.cloud_admin:
        raise Forbidden(f"It is not allowed to create an interface on external network {network_id}")
    if not _has_subnets(cluster, network):
        raise BadRequest(f"Network {network_id} requires a subnet in order to boot instances on.")
    return network


async def _claimed(cluster: Cluster, caller: Caller, port_id: str, server: Server, owner: str) -> tuple[Json, Json]:
    """Claim a port the user made: a compare-and-swap, so that of two servers one gets it."""
    try:
        port = await store.own(cluster, caller, PORT, port_id, "update")
    except (NotFound, Forbidden) as error:
        raise BadRequest(f"Port id {port_id} could not be found.", kind=NO_PORT) from error
    if store.namespace_of(port) != server.namespace:
        raise BadRequest(f"Port {port_id} not usable for instance {server.id}.")
    try:
        network = await store.find(cluster, caller, NETWORK, port["spec"]["networkId"])
    except NotFound as error:
        raise BadRequest(f"Network {port['spec']['networkId']} could not be found.") from error
    if port["spec"].get("deviceId"):
        raise Conflict(f"Port {port_id} is still in use.")
    if driver_of(cluster).gives_addresses and not port["spec"].get("fixedIps"):
        raise BadRequest(f"Port {port_id} requires a FixedIP in order to be used.")
    try:
        claim = {"deviceId": server.id, "deviceOwner": owner}
        return await store.write(cluster, caller, PORTS, port, claim), network
    except kube.Conflict as error:
        raise Conflict(f"Port {port_id} is still in use.") from error


async def bind(cluster: Cluster, caller: Caller, vm: Json, nics: list[Nic]) -> None:
    """Let the ports that were made for a server go with it: ownerReferences to the VM that now exists."""
    meta = vm["metadata"]
    owner = {"apiVersion": vm["apiVersion"], "kind": vm["kind"], "name": meta["name"], "uid": meta["uid"]}
    for nic in nics:
        if nic.made:
            patch = {"metadata": {"ownerReferences": [owner]}}
            name = nic.port["metadata"]["name"]
            await cluster.patch(caller, PORTS, name, patch, store.namespace_of(nic.port))


async def undo(cluster: Cluster, caller: Caller, nics: list[Nic]) -> None:
    """Give back the ports of a server that was not made after all."""
    for nic in reversed(nics):
        await _give_back(cluster, caller, nic.port, made=nic.made)


async def release(cluster: Cluster, caller: Caller, server_id: str, namespace: str) -> None:
    """Give back the ports of a server that is being deleted."""
    for port in ports_of(cluster, namespace, server_id):
        await let_go(cluster, caller, port)


async def let_go(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Give back a port that its server no longer has: the user's is free again, one made for the server goes."""
    await _give_back(cluster, caller, port, made=made_for_server(port))


def made_for_server(port: Json) -> bool:
    """Tell whether a port was made for its server and goes with it."""
    return MADE_FOR in names.labels_of(port)


async def _give_back(cluster: Cluster, caller: Caller, port: Json, *, made: bool) -> None:
    if made:
        await making.unmake(cluster, caller, port)
        return
    free: Json = {"metadata": {"uid": port["metadata"]["uid"]}, "spec": {"deviceId": None, "deviceOwner": None}}
    with contextlib.suppress(kube.NotFound, kube.Conflict):  # gone meanwhile, perhaps made anew
        await cluster.patch(caller, PORTS, port["metadata"]["name"], free, store.namespace_of(port))


def ports_of(cluster: Cluster, namespace: str, server_id: str) -> list[Json]:
    """Return the ports plugged into a server, in the order they were made."""
    found = [
        one
        for one in cluster.cache(PORTS).find("device", server_id)
        if store.namespace_of(one) == namespace and store.alive(one)
    ]
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))


def security_group_names(cluster: Cluster, namespace: str, server_id: str) -> list[str]:
    """Return the names of a server's security groups, each once."""
    groups = security_groups(cluster, namespace, server_id)
    return list(dict.fromkeys(group["spec"].get("name") or group["metadata"]["name"] for group in groups))


def security_groups(cluster: Cluster, namespace: str, server_id: str) -> list[Json]:
    """Return a server's security groups, one entry for each port that has it."""
    return [
        group
        for port in ports_of(cluster, namespace, server_id)
        for one in port["spec"].get("securityGroups", [])
        if (group := store.group_of(cluster, one)) is not None and store.namespace_of(group) == namespace
    ]


async def add_security_group(cluster: Cluster, caller: Caller, server_id: str, namespace: str, wanted: str) -> None:
    """Put all ports of a server that have port security into a group, too."""
    group_id = _group_id(cluster, caller, wanted)
    ports = [one for one in ports_of(cluster, namespace, server_id) if one["spec"].get("portSecurityEnabled", True)]
    if not ports:
        raise BadRequest(f"Instance {server_id} has no ports with port security: no group can be added.")
    for port in ports:
        await _regroup(cluster, caller, port, lambda groups: groups if group_id in groups else [*groups, group_id])


async def remove_security_group(cluster: Cluster, caller: Caller, server_id: str, namespace: str, wanted: str) -> None:
    """Take all ports of a server out of a group; 404 if none was in it."""
    group_id = _group_id(cluster, caller, wanted)
    ports = [
        one for one in ports_of(cluster, namespace, server_id) if group_id in one["spec"].get("securityGroups", [])
    ]
    if not ports:
        raise NotFound(f"Security group {group_id} not associated with the instance {server_id}")
    for port in ports:
        await _regroup(cluster, caller, port, lambda groups: [one for one in groups if one != group_id])


def _group_id(cluster: Cluster, caller: Caller, wanted: str) -> str:
    groups = named(cluster, caller.namespace, wanted)
    if not groups:
        raise NotFound(f"Security group {wanted} is not found for project {caller.project_id}")
    if len(groups) > 1:
        raise Conflict(f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific.")
    return store.identity(SECURITY_GROUP, groups[0])


async def _regroup(cluster: Cluster, caller: Caller, port: Json, change: Callable[[list[str]], list[str]]) -> None:
    async def decide(obj: Json) -> Json:
        return {"securityGroups": change(obj["spec"].get("securityGroups", []))}

    changed = await store.change(cluster, caller, PORT, store.identity(PORT, port), decide)
    await driver_of(cluster).settle_port(cluster, caller, changed)


def addresses(cluster: Cluster, server_id: str, vm: Json, vmi: Json | None) -> Json:
    """Return Nova's `addresses` of a server: fixed and floating, by network, each with its MAC address."""
    namespace = vm["metadata"]["namespace"]
    ports = ports_of(cluster, namespace, server_id)
    result: Json = {}
    for port in _in_order(vm, ports):
        network = store.network_of(cluster, port["spec"]["networkId"])
        if network is None:
            continue
        mac = port["spec"]["macAddress"]
        subnets: list[Json] = (
            [] if port["spec"].get("fixedIps") else store.subnets_of(cluster, port["spec"]["networkId"])
        )
        entries = result.setdefault(_network_name(network), [])
        entries += [_entry(one["ip_address"], mac, "fixed") for one in servers.fixed_ips(port, vmi, subnets)]
        floating = [one["spec"]["floatingIpAddress"] for one in store.floating_ips_of(cluster, port)]
        entries += [_entry(address, mac, "floating") for address in floating]
    return {**result, **_unplugged(vm, vmi, ports)}


def _entry(address: str, mac: str, kind: str) -> Json:
    return {
        "version": 6 if ":" in address else 4,
        "addr": address,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }


def _in_order(vm: Json, ports: list[Json]) -> list[Json]:
    """Sort ports as the VM lists its networks."""
    listed = vm["spec"].get("template", {}).get("spec", {}).get("networks", [])
    place = {network["name"]: number for number, network in enumerate(listed)}
    return sorted(ports, key=lambda one: place.get(f"port-{store.identity(PORT, one)}", len(place)))


def _unplugged(vm: Json, vmi: Json | None, ports: list[Json]) -> Json:
    """Return the addresses KubeVirt reports for interfaces that no port stands for: a VM made with kubectl."""
    if vmi is None:
        return {}
    mine = {f"port-{store.identity(PORT, one)}" for one in ports} | _leaving(vm)
    listed = vmi.get("spec", {}).get("networks", [])
    reported = {one.get("name"): one for one in vmi.get("status", {}).get("interfaces", [])}
    result: Json = {}
    for network in listed:
        name = network["name"]
        if name in mine or name not in reported:
            continue
        label = network["multus"]["networkName"] if "multus" in network else POD_NETWORK
        found = [
            _entry(address, reported[name].get("mac", ""), "fixed") for address in servers.reported_addresses(vmi, name)
        ]
        if found:
            result.setdefault(label, []).extend(found)
    return result


def _leaving(vm: Json) -> set[str]:
    """Name the interfaces that are being taken out of the guest: their ports are gone already."""
    devices = vm["spec"].get("template", {}).get("spec", {}).get("domain", {}).get("devices") or {}
    return {one["name"] for one in devices.get("interfaces") or () if one.get("state") == "absent"}
