"""Sends a recorded sequence of requests to a furnished cluster, and compares status, body and warnings.

Time stands still but while an answer to a GET is not yet the recorded one: then it goes on in small steps, so that
every state, however short, can be looked at. What differs by nature (ids, times, versions, node names, addresses) is
blanked.
"""

import asyncio
import base64
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2

from dicot.devcluster.clock import ManualClock
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.replay import Replay, normal, shown
from tests.devcluster.controllers import account
from tests.devcluster.controllers.bench import Bench
from tests.shared_material import shared

Json = dict[str, Any]
Hook = Callable[["Exchanges"], Awaitable[None]]
FIRST_STEP_S = 0.01
STEP_GROWTH = 1.05
PATIENCE_S = 20.0
CALM_LOOKS = 4
RECORDED_TOKEN = "rkadmintoken"
UPGRADE = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
           "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip

_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
_MAC = re.compile(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b")
_NODE = re.compile(r"\bnode\d\d\b")
_SUFFIX = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
_NODES = re.compile(r"\b\d+(/\d+)? (nodes? are available|node\(s\)|Insufficient|Preemption|nodes)\b")
_IMAGE = re.compile(r"\b(rk\.local|quay\.io)/kubevirt\b")
_BLANKED = ("guestOSInfo", "retryAfterTimestamp", "phaseTransitionTimestamp", "lastProbeTime", "selinuxContext",
            "config-resource-version")  # fmt: skip
_GUEST = ("guestAgentVersion", "hostname", "os", "timezone", "supportedCommands")


class Exchanges:
    """One recording, one cluster: sends the requests in order and keeps count."""

    def __init__(self, bench: Bench, http: httpx2.AsyncClient, tokens: Mapping[str, str] | None = None) -> None:
        assert isinstance(bench.cluster.clock, ManualClock)
        self.bench, self.clock = bench, bench.cluster.clock
        self.kube = Kube(http, bench.cluster.token())
        self.replay = Replay(self.kube, {"admin": self.kube.token, "none": "", **(tokens or {})})
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def play(
        self,
        file: str,
        not_imitated: Mapping[str, str],
        before: Callable[["Exchanges", str], Awaitable[None]] | None = None,
        only: Callable[[Json], bool] = lambda _item: True,
    ) -> None:
        """Play a recording; `before` does what the recorder did between two exchanges, by their label."""
        items = json.loads(shared(f"recordings/kubernetes/{file}.json").read_text())["items"]
        listed = set()
        for item, label in zip(items, _unique([item["label"] for item in items]), strict=True):
            if "request" not in item or not only(item):
                continue
            if before is not None:
                await before(self, label)
            equal, told = await self._compare(item, patient=label not in not_imitated)
            if label in not_imitated:
                listed.add(label)
                self.counts["not imitated"] += 1
                if equal:
                    self.wrong.append(f"{label}: listed as not imitated, but equal")
                continue
            self.counts["equal" if equal else "different"] += 1
            if not equal:
                self.wrong.append(f"{label}\n{told}")
        self.wrong += [
            f"{label}: listed as not imitated, but not in the recording" for label in not_imitated.keys() - listed
        ]
        account.COUNTED["exchanges"] += self.counts.total()
        account.COUNTED["exchanges equal"] += self.counts["equal"]
        account.COUNTED["exchanges listed"] += self.counts["not imitated"]
        print(f"{file}: {sum(self.counts.values())} exchanges, {dict(self.counts)}")

    def check(self) -> None:
        """Fail if anything differed."""
        assert not self.wrong, "\n".join([f"{len(self.wrong)} differ", *self.wrong])

    async def until(self, holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
        """Let time go on in small steps until something holds."""
        step_s, left_s = FIRST_STEP_S, patience_s
        await self.calm()
        while not holds():
            assert left_s > 0, f"it did not come within {patience_s} s of the cluster's time"
            await self.pass_time(step_s)
            left_s, step_s = left_s - step_s, step_s * STEP_GROWTH

    async def until_printable(self, namespace: str, name: str, *wanted: str) -> None:
        """Let time go on until a machine's printableStatus is one of these."""

        await self.until_machine(namespace, name, lambda vm: vm["status"].get("printableStatus") in wanted)

    async def until_machine(self, namespace: str, name: str, holds: Callable[[Json], Any]) -> None:
        """Let time go on until something holds of a machine that has a status."""

        def looked() -> bool:
            vm = self.machine(namespace, name)
            return vm is not None and bool(vm.get("status")) and bool(holds(vm))

        try:
            await self.until(looked)
        except AssertionError as error:
            raise AssertionError(f"{name} stayed {(self.machine(namespace, name) or {}).get('status')}") from error

    def machine(self, namespace: str, name: str) -> Json | None:
        """Find a machine."""
        return self.bench.cluster.api.get("kubevirt.io", "virtualmachines", namespace, name)

    async def pass_time(self, seconds: float) -> None:
        """Let time go on, and everything that follows from it happen."""
        await self.clock.advance(seconds)
        await self.calm()

    async def calm(self) -> None:
        """Wait until nothing more is written: the cluster and its controllers live in this event loop."""
        store, same, last = self.bench.cluster.api.store, 0, -1
        while same < CALM_LOOKS:
            await asyncio.sleep(0.001)
            same, last = (same + 1, last) if store.revision == last else (0, store.revision)

    async def _compare(self, item: Json, *, patient: bool) -> tuple[bool, str]:
        request, expected = item["request"], item["response"]
        left_s, step_s = PATIENCE_S if patient and request["method"] == "GET" else 0.0, FIRST_STEP_S
        await self.calm()
        while True:
            status, body, headers = await self._send(request, expected)
            want, got = like(expected.get("body"), body)
            warned = (expected.get("headers") or {}).get("Warning")
            equal = status == expected["status"] and want == got and warned == headers.get("warning")
            if equal or left_s <= 0:
                return equal, _told(expected["status"], warned, want, status, headers.get("warning"), got)
            await self.pass_time(step_s)
            left_s, step_s = left_s - step_s, step_s * STEP_GROWTH

    async def _send(self, request: Json, expected: Json) -> tuple[int, Any, Mapping[str, str]]:
        if "websocket" in request["method"]:
            return await self._shake_hands(request)
        return await self.replay.exchange(request, expected)

    async def _shake_hands(self, request: Json) -> tuple[int, Any, Mapping[str, str]]:
        """Ask for a WebSocket; of an accepted one only the status is compared."""
        token = self.replay.tokens.get(request.get("token") or "admin", "")
        headers = {**UPGRADE, **(request.get("headers") or {})}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if request.get("protocol"):
            offered = request["protocol"]
            text = offered if isinstance(offered, str) else ", ".join(offered)
            headers["sec-websocket-protocol"] = text.replace(_base64url(RECORDED_TOKEN), _base64url(self.kube.token))
        async with self.kube.http.stream("GET", request["path"], headers=headers) as answer:
            if answer.status_code == 101:
                return 101, None, {}
            text = (await answer.aread()).decode()
        try:
            return answer.status_code, json.loads(text), answer.headers
        except ValueError:
            return answer.status_code, text, answer.headers


def _base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unique(labels: list[str]) -> list[str]:
    """Number labels that occur more than once: "stop", "stop (2)"."""
    seen: Counter[str] = Counter()
    result = []
    for label in labels:
        seen[label] += 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return result


def like(recorded: Any, actual: Any) -> tuple[Any, Any]:
    """Return both bodies with what differs by nature blanked."""
    if "managedFields" not in json.dumps(recorded):
        actual = _without(actual, "managedFields")
    return _plain(normal(recorded)), _plain(normal(actual))


def _without(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, key) for k, v in value.items() if k != key}
    return [_without(one, key) for one in value] if isinstance(value, list) else value


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if value.get("kind") == "VirtualMachineInstance" and "generation" in value.get("metadata", {}):
            value = {**value, "metadata": {**value["metadata"], "generation": "<writes>"}}
        if "gitVersion" in value:
            return "<version>"
        if value.get("kind") == "VirtualMachineInstance" or "qosClass" in value:
            value = _instance(value)
        if "fsFreezeStatus" in value and "guestAgentVersion" in value:
            value = {**value, **dict.fromkeys(_GUEST, "<guest>")}
        return {_named(k): _blank(k) if k in _BLANKED and v else _plain(v, k) for k, v in value.items()}
    if isinstance(value, list):
        items = [_plain(one) for one in value]
        if key == "managedFields":
            return sorted(items, key=lambda one: json.dumps(one, sort_keys=True))
        return sorted(items, key=_type) if key in ("conditions", "resources") else items
    return _named(value) if isinstance(value, str) else value


def _instance(value: Json) -> Json:
    """Leave out the version of the machine type that the recorded host had."""
    status = value.get("status") or {}
    if "machine" not in status:
        return value
    return {**value, "status": {**status, "machine": {"type": "<machine type>"}}}


def _blank(key: str) -> str:
    return f"<{key}>"


def _type(one: Any) -> str:
    """Name a condition or a resource: they come in no order that means anything."""
    return one.get("type") or one.get("name", "") if isinstance(one, dict) else str(one)


def _named(text: str) -> str:
    for pattern, plain in ((_SUFFIX, "-<suffix>"), (_NODES, r"N \2"), (_NODE, "<node>"), (_ADDRESS, "<address>"),
                           (_MAC, "<mac>"), (_IMAGE, "<registry>")):  # fmt: skip
        text = pattern.sub(plain, text)
    return text


def _told(want: int, warned: str | None, wanted: Any, got: int, warning: str | None, gotten: Any) -> str:
    lines = [f"  status: want {want}, got {got}"] if want != got else []
    lines += [f"  warning: want {warned!r}, got {warning!r}"] if warned != warning else []
    return "\n".join([*lines, *differences(wanted, gotten)])


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """Name each place where two bodies differ."""
    if isinstance(want, dict) and isinstance(got, dict):
        keys = [*want, *(key for key in got if key not in want)]
        return [one for key in keys for one in _of_key(want, got, key, f"{path}.{key}")]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = enumerate(zip(want, got, strict=True))
        return [one for index, (w, g) in pairs for one in differences(w, g, f"{path}[{index}]")]
    return [] if want == got else [f"  {path}: want {shown(want, 300)}, got {shown(got, 300)}"]


def _of_key(want: Json, got: Json, key: str, path: str) -> list[str]:
    if key not in want:
        return [f"  {path}: not wanted, got {shown(got[key], 300)}"]
    return (
        [f"  {path}: want {shown(want[key], 300)}, got none"]
        if key not in got
        else differences(want[key], got[key], path)
    )
