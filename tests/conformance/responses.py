"""Validates what Dicot answered, while its tests ran, with Nova's own schemas of answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tests.conformance.reference import Call, Endpoint, fault

Json = dict[str, Any]

_ROOT = "/compute/v2.1"
_AUDITS = "it demands a UUID where Nova puts names of hosts, hosts_not_run"
EXPLAINED = {
    Endpoint("GET", "/os-instance_usage_audit_log"): _AUDITS,
    Endpoint("GET", "/os-instance_usage_audit_log/{}"): _AUDITS,
}
"""Where Nova's schema does not fit what Nova answers."""


class Result(msgspec.Struct):
    """How many answers were validated, how many could not be, and what was wrong."""

    validated: int = 0
    endpoints: set[Endpoint] = set()
    without_schema: int = 0
    failures: list[str] = []


def validate(log: Iterable[str], nova: dict[Endpoint, Call]) -> Result:
    """Validate each successful answer in a log of JSON lines."""
    result = Result()
    for line in log:
        entry = json.loads(line)
        endpoint = _endpoint(entry, nova) if 200 <= entry["status"] < 300 and entry["version"] else None
        if endpoint is None:
            continue
        schema = nova[endpoint].schema("response_body", entry["version"])
        if schema is None or endpoint in EXPLAINED:
            result.without_schema += 1
            continue
        result.validated += 1
        result.endpoints.add(endpoint)
        wrong = fault(schema, entry["body"])
        if wrong:
            action = f" {endpoint.action}" if endpoint.action else ""
            result.failures.append(f"  {endpoint.method} {endpoint.path}{action} at {entry['version']}: {wrong}")
    return result


def _endpoint(entry: Json, nova: dict[Endpoint, Call]) -> Endpoint | None:
    """Find the route that a request meant: the one with most literal parts; a project id may stand before it."""
    parts = entry["path"].removeprefix(_ROOT).strip("/").split("/")
    candidates = list(_matching(entry, parts, nova)) or list(_matching(entry, parts[1:], nova))
    return min(candidates, key=lambda one: one.path.count("{}"), default=None)


def _matching(entry: Json, parts: list[str], nova: dict[Endpoint, Call]) -> Iterator[Endpoint]:
    sent = json.loads(entry["request"]) if entry["request"] else None
    action = next(iter(sent), "") if isinstance(sent, dict) else ""
    for endpoint in nova:
        steps = endpoint.path.strip("/").split("/")
        if endpoint.method != entry["method"] or len(steps) != len(parts):
            continue
        if endpoint.action and endpoint.action != action:
            continue
        if all(step in ("{}", part) for step, part in zip(steps, parts, strict=True)):
            yield endpoint
