"""The verbs of the Kubernetes API, on any kind of object.

Every call is one request (a list: one per chunk) and raises a KubeError for any answer but success. Keeps no state.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Self

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from dicot.kube import Json
from dicot.kube.connection import (
    USER_AGENT,
    Connection,
    Headers,
    Limits,
    Params,
    Request,
    as_kube_errors,
    authorized,
    with_query,
)
from dicot.kube.credentials import Credentials, tls_context
from dicot.kube.errors import Expired, Invalid, KubeError, Unavailable, from_status
from dicot.kube.events import events
from dicot.kube.impersonation import Actor, headers_for
from dicot.kube.kinds import Kind

__all__ = ["Actor", "Client", "Json", "Limits"]

APPLICATION_JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML; older servers know only this name
# KubeVirt's subresources answer 406 to application/json alone, some even to text/plain.
ANYTHING = "*/*"
WATCH_GRACE_S = 15.0  # how much later than asked a server may end a watch
SOCKET_MESSAGE_BYTES = 4 * 1024 * 1024

Items = list[Json]

_decoder = msgspec.json.Decoder(dict[str, Any])


def whole(obj: Json) -> Json:
    """Keep an object as it is."""
    return obj


def _kept(kind: Kind, page: Json, keep: Callable[[Json], Json]) -> Iterator[Json]:
    for item in page.get("items") or ():
        # Kinds built into Kubernetes leave these out of lists.
        item.setdefault("apiVersion", kind.api_version)
        item.setdefault("kind", kind.kind)
        yield keep(item)


class Client:
    """Kubernetes as Dicot itself, or as the actor of `acting_as`. Cheap to derive; all share one Connection."""

    def __init__(self, connection: Connection, actor: Actor | None = None) -> None:
        self.connection = connection
        self.actor = actor
        self._headers: Headers = CIMultiDict() if actor is None else headers_for(actor)

    @classmethod
    def connect(cls, credentials: Credentials, limits: Limits | None = None, *, user_agent: str = USER_AGENT) -> Self:
        """Make a client of its own pool, inside a running event loop; nothing is sent yet."""
        return cls(Connection(credentials, limits or Limits(), user_agent))

    async def close(self) -> None:
        """Close the pool, also for every client derived from this one."""
        await self.connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def acting_as(self, actor: Actor | None) -> "Client":
        """Return a client whose requests Kubernetes authorises as `actor`; None is Dicot itself. Raises Forbidden."""
        return Client(self.connection, actor)

    async def get(self, kind: Kind, name: str, namespace: str | None = None) -> Json:
        """Read one object."""
        return await self._json("GET", kind.path(namespace, name))

    async def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        chunk: int = 500,
        keep: Callable[[Json], Json] = whole,
    ) -> tuple[Items, str]:
        """Read all objects, `chunk` per request, as (items, resourceVersion); namespace None is every namespace.

        `keep` cuts each object down before the next chunk is read, so that no more than a chunk is in memory whole.
        """
        path = kind.path(namespace)
        selection: dict[str, str | int | bool | None] = {"labelSelector": labels, "fieldSelector": fields}
        items: Items = []
        page: Json = {}
        following: str | None = None
        try:
            while following != "":
                page = await self._json("GET", path, params={**selection, "limit": chunk, "continue": following})
                items += _kept(kind, page, keep)
                following = page["metadata"].get("continue") or ""
        except Expired:
            # The snapshot was compacted between two chunks; one whole answer cannot be.
            page = await self._json("GET", path, params=selection)
            items = list(_kept(kind, page, keep))
        return items, str(page["metadata"].get("resourceVersion", ""))

    async def create(self, kind: Kind, body: Json, namespace: str | None = None, *, dry_run: bool = False) -> Json:
        """Create an object (also: ask a review) in `namespace`, or in the one that its metadata names."""
        path = kind.path(namespace or _namespace_of(body))
        return await self._json("POST", path, params=_dry(dry_run), body=body)

    async def post(self, path: str, body: Json) -> Json:
        """Post an object to a path that is no collection, such as a ServiceAccount's `token`."""
        return await self._json("POST", path, body=body)

    async def replace(
        self, kind: Kind, body: Json, namespace: str | None = None, *, subresource: str | None = None
    ) -> Json:
        """Replace an object; raises Conflict if metadata.resourceVersion is old. Custom kinds demand one."""
        path = kind.path(namespace or _namespace_of(body), body["metadata"]["name"], subresource)
        return await self._json("PUT", path, body=body)

    async def patch(
        self,
        kind: Kind,
        name: str,
        patch: Json | Items,
        namespace: str | None = None,
        *,
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Change an object: a dict is a merge patch, a list a JSON patch (a failing `test` raises Invalid)."""
        content = JSON_PATCH if isinstance(patch, list) else MERGE_PATCH
        path = kind.path(namespace, name, subresource)
        return await self._json("PATCH", path, params=_dry(dry_run), body=patch, content=content)

    async def apply(
        self, kind: Kind, body: Json, namespace: str | None = None, *, field_manager: str, force: bool = True
    ) -> Json:
        """Create the object or make the fields in `body` so (server-side apply); fields left out since are removed."""
        path = kind.path(namespace or _namespace_of(body), body["metadata"]["name"])
        params: Params = {"fieldManager": field_manager, "force": force}
        typed = {"apiVersion": kind.api_version, "kind": kind.kind, **body}
        return await self._json("PATCH", path, params=params, body=typed, content=APPLY_PATCH)

    async def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: str = "Background",
        grace_s: int | None = None,
    ) -> Json:
        """Ask for deletion, if it still has that uid and version (else Conflict); finalizers may delay it.

        `grace_s` is how long a pod may take to end; None leaves it to the pod.
        """
        only_if = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {key: value for key, value in only_if.items() if value is not None}
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if preconditions:
            options["preconditions"] = preconditions
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        return await self._json("DELETE", kind.path(namespace, name), body=options)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Params | None = None,
        headers: Json | None = None,
        timeout_s: float | None = None,
    ) -> bytes:
        """Call a path that is no plain object, such as KubeVirt's `start`; `body` is sent as JSON."""
        sent = self._with({"Accept": ANYTHING, **(headers or {})})
        request = Request(method, self.connection.url(path, params), sent, _encoded(body, sent))
        return await self.connection.send(request, timeout_s)

    async def text(self, path: str, params: Params | None = None) -> str:
        """Read a text, such as a pod's log; bytes that are no UTF-8 are replaced."""
        return (await self.call("GET", path, params=params)).decode("utf-8", "replace")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,
        params: Params | None = None,
        headers: Json | None = None,
        ca_pem: str | None = None,
        verify: bool = True,
        idle_s: float | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Open a response to be read piece by piece; `body` may be bytes or an asynchronous iterator of them.

        A path goes to Kubernetes. An absolute URL goes elsewhere and carries neither credentials nor impersonation;
        `ca_pem` and `verify` say whom to trust there. There is no total time, only `idle_s` between two pieces.
        """
        own = url.startswith("/")
        sent = self._with({"Accept": ANYTHING, **(headers or {})}, own=own)
        address = self.connection.url(url, params) if own else with_query(url, params)
        request = Request(method, address, sent, body, own=own)
        limits = self.connection.limits
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=limits.connect_timeout_s, sock_read=idle_s or limits.stream_idle_s
        )
        async with self.connection.open(request, timeout, None if own else _trust(url, ca_pem, verify)) as response:
            yield response

    @asynccontextmanager
    async def websocket(
        self,
        path: str,
        *,
        params: Params | None = None,
        protocols: Iterable[str] = (),
        heartbeat_s: float | None = None,
    ) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket, such as KubeVirt's `console` or `vnc`; a refused handshake raises what its status means.

        With `heartbeat_s` it is pinged when nothing has come for so long, and closed if half as long brings no answer.
        """
        connection, credentials = self.connection, self.connection.credentials
        url = connection.url(path, params)
        socket = await self._handshake(url, tuple(protocols), heartbeat_s, renew=False)
        if socket is None:
            socket = await self._handshake(url, tuple(protocols), heartbeat_s, renew=True)
        if socket is None:
            raise from_status({"message": f"{credentials.server} does not accept the credentials"}, 401)
        async with socket:
            yield socket

    async def _handshake(
        self, url: URL, protocols: tuple[str, ...], heartbeat_s: float | None, *, renew: bool
    ) -> aiohttp.ClientWebSocketResponse | None:
        connection = self.connection
        access = await connection.credentials.access(renew)
        try:
            # KubeVirt may never answer the handshake of a guest that is shutting down.
            with as_kube_errors("GET", url):
                async with asyncio.timeout(connection.limits.timeout_s):
                    return await connection.session.ws_connect(
                        url,
                        headers=authorized(self._headers, access),
                        protocols=protocols,
                        heartbeat=heartbeat_s,
                        ssl=access.tls,
                        server_hostname=connection.credentials.server_hostname,
                        proxy=connection.credentials.proxy,
                        max_msg_size=SOCKET_MESSAGE_BYTES,
                    )
        except KubeError as error:
            cause = error.__cause__
            if not isinstance(cause, aiohttp.WSServerHandshakeError):
                raise
            if cause.status == 401:
                return None
            raise from_status({"message": f"{url.path}: {cause.message}"}, cause.status) from cause

    async def watch(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str | None = None,
        fields: str | None = None,
        timeout_s: float = 300.0,
        inactivity_s: float | None = None,
    ) -> AsyncGenerator[Json]:
        """Yield {type, object} of one connection until the server ends it (about `timeout_s`), bookmarks too.

        Raises Expired when `resource_version` is too old, Unavailable when the connection breaks, an event is cut off
        or nothing at all comes for `inactivity_s`.
        """
        async with self.watching(
            kind,
            namespace,
            resource_version=resource_version,
            labels=labels,
            fields=fields,
            timeout_s=timeout_s,
            inactivity_s=inactivity_s,
        ) as found:
            async for event in found:
                yield event

    @asynccontextmanager
    async def watching(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str | None = None,
        fields: str | None = None,
        timeout_s: float = 300.0,
        inactivity_s: float | None = None,
    ) -> AsyncGenerator[AsyncGenerator[Json]]:
        """Open the connection of `watch` and give its events: for who must know that it stands before any comes."""
        params: Params = {
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": resource_version,
            "timeoutSeconds": max(1, round(timeout_s)),
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        limits = self.connection.limits
        url = self.connection.url(kind.path(namespace), params)
        request = Request("GET", url, self._with({"Accept": APPLICATION_JSON}))
        timeout = aiohttp.ClientTimeout(
            total=timeout_s + WATCH_GRACE_S, sock_connect=limits.connect_timeout_s, sock_read=inactivity_s
        )
        async with (
            self.connection.open(request, timeout) as response,
            aclosing(events(response.content.iter_any(), limits.event_bytes)) as found,
        ):
            yield found

    def _with(self, headers: Json, *, own: bool = True) -> Headers:
        made: Headers = self._headers.copy() if own else CIMultiDict()
        made.update(headers)
        return made

    async def _json(
        self, method: str, path: str, *, params: Params | None = None, body: Any = None, content: str = APPLICATION_JSON
    ) -> Json:
        headers = self._with({"Accept": APPLICATION_JSON})
        encoded = _encoded(body, headers, content)
        request = Request(method, self.connection.url(path, params), headers, encoded, retry=method == "GET")
        answer = await self.connection.send(request)
        try:
            return _decoder.decode(answer)
        except msgspec.DecodeError as error:
            raise Unavailable(f"{method} {path}: the answer is not a JSON object", status=502) from error


def _namespace_of(body: Json) -> str | None:
    return body.get("metadata", {}).get("namespace")


def _dry(dry_run: bool) -> Params:
    return {"dryRun": "All"} if dry_run else {}


def _encoded(body: Any, headers: Headers, content: str = APPLICATION_JSON) -> bytes | None:
    if body is None:
        return None
    headers.setdefault("Content-Type", content)
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError) as error:
        raise Invalid(f"the body is not JSON: {error}", status=400, reason="BadRequest") from error


def _trust(url: str, ca_pem: str | None, verify: bool) -> Any:
    return tls_context(ca_pem, verify) if url.startswith(("https", "wss")) else True
