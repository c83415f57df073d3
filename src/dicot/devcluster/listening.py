"""A port on which an ASGI application answers, over HTTP or HTTPS, as a guest in somebody else's event loop."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

_GRACE_S = 2
_KEEP_ALIVE_S = 75


@contextmanager
def _no_signals() -> Iterator[None]:
    """Leave the process's signal handlers alone."""
    yield


class Listening:
    """One open port."""

    def __init__(self, url: str, server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
        self.url = url
        self._server = server
        self._serving = serving

    async def stop(self) -> None:
        """Close the port, and what is still connected after a short grace."""
        self._server.should_exit = True
        await self._serving


async def listen(
    app: Any, host: str, port: int, certificate: Path | None = None, *, key: Path | None = None,
    clients: Path | None = None,
) -> Listening:  # fmt: skip
    """Open a port (0: any free one); with a certificate (PEM) it is HTTPS. Returns when it answers.

    `key` is where the certificate's key is, unless in the same file; with `clients`, an authority's certificate, only
    those are heard whom it has signed.
    """
    # Without the protocol's name asyncio does not set TCP_NODELAY on accepted connections.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    scheme = "https" if certificate else "http"
    url = "{}://{}:{}".format(scheme, *bound.getsockname()[:2])
    config = uvicorn.Config(
        app, http="httptools", ws="websockets-sansio", lifespan="off", log_level="warning", access_log=False,
        server_header=False, date_header=False, timeout_graceful_shutdown=_GRACE_S, timeout_keep_alive=_KEEP_ALIVE_S,
        ssl_certfile=certificate, ssl_keyfile=key or certificate, ssl_ca_certs=clients,
        ssl_cert_reqs=ssl.CERT_REQUIRED if clients else ssl.CERT_NONE,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve([bound]))
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.001)
    return Listening(url, server, serving)
