"""A tiny server of one kind, Widget, over a real socket, that breaks in the ways a test asks for.

It holds objects and a log of events; `faults` are taken one per request, in order, by those requests that they match.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from dicot.kube import Json
from dicot.kube.client import Client, Limits
from dicot.kube.credentials import plain
from dicot.kube.kinds import Kind

WIDGETS = Kind("example.com", "v1", "widgets", "Widget")
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMITS = Limits(timeout_s=5.0, back_off_s=0.005, attempts=3)


def status(code: int, reason: str = "", message: str = "no", **details: Any) -> Json:
    return {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


def answer(code: int, body: Any = None, *, text: str | None = None, headers: dict[str, str] | None = None) -> Fault:
    async def fault(_request: web.Request) -> web.StreamResponse:
        if text is not None:
            return web.Response(status=code, text=text, headers=headers)
        return web.json_response(status(code) if body is None else body, status=code, headers=headers)

    return fault


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def silence(_request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def silent_watch(request: web.Request) -> web.StreamResponse:
    """Open the watch and say nothing."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


def raw_watch(*pieces: bytes) -> Fault:
    async def fault(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        return response

    return fault


class Faulty:
    """The server's state; tests write to it directly and read what was asked of it."""

    def __init__(self) -> None:
        self.version = 100
        self.objects: dict[tuple[str, str], Json] = {}
        self.log: list[tuple[int, Json]] = []
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.faults: list[tuple[Callable[[web.Request], bool], Fault]] = []
        self.oldest = 0
        self.url = ""
        self._news = asyncio.Event()
        self._streams: dict[int, web.Request] = {}

    def fail(self, fault: Fault, *, when: Callable[[web.Request], bool] = lambda _: True, times: int = 1) -> None:
        self.faults += [(when, fault)] * times

    def put(self, name: str, namespace: str = "ns", uid: str | None = None, **spec: Any) -> Json:
        old = self.objects.get((namespace, name))
        self.version += 1
        metadata = {
            "name": name,
            "namespace": namespace,
            "uid": uid or (old["metadata"]["uid"] if old else f"uid-{name}-{self.version}"),
            "resourceVersion": str(self.version),
        }
        obj: Json = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": spec}
        self.objects[namespace, name] = obj
        self._tell("MODIFIED" if old else "ADDED", obj)
        return obj

    def remove(self, name: str, namespace: str = "ns") -> Json:
        obj = self.objects.pop((namespace, name))
        self.version += 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self._tell("DELETED", obj)
        return obj

    def bookmark(self) -> None:
        self._tell("BOOKMARK", {"metadata": {"resourceVersion": str(self.version)}})

    def compact(self) -> None:
        self.oldest = self.version
        self.log.clear()

    def drop_watches(self) -> None:
        dropped, self._streams = self._streams, {}
        for request in dropped.values():
            if request.transport is not None:
                request.transport.abort()

    @property
    def watching(self) -> int:
        return len(self._streams)

    def _tell(self, kind: str, obj: Json) -> None:
        self.log.append((self.version, {"type": kind, "object": obj}))
        self._news.set()
        self._news = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.requests.append(request)
        for at, (when, fault) in enumerate(self.faults):
            if when(request):
                del self.faults[at]
                return await fault(request)
        if is_watch(request):
            return await self._watch(request)
        return self._list(request)

    def _list(self, request: web.Request) -> web.StreamResponse:
        items = list(self.objects.values())
        begin = int(request.query.get("continue") or 0)
        end = begin + int(request.query.get("limit") or len(items) or 1)
        metadata = {"resourceVersion": str(self.version), "continue": str(end) if end < len(items) else ""}
        return web.json_response({"kind": "WidgetList", "metadata": metadata, "items": items[begin:end]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        at = int(request.query["resourceVersion"])
        if at < self.oldest:
            gone = {"type": "ERROR", "object": status(410, "Expired", "too old resource version")}
            await response.write(msgspec.json.encode(gone) + b"\n")
            return response
        self._streams[id(request)] = request
        sent = next((i for i, (version, _) in enumerate(self.log) if version > at), len(self.log))
        try:
            while True:
                news = self._news
                while sent < len(self.log):
                    await response.write(msgspec.json.encode(self.log[sent][1]) + b"\n")
                    sent += 1
                await news.wait()
        finally:
            self._streams.pop(id(request), None)


def is_watch(request: web.Request) -> bool:
    return "watch" in request.query


def is_list(request: web.Request) -> bool:
    return request.method == "GET" and "watch" not in request.query


@asynccontextmanager
async def running() -> AsyncGenerator[Faulty]:
    server = Faulty()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def client_of(server: Faulty, token: str | None = None, limits: Limits = LIMITS) -> Client:
    return Client.connect(plain(server.url, token), limits)


async def until(condition: Callable[[], Any], timeout_s: float = 5.0) -> None:
    """Poll until `condition()` holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is polled is not ours to signal
            await asyncio.sleep(0.002)
