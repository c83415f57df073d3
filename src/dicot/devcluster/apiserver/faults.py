"""Faults that tests inject, and counters of what was asked for. Nothing here happens unless a test asks for it."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from dicot.devcluster.apiserver.status import ApiError, failure

Json = dict[str, Any]


class Rule(msgspec.Struct, eq=False):
    """What is to go wrong, and for which requests. `times` counts down; None means for ever."""

    method: str = ""
    path: str = ".*"
    user: str = ""
    status: int = 0
    body: Json | None = None
    delay_s: float = 0.0
    drop: bool = False
    times: int | None = None

    def covers(self, method: str, path: str, user: str) -> bool:
        """Tell whether the rule is meant for this request."""
        if self.times == 0 or (self.method and self.method != method) or (self.user and self.user != user):
            return False
        return re.search(self.path, path) is not None


class Dropped(Exception):
    """The connection is to be cut without an answer."""


class Faults:
    """The rules in force, and the counters."""

    def __init__(self, drop_watches: Callable[[], int], expire: Callable[[], None]) -> None:
        self.rules: list[Rule] = []
        self.requests: Counter[tuple[str, str]] = Counter()
        self._drop_watches = drop_watches
        self._expire = expire

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force; the first that covers a request applies."""
        self.rules.append(rule)
        return rule

    def fail(self, path: str = ".*", status: int = 500, *, method: str = "", times: int | None = None) -> Rule:
        """Answer matching requests with an error."""
        return self.add(Rule(method=method, path=path, status=status, times=times))

    def slow(self, path: str = ".*", delay_s: float = 1.0, *, method: str = "", times: int | None = None) -> Rule:
        """Delay matching requests by real seconds."""
        return self.add(Rule(method=method, path=path, delay_s=delay_s, times=times))

    def cut(self, path: str = ".*", *, method: str = "", times: int | None = None) -> Rule:
        """Cut the connection of matching requests without an answer."""
        return self.add(Rule(method=method, path=path, drop=True, times=times))

    def clear(self) -> None:
        """Take every rule out of force."""
        self.rules.clear()

    def drop_watches(self) -> int:
        """End every open watch now; returns how many there were."""
        return self._drop_watches()

    def expire(self) -> None:
        """Forget the log now, so that every earlier resourceVersion and continue token is expired (410)."""
        self._expire()

    def count(self, method: str, resource: str) -> None:
        """Count one request."""
        self.requests[method, resource] += 1

    def total(self, method: str = "", resource: str = "") -> int:
        """Return how many requests there were; an empty argument means any."""
        wanted = [(m, r) for m, r in self.requests if method in ("", m) and resource in ("", r)]
        return sum(self.requests[key] for key in wanted)

    def reset_counts(self) -> None:
        """Start counting afresh."""
        self.requests.clear()

    async def before(self, method: str, path: str, user: str) -> None:
        """Let the first rule that covers a request take effect."""
        rule = next((rule for rule in self.rules if rule.covers(method, path, user)), None)
        if rule is None:
            return
        if rule.times is not None:
            rule.times -= 1
        if rule.delay_s:
            await asyncio.sleep(rule.delay_s)
        if rule.drop:
            raise Dropped
        if rule.status:
            raise ApiError(rule.body or failure(rule.status, "injected by a test"))
