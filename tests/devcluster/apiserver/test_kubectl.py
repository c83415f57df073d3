"""The real kubectl against the development cluster, where kubectl is installed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.widget import WIDGET, widget

Json = dict[str, Any]
pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
DEADLINE_S = 60
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "g1"}}


class Kubectl:
    def __init__(self, folder: Path, kubeconfig: Json) -> None:
        self.folder = folder
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))

    def start(self, *arguments: str) -> Any:
        known = ["--kubeconfig", str(self.folder / "kubeconfig"), "--cache-dir", str(self.folder / "cache")]
        pipe = asyncio.subprocess.PIPE
        return asyncio.create_subprocess_exec("kubectl", *known, *arguments, stdout=pipe, stderr=pipe)

    async def __call__(self, *arguments: str, fails: str = "") -> str:
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        if fails:
            assert process.returncode, out
            assert fails in err.decode()
        else:
            assert process.returncode == 0, err.decode()
        return out.decode()

    async def apply(self, body: Json, *arguments: str) -> str:
        path = self.folder / "manifest.json"
        path.write_text(json.dumps(body))
        return await self("apply", "-f", str(path), *arguments)


@pytest.fixture
async def kubectl(cluster: DevCluster, tmp_path: Path) -> AsyncIterator[Kubectl]:
    made = Kubectl(tmp_path, cluster.kubeconfig(https=True))
    await made.apply(NAMESPACE)
    await made.apply(WIDGET)
    yield made


async def test_resources_are_discovered_and_explained(kubectl: Kubectl) -> None:
    listed = await kubectl("api-resources", "--no-headers")
    assert "widgets" in listed
    assert "wd" in listed
    explained = await kubectl("explain", "widget.spec")
    assert "color" in explained


async def test_apply_get_describe_patch_scale_and_delete(kubectl: Kubectl) -> None:
    assert "created" in await kubectl.apply(widget("a"), "-n", "g1")
    assert "configured" in await kubectl.apply(widget("a", 5), "-n", "g1")
    assert "unchanged" in await kubectl.apply(widget("a", 5), "-n", "g1")
    header, row = (await kubectl("get", "-n", "g1", "wd")).splitlines()
    assert header.split() == ["NAME", "SIZE", "PHASE", "READY", "AGE"]
    assert row.split()[:2] == ["a", "5"]
    assert "Color:  red" in await kubectl("describe", "-n", "g1", "widget", "a")
    await kubectl("patch", "-n", "g1", "widget", "a", "--type=merge", "-p", '{"spec":{"size":9}}')
    await kubectl("label", "-n", "g1", "widget", "a", "x=y")
    await kubectl("annotate", "namespace", "g1", "note=hello")
    await kubectl("scale", "-n", "g1", "widget/a", "--replicas=3")
    assert await kubectl("get", "-n", "g1", "wd", "-l", "x=y", "-o", "jsonpath={.items[*].spec.size}") == "3"
    await kubectl("delete", "-n", "g1", "widget", "a")
    await kubectl("get", "-n", "g1", "widget", "a", fails='widgets.example.com "a" not found')


async def test_server_side_apply_tells_conflicts(kubectl: Kubectl) -> None:
    await kubectl.apply(widget("a", 1), "-n", "g1", "--server-side", "--field-manager=one")
    path = kubectl.folder / "manifest.json"
    path.write_text(json.dumps(widget("a", 2)))
    arguments = ["apply", "-f", str(path), "-n", "g1", "--server-side", "--field-manager=two"]
    await kubectl(*arguments, fails='conflict with "one": .spec.size')
    await kubectl(*arguments, "--force-conflicts")
    assert await kubectl("get", "-n", "g1", "widget", "a", "-o", "jsonpath={.spec.size}") == "2"


async def test_unknown_fields_are_refused_by_validation(kubectl: Kubectl) -> None:
    body = widget("a")
    body["spec"]["colour"] = "red"
    path = kubectl.folder / "bad.json"
    path.write_text(json.dumps(body))
    await kubectl("apply", "-n", "g1", "-f", str(path), fails='unknown field "spec.colour"')


async def test_wait_follows_a_condition_and_a_deletion(kubectl: Kubectl) -> None:
    await kubectl.apply(widget("a"), "-n", "g1")
    waiting = await kubectl.start("wait", "-n", "g1", "--for=condition=Ready", "widget/a", "--timeout=30s")
    status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    await kubectl("patch", "-n", "g1", "widget", "a", "--type=merge", "--subresource=status", "-p", status)
    out, _ = await asyncio.wait_for(waiting.communicate(), DEADLINE_S)
    assert "condition met" in out.decode()
    await kubectl("delete", "namespace", "g1", "--wait", "--timeout=30s")
    await kubectl("get", "namespace", "g1", fails="not found")


async def test_create_and_auth_speak_protobuf(kubectl: Kubectl) -> None:
    await kubectl("create", "namespace", "made")
    inside = ("-n", "made")
    await kubectl("create", *inside, "configmap", "cm", "--from-literal=a=b")
    assert await kubectl("get", *inside, "configmap", "cm", "-o", "jsonpath={.data.a}") == "b"
    await kubectl("create", *inside, "secret", "generic", "s", "--from-literal=a=b")
    assert await kubectl("get", *inside, "secret", "s", "-o", "jsonpath={.data.a}") == "Yg=="
    await kubectl("create", *inside, "serviceaccount", "robot")
    assert (await kubectl("create", *inside, "token", "robot", "--duration=20m")).count(".") == 2
    await kubectl("create", *inside, "role", "reader", "--verb=get,list", "--resource=configmaps")
    await kubectl("create", *inside, "rolebinding", "robot-reads", "--role=reader", "--serviceaccount=made:robot")
    robot = "--as=system:serviceaccount:made:robot"
    assert await kubectl("auth", "can-i", "list", "configmaps", *inside, robot) == "yes\n"
    rules = await kubectl("auth", "can-i", "--list", *inside, robot)
    assert "configmaps" in rules
    assert "system:masters" in await kubectl("auth", "whoami")
