"""One pool of connections to one Kubernetes, and how a single request travels over it.

Knows HTTP, credentials, limits and retries; knows no kinds of objects.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import structlog
from multidict import CIMultiDict
from yarl import URL

from dicot.kube.credentials import Access, Credentials
from dicot.kube.errors import Invalid, KubeError, TooManyRequests, Unavailable, from_response

log = structlog.get_logger(__name__)

USER_AGENT = "dicot"  # Kubernetes takes the field manager of plain writes from it
RETRIED_STATUSES = frozenset({0, 500, 502, 503, 504})
FINAL_REASONS = frozenset({"RequestTimedOut", "TooLarge"})  # another attempt would end the same way
ERROR_BODY_BYTES = 1024 * 1024

Params = Mapping[str, str | int | bool | None]
Headers = CIMultiDict[str]


class Limits(msgspec.Struct, frozen=True):
    """What a connection may use at most."""

    connections: int = 256  # watches hold one each
    connect_timeout_s: float = 10.0
    timeout_s: float = 30.0  # a whole request that is no stream
    stream_idle_s: float = 60.0  # a stream on which nothing moves
    response_bytes: int = 64 * 1024 * 1024
    event_bytes: int = 16 * 1024 * 1024  # one line of a watch
    attempts: int = 4  # of a GET, and of what 429 delays
    back_off_s: float = 0.1  # doubled at each attempt
    retry_after_s: float = 5.0  # a longer wait is the caller's to decide


class Request(msgspec.Struct, frozen=True):
    """One request, ready to be sent, perhaps more than once."""

    method: str
    url: URL
    headers: Headers
    body: Any = None
    own: bool = True  # goes to Kubernetes itself, with its credentials
    retry: bool = False


class Connection:
    """The session with its credentials; close it once, after everything that uses it."""

    def __init__(self, credentials: Credentials, limits: Limits, user_agent: str = USER_AGENT) -> None:
        self.credentials = credentials
        self.limits = limits
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limits.connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_timeout_s),
            headers={"User-Agent": user_agent},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.session.close()

    def url(self, path: str, params: Params | None = None) -> URL:
        """Build the address of an already quoted path at Kubernetes; parameters that are None are left out."""
        if not path.startswith("/"):
            # Anything else could name another host, which would then be sent the credentials.
            raise Invalid(f"{path!r} is not a path", status=400, reason="BadRequest")
        return with_query(self.credentials.server + path, params)

    async def send(self, request: Request, timeout_s: float | None = None) -> bytes:
        """Send, retry where that is safe, and return the whole body; raise the KubeError that the answer means."""
        timeout = aiohttp.ClientTimeout(
            total=timeout_s or self.limits.timeout_s, sock_connect=self.limits.connect_timeout_s
        )
        attempt = 1
        while True:
            try:
                async with self.open(request, timeout) as response:
                    return await _read(response, self.limits.response_bytes)
            except KubeError as error:
                delay = self._delay(request, error, attempt)
                if delay is None:
                    raise
                log.info("kubernetes retry", method=request.method, path=request.url.path, error=str(error))
            await asyncio.sleep(delay)
            attempt += 1

    def _delay(self, request: Request, error: KubeError, attempt: int) -> float | None:
        """Say how long to wait before another attempt, None for none. Only a write that was refused is repeated."""
        if attempt >= self.limits.attempts:
            return None
        if isinstance(error, TooManyRequests):
            wait = error.retry_after_s
            return wait if wait is not None and wait <= self.limits.retry_after_s else None
        if request.retry and error.status in RETRIED_STATUSES and error.reason not in FINAL_REASONS:
            return self.limits.back_off_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311
        return None

    @asynccontextmanager
    async def open(
        self, request: Request, timeout: aiohttp.ClientTimeout, tls: Any = None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Open a response, renewing the credentials once on 401; raise KubeError for a status of 300 and above."""
        response = await self._request(request, timeout, tls, renew=False)
        if response.status == 401 and request.own and _replayable(request.body):
            response.release()
            response = await self._request(request, timeout, tls, renew=True)
        async with response:
            for warning in response.headers.getall("Warning", ()):
                log.info("kubernetes warning", method=request.method, path=request.url.path, warning=warning)
            with as_kube_errors(request.method, request.url):
                if response.status >= 300:
                    raise from_response(response.status, await _read(response, ERROR_BODY_BYTES), response.headers)
                yield response

    async def _request(
        self, request: Request, timeout: aiohttp.ClientTimeout, tls: Any, *, renew: bool
    ) -> aiohttp.ClientResponse:
        access = await self.credentials.access(renew) if request.own else Access()
        # Not the query: what is asked of others than Kubernetes may carry a token there.
        log.debug(
            "kubernetes call",
            method=request.method,
            path=request.url.path,
            acting_as=request.headers.get("Impersonate-User"),
        )
        with as_kube_errors(request.method, request.url):
            return await self.session.request(
                request.method,
                request.url,
                headers=authorized(request.headers, access),
                data=request.body,
                timeout=timeout,
                ssl=access.tls if tls is None else tls,
                server_hostname=self.credentials.server_hostname if request.own else None,
                proxy=self.credentials.proxy if request.own else None,
                allow_redirects=False,
            )


def authorized(headers: Headers, access: Access) -> Headers:
    """Add the bearer token of `access`, if any, to a copy of the headers."""
    if access.token is None:
        return headers
    added = headers.copy()
    added["Authorization"] = f"Bearer {access.token}"
    return added


def with_query(base: str, params: Params | None) -> URL:
    """Add parameters to an already quoted address; those that are None are left out."""
    query = urlencode({key: _text(value) for key, value in (params or {}).items() if value is not None})
    if not query:
        return URL(base, encoded=True)
    return URL(f"{base}{'&' if '?' in base else '?'}{query}", encoded=True)


@contextmanager
def as_kube_errors(method: str, url: URL) -> Generator[None]:
    """Turn what the network does into Unavailable; the reason "RequestTimedOut" marks silence."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(f"{method} {url.path}: timed out", status=504, reason="RequestTimedOut") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        sentence = f"{method} {url.path}: {error or type(error).__name__}"
        raise Unavailable(sentence, status=0, reason="ConnectionFailed") from error


def _text(value: str | int | bool | None) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _replayable(body: Any) -> bool:
    return body is None or isinstance(body, bytes)


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.content_length is not None and response.content_length <= limit:
        return await response.read()
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise Unavailable(f"{response.method} {response.url.path}: more than {limit} bytes", reason="TooLarge")
        parts.append(part)
    return b"".join(parts)
