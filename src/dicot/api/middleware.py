"""The edge: one ASGI application in front of all services.

The order is fixed and is the point of this file: request id, limits, path, token, microversion, route, body, schema,
policy, handler, and the way back: view, headers, error envelope, log, metrics.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from dicot.api import policy
from dicot.api.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from dicot.api.microversion import parse, spell
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.api.route import Offer, Route, Router, Service, choose

BODY_BYTES_MAX = 1024 * 1024
"""The largest JSON body read; user data of 64 KiB in base64 fits many times."""
JSON_TYPES = {"", "application/json", "text/plain"}
"""What a body that is JSON may be called where the service minds; Nova takes plain text for no type at all."""
BODY_DEPTH_MAX = 64
"""How deeply lists and objects may be nested in a body: far deeper than any schema here goes."""
HEADER_TOKEN = "x-auth-token"  # noqa: S105 - the name of a header

HTML = "text/html; charset=utf-8"
LOST = "HTTPNotFound"
"""The kind of a 404 that means "no such path", not "no such object"."""

Json = dict[str, Any]
_CONTAINERS = (dict, list)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
Authenticate = Callable[[Request, str], Awaitable[Caller]]
Translate = Callable[[Exception], ApiError | None]

log = structlog.get_logger("dicot.access")
_encode = msgspec.json.Encoder().encode
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class StreamBroken(Exception):
    """An answer broke off after its beginning was sent: the connection has to be cut."""


class Metrics:
    """Counts and times of requests, by service and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register both."""
        self._requests = Counter(
            "dicot_requests_total", "Requests answered.", ("service", "method", "status"), registry=registry
        )
        self._seconds = Histogram("dicot_request_seconds", "Time to answer.", ("service",), registry=registry)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def record(self, service: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. Clients choose the method: those that no route has are counted as one."""
        key = (service, method if method in _METHODS else "other", status)
        known = self._children.get(key)
        if known is None:
            known = self._children[key] = (self._requests.labels(*key), self._seconds.labels(service))
        known[0].inc()
        known[1].observe(seconds)


class Edge:
    """Serves the services: everything that is the same for all of them."""

    def __init__(
        self,
        services: Iterable[Service],
        cluster: object,
        *,
        authenticate: Authenticate,
        translate: Translate,
        prefix: Callable[[Scope], str],
        identity_url: Callable[[str], str],
        registry: CollectorRegistry,
    ) -> None:
        """Build the tries. `prefix` tells how the client spelt scheme and host; `translate` names cluster errors."""
        served = tuple(services)
        self._routers = {service.root.strip("/"): Router(service) for service in served}
        older = [one for service in served if (one := service.before()) is not None]
        self._older = {(one.root.strip("/"), one.version.strip("/")): Router(one) for one in older}
        self._cluster = cluster
        self._authenticate = authenticate
        self._translate = translate
        self._prefix = prefix
        self._identity_url = identity_url
        self._metrics = Metrics(registry)
        self._constant: dict[tuple[str, str, int], list[tuple[str, tuple[bytes, bytes]]]] = {}

    def service_at(self, path: str) -> str | None:
        """Return the first segment of the path if a service lives there."""
        head = path.lstrip("/").partition("/")[0]
        return head if head in self._routers else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request under a service's root."""
        started = time.perf_counter()
        head, _, rest = scope["path"].lstrip("/").partition("/")
        router = self._older.get((head, rest.partition("/")[0])) or self._routers[head]
        request = Request(HttpRequest(scope, receive), _new_id(), router.service, self._prefix(scope))
        structlog.contextvars.bind_contextvars(request_id=request.id)
        try:
            response = await self._answer(router, request, rest)
            payload = _payload(response)
        except Exception as error:  # every failure gets the service's own envelope
            response = self._failed(request, error)
            payload = _payload(response)
        complete = False
        try:
            await self._send(request, response, payload, send)
            complete = True
        finally:
            self._record(request, response, time.perf_counter() - started, complete=complete)

    async def _answer(self, router: Router, request: Request, path: str) -> Response:
        service = router.service
        if service.json_suffix and path.endswith(".json"):
            path = path[: -len(".json")]
        found = router.find(path)
        if found is None and service.lost_to_all:
            raise NotFound("The resource could not be found.", kind=LOST)
        public = found is not None and _is_public(found[0], request.http.method)
        if not public:
            await self._identify(request)
        if service.microversions is not None and service.lenient:
            request.version = parse(service.microversions.oldest)
        elif service.microversions is not None:
            legacy = service.microversions.legacy_header.lower()
            request.version = service.microversions.negotiate(
                request.header("openstack-api-version"),
                request.header(legacy) if legacy else None,
            )
        if found is None:
            raise NotFound("The resource could not be found.", kind=LOST)
        offers, request.params = found
        self._check_project(request)
        route = await self._choose(request, offers)
        request.route = route
        self._check_policy(request, route)
        await self._check_shape(request, route)
        response = await route.handler(request, self._cluster)
        _tell_backwards(route, request, response)
        return response

    async def _identify(self, request: Request) -> None:
        token = request.header(HEADER_TOKEN)
        if not token:
            raise Unauthorized("The request you have made requires authentication.")
        request.caller = await self._authenticate(request, token)

    def _check_project(self, request: Request) -> None:
        asked = request.params.get("project_id") if request.service.project_in_path else None
        caller = request.known_caller
        if asked and caller is not None and asked != caller.project_id:
            raise BadRequest("Malformed request url")

    async def _choose(self, request: Request, offers: Mapping[str, Offer]) -> Route:
        method = request.http.method
        offer = offers.get(method) or (offers.get("GET") if method == "HEAD" else None)
        if offer is None:
            if request.service.lacks_method == 404:
                raise NotFound("The resource could not be found.", kind=LOST)
            allowed = {"Allow": ", ".join(sorted(offers))}
            raise MethodNotAllowed("The method specified is not allowed for this resource.", headers=allowed)
        if not offer.raw and method in {"POST", "PUT", "PATCH"}:
            request.body = await _read_json(request)
        action = ""
        if offer.actions:
            action = _action(request.body)
            if action not in offer.actions:
                raise BadRequest(f"There is no such action: {action}")
        route = choose(offer.routes, request.version, action)
        if route is None:
            raise NotFound("The resource could not be found.")
        return route

    def _check_policy(self, request: Request, route: Route) -> None:
        caller = request.known_caller
        if caller is None:
            return
        rule = route.rule or policy.default(route.method)
        if not rule(caller):
            raise Forbidden(request.service.forbidden(route), kind="PolicyNotAuthorized")

    async def _check_shape(self, request: Request, route: Route) -> None:
        if route.query and request.query:  # no schema demands a query
            _check_query(request, route)
        if route.body:
            validator = route.history.validator(route.body, request.version)
            if request.service.lenient:
                validator.drop_unknown(request.body)
            validator.check(request.body)
            route.history.upgrade(route.body, request.body, request.version)

    def _failed(self, request: Request, error: Exception) -> Response:
        known = error if isinstance(error, ApiError) else self._translate(error)
        if known is None:
            log.exception("unexpected failure", path=request.http.url.path, exc_info=error)
            known = ApiError(
                "Unexpected API Error. Please report this with the request id "
                f"{request.id} to the administrator of this service."
            )
        if known.status == 401:
            known.headers.setdefault("WWW-Authenticate", f'Keystone uri="{self._identity_url(request.prefix)}"')
        known.request_id, known.version = request.id, request.version
        service = request.service
        if known.kind == LOST and service.lost is not None:
            request.version = 0  # whoever answers for a path that no route has does not speak microversions
            body = service.lost(known)
            kind = HTML if isinstance(body, bytes) else "application/json"
            return Response(body, status=known.status, headers=known.headers, media_type=kind)
        kind = "application/json" if known.status == 401 else service.fault_type
        return Response(service.envelope(known), status=known.status, headers=known.headers, media_type=kind)

    async def _send(self, request: Request, response: Response, payload: bytes | None, send: Send) -> None:
        headers = response.headers
        if payload is not None and response.status not in {204, 304}:
            if payload:
                headers.setdefault("Content-Type", response.media_type)
            headers["Content-Length"] = str(len(payload))
        elif response.stream is not None:
            headers.setdefault("Content-Type", response.media_type)
        start = [(name.encode("latin-1"), _sendable(value).encode()) for name, value in headers.items()]
        constant = [line for name, line in self._constant_headers(request) if name not in headers]
        named = request.id.encode()
        identity = [(name.encode(), named) for name in request.service.request_id_headers]
        await send(
            {"type": "http.response.start", "status": response.status, "headers": [*identity, *constant, *start]}
        )
        if response.stream is None:
            await send({"type": "http.response.body", "body": b"" if request.http.method == "HEAD" else payload or b""})
            return
        try:
            await _pour(response.stream, send, headers_only=request.http.method == "HEAD")
        except Exception as error:
            # Only a cut connection tells the client that this was not all: the server cuts it when this is raised.
            log.exception("stream broke off", path=request.http.scope["path"])
            raise StreamBroken(request.id) from error

    def _constant_headers(self, request: Request) -> list[tuple[str, tuple[bytes, bytes]]]:
        """Return what every answer of a service says at one microversion, by name, ready to be sent."""
        key = (request.service.name, request.service.version, request.version)
        found = self._constant.get(key)
        if found is None:
            service = request.service
            said: dict[str, str] = {}
            if service.microversions is not None and request.version and not service.lenient:
                said = {**service.microversions.headers(spell(request.version)), "Vary": service.microversions.vary}
            elif service.vary:
                said = {"Vary": service.vary}
            found = [(name, (name.encode(), value.encode())) for name, value in said.items()]
            self._constant[key] = found
        return found

    def _record(self, request: Request, response: Response, seconds: float, *, complete: bool) -> None:
        caller = request.known_caller
        self._metrics.record(request.service.name, request.http.method, response.status, seconds)
        log.info(
            "request",
            method=request.http.method,
            path=request.http.scope["path"],
            status=response.status,
            milliseconds=round(seconds * 1000, 2),
            user_id=caller.user_id if caller else None,
            project_id=caller.project_id if caller else None,
            **({} if complete else {"complete": False}),
        )


def _new_id() -> str:
    """Make a request id as oslo.context does, a random UUID behind `req-`, in a fraction of the time."""
    digits = os.urandom(16).hex()
    return f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _sendable(value: str) -> str:
    """Escape what must not stand in a header as a URL does: line ends, and letters beyond ASCII."""
    return value if value.isascii() and value.isprintable() else quote(value, safe=_PRINTABLE)


def _is_public(offers: Mapping[str, Offer], method: str) -> bool:
    offer = offers.get(method) or offers.get("GET")
    return offer is not None and offer.public


async def _read_json(request: Request) -> Any:
    body = await read_body(request.http, BODY_BYTES_MAX)
    if not body:
        return Json()
    kind = request.http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.service.other_type and kind not in JSON_TYPES:
        raise UnsupportedMediaType(request.service.other_type)
    try:
        return parse_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(request.service.malformed) from error


def parse_json(body: bytes) -> Any:
    """Decode a body; msgspec.DecodeError if it is no JSON, or nested so deeply that nobody could look through it."""
    try:
        value = msgspec.json.decode(body)
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deeply") from error
    if body.count(b"{") + body.count(b"[") > BODY_DEPTH_MAX and _is_deeper(value, BODY_DEPTH_MAX):
        raise msgspec.DecodeError("nested too deeply")
    return value


def _is_deeper(value: Any, most: int) -> bool:
    """Look through a value level by level."""
    level = [value]
    for _ in range(most):
        containers = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, _CONTAINERS))
        level = [child for children in containers for child in children]
        if not level:
            return False
    return any(isinstance(one, _CONTAINERS) for one in level)


async def read_body(http: HttpRequest, most: int) -> bytes:
    """Read a whole body of at most `most` bytes; TooLarge beyond that, before it is in memory."""
    length = http.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise TooLarge(f"The request body is larger than {most} bytes.")
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in http.stream():
            size += len(chunk)
            if size > most:
                raise TooLarge(f"The request body is larger than {most} bytes.")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise BadRequest("The client went away before it had sent the body.") from error
    return b"".join(chunks)


def _action(body: Any) -> str:
    """Return the one key that names the action; BadRequest in Nova's words otherwise."""
    if not isinstance(body, dict) or not body:
        raise BadRequest("Malformed request body")
    if len(body) > 1:
        raise BadRequest("Malformed request body")
    return next(iter(body))


def _check_query(request: Request, route: Route) -> None:
    """Validate the query as lists of strings, then leave out what the schema tolerates but does not know."""
    values: dict[str, list[str]] = {}
    for key, value in request.query:
        values.setdefault(key, []).append(value)
    validator = route.history.validator(route.query, request.version)
    validator.check_query(values)
    known = validator.schema.get("properties", {})
    patterns = validator.schema.get("patternProperties", {})
    if not patterns:
        request.query = [(key, value) for key, value in request.query if key in known]


def _tell_backwards(route: Route, request: Request, response: Response) -> None:
    if not route.view or not isinstance(response.body, dict):
        return
    value = response.body[route.key] if route.key else response.body
    views = value if isinstance(value, list) else [value]
    told = route.history.downgrade(route.view, views, request.version)
    result = told if isinstance(value, list) else told[0]
    if route.key:
        response.body[route.key] = result
    else:
        response.body = result


async def _pour(stream: AsyncIterator[bytes], send: Send, *, headers_only: bool) -> None:
    """Send a stream to its end, and end it, whatever happens."""
    try:
        async for chunk in stream:
            if headers_only:  # it is begun all the same: what has not begun cannot clean up
                break
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


def _payload(response: Response) -> bytes | None:
    if response.stream is not None:
        return None
    if response.body is None:
        return b""
    return response.body if isinstance(response.body, bytes) else _encode(response.body)
