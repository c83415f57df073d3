"""What annotations say, as values. Anyone may edit them: what is not as it should be counts as absent. Pure."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from dicot import names

Json = dict[str, Any]
T = TypeVar("T")

_INTEGER = re.compile("[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


def decoded(obj: Json, name: str, kind: type[T]) -> T | None:
    """Return the JSON in an annotation as this type; None if it is absent, or something else."""
    text = names.annotations_of(obj).get(name)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None


def texts(obj: Json, name: str) -> dict[str, str]:
    """Return the JSON object of texts in an annotation, without what is no text."""
    return {key: value for key, value in (decoded(obj, name, Json) or {}).items() if isinstance(value, str)}


def strings(obj: Json, name: str) -> list[str]:
    """Return the JSON list of texts in an annotation, without what is no text."""
    return [one for one in decoded(obj, name, list[Any]) or () if isinstance(one, str)]


def integer(obj: Json, name: str) -> int | None:
    """Return the whole number in an annotation, which is not negative."""
    text = names.annotations_of(obj).get(name, "")
    return int(text) if _INTEGER.fullmatch(text) else None


def decimal(obj: Json, name: str, default: float) -> float:
    """Return the number in an annotation, which is not negative."""
    text = names.annotations_of(obj).get(name, "")
    return float(text) if _DECIMAL.fullmatch(text) else default


def encoded(value: Any) -> str:
    """Spell a value for an annotation."""
    return msgspec.json.encode(value).decode()
