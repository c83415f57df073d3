"""The life of a virtual machine, compared with the words that a real KubeVirt's timelines show."""

import asyncio
import json
import re
from itertools import groupby
from typing import Any

import pytest

from dicot.devcluster.controllers.guest import Guests
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench, from_image, machine, machine_with_disk
from tests.shared_material import shared

VMI_CALLS = K.VIRTUAL_MACHINE_INSTANCE_CALLS
PHASES = ["Pending", "Scheduling", "Scheduled", "Running"]


def recorded_words(file: str, label: str, name: str) -> list[str]:
    """The printableStatus words of one virtual machine in a recorded timeline, without repetitions."""
    for item in json.loads(shared(f"recordings/kubernetes/{file}").read_text())["items"]:
        if item["label"].startswith(label):
            states = [e.get("status") or {} for e in item["events"] if e["kind"] == "vm" and e["name"] == name]
            return [word for word, _ in groupby(s.get("printableStatus") for s in states) if word]
    raise LookupError(label)


async def heard_words(bench: Bench, name: str, revision: str, last: str) -> list[str]:
    """The printableStatus words from a watch, up to `last` with nothing requested any more."""
    words: list[str] = []
    async with (
        asyncio.timeout(10),
        bench.client.watching(
            K.VIRTUAL_MACHINES, NAMESPACE, resource_version=revision, timeout_s=10, inactivity_s=10
        ) as events,
    ):
        async for event in events:
            status = event["object"].get("status") or {}
            if event["type"] == "BOOKMARK" or event["object"]["metadata"]["name"] != name:
                continue
            word = status.get("printableStatus")
            if word and words[-1:] != [word]:
                words.append(word)
            settled = not status.get("stateChangeRequests") and bool(status.get("created")) == (last != "Stopped")
            if word == last and settled:
                return words
    return words


async def test_a_machine_is_born_stopped_and_starts(bench: Bench) -> None:
    made = await bench.create(K.VIRTUAL_MACHINES, "vm1", machine("Manual"))
    words = await heard_words(bench, "vm1", made["metadata"]["resourceVersion"], "Stopped")
    assert words == recorded_words("lifecycle-timelines.json", "create, runStrategy Manual", "vm1")
    await bench.until_stopped("vm1")
    vm = await bench.get(K.VIRTUAL_MACHINES, "vm1")
    await bench.call("vm1", "start")
    words = await heard_words(bench, "vm1", vm["metadata"]["resourceVersion"], "Running")
    assert words == recorded_words("lifecycle-timelines.json", "start -> Running", "vm1")
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm1")
    assert [entry["phase"] for entry in vmi["status"]["phaseTransitionTimestamps"]] == PHASES


@pytest.mark.parametrize(("what", "label", "last"), [("restart", "restart (graceful)", "Running"),
                                                     ("stop", "stop (graceful)", "Stopped")])  # fmt: skip
async def test_restart_and_stop_say_the_recorded_words(bench: Bench, what: str, label: str, last: str) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm1", machine("Manual"))
    await bench.until_stopped("vm1")
    await bench.call("vm1", "start")
    await bench.until_status(K.VIRTUAL_MACHINES, "vm1", lambda s: s.get("ready") and "AgentConnected" in str(s))
    vm = await bench.get(K.VIRTUAL_MACHINES, "vm1")
    await bench.call("vm1", what)
    words = await heard_words(bench, "vm1", vm["metadata"]["resourceVersion"], last)
    assert words == recorded_words("lifecycle-timelines.json", label, "vm1")


async def test_the_status_of_a_running_machine_has_the_recorded_fields(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm1", machine("Manual"))
    await bench.until_stopped("vm1")
    await bench.call("vm1", "start")
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "vm1", lambda s: "AgentConnected" in str(s))
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm1")
    items = json.loads(shared("recordings/kubernetes/lifecycle.json").read_text())["items"]
    for ours, label in ((vm, "Running, agent connected: VM"), (vmi, "Running, agent connected: VMI")):
        theirs = next(item["response"]["body"] for item in items if item["label"] == label)
        # This machine has no disks, so nothing is said of them.
        assert theirs["status"].keys() - ours["status"].keys() <= {"volumeSnapshotStatuses"}
        known = {condition["type"] for condition in theirs["status"]["conditions"]}
        assert {condition["type"] for condition in ours["status"]["conditions"]} == known
    interface, recorded = vmi["status"]["interfaces"][0], theirs["status"]["interfaces"][0]
    assert interface.keys() == recorded.keys()
    assert vmi["metadata"]["finalizers"] == theirs["metadata"]["finalizers"]


async def test_a_disk_from_the_public_image_is_made_first(bench: Bench) -> None:
    spec = machine_with_disk("root-disk", dataVolumeTemplates=[from_image("root-disk")])
    made = await bench.create(K.VIRTUAL_MACHINES, "web", spec)
    words = await heard_words(bench, "web", made["metadata"]["resourceVersion"], "Running")
    assert [word for word in words if word != "Stopped"] == ["Provisioning", "Starting", "Running"]
    claim = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, "root-disk")
    disk = bench.controllers.machinery.disks.path(claim["metadata"]["uid"])
    assert disk.stat().st_size == 2**30
    assert disk.read_bytes()[:20] == b"This is the developm"
    await bench.client.delete(K.VIRTUAL_MACHINES, "web", NAMESPACE)
    for kind, name in ((K.VIRTUAL_MACHINES, "web"), (K.PERSISTENT_VOLUME_CLAIMS, "root-disk")):
        await bench.until_gone(kind, name)

    async def removed() -> bool:
        return not disk.exists()

    await bench.until(removed)
    assert (await bench.client.list(K.PODS, NAMESPACE))[0] == []
    assert (await bench.client.list(K.CONTROLLER_REVISIONS, NAMESPACE))[0] == []


@pytest.mark.parametrize(
    ("strategy", "keeps_instance", "runs_again"),
    [("Always", False, True), ("RerunOnFailure", False, False), ("Manual", True, False), ("Once", True, False)],
)
async def test_power_off_by_the_guest(bench: Bench, strategy: str, keeps_instance: bool, runs_again: bool) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine(strategy))
    if strategy == "Manual":
        await bench.until_stopped("vm")
        await bench.call("vm", "start")
    await bench.until_printable("vm", "Running")
    first = (await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm"))["metadata"]["uid"]
    await bench.guest("vm", Guests.power_off)
    if runs_again:

        async def another() -> bool:
            vmis, _ = await bench.client.list(K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE)
            return any(one["metadata"]["uid"] != first for one in vmis)

        await bench.until(another)
        await bench.until_printable("vm", "Running")
        return
    await bench.until_printable("vm", "Stopped")
    if strategy == "Manual":
        await bench.call("vm", "restart", {"dryRun": ["All"]})
    elif strategy == "Once":
        assert (await bench.refused("vm", "restart", {"dryRun": ["All"]})).status == 409
    if keeps_instance:
        vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
        assert vmi["status"]["phase"] == "Succeeded"
    else:
        await bench.until_gone(K.VIRTUAL_MACHINE_INSTANCES, "vm")
        await bench.until_stopped("vm")


async def test_a_crash_under_rerun_on_failure_starts_anew(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_printable("vm", "Running")
    first = (await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm"))["metadata"]["uid"]
    await bench.guest("vm", Guests.crash)

    async def another() -> bool:
        vmis, _ = await bench.client.list(K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE)
        return any(one["metadata"]["uid"] != first for one in vmis)

    await bench.until(another)
    await bench.until_printable("vm", "Running")


async def test_stop_and_start_rewrite_the_spec_of_always_only(bench: Bench) -> None:
    for name, strategy in (("a", "Always"), ("r", "RerunOnFailure")):
        await bench.create(K.VIRTUAL_MACHINES, name, machine(strategy))
        await bench.until_printable(name, "Running")
        await bench.call(name, "stop")
        stopped = await bench.until_stopped(name)
        assert stopped["spec"]["runStrategy"] == ("Halted" if strategy == "Always" else strategy)
        await bench.call(name, "start")
        started = await bench.until_printable(name, "Running")
        assert started["spec"]["runStrategy"] == strategy


async def test_pause_and_unpause(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: s.get("ready"))
    await bench.call("vm", "pause", kind=VMI_CALLS)
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: s.get("printableStatus") == "Paused")
    paused = next(c for c in vm["status"]["conditions"] if c["type"] == "Paused")
    assert (paused["status"], paused["reason"]) == ("True", "PausedByUser")
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: not s.get("ready"))
    assert (await bench.refused("vm", "pause", kind=VMI_CALLS)).status == 409
    await bench.call("vm", "unpause", kind=VMI_CALLS)
    await bench.until_status(
        K.VIRTUAL_MACHINES, "vm", lambda s: s.get("ready") and s.get("printableStatus") == "Running"
    )


async def test_what_is_wrong_shows_as_recorded(bench: Bench) -> None:
    def spec(**domain: Any) -> dict[str, Any]:
        body = machine("Always")
        body["template"]["spec"]["domain"].update(domain)
        return body

    await bench.create(K.VIRTUAL_MACHINES, "nopvc", machine_with_disk("gone", "Always"))
    await bench.create(K.VIRTUAL_MACHINES, "unsched", spec(memory={"guest": "1Pi"}))
    await bench.create(K.VIRTUAL_MACHINES, "nomem", spec(memory={}))
    missing = machine("Always", instancetype={"name": "nope"})
    missing["template"]["spec"]["domain"].pop("memory")
    await bench.create(K.VIRTUAL_MACHINES, "notype", missing)
    await bench.until_printable("nopvc", "ErrorPvcNotFound")
    vm = await bench.until_printable("unsched", "ErrorUnschedulable")
    assert "Insufficient memory" in str(vm["status"]["conditions"])
    for name, reason in (("nomem", "FailedCreate"), ("notype", "FailedFindInstancetype")):
        vm = await bench.until_status(K.VIRTUAL_MACHINES, name, lambda s: "Failure" in str(s))
        failure = next(c for c in vm["status"]["conditions"] if c["type"] == "Failure")
        assert (failure["status"], failure["reason"]) == ("True", reason)
        assert vm["status"]["printableStatus"] == "Stopped"


async def test_a_claim_that_comes_late_lets_the_machine_go_on(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine_with_disk("late", "Always"))
    await bench.until_printable("vm", "ErrorPvcNotFound")
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    await bench.create(K.PERSISTENT_VOLUME_CLAIMS, "late", spec)
    await bench.until_printable("vm", "Running")


async def test_an_instancetype_is_pinned_and_applied(bench: Bench) -> None:
    spec = machine(instancetype={"name": "m1.large"})
    spec["template"]["spec"]["domain"].pop("memory")
    await bench.create(K.VIRTUAL_MACHINES, "vm", spec)
    vm = await bench.until_printable("vm", "Running")
    name = vm["status"]["instancetypeRef"]["controllerRevisionRef"]["name"]
    assert re.fullmatch(r"vm-m1\.large-v1beta1-[0-9a-f-]{36}-1", name)
    revision = await bench.get(K.CONTROLLER_REVISIONS, name)
    assert revision["data"]["spec"]["cpu"] == {"guest": 4}
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    assert (vmi["spec"]["domain"]["cpu"]["sockets"], vmi["spec"]["domain"]["memory"]["guest"]) == (4, "8192Mi")
    await bench.client.patch(K.VIRTUAL_MACHINES, "vm", {"spec": {"instancetype": {"name": "m1.small"}}}, NAMESPACE)
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "RestartRequired" in str(s))
    assert vm["status"]["instancetypeRef"]["name"] == "m1.small"
    await bench.call("vm", "restart")
    await bench.until_status(
        K.VIRTUAL_MACHINES, "vm", lambda s: "RestartRequired" not in str(s) and s.get("printableStatus") == "Running"
    )
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    assert vmi["spec"]["domain"]["memory"]["guest"] == "2048Mi"


async def test_an_orphaned_instance_is_adopted(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_printable("vm", "Running")
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    await bench.client.delete(K.VIRTUAL_MACHINES, "vm", NAMESPACE, propagation="Orphan")
    await bench.until_gone(K.VIRTUAL_MACHINES, "vm")
    left = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    assert (left["metadata"]["uid"], left["status"]["phase"]) == (vmi["metadata"]["uid"], "Running")
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_printable("vm", "Running")
    again = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    assert again["metadata"]["uid"] == vmi["metadata"]["uid"]


async def test_a_namespace_with_a_running_machine_goes(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_printable("vm", "Running")
    await bench.client.delete(K.NAMESPACES, NAMESPACE)
    await bench.until_gone(K.NAMESPACES, NAMESPACE)
