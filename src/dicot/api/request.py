"""One request and its answer, as handlers see them. No service, no Kubernetes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dicot.api.errors import BadRequest
from dicot.api.microversion import Flag, parse, spell
from dicot.api.policy import Caller

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest

    from dicot.api.route import Route, Service

Json = dict[str, Any]


class Request:
    """What a handler may know of a request.

    `params` are the names in the route's path; `body` is the parsed, validated and upgraded JSON; `version` the
    negotiated microversion as a number (0 for services without).
    """

    __slots__ = (
        "_caller",
        "_headers",
        "_pairs",
        "body",
        "http",
        "id",
        "params",
        "prefix",
        "route",
        "service",
        "version",
    )

    def __init__(self, http: HttpRequest, request_id: str, service: Service, prefix: str) -> None:
        """Wrap the HTTP request; the edge fills in the rest."""
        self.http = http
        self.id = request_id
        self.service = service
        self.prefix = prefix
        self.params: dict[str, str] = {}
        self.body: Json = {}
        self.version = 0
        self.route: Route | None = None
        self._caller: Caller | None = None
        self._pairs: list[tuple[str, str]] | None = None
        self._headers: dict[bytes, bytes] | None = None

    @property
    def caller(self) -> Caller:
        """Return who asks; only on routes that are not public."""
        assert self._caller is not None, "a public route has no caller"
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller

    @property
    def known_caller(self) -> Caller | None:
        """Return who asks, or None on a public route."""
        return self._caller

    def header(self, name: str) -> str | None:
        """Return a header by its name in lower case, or None."""
        if self._headers is None:
            self._headers = dict(self.http.scope["headers"])
        value = self._headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def query(self) -> list[tuple[str, str]]:
        """Return the query as pairs, in order, repeated keys kept."""
        if self._pairs is None:
            raw = self.http.scope["query_string"]
            try:
                self._pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=1000) if raw else []
            except (UnicodeDecodeError, ValueError) as error:
                raise BadRequest("The query string is not valid UTF-8, or has too many parameters.") from error
        return self._pairs

    @query.setter
    def query(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def asked(self, key: str, default: str = "") -> str:
        """Return the last value of a query key."""
        return next((value for name, value in reversed(self.query) if name == key), default)

    def asked_all(self, key: str) -> list[str]:
        """Return every value of a query key, in order."""
        return [value for name, value in self.query if name == key]

    def url(self, path: str = "") -> str:
        """Return an absolute link to a path of this service's version, as the client spelt the host."""
        return f"{self.prefix}{self.service.root}{self.service.version}{path}"

    def root_url(self, path: str = "") -> str:
        """Return an absolute link below the service's unversioned root: Nova's bookmarks."""
        return f"{self.prefix}{self.service.root}{path}"

    def before(self, flag: Flag) -> bool:
        """Tell whether the client speaks a version older than this behaviour."""
        return self.version < parse(flag.version)

    @property
    def version_text(self) -> str:
        """Spell the negotiated microversion."""
        return spell(self.version)


class Response:
    """An answer: JSON in the newest version's shape, or bytes, or a stream of bytes."""

    __slots__ = ("body", "headers", "media_type", "status", "stream")

    def __init__(
        self,
        body: Json | list[Any] | bytes | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
        stream: AsyncIterator[bytes] | None = None,
    ) -> None:
        """Hold it until the edge has told it backwards to the client's version."""
        self.body = body
        self.status = status
        self.headers = dict(headers or {})
        self.media_type = media_type
        self.stream = stream
