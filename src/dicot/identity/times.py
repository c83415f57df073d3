"""Times as Keystone writes them in answers, and as Dicot writes them in its own objects. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


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
