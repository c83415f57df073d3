"""What a real KubeVirt and a real CDI refused, asked again: status, message and causes must be the same."""

import json
from typing import Any

import httpx2
import pytest

from dicot.kube import kinds as K
from tests.clusters import ON_KUBE
from tests.devcluster.controllers.bench import NAMESPACE, Bench, machine
from tests.shared_material import shared

NOT_IMITATED = {
    "unknown field Strict": "VirtualMachine's schema keeps unknown fields",
    "clone without source": "an error of the recorded set-up's webhook",
    "alice creates a VM: 403": "needs the user alice: see the access tests of the API server",
}
OLD = {"PUT without resourceVersion": "1.20 writes the version that is missing as 0x0"}
NOT_COMPARED = {*NOT_IMITATED, *(OLD if ON_KUBE else ())}


def recorded(file: str) -> list[dict[str, Any]]:
    return json.loads(shared(f"recordings/kubernetes/{file}").read_text())["items"]


async def ask(http: httpx2.AsyncClient, request: dict[str, Any]) -> tuple[int, Any]:
    raw = request.get("body")
    body = raw if raw is None or isinstance(raw, str) else json.dumps(raw)
    headers = {"Content-Type": request.get("contentType") or "application/json"}
    if request.get("headers", {}).get("Accept"):
        headers["Accept"] = request["headers"]["Accept"]
    answer = await http.request(request["method"], request["path"], content=body, headers=headers)
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, answer.text


def essence(status: int, body: Any) -> Any:
    """What must be the same: of a success its status, of a refusal also its words and causes."""
    if status < 400 or not isinstance(body, dict):
        return status
    return status, body.get("message"), (body.get("details") or {}).get("causes")


@pytest.fixture
async def http(bench: Bench) -> Any:
    headers = {"Authorization": f"Bearer {bench.cluster.token()}"}
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers=headers, timeout=10) as client:
        for namespace in ("k3", "k4", "k10"):
            await client.post(
                "/api/v1/namespaces",
                json={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            )
        yield client


async def test_bad_virtual_machines_are_refused_as_recorded(http: httpx2.AsyncClient) -> None:
    wrong, asked = [], 0
    for item in recorded("vm-rejections.json"):
        if "request" not in item or item["label"] in NOT_COMPARED or item["request"]["method"] == "GET":
            continue
        asked += 1
        theirs = essence(item["response"]["status"], item["response"]["body"])
        ours = essence(*await ask(http, item["request"]))
        if ours != theirs:
            wrong.append((item["label"], ours, theirs))
    assert wrong == []
    assert asked > 100


async def test_bad_data_volumes_are_refused_as_recorded(http: httpx2.AsyncClient) -> None:
    wrong = []
    for item in recorded("cdi-datavolumes.json"):
        request = item.get("request") or {}
        if request.get("method") != "POST" or item["response"]["status"] < 400:
            continue
        theirs = essence(item["response"]["status"], item["response"]["body"])
        ours = essence(*await ask(http, request))
        if ours != theirs:
            wrong.append((item["label"], ours, theirs))
    assert wrong == []


async def bring_into(bench: Bench, state: str) -> str:
    """Make a machine in the state that a recorded label names; its name is the result."""
    if state == "NoVM":
        return "nosuch"
    await bench.create(K.VIRTUAL_MACHINES, "vm1", machine("Manual"))
    await bench.until_stopped("vm1")
    if state == "Stopped":
        return "vm1"
    await bench.call("vm1", "start")
    await bench.until_status(K.VIRTUAL_MACHINES, "vm1", lambda s: "AgentConnected" in str(s))
    if state == "Paused":
        await bench.call("vm1", "pause", kind=K.VIRTUAL_MACHINE_INSTANCE_CALLS)
        await bench.until_printable("vm1", "Paused")
    return "vm1"


@pytest.mark.parametrize("state", ["NoVM", "Stopped", "Running", "Paused"])
async def test_subresources_answer_by_state_as_recorded(bench: Bench, http: httpx2.AsyncClient, state: str) -> None:
    await bring_into(bench, state)
    wrong, asked = [], 0
    for item in recorded("subresources-by-state.json"):
        request = item.get("request") or {}
        if not item["label"].startswith(f"[{state}]") or "/k4/" not in request.get("path", ""):
            continue
        if "websocket" in request["method"] or item["response"]["status"] == 0:
            continue
        asked += 1
        request = {**request, "path": request["path"].replace("/k4/", f"/{NAMESPACE}/")}
        status, body = await ask(http, request)
        theirs = item["response"]["status"]
        if status != theirs:
            wrong.append((item["label"], status, theirs, body if isinstance(body, str) else body.get("message")))
    assert wrong == []
    assert asked > 20


async def test_representations_are_offered_as_recorded(bench: Bench, http: httpx2.AsyncClient) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "acc", machine("Halted"))
    await bench.until_stopped("acc")
    wrong, asked = [], 0
    for item in recorded("subresources-accept-header.json"):
        request = item.get("request") or {}
        path = request.get("path", "")
        if "/namespaces/" not in path or "alice" in item["label"] or "websocket" in request["method"]:
            continue
        asked += 1
        namespace = path.split("/namespaces/")[1].split("/")[0]
        request = {**request, "path": path.replace(f"/{namespace}/", f"/{NAMESPACE}/", 1)}
        status, body = await ask(http, request)
        if status != item["response"]["status"]:
            wrong.append((item["label"], status, item["response"]["status"], str(body)[:120]))
    assert wrong == []
    assert asked > 20
