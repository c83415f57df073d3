"""What stands between clients and the real kube-apiserver: plain HTTP in, TLS out, and the faults that tests inject.

Requests are read only as far as faults and counters need it; answers pass as they are, byte for byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import httptools
import msgspec
from starlette.datastructures import QueryParams

from dicot.devcluster.apiserver.faults import Dropped, Faults
from dicot.devcluster.apiserver.status import ApiError, expired
from dicot.devcluster.apiserver.target import read
from tests.real_kube.people import People

PIECE = 64 * 1024
_OLD_EVENT = b'{"type":"ERROR","object":%s}\n'


class _Head:
    """The head of one request, as httptools tells it."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[str, str] = {}
        self.complete = False
        self.ended = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.complete = True

    def on_message_complete(self) -> None:
        self.ended = True


class Front:
    """One port in front of one kube-apiserver."""

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext, people: People, revision: Callable[[], int]
    ) -> None:  # fmt: skip
        """Stand before the server at `host` and `port`; `revision` tells the store's newest."""
        self._to = (host, port)
        self._tls = tls
        self._people = people
        self._revision = revision
        self._server: asyncio.Server | None = None
        self._watches: set[asyncio.StreamWriter] = set()
        self._open: set[asyncio.Task[None]] = set()
        self._oldest = 0
        self.faults = Faults(self._drop_watches, self._expire)

    @property
    def url(self) -> str:
        """Return where clients go."""
        assert self._server is not None, "not started"
        return "http://{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def start(self) -> None:
        """Open the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE)

    async def stop(self) -> None:
        """Close the port and whatever is connected."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _drop_watches(self) -> int:
        """End every open watch."""
        dropped = list(self._watches)
        for writer in dropped:
            writer.transport.abort()
        return len(dropped)

    def _expire(self) -> None:
        """From now on what was known before is expired, as after a compaction."""
        self._oldest = self._revision() + 1

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, httptools.HttpParserError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._open.discard(task)
            self._watches.discard(writer)
            await _closed(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of one connection, with one connection to the server behind it."""
        behind, ahead = await asyncio.open_connection(*self._to, ssl=self._tls, limit=PIECE)
        answers = asyncio.create_task(_pass_on(behind, writer))
        try:
            while not answers.done():
                reading = asyncio.create_task(reader.read(PIECE))
                await asyncio.wait({reading, answers}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    reading.cancel()
                    return
                piece = reading.result()
                if not piece or not await self._request(piece, reader, writer, ahead):
                    return
        finally:
            answers.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await answers
            ahead.transport.abort()
            await _closed(ahead)

    async def _request(
        self, piece: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ahead: asyncio.StreamWriter
    ) -> bool:
        """Read one request, let faults take effect, else send it on; say whether another one may follow."""
        head = _Head()
        parser = httptools.HttpRequestParser(head)
        pieces = [piece]
        with contextlib.suppress(httptools.HttpParserUpgrade):
            parser.feed_data(piece)
            while not head.complete:
                pieces.append(await _some(reader))
                parser.feed_data(pieces[-1])
        method = parser.get_method().decode()
        upgraded = "upgrade" in head.headers.get("connection", "").lower()
        try:
            watch = await self._judge(method, head)
        except Dropped:
            writer.transport.abort()
            return False
        except _Answered as answer:
            while not head.ended:
                parser.feed_data(await _some(reader))
            writer.write(answer.raw)
            await writer.drain()
            return True
        self._watches.discard(writer)
        if watch:
            self._watches.add(writer)
        ahead.write(b"".join(pieces))
        while not head.ended or upgraded:
            await ahead.drain()
            more = await _some(reader)
            ahead.write(more)
            if not upgraded:
                parser.feed_data(more)
        await ahead.drain()
        return True

    async def _judge(self, method: str, head: _Head) -> bool:
        """Count a request and let faults take effect; say whether it is a watch."""
        parts = urlsplit(head.url.decode())
        query = QueryParams(parse_qsl(parts.query, keep_blank_values=True))
        target = read(method, parts.path, query)
        self.faults.count(method, target.resource or target.path)
        try:
            await self.faults.before(method, parts.path, self._user(head))
        except ApiError as refused:
            raise _Answered(refused.code, msgspec.json.encode(refused.status)) from refused
        watch = target.verb == "watch"
        self._refuse_old(query, watch=watch)
        return watch

    def _refuse_old(self, query: QueryParams, *, watch: bool) -> None:
        """Answer 410 to what was known before the last expiry."""
        if not self._oldest:
            return
        version = query.get("resourceVersion", "")
        body = msgspec.json.encode(expired("The resourceVersion for the provided watch is too old.").status)
        if watch and version.isdigit() and 0 < int(version) < self._oldest:
            raise _Answered(200, _OLD_EVENT % body)
        if "continue" in query:
            raise _Answered(410, body)

    def _user(self, head: _Head) -> str:
        acting = head.headers.get("impersonate-user")
        user = self._people.find(head.headers.get("authorization", "").removeprefix("Bearer "))
        return acting or (user.username if user is not None else "")


class _Answered(Exception):
    """The front answers by itself."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.raw = head.encode() + body


async def _some(reader: asyncio.StreamReader) -> bytes:
    piece = await reader.read(PIECE)
    if not piece:
        raise asyncio.IncompleteReadError(b"", None)
    return piece


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection and wait until it is: one that lingers is a warning, and so a failure."""
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


async def _pass_on(behind: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass answers on; the client learns when the server hangs up, also in the middle of a WebSocket."""
    while piece := await behind.read(PIECE):
        writer.write(piece)
        await writer.drain()
    writer.close()
