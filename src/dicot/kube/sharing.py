"""Equal parts of many objects, kept in memory once. What is shared must never be changed by anyone."""

from __future__ import annotations

from typing import Any

from dicot.kube import Json

PARTS_MAX = 16_384
"""Strings and small objects remembered; when there are more, remembering begins anew."""
_FIELDS_MAX = 4
_PLAIN = (str, int, float, bool, type(None))


class Pool:
    """Remembers strings and small flat objects, and hands out the one remembered for each equal one.

    A thousand virtual machines say the same things: half of what they take in memory is repetition.
    """

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._parts: dict[Any, Any] = {}

    def share(self, obj: Json, before: Json | None = None) -> Json:
        """Return an equal object, made of shared parts where it can be: first of those that it was made of before.

        Of an object that changes, most stays as it was, and to compare costs far less than to look up every part. A
        field of Kubernetes' keeps its type, so what is equal there is the same.
        """
        if len(self._parts) > PARTS_MAX:
            self._parts.clear()
        if before is not None:
            return self._renewed(obj, before)
        return {self._one(key): self._one(value) for key, value in obj.items()}

    def _renewed(self, value: Json, before: Json) -> Json:
        made: Json = {}
        for key, item in value.items():
            key, old = self._one(key), before.get(key)
            if item == old:
                made[key] = old
            elif type(item) is dict and type(old) is dict:
                made[key] = self._renewed(item, old)
            else:
                made[key] = self._one(item)
        return made

    def _one(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._parts.setdefault(value, value)
        if kind is dict:
            return self._object(value)
        if kind is list:
            return [self._one(item) for item in value]
        return value

    def _object(self, value: Json) -> Json:
        made = {self._one(key): self._one(item) for key, item in value.items()}
        if len(made) > _FIELDS_MAX or not all(isinstance(item, _PLAIN) for item in made.values()):
            return made
        # 1, 1.0 and True are equal and yet not the same: the types are part of what is equal.
        known = (*made.items(), *map(type, made.values()))
        return self._parts.setdefault(known, made)
