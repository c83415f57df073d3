"""Every recorded exchange with a real KubeVirt 1.9, sent to the development cluster: status and body must be equal.

What is not imitated is listed by name below, each with its reason. The counts are printed.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from tests.devcluster.controllers.bench import Bench
from tests.devcluster.controllers.exchanges import Exchanges
from tests.shared_material import shared

Json = dict[str, Any]
VMS = "/apis/kubevirt.io/v1/namespaces"
RECORDED_AT = 1_795_331_474.0
NAMESPACES = ("k2", "k3", "k4", "k7b", "k9", "k13", "k15")


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives, with the recordings' namespaces and the user alice."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    alice = bench.cluster.add_user("alice", ["devs"])
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        made = Exchanges(bench, http, {"Bearer <rkalicetoken>": alice})
        for name in NAMESPACES:
            await made.kube.post("/api/v1/namespaces", {"metadata": {"name": name}})
        yield made
    await bench.stop()


NO_CDI = "CDI was not installed where this was recorded"
CREATE = {"list of all after the controller": NO_CDI, "Table of VMs": NO_CDI}


async def test_creations(exchanges: Exchanges) -> None:
    await exchanges.play("vm-create", CREATE)
    exchanges.check()


async def _calm_down(exchanges: Exchanges, label: str) -> None:
    """The recorder looked at its machine long after it was made."""
    if label.startswith(("patch: ", "PUT ")):
        await exchanges.pass_time(1.0)


REJECTIONS = {
    "clone without source": "the recorded webhook crashed",
}


async def test_rejections(exchanges: Exchanges) -> None:
    await exchanges.play("vm-rejections", REJECTIONS, _calm_down)
    exchanges.check()


CONFIGURED = "the recorded KubeVirt was configured otherwise"
TYPES = "the recorded cluster had KubeVirt's common instancetypes"
ROLES = ("view", "edit", "admin")
RBAC = {
    f"[{role}] {label}": why
    for role in ("None", *ROLES)
    for label, why in (("list cluster instancetypes", TYPES), ("list KubeVirt CRs", CONFIGURED))
}
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/k15/rolebindings"


async def _bind(exchanges: Exchanges, label: str) -> None:
    """Bind alice to the role that the label names; what follows the last of them is still done with it."""
    role = next((one for one in ROLES if label.startswith(f"[{one}]")), None)
    if role is None or (await exchanges.kube.send("GET", f"{BINDINGS}/{role}")).status_code == 200:
        return
    binding = {
        "metadata": {"name": role},
        "roleRef": {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    await exchanges.kube.post(BINDINGS, binding)


async def test_rights(exchanges: Exchanges) -> None:
    await exchanges.play("kubevirt-rbac", RBAC, _bind)
    exchanges.check()


DISCOVERY = {
    "/apis": "the real server has groups that nothing here uses",
    "APIServices": "aggregated APIs are registered in process",
    "KubeVirt CR": CONFIGURED,
}


async def test_discovery(exchanges: Exchanges) -> None:
    await exchanges.play("kubevirt-discovery", DISCOVERY)
    exchanges.check()


LIFECYCLE = {
    "virt-launcher pod": "launcher pods have the compute and the log container only",
    "console as alice (403)": "the recorded token is the administrator's: it does not say how alice was told apart",
}


async def _in_life(exchanges: Exchanges, label: str) -> None:
    if label == "PUT restart":
        await exchanges.until_machine("k4", "vm1", agent_connected)
    if label == "PUT stop":
        await exchanges.until_machine("k4", "vm1", lambda vm: agent_connected(vm) and not pending(vm))
    if label == "DELETE VM":
        await exchanges.until_machine("k4", "vm1", lambda vm: "created" not in vm["status"])
    if label == "PUT start on Always Running VM":
        await exchanges.until_machine("k4", "vm2", agent_connected)


def agent_connected(vm: Json) -> bool:
    return vm.get("status", {}).get("printableStatus") == "Running" and "AgentConnected" in str(vm["status"])


def pending(vm: Json) -> bool:
    return bool(vm["status"].get("stateChangeRequests"))


async def test_lifecycle(exchanges: Exchanges) -> None:
    await exchanges.play("lifecycle", LIFECYCLE, _in_life)
    exchanges.check()


def renamed(body: Json, name: str, namespace: str) -> Json:
    """The same machine under another name."""
    new = json.loads(json.dumps(body).replace(body["metadata"]["name"], name))
    new["metadata"]["namespace"] = namespace
    return new


def recorded_body(file: str, label: str) -> Json:
    """The body of a recorded request."""
    items = json.loads(shared(f"recordings/kubernetes/{file}.json").read_text())["items"]
    return next(item["request"]["body"] for item in items if item["label"] == label)


ACCEPT: dict[str, str] = {}


async def test_representations(exchanges: Exchanges) -> None:
    body = renamed(recorded_body("lifecycle", "create Manual VM"), "acc", "k2")
    await exchanges.kube.post("/apis/kubevirt.io/v1/namespaces/k2/virtualmachines", body)
    await exchanges.until_printable("k2", "acc", "Stopped")
    await exchanges.pass_time(1.0)
    await exchanges.play("subresources-accept-header", ACCEPT)
    exchanges.check()


SCREEN = "the screen is black: it is another picture"
HANGS = "the real server did not answer"
PATHS = "the words of the launcher, with the paths of its host"
BY_STATE = {
    "[Running] vmi GET vnc/screenshot (plain http, no upgrade)": SCREEN,
    "[Paused] vmi GET vnc/screenshot (plain http, no upgrade)": SCREEN,
    "[Stopping] vmi GET console (plain http)": PATHS,
    "[Terminating] vmi GET console (plain http)": PATHS,
    "[Stopping] vmi GET portforward/22 (plain http)": HANGS,
    "[Terminating] vmi GET portforward/22 (plain http)": HANGS,
}
BY_STATE["[Starting] websocket portforward/22"] = "the recorded guest had an interface, but no address yet"
AGAIN = "[Stopping] vm start dryRun"
CALLS = "/apis/subresources.kubevirt.io/v1/namespaces/k4"


class _States:
    """Brings the machine into the state that a label names, where it is not in it yet."""

    def __init__(self) -> None:
        self.last = ""

    async def into(self, exchanges: Exchanges, label: str) -> None:
        state = AGAIN if label == AGAIN else label.partition("]")[0][1:]
        if state == self.last or (self.last == AGAIN and state == "Stopping"):
            return
        self.last = state
        enter = _ENTER.get(state)
        if enter is not None:
            await enter(exchanges)


async def _enter_stopped(exchanges: Exchanges) -> None:
    await exchanges.kube.post(f"{VMS}/k4/virtualmachines", recorded_body("lifecycle", "create Manual VM"))
    await exchanges.until_printable("k4", "vm1", "Stopped")
    await exchanges.pass_time(1.0)


async def _call(exchanges: Exchanges, what: str, kind: str = "virtualmachines") -> None:
    answer = await exchanges.kube.send("PUT", f"{CALLS}/{kind}/vm1/{what}", accept="*/*")
    assert answer.status_code in (200, 202), answer.text


async def _enter_starting(exchanges: Exchanges) -> None:
    await _call(exchanges, "start")
    await exchanges.until_machine("k4", "vm1", lambda vm: "GuestNotRunning" in str(vm["status"]))


async def _enter_running(exchanges: Exchanges) -> None:
    await exchanges.until_machine("k4", "vm1", agent_connected)


async def _enter_paused(exchanges: Exchanges) -> None:
    await _call(exchanges, "pause", "virtualmachineinstances")
    await exchanges.until_printable("k4", "vm1", "Paused")
    await exchanges.pass_time(1.0)


async def _enter_stopping(exchanges: Exchanges) -> None:
    await _call(exchanges, "unpause", "virtualmachineinstances")
    await exchanges.until_machine("k4", "vm1", lambda vm: vm["status"].get("ready"))
    await _call(exchanges, "stop")
    await exchanges.until_printable("k4", "vm1", "Stopping")


async def _enter_stopping_again(exchanges: Exchanges) -> None:
    await exchanges.until_machine("k4", "vm1", lambda vm: "created" not in vm["status"])
    await _call(exchanges, "start")
    await exchanges.until_machine("k4", "vm1", agent_connected)
    await _call(exchanges, "stop")
    await exchanges.until_printable("k4", "vm1", "Stopping")


async def _enter_terminating(exchanges: Exchanges) -> None:
    await exchanges.kube.post(f"{VMS}/k4/virtualmachines", recorded_body("lifecycle", "create Always VM"))
    await exchanges.until_machine("k4", "vm2", agent_connected)
    await exchanges.kube.delete(f"{VMS}/k4/virtualmachines/vm2")
    await exchanges.until_printable("k4", "vm2", "Terminating")


_ENTER = {
    "Stopped": _enter_stopped,
    "Starting": _enter_starting,
    "Running": _enter_running,
    "Paused": _enter_paused,
    "Stopping": _enter_stopping,
    AGAIN: _enter_stopping_again,
    "Terminating": _enter_terminating,
}


async def test_subresources_by_state(exchanges: Exchanges) -> None:
    await exchanges.play("subresources-by-state", BY_STATE, _States().into)
    exchanges.check()


DELETION: dict[str, str] = {}


async def _in_deletion(exchanges: Exchanges, label: str) -> None:
    if label == "PATCH while Terminating":
        await exchanges.until_machine("k13", "o", lambda vm: "PodTerminating" in str(vm["status"]))


async def test_deletion_and_run_strategies(exchanges: Exchanges) -> None:
    body = renamed(recorded_body("deletion-orphan-and-runstrategies", "create Always"), "o", "k13")
    await exchanges.kube.post("/apis/kubevirt.io/v1/namespaces/k13/virtualmachines", body)
    await exchanges.until_machine("k13", "o", agent_connected)
    await exchanges.play("deletion-orphan-and-runstrategies", DELETION, _in_deletion)
    exchanges.check()
