"""Puts everything together: configuration, cluster, services, the edge. Knows everyone; nobody knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from dicot import cluster, compute, console, identity, image, network, placement, readiness, reconcile, volume
from dicot.api.middleware import Edge
from dicot.cluster import Cluster
from dicot.config import Config
from dicot.kube.cache import Problem
from dicot.kube.client import Client
from dicot.kube.credentials import discover
from dicot.kube.kinds import Kind

SERVICES = (identity.SERVICE, compute.SERVICE, image.SERVICE, volume.SERVICE, network.SERVICE, placement.SERVICE)
WATCHED = (*identity.WATCHED, *compute.WATCHED, *image.WATCHED, *volume.WATCHED, *network.WATCHED)

TELL_S, TELL_AGAIN_S = 5.0, 30.0
"""How long Dicot may be unready before its log says why, and how often it is said again."""

log = structlog.get_logger("dicot.app")


class App:
    """The ASGI application of one Dicot process."""

    def __init__(self, config: Config) -> None:
        """Hold the configuration; nothing is connected before start()."""
        self.config = config
        self.registry = CollectorRegistry()
        self._edge: Edge | None = None
        self._cluster: Cluster | None = None
        self._consoles: console.Consoles | None = None
        self._authenticator: identity.Authenticator | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect to the cluster and begin to watch; requests are answered 503 until the caches have synced."""
        client = Client.connect(discover(self.config.kubeconfig or None, self.config.kube_context or None))
        self._cluster = Cluster(self.config, client, WATCHED)
        await self._cluster.caches.start()
        authenticator = self._authenticator = identity.Authenticator(self._cluster, SERVICES)
        await authenticator.start()
        self._edge = Edge(
            SERVICES,
            self._cluster,
            authenticate=authenticator.authenticate,
            translate=cluster.meaning,
            prefix=self._prefix,
            identity_url=lambda prefix: f"{prefix}{identity.SERVICE.root}{identity.SERVICE.version}",
            registry=self.registry,
        )
        self._consoles = console.Consoles(self._cluster, self.registry)
        self._tasks = [
            asyncio.create_task(reconcile.run(self._cluster)),
            asyncio.create_task(self._tell_readiness()),
        ]

    async def stop(self) -> None:
        """Stop following up, watching and talking, in this order."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._authenticator is not None:
            await self._authenticator.stop()
        if self._cluster is not None:
            await self._cluster.caches.stop()
            await self._cluster.client.close()

    @property
    def problems(self) -> dict[Kind, Problem]:
        """Say of which kinds nothing can be answered now, and why."""
        return {} if self._cluster is None else self._cluster.caches.problems()

    @property
    def reasons(self) -> list[str]:
        """Say why requests cannot be answered now; nothing if they can."""
        if self._authenticator is None:
            return ["starting"]
        return readiness.reasons(self.problems, self._authenticator.problem)

    @property
    def ready(self) -> bool:
        """Tell whether everything has been listed, is heard of, and tokens can be opened."""
        return not self.reasons

    async def until_ready(self, timeout_s: float = 10.0) -> None:
        """Wait until every cache has synced; TimeoutError if that takes longer."""
        async with asyncio.timeout(timeout_s):
            while not self.ready:  # noqa: ASYNC110 - a start waits for many caches once
                await asyncio.sleep(0.005)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer ASGI: the lifespan, what is not OpenStack, and everything else at the edge."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif self._consoles is None:
            await send({"type": "websocket.close", "code": 1013})
        else:
            await self._consoles.connect(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("start failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _plain(send, 200, b"ok\n")
        elif path.startswith(f"{console.ROOT}/") and self._consoles is not None:
            await self._consoles.show(scope, receive, send)
        elif path == "/readyz":
            await self._readyz(send)
        elif path == "/metrics":
            await _plain(send, 200, generate_latest(self.registry))
        elif self._edge is None:
            await _plain(send, 503, b"starting\n", {"retry-after": "1"})
        elif path == "/":
            await self._edge({**scope, "path": f"{identity.SERVICE.root}/"}, receive, send)
        elif self._edge.service_at(path) is None:
            names = ", ".join(service.root for service in SERVICES)
            await _plain(send, 404, f"No service here. There are: {names}\n".encode())
        else:
            await self._edge(scope, receive, send)

    async def _readyz(self, send: Send) -> None:
        reasons = self.reasons
        if not reasons:
            await _plain(send, 200, b"ok\n")
            return
        lines = ["not ready:", *(f"  {reason}" for reason in reasons), *readiness.advice(self.problems), ""]
        await _plain(send, 503, "\n".join(lines).encode(), {"retry-after": "1"})

    async def _tell_readiness(self) -> None:
        """Log what is missing, and what to do, as long as it is; a start that takes no time needs no word."""
        silent = True
        while True:
            await asyncio.sleep(TELL_S if silent else TELL_AGAIN_S)
            reasons = self.reasons
            if reasons:
                log.warning("not ready", reasons=reasons, advice=readiness.advice(self.problems))
            elif not silent:
                log.info("ready")
            silent = not reasons

    def _prefix(self, scope: Scope) -> str:
        """Tell scheme, host and path prefix as the client used them; a proxy is believed only if configured."""
        if self.config.public_url:
            return self.config.public_url.rstrip("/")
        headers = Headers(scope=scope)
        scheme, host, prefix = scope["scheme"], headers.get("host", "localhost"), ""
        client = scope.get("client")
        if client and client[0] in self.config.trusted_proxies:
            scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
            host = headers.get("x-forwarded-host", host).split(",")[0].strip()
            prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
        return f"{scheme}://{host}{prefix}"


def build(config: Config) -> App:
    """Return the application; its lifespan connects it."""
    return App(config)


async def _plain(send: Send, status: int, text: bytes, headers: Mapping[str, str] | None = None) -> None:
    pairs = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(text)), **(headers or {})}
    start = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": text})
