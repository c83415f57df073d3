"""Carrying bytes between two real WebSockets: whoever ends it, and a client that may not go on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from dicot.api.errors import Forbidden
from dicot.console import bridge
from dicot.serving import Server


class Between:
    """A guest that echoes, and a bridge to it; `allowed` is what the bridge asks for again and again."""

    def __init__(self) -> None:
        self.allowed = True
        routes = [WebSocketRoute("/guest", self._guest), WebSocketRoute("/client", self._client)]
        self.server = Server(Starlette(routes=routes), "127.0.0.1", 0)
        self.ended: list[str] = []

    def _may(self) -> None:
        if not self.allowed:
            raise Forbidden("no more")

    async def _guest(self, socket: WebSocket) -> None:
        await socket.accept()
        while (message := await socket.receive())["type"] == "websocket.receive":
            if message["bytes"] == b"off":
                await socket.close()
                return
            await socket.send_bytes(message["bytes"])
        self.ended.append("guest")

    async def _client(self, socket: WebSocket) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.server.url}/guest") as guest:
            await socket.accept()
            code = await bridge.carry(socket, guest, self._may, recheck_s=0.01)
            self.ended.append("bridge")
        if code != bridge.DONE:
            await socket.close(code)


@pytest.fixture
async def between() -> AsyncIterator[Between]:
    between = Between()
    await between.server.start()
    yield between
    await between.server.stop()


async def test_bytes_and_text_arrive_as_they_are(between: Between) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{between.server.url}/client", max_msg_size=0) as socket,
    ):
        for sent in (b"\0\xff", bytes(bridge.CLIENT_MESSAGE_BYTES), b""):
            await socket.send_bytes(sent)
            assert await socket.receive_bytes() == sent
        await socket.send_str("ä")
        assert await socket.receive_bytes() == "ä".encode()


async def test_too_long_a_message_ends_it(between: Between) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{between.server.url}/client") as socket:
        await socket.send_bytes(bytes(bridge.CLIENT_MESSAGE_BYTES + 1))
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == bridge.TOO_BIG


async def test_who_may_not_go_on_is_cut_off(between: Between) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{between.server.url}/client") as socket:
        await socket.send_bytes(b"a")
        assert await socket.receive_bytes() == b"a"
        between.allowed = False
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == bridge.FORBIDDEN


async def test_a_guest_that_ends_ends_the_bridge(between: Between) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{between.server.url}/client") as socket:
        await socket.send_bytes(b"off")
        await socket.receive()
        assert socket.closed
    assert between.ended == ["bridge"]
