"""Compares what Dicot accepts with what Nova accepts: every route, every contract, every microversion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from dicot.api.microversion import parse
from dicot.api.route import Route
from dicot.compute import SERVICE
from tests.conformance.reference import VERSIONS, Call, Endpoint, template

Json = dict[str, Any]

_UNORDERED = ("required", "enum", "type")
EXPLAINED = {
    Endpoint("POST", "/servers/{}/action", "unlock"): "Nova has no schema since 2.73; a body has one key anyway",
    Endpoint("PUT", "/servers/{}/tags/{}"): "Nova demands that there be no body; Dicot does not read one",
}
"""Where the schemas differ and the answers do not."""

_IGNORES_ALL: Json = {"type": "object", "properties": {}, "additionalProperties": True}


class Difference(msgspec.Struct, frozen=True):
    """Where Dicot and Nova differ at one version."""

    endpoint: Endpoint
    version: str
    what: str


class Result(msgspec.Struct):
    """How much was compared, and what differed."""

    schemas: int = 0
    routes: int = 0
    unknown: list[Endpoint] = []
    differences: list[Difference] = []


def compare(nova: dict[Endpoint, Call]) -> Result:
    """Compare all of Dicot's routes that Nova has too; the others are listed as unknown."""
    result = Result()
    for endpoint, routes in _dicots().items():
        call = nova.get(endpoint)
        if call is None:
            result.unknown.append(endpoint)
            continue
        result.routes += 1
        for version in VERSIONS:
            for what in _at(endpoint, routes, call, version, result):
                result.differences.append(Difference(endpoint, version, what))
    return result


def _dicots() -> dict[Endpoint, list[Route]]:
    found: dict[Endpoint, list[Route]] = {}
    for route in SERVICE.routes:
        if not route.unversioned:
            found.setdefault(Endpoint(route.method, template(route.path), route.action), []).append(route)
    return found


def _at(endpoint: Endpoint, routes: list[Route], call: Call, version: str, result: Result) -> Iterator[str]:
    route = next((one for one in routes if one.speaks(parse(version))), None)
    if (route is not None) != call.exists(version):
        yield "Nova has it, Dicot has not" if route is None else "Dicot has it, Nova has not"
    if route is None or not call.exists(version) or endpoint in EXPLAINED:
        return
    for kind, contract in (("request_body", route.body), ("request_query", route.query)):
        theirs = call.schema(kind, version)
        ours = route.history.schema(contract, parse(version)) if contract else None
        if theirs is None and ours is None:
            continue
        result.schemas += 1
        if kind == "request_query" and ours is None:
            ours = _IGNORES_ALL
        yield from (f"{kind}{where}" for where in unlike(normal(ours), normal(theirs)))


def normal(schema: Any, key: str = "") -> Any:
    """Put aside what means nothing: order, tuples for lists."""
    if isinstance(schema, dict):
        return {name: normal(value, name) for name, value in schema.items()}
    if isinstance(schema, list | tuple | set | frozenset):
        values = [normal(value) for value in schema]
        return sorted(values, key=repr) if key in _UNORDERED else values
    return schema


def unlike(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Tell each place where two schemas differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if key not in ours or key not in theirs:
                yield f"{where}/{key}: only {'Nova' if key in theirs else 'Dicot'} has it"
            else:
                yield from unlike(ours[key], theirs[key], f"{where}/{key}")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{where}: Dicot {_short(ours)}, Nova {_short(theirs)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def report(result: Result) -> Iterator[str]:
    """Tell the differences, neighbouring versions together."""

    def subject(one: Difference) -> tuple[Endpoint, str]:
        return one.endpoint, one.what

    ordered = sorted(result.differences, key=lambda one: (msgspec.structs.astuple(one.endpoint), one.what))
    for (endpoint, what), group in groupby(ordered, key=subject):
        versions = [one.version for one in group]
        versions.sort(key=parse)
        action = f" {endpoint.action}" if endpoint.action else ""
        yield f"  {endpoint.method} {endpoint.path}{action}: {what} [{versions[0]}..{versions[-1]}]"
    for endpoint in result.unknown:
        yield f"  {endpoint.method} {endpoint.path} {endpoint.action}: Nova has no such route"
