"""Replays recorded exchanges and compares: what differs by nature (ids, times, revisions) is learnt or blanked."""

import copy
import json
import re
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import msgspec
import yaml

from tests.devcluster.apiserver.client import Kube, NotWatched

Json = dict[str, Any]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BLANKED = ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "time", "continue", "token",
            "expirationTimestamp", "lastTransitionTime")  # fmt: skip
_LEARNT = ("uid", "resourceVersion", "continue", "token", "name")
_SENTENCES = [
    (re.compile(r"ResourceVersion in record \(\d+\)"), "ResourceVersion in record (N)"),
    (re.compile(r"current: \d+"), "current: N"),
    (re.compile(r"\?hash=[0-9A-F]+"), "?hash=N"),
    (re.compile(r"too old resource version: 1 \(\d+\)"), "too old resource version: 1 (N)"),
]


class Replay:
    """One run against one cluster."""

    def __init__(self, kube: Kube, tokens: dict[str, str]) -> None:
        self.kube = kube
        self.tokens = tokens
        self.known: dict[str, str] = {}

    async def exchange(self, request: Json, response: Json) -> tuple[int, Any, httpx2.Headers]:
        """Send a recorded request; returns the status, the body and the headers of the answer."""
        headers = {key: value for key, value in (request.get("headers") or {}).items() if value is not None}
        path = self._path(request["path"])
        caller = self.kube.acting(self.tokens.get(request.get("auth", "admin"), ""))
        expected = response.get("body")
        if ("watch" in path and response["status"] == 200 and not isinstance(expected, dict | None)) or "ERROR" in str(
            expected
        ):
            count = len(expected) if isinstance(expected, list) else 1
            try:
                events = await caller.watch(path, max(count, 1), **headers)
            except NotWatched as refused:
                return refused.status, json.loads(refused.body), httpx2.Headers()
            got: Any = events[0] if isinstance(expected, dict) else events or ""
            self._learn(expected, got)
            return 200, got, httpx2.Headers()
        body = self._body(request.get("body"))
        headers.setdefault("user-agent", "rk-rec/1")
        if request.get("contentType"):
            headers["content-type"] = request["contentType"]
        answer = await caller.send(request["method"], path, body, **headers)
        got = _parsed(answer)
        self._learn(expected, got)
        return answer.status_code, got, answer.headers

    def _path(self, path: str) -> str:
        plain = unquote(path)
        for recorded, actual in self.known.items():
            if len(recorded) > 20:
                path = path.replace(recorded, actual)
            else:
                path = re.sub(rf"(resourceVersion=){recorded}(?!\d)", rf"\g<1>{actual}", path)
        assert plain
        return re.sub(r"timeoutSeconds=\d+", "timeoutSeconds=2", path)

    def _body(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, str):
            return body.encode()
        return json.dumps(self._known_values(body)).encode()

    def _known_values(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: self._known_values(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self._known_values(item) for item in value]
        replaced = key in ("uid", "resourceVersion", "token") and isinstance(value, str)
        return self.known.get(value, value) if replaced else value

    def _learn(self, recorded: Any, actual: Any) -> None:
        if isinstance(recorded, dict) and isinstance(actual, dict):
            for key, value in recorded.items():
                if key in _LEARNT and isinstance(value, str) and isinstance(actual.get(key), str) and value:
                    if key != "name":
                        self.known[value] = actual[key]
                else:
                    self._learn(value, actual.get(key))
        elif isinstance(recorded, list) and isinstance(actual, list):
            for one, other in zip(recorded, actual, strict=False):
                self._learn(one, other)


def _parsed(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, msgspec.DecodeError):
        return answer.text


def normal(value: Any) -> Any:
    """Return a body with what differs by nature blanked."""
    return _normal(copy.deepcopy(value), "")


def _normal(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        if value.get("kind") == "Status" and isinstance(value.get("details"), dict):
            _sort_causes(value)
        if value.get("generateName") and value.get("name"):
            value["name"] = value["name"][:-5] if value["name"][-6:-5] in ("-", "g") else value["name"]
        return {_UUID.sub("<uuid>", k): _normal(v, k) for k, v in value.items() if k != "cells"} | _cells(value)
    if isinstance(value, list):
        items = [_normal(item, "") for item in value]
        return sorted(items, key=json.dumps) if key == "managedFields" else items
    if key in _BLANKED and value:
        return f"<{key}>"
    if isinstance(value, str) and value.startswith("apiVersion: "):
        return _normal(yaml.safe_load(value), "")
    if isinstance(value, str):
        for pattern, plain in _SENTENCES:
            value = pattern.sub(plain, value)
        return _TIME.sub("<time>", _UUID.sub("<uuid>", value))
    return value


def _cells(row: Json) -> Json:
    """Blank the ages of a table's row."""
    if "cells" not in row:
        return {}
    return {"cells": [re.sub(r"^\d+[smhd]$", "<age>", c) if isinstance(c, str) else c for c in row["cells"]]}


def _sort_causes(status: Json) -> None:
    """Causes come in the random order of Go's maps: compare them as sets, and the message as its sentences."""
    causes = status["details"].get("causes")
    if not causes or len(causes) < 2:
        return
    causes.sort(key=lambda cause: (cause.get("field", ""), cause.get("message", "")))
    head = status["message"].partition(" is invalid: ")[0]
    if head != status["message"]:
        status["message"] = head


def shown(value: Any, limit: int = 1500) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < limit else text[:limit] + "..."


__all__ = ["Replay", "normal", "quote", "shown"]
