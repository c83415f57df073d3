"""The subresources of a VirtualMachineInstance: pause, freeze, softreboot, reset, what the guest agent tells ...

Each acts as virt-handler would: it writes what has become of the guest into the instance.
"""

import asyncio
import json
import re
import struct
import zlib
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from dicot.devcluster.controllers import node, serial
from dicot.devcluster.controllers.kubevirt import refusal, running
from dicot.devcluster.controllers.kubevirt.machine_calls import VMI, Call, Handler, newest, unmark
from dicot.devcluster.controllers.kubevirt.vmi import HANDLER, conditions
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    condition,
    is_true,
    namespace_of,
    probed,
    uid_of,
    with_conditions,
    without_conditions,
)
from dicot.devcluster.controllers.player import event_body
from dicot.devcluster.controllers.stage import Event
from dicot.kube import Json
from dicot.kube.kinds import EVENTS, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES

HANDLER_PORT = 8186
_DURATION = re.compile(r"^(\d+)(ms|s|m|h)$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NO_UPGRADE = (
    "websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header"
)
_EMPTY_LIST: Json = {"items": [], "metadata": {}}
_thaws: set[asyncio.Task[None]] = set()


async def find(call: Call) -> Json:
    """Read the instance; raise Refused if there is none."""
    found = await newest(call, VIRTUAL_MACHINE_INSTANCES)
    if found is None:
        raise refusal.not_found(VMI, call.name)
    return found


def _no_upgrade() -> refusal.Refused:
    """Say what the WebSocket library says, which is a line of text with a Status below."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": _NO_UPGRADE,
            "reason": "BadRequest", "code": 400}  # fmt: skip
    return refusal.plain(400, f"Bad Request\n{json.dumps(body, indent=1)}")


def _conflict(call: Call, why: str) -> refusal.Refused:
    return refusal.conflict(VMI, call.name, why)


def unreachable(call: Call, vmi: Json, what: str, verb: str = "Put") -> str | None:
    """Say why a call does not come through to the guest's node, if it does not."""
    host = (vmi.get("status") or {}).get("nodeName")
    if not node.is_lost(host, call.machinery.world):
        return None
    where = f"{node.address(host, call.machinery.world)}:{HANDLER_PORT}"
    path = f"v1/namespaces/{call.namespace}/virtualmachineinstances/{call.name}/{what}"
    return f'{verb} "https://{where}/{path}": dial tcp {where}: connect: no route to host'


async def _write(call: Call, vmi: Json, what: str, changes: Json, event: Event | None = None) -> None:
    if call.dry_run:
        return
    why = unreachable(call, vmi, what)
    if why is not None:
        raise refusal.internal(why)
    machinery = call.machinery
    seen = {"resourceVersion": vmi["metadata"]["resourceVersion"]}
    body = {"metadata": seen, "status": changes}
    new = await machinery.client.patch(VIRTUAL_MACHINE_INSTANCES, call.name, body, call.namespace)
    machinery.world.learn(VIRTUAL_MACHINE_INSTANCES, new)
    if event is not None:
        text = event_body(VIRTUAL_MACHINE_INSTANCES, vmi, event, _now(call))
        await machinery.client.create(EVENTS, text, namespace_of(vmi))


def _now(call: Call) -> datetime:
    return datetime.fromtimestamp(call.machinery.clock.now(), UTC)


async def pause(call: Call) -> Response:
    """Halt the guest's processors."""
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VM is not running")
    if is_true(vmi, "Paused"):
        raise _conflict(call, "VMI is already paused")
    paused = probed(condition("Paused", True, _now(call), "PausedByUser", "VMI was paused by user"))
    changes = {"conditions": with_conditions(conditions(vmi), paused)}
    event = Event("Paused", "VirtualMachineInstance paused", component=HANDLER)
    await _write(call, vmi, "pause", changes, event)
    return Response(status_code=200)


async def unpause(call: Call) -> Response:
    """Let the guest's processors run on, unless a snapshot is being taken."""
    vm = call.machinery.world.get(VIRTUAL_MACHINES, call.name, call.namespace) or {}
    if (vm.get("status") or {}).get("snapshotInProgress"):
        raise refusal.conflict("virtualmachine", call.name, "VM snapshot is in progress")
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VMI is not running")
    if not is_true(vmi, "Paused"):
        raise _conflict(call, "VMI is not paused")
    changes = {"conditions": without_conditions(conditions(vmi), "Paused")}
    await _write(call, vmi, "unpause", changes, Event("Unpaused", "VirtualMachineInstance unpaused", component=HANDLER))
    return Response(status_code=200)


async def _reboot(call: Call, vmi: Json, what: str, event: Event) -> Response:
    changes = {"conditions": without_conditions(conditions(vmi), "AgentConnected"), "guestOSInfo": None}
    await _write(call, vmi, what, changes, event)
    if not call.dry_run:
        call.machinery.serial.append(uid_of(vmi), "\n" + serial.kernel_lines(vmi))
    return Response(status_code=200)


async def soft_reboot(call: Call) -> Response:
    """Ask the guest to reboot itself."""
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VMI is not running")
    if is_true(vmi, "Paused"):
        raise _conflict(call, "VMI is paused")
    return await _reboot(
        call, vmi, "softreboot", Event("SoftRebooted", "VirtualMachineInstance soft rebooted", component=HANDLER)
    )


async def reset(call: Call) -> Response:
    """Reset the guest as the button on a machine does."""
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VMI is not running")
    return await _reboot(call, vmi, "reset", Event("Reset", "VirtualMachineInstance reset", component=HANDLER))


async def freeze(call: Call) -> Response:
    """Freeze the guest's file systems; they thaw by themselves after unfreezeTimeout."""
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VM is not running")
    match = _DURATION.match(call.body.get("unfreezeTimeout") or "")
    if match is None:
        raise refusal.internal(
            "unexpected return code 400 (400 Bad Request), message: Unfreeze timeout in freeze request is not set"
        )
    await _write(call, vmi, "freeze", {"fsFreezeStatus": "frozen"})
    if not call.dry_run:
        task = asyncio.create_task(_thaw_after(call, uid_of(vmi), int(match[1]) * _SECONDS[match[2]]))
        _thaws.add(task)
        task.add_done_callback(_thaws.discard)
    return Response(status_code=200)


async def _thaw_after(call: Call, uid: str, seconds: float) -> None:
    await call.machinery.clock.sleep(seconds)
    vmi = call.machinery.world.get(VIRTUAL_MACHINE_INSTANCES, call.name, call.namespace)
    if vmi is not None and uid_of(vmi) == uid and (vmi.get("status") or {}).get("fsFreezeStatus"):
        await _thaw(call, vmi)


async def _thaw(call: Call, vmi: Json) -> None:
    await _write(call, vmi, "unfreeze", {"fsFreezeStatus": None})


async def unfreeze(call: Call) -> Response:
    """Thaw the guest's file systems."""
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise _conflict(call, "VM is not running")
    await _thaw(call, vmi)
    return Response(status_code=200)


async def _cancel_evacuation(call: Call) -> Response:
    return await unmark(call, await find(call))


async def _volumes(call: Call) -> Response:
    vmi = await find(call)
    if any(ref["kind"] == "VirtualMachine" for ref in vmi["metadata"].get("ownerReferences") or []):
        raise refusal.bad_request(f"VMI {call.namespace}/{call.name} is owned by a VM")
    raise refusal.not_imitated("hot-plug into an instance without a VirtualMachine")


async def _agent(call: Call, what: str) -> Json:
    """Find the instance if its guest agent answers; every refusal is a sentence with 500."""
    try:
        vmi = await find(call)
        if phase(vmi) != "Running":
            raise _conflict(call, "VMI is not running")
        if not is_true(vmi, "AgentConnected"):
            raise _conflict(call, "VMI does not have guest agent connected")
    except refusal.Refused as refused:
        raise refusal.sentence(refused) from refused
    why = unreachable(call, vmi, what, "Get")
    if why is not None:
        raise refusal.plain(500, why)
    return vmi


async def guest_os_info(call: Call) -> Response:
    """Tell what the guest agent knows."""
    vmi = await _agent(call, "guestosinfo")
    frozen = (vmi.get("status") or {}).get("fsFreezeStatus") or "thawed"
    body: Json = {
        "fsFreezeStatus": frozen, "fsInfo": {"disks": None}, "guestAgentVersion": "7.2.11",
        "hostname": serial.hostname_of(vmi), "os": running.GUEST_OS, "supportedCommands": [],
        "timezone": "UTC, 0",
    }  # fmt: skip
    return JSONResponse(body)


async def _user_list(call: Call) -> Response:
    await _agent(call, "userlist")
    return JSONResponse(_EMPTY_LIST)


async def _filesystem_list(call: Call) -> Response:
    await _agent(call, "filesystemlist")
    return JSONResponse(_EMPTY_LIST)


async def screenshot(call: Call) -> Response:
    """Draw the guest's screen: black."""
    try:
        vmi = await find(call)
    except refusal.Refused as refused:
        raise refusal.sentence(refused) from refused
    if phase(vmi) != "Running":
        raise refusal.plain(500, "VMI is not running")
    return Response(_png(720, 400), media_type="image/png")


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1 + width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def _object_graph(_call: Call) -> Response:
    raise refusal.bad_request("ObjectGraph feature gate not enabled: Unable to return object graph.")


async def _certificates(call: Call) -> Response:
    try:
        vmi = await find(call)
        if not (vmi.get("status") or {}).get("nodeName"):
            raise _conflict(call, "VMI is not assigned to a node yet")
    except refusal.Refused as refused:
        raise refusal.sentence(refused) from refused
    return await _attestation(call)


async def _attestation(call: Call) -> Response:
    try:
        vmi = await find(call)
        if phase(vmi) != "Running":
            raise _conflict(call, "VMI is not running")
        raise _conflict(call, "Attestation not requested for VMI")
    except refusal.Refused as refused:
        raise refusal.sentence(refused) from refused


async def _needs_websocket(call: Call) -> Response:
    vmi = await find(call)
    if phase(vmi) != "Running":
        raise refusal.bad_request("VMI is not running")
    raise _no_upgrade()


async def _no_usb(call: Call) -> Response:
    await find(call)
    raise _conflict(call, "Not configured with USB Redirection")


async def _no_vsock(call: Call) -> Response:
    await find(call)
    raise refusal.bad_request("VSOCK is not attached.")


async def port_forward(call: Call, port: str, protocol: str = "tcp") -> Response:
    """Refuse: no guest listens on any port."""
    vmi = await find(call)
    interfaces = (vmi.get("status") or {}).get("interfaces") or []
    if not interfaces:
        raise refusal.bad_request("no network interfaces are present")
    if is_true(vmi, "Paused"):
        raise _conflict(call, "VMI is paused")
    if protocol == "udp":  # which refuses no connection, so that only the missing upgrade is wrong
        raise _no_upgrade()
    address = f"{interfaces[0].get('ipAddress', '')}:{port}"
    raise refusal.internal(f"dialing VM: dial tcp {address}: connect: connection refused")


PUTS: dict[str, Handler] = {
    "pause": pause,
    "unpause": unpause,
    "freeze": freeze,
    "unfreeze": unfreeze,
    "softreboot": soft_reboot,
    "reset": reset,
    "addvolume": _volumes,
    "removevolume": _volumes,
    "evacuate/cancel": _cancel_evacuation,
}
GETS: dict[str, Handler] = {
    "guestosinfo": guest_os_info,
    "userlist": _user_list,
    "filesystemlist": _filesystem_list,
    "vnc/screenshot": screenshot,
    "objectgraph": _object_graph,
    "sev/fetchcertchain": _certificates,
    "sev/querylaunchmeasurement": _attestation,
    "console": _needs_websocket,
    "vnc": _needs_websocket,
    "usbredir": _no_usb,
    "vsock": _no_vsock,
}
