"""The real kubectl against the development cluster: Debian's and the newest, where `make kubectl` has fetched them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dicot.devcluster.clock import ScaledClock
from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.kubectls import DEADLINE_S, Kubectl, binaries
from tests.devcluster.apiserver.widget import WIDGET, widget

Json = dict[str, Any]
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "g1"}}
G1 = ("-n", "g1")
SHOP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: shop}}
data: {colour: red}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: shop}}
spec: {selector: {app: shop}, ports: [{name: http, port: 80}, {name: https, port: 443}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, labels: {app: shop}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, labels: {app: shop}}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: a, image: one}, {name: b, image: two}]}
"""
MACHINE = """
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: vm}
spec:
  runStrategy: Always
  template: {spec: {domain: {devices: {}, memory: {guest: 64Mi}}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


@pytest.fixture(params=binaries())
async def kubectl(request: pytest.FixtureRequest, cluster: DevCluster, tmp_path: Path) -> AsyncIterator[Kubectl]:
    made = Kubectl(request.param, tmp_path, cluster.kubeconfig(https=True))
    await made.apply(NAMESPACE)
    await made.apply(WIDGET)
    yield made


@pytest.fixture(params=binaries())
async def furnished(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kubectl]:
    """A kubectl for a cluster with nodes, storage and controllers."""
    cluster = DevCluster(clock=ScaledClock(0.0))
    await cluster.start()
    made = Kubectl(request.param, tmp_path, cluster.kubeconfig(https=True))
    await made.apply(NAMESPACE)
    yield made
    await cluster.stop()


async def test_resources_are_discovered_and_explained(kubectl: Kubectl) -> None:
    listed = await kubectl("api-resources", "--no-headers", "-o", "name")
    assert {"widgets.example.com", "pods", "deployments.apps"} <= set(listed.split())
    assert {"example.com/v1", "v1", "apps/v1"} <= set((await kubectl("api-versions")).split())
    assert "color" in await kubectl("explain", "widget.spec")
    assert "imagePullPolicy" in await kubectl("explain", "pod.spec.containers")


async def test_apply_get_describe_patch_scale_and_delete(kubectl: Kubectl) -> None:
    assert "created" in await kubectl.apply(widget("a"), *G1)
    assert "configured" in await kubectl.apply(widget("a", 5), *G1)
    assert "unchanged" in await kubectl.apply(widget("a", 5), *G1)
    header, row = (await kubectl("get", *G1, "wd")).splitlines()
    assert header.split() == ["NAME", "SIZE", "PHASE", "READY", "AGE"]
    assert row.split()[:2] == ["a", "5"]
    assert "Color:  red" in await kubectl("describe", *G1, "widget", "a")
    await kubectl("patch", *G1, "widget", "a", "--type=merge", "-p", '{"spec":{"size":9}}')
    await kubectl("patch", *G1, "widget", "a", "--type=json", "-p", '[{"op":"test","path":"/spec/size","value":9}]')
    await kubectl("scale", *G1, "widget/a", "--replicas=3")
    assert await kubectl("get", *G1, "wd", "-o", "jsonpath={.items[*].spec.size}") == "3"
    await kubectl("delete", *G1, "widget", "a")
    await kubectl("get", *G1, "widget", "a", fails='widgets.example.com "a" not found')


async def test_several_documents_are_applied_changed_and_compared(kubectl: Kubectl) -> None:
    path = kubectl.write(SHOP)
    assert (await kubectl("apply", *G1, "-f", path)).count("created") == 4
    assert (await kubectl("apply", *G1, "-f", path)).count("unchanged") == 4
    assert await kubectl("diff", *G1, "-f", path) == ""
    changed = kubectl.write(SHOP.replace("colour: red", "colour: blue").replace(", {name: https, port: 443}", ""))
    process = await kubectl.start("diff", *G1, "-f", changed)
    out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 1
    assert "+  colour: blue" in out.decode()
    assert (await kubectl("apply", *G1, "-f", changed)).count("configured") == 2
    assert await kubectl("get", *G1, "svc", "web", "-o", "jsonpath={.spec.ports[*].name}") == "http"
    told = await kubectl("apply", *G1, "--server-side", "--force-conflicts", "-f", path)
    assert told.count("serverside-applied") == 4
    assert (await kubectl("delete", *G1, "-f", path)).count("deleted") == 4


async def test_objects_are_found_sorted_and_shown_in_every_form(kubectl: Kubectl) -> None:
    for name, size in (("a", 3), ("b", 1), ("c", 2)):
        await kubectl.apply(widget(name, size, labels={"odd": str(size % 2)}), *G1)
    names = ("-o", "custom-columns=N:.metadata.name", "--no-headers")
    assert (await kubectl("get", *G1, "wd", "-l", "odd=1", *names)).split() == ["a", "b"]
    assert (await kubectl("get", *G1, "wd", "-l", "odd in (0),odd", *names)).split() == ["c"]
    assert (await kubectl("get", *G1, "wd", "--field-selector", "metadata.name=c", *names)).split() == ["c"]
    assert (await kubectl("get", *G1, "wd", "--sort-by=.spec.size", *names)).split() == ["b", "c", "a"]
    assert "apiVersion: example.com/v1" in await kubectl("get", *G1, "wd", "a", "-o", "yaml")
    assert "SECRET" in await kubectl("get", *G1, "wd", "-o", "wide")
    assert (await kubectl("get", "-A", "wd", "--no-headers")).splitlines()[0].split()[0] == "g1"


async def test_a_watch_shows_changes_as_they_happen(kubectl: Kubectl) -> None:
    await kubectl.apply(widget("a"), *G1)
    process = await kubectl.start("get", *G1, "wd", "-w", "--no-headers")
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)
    assert first.decode().split()[:2] == ["a", "1"]
    await kubectl("patch", *G1, "widget", "a", "--type=merge", "-p", '{"spec":{"size":7}}')
    second = await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)
    assert second.decode().split()[:2] == ["a", "7"]
    process.terminate()
    await process.communicate()


async def test_edit_label_annotate_replace_and_patch_a_built_in_kind(kubectl: Kubectl) -> None:
    await kubectl("apply", *G1, "-f", kubectl.write(SHOP))
    editor = kubectl.folder / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/colour: red/colour: green/' \"$1\"\n")
    editor.chmod(0o755)
    assert "edited" in await kubectl("edit", *G1, "configmap", "settings", KUBE_EDITOR=str(editor))
    assert await kubectl("get", *G1, "cm", "settings", "-o", "jsonpath={.data.colour}") == "green"
    await kubectl("label", *G1, "cm", "settings", "tier=front")
    await kubectl("annotate", *G1, "cm", "settings", "note=hello")
    assert "tier=front" in await kubectl("describe", *G1, "cm", "settings")
    image = '{"spec":{"template":{"spec":{"containers":[{"name":"b","image":"three"}]}}}}'
    await kubectl("patch", *G1, "deployment", "front", "-p", image)
    images = "jsonpath={.spec.template.spec.containers[*].image}"
    assert await kubectl("get", *G1, "deployment", "front", "-o", images) == "one three"
    body = json.loads(await kubectl("get", *G1, "cm", "settings", "-o", "json"))
    body["data"] = {"size": "9"}
    assert "replaced" in await kubectl("replace", "-f", kubectl.write(json.dumps(body)))
    assert await kubectl("get", *G1, "cm", "settings", "-o", "jsonpath={.data}") == '{"size":"9"}'


async def test_server_side_apply_tells_conflicts(kubectl: Kubectl) -> None:
    await kubectl.apply(widget("a", 1), *G1, "--server-side", "--field-manager=one")
    path = kubectl.write(json.dumps(widget("a", 2)))
    arguments = ["apply", "-f", path, *G1, "--server-side", "--field-manager=two"]
    await kubectl(*arguments, fails='conflict with "one": .spec.size')
    await kubectl(*arguments, "--force-conflicts")
    assert await kubectl("get", *G1, "widget", "a", "-o", "jsonpath={.spec.size}") == "2"


async def test_unknown_fields_are_refused_by_validation(kubectl: Kubectl) -> None:
    body = widget("a")
    body["spec"]["colour"] = "red"
    unknown = 'unknown field "spec.colour"' if await kubectl.newer_than(24) else 'unknown field "colour"'
    await kubectl("apply", *G1, "-f", kubectl.write(json.dumps(body)), fails=unknown)
    await kubectl("apply", *G1, "-f", kubectl.write(SHOP.replace("image: one", "imagee: one")), fails="imagee")


async def test_wait_follows_a_condition_and_a_deletion(kubectl: Kubectl) -> None:
    await kubectl.apply(widget("a"), *G1)
    waiting = await kubectl.start("wait", *G1, "--for=condition=Ready", "widget/a", "--timeout=60s")
    status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    if await kubectl.newer_than(23):
        await kubectl("patch", *G1, "widget", "a", "--type=merge", "--subresource=status", "-p", status)
    else:
        path = "/apis/example.com/v1/namespaces/g1/widgets/a/status"
        body = json.loads(await kubectl("get", *G1, "wd", "a", "-o", "json"))
        await kubectl("replace", "--raw", path, "-f", kubectl.write(json.dumps({**body, **json.loads(status)})))
    out, _ = await asyncio.wait_for(waiting.communicate(), DEADLINE_S)
    assert "condition met" in out.decode()
    gone = await kubectl.start("wait", *G1, "--for=delete", "widget/a", "--timeout=60s")
    await kubectl("delete", "namespace", "g1", "--wait", "--timeout=60s")
    _, said = await asyncio.wait_for(gone.communicate(), DEADLINE_S)
    # An old kubectl that first looks when all is over says that there is nothing.
    assert gone.returncode == 0 or b"NotFound" in said or b"no matching resources" in said, said
    await kubectl("get", "namespace", "g1", fails="not found")


async def test_create_and_auth_speak_protobuf(kubectl: Kubectl) -> None:
    await kubectl("create", "namespace", "made")
    inside = ("-n", "made")
    await kubectl("create", *inside, "configmap", "cm", "--from-literal=a=b")
    assert await kubectl("get", *inside, "configmap", "cm", "-o", "jsonpath={.data.a}") == "b"
    await kubectl("create", *inside, "secret", "generic", "s", "--from-literal=a=b")
    assert await kubectl("get", *inside, "secret", "s", "-o", "jsonpath={.data.a}") == "Yg=="
    await kubectl("create", *inside, "serviceaccount", "robot")
    await kubectl("create", *inside, "role", "reader", "--verb=get,list", "--resource=configmaps")
    await kubectl("create", *inside, "rolebinding", "robot-reads", "--role=reader", "--serviceaccount=made:robot")
    robot = "--as=system:serviceaccount:made:robot"
    assert await kubectl("auth", "can-i", "list", "configmaps", *inside, robot) == "yes\n"
    assert "configmaps" in await kubectl("auth", "can-i", "--list", *inside, robot)
    if await kubectl.newer_than(26):
        assert (await kubectl("create", *inside, "token", "robot", "--duration=20m")).count(".") == 2
        assert "system:masters" in await kubectl("auth", "whoami")


async def test_a_machine_is_applied_described_read_and_moved_out_of_the_way(furnished: Kubectl) -> None:
    kubectl = furnished
    await kubectl("apply", *G1, "-f", kubectl.write(MACHINE))
    await kubectl("wait", *G1, "--for=condition=Ready", "vm/vm", "--timeout=60s")
    described = _words(await kubectl("describe", *G1, "vm", "vm"))
    assert "Printable Status: Running" in described
    header, row = (await kubectl("get", *G1, "pods", "-o", "wide")).splitlines()
    assert header.split()[:4] == ["NAME", "READY", "STATUS", "RESTARTS"]
    pod, node = row.split()[0], row.split()[6]
    assert f"Node: {node}/" in _words(await kubectl("describe", *G1, "pod", pod))
    assert "Status: Bound" in _words(await kubectl("describe", *G1, "pvc", "data"))
    assert "Status: Active" in _words(await kubectl("describe", "namespace", "g1"))
    assert "SuccessfulCreate" in await kubectl("get", *G1, "events", "--sort-by=.lastTimestamp")
    assert node in await kubectl("get", "nodes", "-o", "wide")
    await kubectl("cordon", node)
    assert "Ready,SchedulingDisabled" in await kubectl("get", "node", node)
    described = _words(await kubectl("describe", "node", node))
    assert "Unschedulable: true" in described
    assert pod in described
    await kubectl("uncordon", node)
    assert await kubectl("get", *G1, "pvc", "data", "--no-headers", "-o", "custom-columns=P:.status.phase") == "Bound\n"
    logs = await kubectl("logs", *G1, pod, "-c", "guest-console-log")
    assert "login:" in logs or "Linux" in logs
    await kubectl("exec", *G1, pod, "--", "ls", fails="does not imitate pods/exec")
    await kubectl("delete", *G1, "vm", "vm", "--timeout=60s")
    await kubectl("get", *G1, "vm", "vm", fails="not found")


def _words(text: str) -> str:
    """Leave one blank between words: columns are as wide as what is in them."""
    return " ".join(text.split())
