"""Makes links to consoles: whom they are for, and of which instance, is sealed into them; nothing is stored."""

from __future__ import annotations

import time
from typing import Any

from dicot.api.errors import BadRequest, Conflict, Gone
from dicot.api.middleware import HEADER_TOKEN
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.remote_consoles.link import Link, url
from dicot.compute.servers import answers, lookup
from dicot.compute.servers.answers import Entry
from dicot.identity import authenticator, callers

Json = dict[str, Any]

TYPES = {"vnc": "novnc", "serial": "serial"}
"""The one type that each protocol here has."""
AUTOATTACH = {"novnc": "autoattachGraphicsDevice", "serial": "autoattachSerialConsole"}
"""By which field a machine can be without one."""
_AWAY = ("deleting", "migrating")
_RDP_IS_GONE = (
    "RDP consoles are only available when using the Hyper-V driver, which was\n"
    "removed from Nova in the 29.0.0 (Caracal) release.\n"
)


async def create(request: Request, cluster: Cluster) -> Response:
    """Return a link to a console of a server."""
    asked = request.body["remote_console"]
    protocol, type_ = asked["protocol"], asked["type"]
    address = await _link(request, cluster, protocol, type_)
    return Response({"remote_console": {"protocol": protocol, "type": type_, "url": address}})


async def get_vnc_console(request: Request, cluster: Cluster) -> Response:
    """Return a link to a server's screen."""
    return await _act(request, cluster, "vnc", "os-getVNCConsole")


async def get_serial_console(request: Request, cluster: Cluster) -> Response:
    """Return a link to a server's serial console."""
    return await _act(request, cluster, "serial", "os-getSerialConsole")


async def get_spice_console(request: Request, cluster: Cluster) -> Response:
    """Refuse SPICE: KubeVirt's screens speak VNC only."""
    return await _act(request, cluster, "spice", "os-getSPICEConsole")


async def get_rdp_console(request: Request, cluster: Cluster) -> Response:
    """Tell that RDP is gone, as Nova does."""
    raise Gone(_RDP_IS_GONE)


async def _act(request: Request, cluster: Cluster, protocol: str, key: str) -> Response:
    type_ = request.body[key]["type"]
    return Response({"console": {"type": type_, "url": await _link(request, cluster, protocol, type_)}})


async def _link(request: Request, cluster: Cluster, protocol: str, type_: str) -> str:
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    found = answers.entry(cluster, vm)
    _require_type(vm, protocol, type_)
    vmi = _instance(found)
    identity = authenticator.of(cluster)
    bearer = identity.open(request.header(HEADER_TOKEN) or "")
    if bearer is None:
        raise callers.refused()
    link = Link(
        bearer=bearer,
        type=type_,
        server_id=answers.identity(found),
        namespace=vm["metadata"]["namespace"],
        name=vm["metadata"]["name"],
        uid=vmi["metadata"]["uid"],
        expires_at=min(time.time() + cluster.config.console_lifetime_s, bearer.expires_at),
    )
    return url(request.prefix, type_, identity.keyring.sealer.seal(link))


def _require_type(vm: Json, protocol: str, type_: str) -> None:
    """Raise BadRequest, in Nova's words, for a console that the cluster or the machine does not have."""
    if protocol == "rdp":
        raise BadRequest("Unavailable console type rdp.")
    if protocol not in TYPES:
        raise BadRequest(f"Unavailable console type {type_}.")
    if type_ != TYPES[protocol]:
        raise BadRequest(f"Invalid console type {type_}")
    devices = vm["spec"]["template"]["spec"]["domain"].get("devices") or {}
    if devices.get(AUTOATTACH[type_]) is False:
        raise BadRequest(f"Unavailable console type {type_}.")


def _instance(found: Entry) -> Json:
    """Return the instance whose console is meant; Conflict if none runs, or it is about to be elsewhere."""
    server_id, task = answers.identity(found), found.state.task_state
    if task in _AWAY:
        raise Conflict(
            f"Instance {server_id} in task_state {task}. Cannot get_vnc_console while the instance is in this state."
        )
    vmi = found.vmi
    if vmi is None or (vmi.get("status") or {}).get("phase") != "Running":
        raise Conflict(f"Instance {server_id} is not ready")
    return vmi
