"""Which bytes of an image a client asks for. Pure."""

from __future__ import annotations

import re

from dicot.api.errors import RangeNotSatisfiable

_RANGE = re.compile(r"^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"^\s*bytes\s+(\d+)\s*-\s*(\d+)\s*/\s*(\d+|\*)\s*$", re.IGNORECASE)


def read(asked: str | None, content_range: str | None, size: int) -> tuple[int, int] | None:
    """Return (first byte, byte after the last) of what is asked for, None for everything; 416 outside the image.

    Glance also reads Content-Range in requests, as old clients sent it.
    """
    if asked is not None:
        return _range(asked, size)
    if content_range is not None:
        return _content_range(content_range, size)
    return None


def _range(asked: str, size: int) -> tuple[int, int]:
    if "," in asked:
        raise RangeNotSatisfiable(
            "Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests "
            "instead."
        )
    match = _RANGE.match(asked)
    if match is None or not (match[1] or match[2]):
        raise RangeNotSatisfiable("Invalid Range header.")
    if not match[1]:
        return max(0, size - int(match[2])), size
    start = int(match[1])
    stop = min(int(match[2]) + 1, size) if match[2] else size
    if start >= size or stop <= start:
        raise RangeNotSatisfiable(
            f"Invalid start position in Range header. Start position MUST be in the inclusive range [0, {size - 1}].",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, stop


def _content_range(asked: str, size: int) -> tuple[int, int]:
    match = _CONTENT_RANGE.match(asked)
    if match is None:
        raise RangeNotSatisfiable("Invalid Content-Range header.")
    start, stop = int(match[1]), int(match[2]) + 1
    if stop > size or start >= stop:
        raise RangeNotSatisfiable(
            f"Invalid stop position in Content-Range header. The stop position MUST be in the inclusive range "
            f"[0, {size - 1}]."
        )
    return start, stop
