"""A watch's bytes as events: one JSON object to a line, whatever pieces the network cuts it into.

Pure but for awaiting the pieces.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec

from dicot.kube import Json
from dicot.kube.errors import Unavailable, from_status

_decoder = msgspec.json.Decoder(dict[str, Any])


async def events(pieces: AsyncIterator[bytes], limit: int) -> AsyncGenerator[Json]:
    """Yield {type, object}; raise the KubeError of an ERROR event, Unavailable for one cut off or over `limit`."""
    async for line in _lines(pieces, limit):
        event = _event(line)
        if event["type"] == "ERROR":
            raise from_status(event["object"])
        yield event


async def _lines(pieces: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes]:
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        first, *rest = piece.split(b"\n")
        held.append(first)
        size += len(first)
        for following in rest:
            line = b"".join(held)
            if line.strip():
                yield line
            held, size = [following], len(following)
        if size > limit:
            raise Unavailable(f"an event of more than {limit} bytes", reason="TooLarge")
    if b"".join(held).strip():
        raise Unavailable("the watch ended inside an event", status=502, reason="Truncated")


def _event(line: bytes) -> Json:
    try:
        event = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(f"the watch sent what is not JSON: {error}", status=502, reason="Garbled") from error
    if not isinstance(event.get("object"), dict) or "type" not in event:
        raise Unavailable("the watch sent what is not an event", status=502, reason="Garbled")
    return event
