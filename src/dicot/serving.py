"""Runs an ASGI application on a socket with uvicorn, until it is told to stop. Knows no OpenStack and no Kubernetes."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import socket
from collections.abc import Coroutine
from typing import Any

import click
import uvicorn
import uvloop

LARGE_BLOCK_BYTES = 1024 * 1024
_M_MMAP_THRESHOLD = -3  # malloc.h
KEEP_ALIVE_S = 75
"""How long an idle connection is kept: longer than clients pause between polls, or they meet one just closed."""
SHUTDOWN_S = 5
"""How long open connections may take to end before they are cut."""


class Server:
    """One uvicorn server inside a running event loop; it leaves signals alone."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        """Bind the socket now, so that a port in use is an error before anything else starts."""
        self._socket = socket.create_server((host, port), backlog=2048, family=_family(host))
        # Connections inherit it; asyncio, other than uvloop, would hold each answer back for 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is configured, and decided where links are made
            lifespan="on",
            timeout_graceful_shutdown=SHUTDOWN_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address to reach it at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Return when requests are answered; RuntimeError if the application could not start."""
        self._task = asyncio.create_task(self._server._serve([self._socket]))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the application did not start; its log says why")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End open connections, then the application."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    await event.wait()


async def until_stopped(app: Any, host: str, port: int) -> None:
    """Serve until a signal says stop."""
    server = Server(app, host, port)
    await server.start()
    click.echo(f"listening: {server.url}")  # /readyz tells when the caches have synced
    try:
        await stopped()
    finally:
        await server.stop()


def return_large_blocks() -> None:
    """Have glibc give blocks of a MiB and more back when they are freed.

    Left alone it learns from the first 19 MiB of a password hash to keep such blocks, one for each thread that ever
    hashed. Other C libraries have no such knob, and no such habit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def run(session: Coroutine[Any, Any, None]) -> None:
    """Run a session on uvloop."""
    return_large_blocks()
    uvloop.run(session)
