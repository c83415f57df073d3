"""Carries bytes between a client's WebSocket and KubeVirt's, both ways, until either ends.

One message is held in each direction: whoever reads slowly slows down who writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
from starlette.websockets import WebSocket, WebSocketDisconnect

from dicot.api.errors import ApiError

DONE, FORBIDDEN, BROKEN, TOO_BIG = 1000, 1008, 1011, 1009
"""Why a WebSocket is closed (RFC 6455, 7.4.1)."""
CLIENT_MESSAGE_BYTES = 1024 * 1024
"""The longest message taken from a client: what is typed or pasted."""
RECHECK_S = 30.0
"""How often it is asked anew whether the client may go on."""


async def carry(
    client: WebSocket, guest: aiohttp.ClientWebSocketResponse, may: Callable[[], object], recheck_s: float = RECHECK_S
) -> int:
    """Carry both ways until one side ends; return why, as the code to close the client's socket with.

    `may` is called every `recheck_s` and raises an ApiError when the client may not go on.
    """
    return await _first(_to_guest(client, guest), _to_client(client, guest), _watch(may, recheck_s))


async def _first(*ways: Coroutine[Any, Any, int]) -> int:
    """Run all until the first ends, and return what it returned; the others are cancelled and waited for."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(task for task in tasks if task in done).result()


async def _to_guest(client: WebSocket, guest: aiohttp.ClientWebSocketResponse) -> int:
    while True:
        message = await client.receive()
        if message["type"] == "websocket.disconnect":
            return DONE
        data = message.get("bytes")
        if data is None:
            data = (message.get("text") or "").encode()  # terminals send what is typed as text
        if len(data) > CLIENT_MESSAGE_BYTES:
            return TOO_BIG
        try:
            await guest.send_bytes(data)
        except (aiohttp.ClientError, ConnectionError):
            return BROKEN


async def _to_client(client: WebSocket, guest: aiohttp.ClientWebSocketResponse) -> int:
    while True:
        message = await guest.receive()
        if message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            try:
                await client.send_bytes(data)
            except WebSocketDisconnect:
                return DONE
        elif message.type is aiohttp.WSMsgType.ERROR:
            return BROKEN
        else:  # it is closing, or closed
            return DONE if guest.close_code in (None, DONE) else BROKEN


async def _watch(may: Callable[[], object], recheck_s: float) -> int:
    while True:
        await asyncio.sleep(recheck_s)
        try:
            may()
        except ApiError:
            return FORBIDDEN
