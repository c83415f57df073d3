"""A small client for these tests: JSON in, status and JSON out, and watches as lists of events."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
DEADLINE_S = 5.0
COLLECTED_S = 60.0
"""How long the garbage may lie: the collector of a real Kubernetes looks for new kinds every half minute."""


async def until(happened: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not happened():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


class NotWatched(AssertionError):
    """A watch was refused: with which status, and the body."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class Kube:
    def __init__(self, http: httpx2.AsyncClient, token: str) -> None:
        self.http = http
        self.token = token

    def acting(self, token: str) -> "Kube":
        return Kube(self.http, token)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        auth = {"authorization": f"Bearer {self.token}"} if self.token else {}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        if content is not None:
            named.setdefault("content-type", "application/json")
        return await self.http.request(method, path, content=content, headers={**auth, **named})

    async def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Json:
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def refused(self, code: int, method: str, path: str, body: Any = None, **headers: str) -> Json:
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code == code, answer.text
        return answer.json()

    async def get(self, path: str) -> Json:
        return await self.ok("GET", path)

    async def post(self, path: str, body: Any) -> Json:
        return await self.ok("POST", path, body)

    async def put(self, path: str, body: Any) -> Json:
        return await self.ok("PUT", path, body)

    async def merge(self, path: str, body: Any) -> Json:
        return await self.ok("PATCH", path, body, content_type=MERGE)

    async def delete(self, path: str, body: Any = None) -> Json:
        return await self.ok("DELETE", path, body)

    async def served(self, path: str) -> None:
        """Wait until a new kind is served, which a real Kubernetes begins a moment after it is defined."""
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while (await self.send("GET", path)).status_code == 404:
            assert asyncio.get_running_loop().time() < deadline, f"{path} is not served"

    async def gone(self, path: str) -> None:
        deadline = asyncio.get_running_loop().time() + COLLECTED_S
        while (await self.send("GET", path)).status_code != 404:
            assert asyncio.get_running_loop().time() < deadline, f"{path} is still there"

    async def holds(self, path: str, check: Callable[[Json], Any]) -> None:
        """Wait until what a controller writes into an object is there."""
        deadline = asyncio.get_running_loop().time() + COLLECTED_S
        while not check(await self.get(path)):
            assert asyncio.get_running_loop().time() < deadline, f"{path} does not come to what is waited for"
            await asyncio.sleep(0.01)

    async def watch(self, path: str, count: int, silence_s: float = 0.3, **headers: str) -> list[Json]:
        """Return the first `count` events, or those that came before a silence or the end."""
        events: list[Json] = []
        auth = {"authorization": f"Bearer {self.token}", **headers}
        async with self.http.stream("GET", path, headers=auth) as answer:
            if answer.status_code != 200:
                raise NotWatched(answer.status_code, (await answer.aread()).decode())
            lines = answer.aiter_lines()
            while len(events) < count:
                try:
                    events.append(json.loads(await asyncio.wait_for(anext(lines), silence_s)))
                except (TimeoutError, StopAsyncIteration):
                    break
        return events
