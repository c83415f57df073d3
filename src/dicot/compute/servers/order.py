"""Gathers what a request to create servers refers to, before anything is made: flavor, image, key, place, networks.

Everything that is the same for all servers of one request. Refuses in Nova's words.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import string
from typing import Any

import msgspec

from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.compute import keypairs, quota
from dicot.compute.flavors import lookup as flavors
from dicot.compute.server_groups import lookup as groups
from dicot.compute.servers import beside, credentials, manifest, marks, places
from dicot.compute.servers.disks import LOCAL, Wish, wishes
from dicot.image import images
from dicot.network import plug

Json = dict[str, Any]

SERVERS_MAX = 100
"""Servers of one request."""
METADATA_MAX = 128
_MIB, _GIB = 1024**2, 1024**3
_REFUSED_HINTS = ("query", "target_cell", "different_cell", "build_near_host_ip", "cidr")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What all servers of one request have in common."""

    server: Json
    caller: Caller
    namespace: str
    flavor: Json
    image: images.ImageFacts | None
    wishes: tuple[Wish, ...]
    user_data: bytes
    password: str
    """The one that was asked for, else one that was made; "" for none."""
    key_name: str
    public_key: str
    zone: str
    selected_zone: str
    host: str
    hints: Json
    group: Json | None
    """The ServerGroup that the servers are to be in."""
    networks: tuple[plug.NicRequest, ...]
    no_network: bool
    if_any_network: bool
    """No network was named, which before 2.37 is no fault if there is none."""
    groups: tuple[str, ...]
    least: int
    most: int
    reservation_id: str


async def gather(request: Request, cluster: Cluster) -> Order:
    """Read the request and look up what it names; BadRequest for what is not there."""
    server, caller = request.body["server"], request.caller
    if server.get("personality"):
        raise BadRequest("Personality files are not supported: file injection is not possible.")
    if server.get("trusted_image_certificates"):
        raise BadRequest("Image certificate validation is not supported.")
    flavor = _flavor(cluster, caller, str(server["flavorRef"]))
    image = await _image(cluster, caller, server.get("imageRef") or "")
    mapped = image.properties.get("block_device_mapping", "") if image is not None else ""
    asked = wishes(server, flavor, mapped)
    check_fit(image, flavor, asked)
    zone, selected, host = _place(cluster, caller, server)
    least, most = _counts(server)
    most = _affordable(cluster, caller, flavor, least, most)
    networks = tuple(_networks(server.get("networks")))
    _check_many(server, networks, most)
    key = await keypair(cluster, caller, server.get("key_name"))
    hints = _hints(request.body)
    return Order(
        server=server,
        caller=caller,
        namespace=caller.namespace,
        flavor=flavor,
        image=image,
        wishes=tuple(asked),
        user_data=user_data(server),
        password=credentials.password(server.get("adminPass"), make=cluster.config.enable_instance_password),
        key_name=server.get("key_name") or "",
        public_key=key,
        zone=zone,
        selected_zone=selected,
        host=host,
        hints=hints,
        group=await _group(cluster, caller, hints, most),
        networks=networks,
        no_network=server.get("networks") == "none",
        if_any_network=not server.get("networks"),
        groups=tuple(dict.fromkeys(group["name"] for group in server.get("security_groups") or () if "name" in group)),
        least=least,
        most=most,
        reservation_id=f"r-{''.join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))}",
    )


def _flavor(cluster: Cluster, caller: Caller, flavor_id: str) -> Json:
    try:
        found = flavors.find(cluster, caller, flavor_id)
    except NotFound as error:
        raise BadRequest(error.message) from error
    return {**beside.embedded(found), "instancetype": found["metadata"]["name"]}


async def _image(cluster: Cluster, caller: Caller, image_id: str) -> images.ImageFacts | None:
    if not image_id:
        return None
    try:
        found = images.facts(cluster, await images.find(cluster, caller, image_id))
    except NotFound as error:
        raise BadRequest("Can not find requested image") from error
    images.usable(found)
    machine = found.properties.get("hw_machine_type", "q35")
    if not machine.startswith(("q35", "pc-q35")):
        raise BadRequest(f"Image {image_id} is unacceptable: machine type {machine} is not supported.")
    return found


def check_fit(image: images.ImageFacts | None, flavor: Json, asked: list[Wish]) -> None:
    """Raise BadRequest, in Nova's words, if an image needs more than a flavor has."""
    if image is None:
        return
    if image.min_ram_mb > flavor["ram"]:
        raise BadRequest("Flavor's memory is too small for requested image.")
    disk = flavor["disk"]
    if asked[0].destination != LOCAL or not disk:
        return
    if (image.virtual_bytes or 0) > disk * _GIB:
        raise BadRequest(
            "Flavor's disk is too small for requested image. Flavor disk is "
            f"{disk * _GIB} bytes, image is {image.virtual_bytes} bytes."
        )
    if image.min_disk_gb > disk:
        raise BadRequest(
            "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is "
            f"{disk * _GIB} bytes, minimum size is {image.min_disk_gb * _GIB} bytes."
        )


def _place(cluster: Cluster, caller: Caller, server: Json) -> tuple[str, str, str]:
    """Return (zone as asked for, zone label to select, host); the default zone is the absence of a label."""
    zone, _, forced = (server.get("availability_zone") or "").partition(":")
    host = forced.strip(":")
    if host and not caller.cloud_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.")
    named = server.get("host") or server.get("hypervisor_hostname") or ""
    if named and not caller.cloud_admin:
        raise Forbidden("Policy doesn't allow compute:servers:create:requested_destination to be performed.")
    if named and host:
        raise BadRequest(
            "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually "
            "exclusive."
        )
    host = host or named
    if host:
        places.host(cluster, host)
    selected = places.zone_selector(cluster, zone) if zone else {}
    return zone, selected.get(manifest.ZONE_LABEL, ""), host


def _counts(server: Json) -> tuple[int, int]:
    least = int(server.get("min_count", 1))
    most = int(server.get("max_count", least))
    if least > most:
        raise BadRequest("min_count must be <= max_count")
    if most > SERVERS_MAX:
        raise BadRequest(f"max_count must be <= {SERVERS_MAX}")
    return least, most


def _affordable(cluster: Cluster, caller: Caller, flavor: Json, least: int, most: int) -> int:
    """Return how many servers to make: as many as asked for, else the fewest that will do; 403 if not even those."""
    try:
        quota.require(cluster, caller.namespace, most, flavor)
    except Forbidden:
        if least == most:
            raise
        quota.require(cluster, caller.namespace, least, flavor)
        return least
    return most


def _networks(asked: Any) -> list[plug.NicRequest]:
    if not isinstance(asked, list):
        return []
    found: list[plug.NicRequest] = []
    ports: set[str] = set()
    for network in asked:
        port, address = network.get("port"), network.get("fixed_ip")
        if port:
            if port in ports:
                raise BadRequest(f"Port ID '{port}' was specified twice: you cannot attach a port multiple times.")
            if address:
                raise BadRequest(
                    f"Specified Fixed IP '{address}' cannot be used with port '{port}': the two cannot be specified "
                    "together."
                )
            ports.add(port)
        elif "uuid" not in network:
            raise BadRequest("Bad network format: missing 'uuid'")
        found.append(
            plug.NicRequest(
                network_id="" if port else network["uuid"],
                port_id=port or "",
                fixed_ip=address or "",
                tag=network.get("tag") or "",
            )
        )
    return found


def _check_many(server: Json, networks: tuple[plug.NicRequest, ...], most: int) -> None:
    if len(server.get("metadata") or {}) > METADATA_MAX:
        raise Forbidden(f"Maximum number of metadata items exceeds {METADATA_MAX}")
    if most == 1:
        return
    if any(one.port_id for one in networks):
        raise BadRequest(
            "Failed to launch instances: Unable to launch multiple instances with a single configured port ID. Please "
            "launch your instance one by one with different ports."
        )
    if any(one.fixed_ip for one in networks):
        raise BadRequest("Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
    if server.get("hostname"):
        raise BadRequest("Unable to allocate a single hostname to multiple instances")


async def keypair(cluster: Cluster, caller: Caller, name: str | None) -> str:
    """Return the public key of this name, "" if none is asked for."""
    if not name:
        return ""
    try:
        found = await keypairs.find(cluster, caller, name)
    except NotFound as error:
        raise BadRequest("Invalid key_name provided.") from error
    if found.type != "ssh":
        raise BadRequest(f"Keypair {name} is not of type ssh: certificates cannot be put into a server.")
    return found.public_key


def user_data(server: Json) -> bytes:
    """Return what a guest is to read: the user data, and the password where one was chosen."""
    try:
        data = base64.b64decode("".join((server.get("user_data") or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("User data needs to be valid base 64.") from error
    password = server.get("adminPass")
    return manifest.with_password(data, password) if password else data


def _hints(body: Json) -> Json:
    hints = body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {}
    for name in _REFUSED_HINTS:
        if name in hints:
            raise BadRequest(f"The scheduler hint {name} is not supported.")
    for name, value in hints.items():
        if not marks.is_hint(value):
            raise BadRequest(f"The scheduler hint {name} is not supported: it is neither plain nor a list of what is.")
    return dict(hints)


async def _group(cluster: Cluster, caller: Caller, hints: Json, servers: int) -> Json | None:
    """Return the server group that the servers are to be in: one of the project's own, and with room for them."""
    asked = hints.get("group")
    if not asked:
        return None
    group_id = str(asked[0] if isinstance(asked, list) else asked)
    try:
        found = await groups.find(cluster, caller, group_id)
    except NotFound as error:
        raise BadRequest(error.message) from error
    if found["metadata"]["namespace"] != caller.namespace:
        raise BadRequest(f"Instance group {group_id} could not be found.")
    quota.require_members(cluster, caller.namespace, len(groups.members(cluster, found)) + servers)
    return found
