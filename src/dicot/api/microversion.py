"""Microversions: negotiation, and each one's difference told backwards.

Handlers speak only the newest version. A `History` holds a resource's changes, newest first; each undoes one
microversion: what older clients may send (schema edits), how their body becomes the next one's (upgrades), how a
newer view becomes an older one (view edits).
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dicot.api.errors import BadRequest, NotAcceptable
from dicot.api.validation import Validator

Json = dict[str, Any]
Edit = Callable[[Json], None]
"""Changes a schema, a body or a view in place, one version back (or forward, for an upgrade)."""

_PATTERN = re.compile(r"^([1-9]\d*)\.([1-9]\d*|0)$")
_STEP = 1000


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> int:
    """Turn `2.90` into a number that orders; BadRequest, in Nova's words, if it has another form."""
    match = _PATTERN.match(text)
    if match is None:
        raise BadRequest(
            f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.",
        )
    return int(match[1]) * _STEP + int(match[2])


def spell(version: int) -> str:
    """Turn the number back into `2.90`."""
    return f"{version // _STEP}.{version % _STEP}"


class Range(msgspec.Struct, frozen=True):
    """The microversions a service speaks, and the headers that ask for one."""

    service: str
    oldest: str
    newest: str
    legacy_header: str = ""

    def negotiate(self, header: str | None, legacy: str | None) -> int:
        """Choose the version of a request; 400 if malformed, 406 if outside the range (its text is Nova's)."""
        asked = _asked(header, self.service) or (legacy or "").strip()
        if not asked:
            return parse(self.oldest)
        if asked == "latest":
            return parse(self.newest)
        version = parse(asked)
        if not parse(self.oldest) <= version <= parse(self.newest):
            raise NotAcceptable(
                f"Version {asked} is not supported by the API. Minimum is {self.oldest} and maximum is {self.newest}.",
                headers={**self.headers(asked), "Vary": self.vary},
            )
        return version

    def headers(self, version: str) -> dict[str, str]:
        """Say which version answered, in both headers where there are two."""
        spelt = {"OpenStack-API-Version": f"{self.service} {version}"}
        if self.legacy_header:
            spelt[self.legacy_header] = version
        return spelt

    @property
    def vary(self) -> str:
        """Name the headers that the answer depends on."""
        return "OpenStack-API-Version" + (f", {self.legacy_header}" if self.legacy_header else "")


def _asked(header: str | None, service: str) -> str:
    for part in (header or "").split(","):
        words = part.split()
        if len(words) == 2 and words[0].lower() == service:
            return words[1]
    return ""


class Flag(msgspec.Struct, frozen=True):
    """A behaviour, not a shape, that began at a version: asked by name, never by number."""

    version: str
    summary: str


class Drop(msgspec.Struct, frozen=True):
    """A view edit that removes keys; adjacent ones fold into one."""

    names: frozenset[str]


def drop(*names: str) -> Drop:
    """Name the keys of a view that the older version did not have."""
    return Drop(frozenset(names))


class Change:
    """One microversion's difference, told backwards: how to undo it, per contract."""

    def __init__(
        self, version: str, summary: str, *, upgrades: Mapping[str, Edit] | None = None, **edits: Edit | Drop
    ) -> None:
        """Hold the edits by contract name; `upgrades` carry an older body forward."""
        self.version = version
        self.number = parse(version)
        self.summary = summary
        self.upgrades = dict(upgrades or {})
        self.edits = edits


def without(*names: str, at: str = "") -> Edit:
    """Forbid properties in a schema (below the property `at`), as versions before them did."""

    def edit(schema: Json) -> None:
        target = schema["properties"][at] if at else schema
        for name in names:
            target["properties"].pop(name)
            if name in target.get("required", ()):
                target["required"] = [one for one in target["required"] if one != name]

    return edit


class History:
    """A resource's contracts at the newest version, and every change that led there, newest first."""

    def __init__(self, heads: Mapping[str, Json], *changes: Change) -> None:
        """Compile every schema of every version range, so that a bad one stops the start."""
        numbers = [change.number for change in changes]
        if numbers != sorted(set(numbers), reverse=True):
            raise ValueError("changes must be newest first, one for each version")
        self.changes = changes
        self._schemas = {name: self._ranges(name, head) for name, head in heads.items()}
        self._validators = {
            name: [(since, Validator(schema)) for since, schema in ranges] for name, ranges in self._schemas.items()
        }
        self._folds: dict[tuple[str, int], tuple[Edit | Drop, ...]] = {}

    def _ranges(self, contract: str, head: Json) -> list[tuple[int, Json]]:
        """Newest first: (first version, schema)."""
        schema = head
        ranges: list[tuple[int, Json]] = []
        for change in self.changes:
            edit = change.edits.get(contract)
            if edit is None:
                continue
            ranges.append((change.number, schema))
            schema = copy.deepcopy(schema)
            assert not isinstance(edit, Drop), f"{contract}: use without() for a schema"
            edit(schema)
        return [*ranges, (0, schema)]

    def schema(self, contract: str, version: int) -> Json:
        """Return what a client of this version may send."""
        return next(schema for since, schema in self._schemas[contract] if version >= since)

    def validator(self, contract: str, version: int) -> Validator:
        """Return the compiled schema of this version."""
        for since, validator in self._validators[contract]:
            if version >= since:
                return validator
        raise AssertionError("ranges reach down to 0")

    def upgrade(self, contract: str, body: Json, version: int) -> None:
        """Carry an older body forward to the newest version, oldest change first, in place."""
        for change in reversed(self.changes):
            if change.number > version and contract in change.upgrades:
                change.upgrades[contract](body)

    def downgrade(self, contract: str, views: list[Json], version: int) -> list[Json]:
        """Turn newest views into this version's: one pass for each step; drops are folded."""
        for step in self._fold(contract, version):
            if isinstance(step, Drop):
                views = [{key: value for key, value in view.items() if key not in step.names} for view in views]
            else:
                for view in views:
                    step(view)
        return views

    def _fold(self, contract: str, version: int) -> tuple[Edit | Drop, ...]:
        found = self._folds.get((contract, version))
        if found is None:
            steps: list[Edit | Drop] = []
            for change in self.changes:
                edit = change.edits.get(contract)
                if edit is None or change.number <= version:
                    continue
                last = steps[-1] if steps else None
                if isinstance(edit, Drop) and isinstance(last, Drop):
                    steps[-1] = Drop(last.names | edit.names)
                else:
                    steps.append(edit)
            found = self._folds[contract, version] = tuple(steps)
        return found


NO_HISTORY = History({})
