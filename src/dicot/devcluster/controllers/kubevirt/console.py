"""The serial console and the screen of a guest, over WebSockets: raw bytes in binary frames.

The console shows the serial log and echoes what is typed; the line `poweroff` ends the guest. The screen is black.
"""

import asyncio
import struct

from starlette.websockets import WebSocket, WebSocketDisconnect

from dicot.devcluster.controllers.guest import Guests
from dicot.devcluster.controllers.kubevirt import guest_calls, refusal
from dicot.devcluster.controllers.kubevirt.machine_calls import Call
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import uid_of
from dicot.kube import Json

PROTOCOL = "plain.kubevirt.io"
WIDTH, HEIGHT = 320, 200
_CLIENT_MESSAGES = {0: 20, 4: 8, 5: 6}  # SetPixelFormat, KeyEvent, PointerEvent: fixed lengths


async def open_socket(socket: WebSocket, call: Call) -> None:
    """Accept the WebSocket of a console or a screen, or refuse it by state, and serve it to its end."""
    what = socket.path_params["call"].split("/")[0]
    try:
        vmi = await guest_calls.find(call)
        if what in ("console", "vnc") and phase(vmi) != "Running":
            raise refusal.bad_request("VMI is not running")
        if what not in ("console", "vnc"):
            if what not in guest_calls.GETS:
                await guest_calls.port_forward(call, *socket.path_params["call"].split("/")[1:3])
            await guest_calls.GETS[what](call)
    except refusal.Refused as refused:
        await socket.send_denial_response(refused.response)
        return
    offered = socket.scope.get("subprotocols") or []
    await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
    serve = _console if what == "console" else _screen
    try:
        await serve(socket, call, vmi)
    except WebSocketDisconnect:
        return


async def _console(socket: WebSocket, call: Call, vmi: Json) -> None:
    logs, uid = call.machinery.serial, uid_of(vmi)
    queue = logs.listen(uid)
    printing = asyncio.create_task(_print(socket, logs.read(uid), queue))
    line = ""
    try:
        while True:
            typed = await _receive(socket)
            text = typed.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
            logs.append(uid, text)
            line = (line + text)[-256:]
            while "\n" in line:
                command, _, line = line.partition("\n")
                if command.strip() == "poweroff":
                    await Guests(call.machinery).power_off(call.namespace, call.name)
                    return
    finally:
        logs.unlisten(uid, queue)
        printing.cancel()


async def _print(socket: WebSocket, past: bytes, queue: "asyncio.Queue[bytes]") -> None:
    if past:
        await socket.send_bytes(past)
    while True:
        await socket.send_bytes(await queue.get())


async def _receive(socket: WebSocket) -> bytes:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message.get("bytes") or (message.get("text") or "").encode()


class _Reader:
    """Reads exact numbers of bytes from a WebSocket, however they are framed."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._buffer = b""

    async def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += await _receive(self._socket)
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


async def _screen(socket: WebSocket, _call: Call, _vmi: Json) -> None:
    """Speak RFB 3.8 without security, RFC 6143."""
    await socket.send_bytes(b"RFB 003.008\n")
    reader = _Reader(socket)
    await reader.take(12)
    await socket.send_bytes(b"\x01\x01")
    await reader.take(1)
    await socket.send_bytes(struct.pack(">I", 0))
    await reader.take(1)
    pixels = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    title = b"QEMU"
    await socket.send_bytes(struct.pack(">HH", WIDTH, HEIGHT) + pixels + struct.pack(">I", len(title)) + title)
    depth = 4
    drawn = False
    while True:
        kind = (await reader.take(1))[0]
        if kind == 2:
            count = struct.unpack(">xH", await reader.take(3))[0]
            await reader.take(4 * count)
        elif kind == 6:
            await reader.take(struct.unpack(">xxxI", await reader.take(7))[0])
        elif kind == 3:
            incremental = (await reader.take(9))[0]
            if not incremental or not drawn:
                drawn = True
                head = struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0)
                await socket.send_bytes(head + bytes(WIDTH * HEIGHT * depth))
        elif kind in _CLIENT_MESSAGES:
            data = await reader.take(_CLIENT_MESSAGES[kind] - 1)
            depth = data[3] // 8 if kind == 0 else depth
        else:
            return
