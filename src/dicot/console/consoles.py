"""Opens consoles: a link is judged, KubeVirt is called as its bearer, and only then is the client let in."""

from __future__ import annotations

import contextlib

import structlog
from prometheus_client import CollectorRegistry, Gauge
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from dicot import cluster as meanings
from dicot.api.errors import ApiError, NotFound, Unavailable
from dicot.cluster import Cluster
from dicot.compute.remote_consoles.link import SOCKET, SUBRESOURCES, Link
from dicot.console import admission, bridge
from dicot.console.page import PREFIX, Page
from dicot.kube import errors as kube

OPEN_MOST = 1000
"""How many consoles one process keeps open: each holds two connections."""
HEARTBEAT_S = 30.0
"""How long KubeVirt's side may be silent before it is pinged; the client's side is pinged by the server."""
PROTOCOL = "plain.kubevirt.io"
CLIENT_PROTOCOL = "binary"
"""What websockify calls bytes as they are; clients that ask for nothing get the same."""

log = structlog.get_logger("dicot.console")


class Consoles:
    """The consoles of one process."""

    def __init__(self, cluster: Cluster, registry: CollectorRegistry) -> None:
        """Hold the cluster; register how many consoles are open."""
        self._cluster = cluster
        self._page = Page(cluster.config.novnc_directory)
        self._open = 0
        Gauge("dicot_consoles", "Consoles that are open.", registry=registry).set_function(lambda: self._open)

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP below /console: noVNC's files."""
        if scope["path"].startswith(PREFIX):
            await self._page(scope, receive, send)
        elif scope["path"] == SOCKET:
            answer = PlainTextResponse("This is a WebSocket.\n", 426, {"Upgrade": "websocket"})
            await answer(scope, receive, send)
        else:
            await PlainTextResponse("No console here\n", 404)(scope, receive, send)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket from its handshake to its end; what is refused gets the status that says why."""
        client = WebSocket(scope, receive, send)
        self._open += 1
        try:
            await self._connect(client)
        except (ApiError, kube.KubeError) as error:
            known = error if isinstance(error, ApiError) else meanings.meaning(error)
            assert known is not None, "every error of Kubernetes means something"
            await client.send_denial_response(PlainTextResponse(f"{known.message}\n", known.status))
        finally:
            self._open -= 1

    async def _connect(self, client: WebSocket) -> None:
        """Raise before the client is let in, or carry its bytes."""
        if client.url.path != SOCKET:
            raise NotFound("No console here")
        if self._open > OPEN_MOST:
            raise Unavailable("Too many consoles are open here.")
        link = admission.link_of(self._cluster, client.query_params.get("token", ""))
        caller = admission.admit(self._cluster, link)
        kubernetes = self._cluster.as_user(caller)
        async with kubernetes.websocket(_path(link), protocols=(PROTOCOL,), heartbeat_s=HEARTBEAT_S) as guest:
            # Between the look at the cache and now the name may have come to mean another instance.
            admission.admit(self._cluster, link)
            offered = client.scope.get("subprotocols") or ()
            await client.accept(subprotocol=CLIENT_PROTOCOL if CLIENT_PROTOCOL in offered else None)
            said = {"server_id": link.server_id, "console": link.type, "user_id": caller.user_id}
            log.info("console opened", **said)
            code = await bridge.carry(client, guest, lambda: admission.admit(self._cluster, link))
            log.info("console closed", code=code, **said)
        if client.client_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect):  # it may go away at this very moment
                await client.close(code)


def _path(link: Link) -> str:
    place = f"/apis/subresources.kubevirt.io/v1/namespaces/{link.namespace}/virtualmachineinstances/{link.name}"
    return f"{place}/{SUBRESOURCES[link.type]}"
