"""One request to the API server's application without a socket, for tests that decide what happens in which turn."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class Conversation:
    """One request to an ASGI application; a watch goes on until `hang_up`."""

    def __init__(
        self, token: str, method: str, target: str, body: Any = None, content_type: str = "application/json"
    ) -> None:
        url = urlsplit(target)
        headers = {"authorization": f"Bearer {token}", "content-type": content_type}
        self.scope = {
            "type": "http",
            "method": method,
            "path": url.path,
            "query_string": url.query.encode(),
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        self.body = b"" if body is None else json.dumps(body).encode()
        self.status = 0
        self.answer = b""
        self._asked = False
        self._gone = asyncio.Event()

    async def receive(self) -> Json:
        if not self._asked and self.scope["method"] != "GET":
            self._asked = True
            return {"type": "http.request", "body": self.body}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Json) -> None:
        self.status = message.get("status", self.status)
        self.answer += message.get("body", b"")

    def hang_up(self) -> None:
        self._gone.set()

    @property
    def json(self) -> Json:
        return json.loads(self.answer)

    @property
    def events(self) -> list[Json]:
        return [json.loads(line) for line in self.answer.splitlines()]
