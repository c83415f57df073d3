"""Receiving an image's data: looked at, counted and hashed as it goes through, never held."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect

from dicot.api.errors import ApiError, BadRequest, TooLarge
from dicot.image.file.header import PEEK_BYTES


class Receipt:
    """One upload as it comes: `first` bytes to look at, then all of it through `chunks`, once.

    `most` bytes are let through; `failure` keeps why it ended early.
    """

    def __init__(self, body: AsyncIterator[bytes], expected: int | None, most: int) -> None:
        """Wrap a request's body; `expected` is the length that the client announced, if it did."""
        self._body = body
        self._expected = expected
        self._most = most
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self.first = b""
        self.whole = False
        self.received = 0
        self.failure: ApiError | None = None

    async def peek(self) -> None:
        """Take the first bytes; `whole` tells whether that was all."""
        parts: list[bytes] = []
        size = 0
        while size < PEEK_BYTES:
            part = await self._next()
            if part is None:
                self.whole = True
                break
            parts.append(part)
            size += len(part)
        self.first = b"".join(parts)

    async def _next(self) -> bytes | None:
        try:
            return await anext(self._body)
        except StopAsyncIteration:
            return None
        except ClientDisconnect as error:
            raise BadRequest("The client went away before it had sent all of the image's data.") from error

    @property
    def length(self) -> int | None:
        """Return how long the data is or claims to be, None if nobody knows yet."""
        return len(self.first) if self.whole else self._expected

    @property
    def empty(self) -> bool:
        """Tell whether nothing came at all; known after `peek`."""
        return self.whole and not self.first and not self.received

    async def drain(self) -> None:
        """Take all data, and keep none."""
        async for _ in self.chunks():
            pass

    def limit(self, most: int) -> None:
        """Let through fewer bytes than was allowed at first."""
        self._most = min(self._most, most)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield all data; whatever stops it is kept in `failure` and raised, so that the receiver sees no clean end."""
        try:
            if self.first:
                yield self._count(self.first)
                self.first = b""
            while not self.whole:
                part = await self._next()
                if part is None:
                    self.whole = True
                elif part:
                    yield self._count(part)
            self._check_length()
        except ApiError as error:
            self.failure = error
            raise

    def _count(self, part: bytes) -> bytes:
        self.received += len(part)
        if self.received > self._most:
            raise TooLarge(f"The incoming image is too large: more than {self._most} bytes.")
        if self._expected is not None and self.received > self._expected:
            self._check_length()
        self._md5.update(part)
        self._sha512.update(part)
        return part

    def _check_length(self) -> None:
        if self._expected is not None and self.received != self._expected:
            raise BadRequest(f"The image was to be of {self._expected} bytes, but {self.received} were received.")

    @property
    def md5(self) -> str:
        """Return Glance's checksum of what was received."""
        return self._md5.hexdigest()

    @property
    def sha512(self) -> str:
        """Return Glance's os_hash_value of what was received."""
        return self._sha512.hexdigest()
