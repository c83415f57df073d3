"""Times as Keystone writes them in answers, and as Dicot writes them in its own objects."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from dicot.api.errors import BadRequest

_MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


def stamp(seconds: float) -> str:
    """Spell a time for one of Dicot's objects: RFC 3339 with microseconds, so that texts compare as times do."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole(seconds: float) -> str:
    """Spell a time of a token: Keystone cuts it to whole seconds and writes six zeros."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def parse(text: str) -> float:
    """Read an RFC 3339 or ISO 8601 time as seconds since the epoch; without a zone it is UTC. ValueError otherwise."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def expiry(text: str) -> str:
    """Read when something that is made now is to end, and spell it for an object; BadRequest in Keystone's words."""
    try:
        expires_at = parse(text)
    except ValueError:
        raise BadRequest(f"Timestamp not in expected format. {_MALFORMED}") from None
    if expires_at <= time.time():
        raise BadRequest(f"The 'expires_at' must not be before now. {_MALFORMED}")
    return stamp(expires_at)
