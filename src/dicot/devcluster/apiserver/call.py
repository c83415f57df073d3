"""One request on its way through a verb, and the answer that comes out. No behaviour."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.target import Target
from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Call(msgspec.Struct):
    """A request that was authenticated and authorised."""

    api: Api
    user: User
    target: Target
    resource: Resource
    query: Mapping[str, str]
    dry_run: list[str]
    headers: Mapping[str, str]
    body: bytes
    warnings: list[str]

    @property
    def manager(self) -> str:
        """The field manager that the User-Agent names."""
        return self.headers.get("user-agent", "unknown").partition("/")[0][:128] or "unknown"

    @property
    def media_type(self) -> str:
        """The body's media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Answer(msgspec.Struct):
    """A whole answer."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Streamed(msgspec.Struct):
    """An answer that writes itself."""

    run: Callable[[Receive, Send], Awaitable[None]]


def answer_json(body: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, msgspec.json.encode(body))
