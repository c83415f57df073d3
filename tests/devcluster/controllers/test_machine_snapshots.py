"""Snapshots, restores and clones of virtual machines: recorded timelines, and the bytes of the disks."""

from pathlib import Path
from typing import Any

import pytest

from dicot.devcluster.clock import ManualClock
from dicot.kube import kinds as K
from dicot.kube.errors import Invalid, KubeError
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank, machine_with_disk
from tests.devcluster.controllers.storage_timelines import STORAGE_KINDS, compare
from tests.devcluster.controllers.timelines import listening

FILE = "snapshot-restore-clone-export-timelines.json"
MIB = 2**20
SNAPSHOTTER = "the recorded snapshotter was a script: it set no finalizers, and took one step"
KNOWN = {"vs finalizers": SNAPSHOTTER, "vs readyToUse": SNAPSHOTTER}
ENDS = {"vs finalizers": SNAPSHOTTER, "vs life": SNAPSHOTTER}


def target(name: str = "s1") -> dict[str, Any]:
    return {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": name}


async def snapshot(bench: Bench, name: str, **spec: Any) -> dict[str, Any]:
    await bench.create(K.VM_SNAPSHOTS, name, {"source": target(), **spec})
    return await bench.until_status(K.VM_SNAPSHOTS, name, lambda s: s.get("readyToUse"))


async def restore(bench: Bench, name: str, of: str, to: str = "s1", **spec: Any) -> dict[str, Any]:
    await bench.create(K.VM_RESTORES, name, {"target": target(to), "virtualMachineSnapshotName": of, **spec})
    return await bench.until_status(K.VM_RESTORES, name, lambda s: s.get("complete"))


async def free(bench: Bench) -> None:
    """Wait until no snapshot holds the machine any more."""
    await bench.until_status(K.VIRTUAL_MACHINES, "s1", lambda s: not s.get("snapshotInProgress"))


async def claim_of(bench: Bench, name: str) -> dict[str, Any]:
    vm = await bench.get(K.VIRTUAL_MACHINES, name)
    volume = vm["spec"]["template"]["spec"]["volumes"][-1]
    source = volume.get("persistentVolumeClaim") or volume["dataVolume"]
    return await bench.get(K.PERSISTENT_VOLUME_CLAIMS, source.get("claimName") or source["name"])


def bytes_of(bench: Bench, claim: dict[str, Any]) -> Path:
    return bench.controllers.machinery.disks.path(claim["metadata"]["uid"])


@pytest.fixture
async def s1(bench: Bench) -> Bench:
    """A stopped machine as the recorded one: a container disk, a cloud-init, and one claim."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d1"}, "spec": spec}
    claim["spec"]["storageClassName"] = "fast"
    await bench.client.create(K.PERSISTENT_VOLUME_CLAIMS, claim, NAMESPACE)
    await bench.until_status(K.PERSISTENT_VOLUME_CLAIMS, "d1", lambda s: s.get("phase") == "Bound")
    vm = machine_with_disk("d1", "Manual")
    inner = vm["template"]["spec"]
    inner["volumes"] = [
        {"name": "root", "containerDisk": {"image": "example.org/guest:1"}},
        {"name": "ci", "cloudInitConfigDrive": {"userData": "#cloud-config\n"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "d1"}},
    ]
    inner["domain"]["devices"]["disks"] = [{"name": n, "disk": {"bus": "virtio"}} for n in ("root", "ci", "data")]
    await bench.create(K.VIRTUAL_MACHINES, "s1", vm)
    await bench.until_stopped("s1")
    return bench


async def test_a_snapshot_of_a_stopped_machine_is_as_recorded(s1: Bench) -> None:
    async with listening(s1, STORAGE_KINDS) as heard:
        await snapshot(s1, "sn1")
        await free(s1)
    compare(heard, FILE, "snapshot of a stopped VM", KNOWN)


async def test_a_restore_to_a_stopped_machine_is_as_recorded(s1: Bench) -> None:
    await snapshot(s1, "sn1")
    await free(s1)
    async with listening(s1, STORAGE_KINDS) as heard:
        await restore(s1, "r1", "sn1")
    compare(heard, FILE, "restore to the stopped VM", {})


async def test_a_snapshot_of_a_running_machine_is_as_recorded(s1: Bench) -> None:
    await s1.call("s1", "start")
    await s1.until_status(K.VIRTUAL_MACHINES, "s1", lambda s: "AgentConnected" in str(s.get("conditions")))
    async with listening(s1, STORAGE_KINDS) as heard:
        await snapshot(s1, "sn2")
        await free(s1)
    compare(heard, FILE, "snapshot of a running VM", KNOWN)


async def test_a_restore_waits_for_a_running_machine_as_recorded(s1: Bench) -> None:
    await snapshot(s1, "sn1")
    await free(s1)
    await s1.call("s1", "start")
    await s1.until_printable("s1", "Running")
    async with listening(s1, STORAGE_KINDS) as heard:
        await s1.create(K.VM_RESTORES, "r3", {"target": target(), "virtualMachineSnapshotName": "sn1"})
        await s1.until_status(K.VM_RESTORES, "r3", lambda s: "Waiting for target" in str(s))
    heard.events = [one for one in heard.events if one["kind"] in ("vmrestore", "event")]
    compare(heard, FILE, "restore to a running VM", {})
    with pytest.raises(Invalid, match='VirtualMachineRestore "r3" in progress'):
        await restore(s1, "r4", "sn1")
    await s1.call("s1", "stop")
    await s1.until_status(K.VM_RESTORES, "r3", lambda s: s.get("complete"))


async def test_a_clone_is_as_recorded(s1: Bench) -> None:
    await snapshot(s1, "sn1")
    await free(s1)
    await restore(s1, "r1", "sn1")
    async with listening(s1, STORAGE_KINDS) as heard:
        await s1.create(K.VM_CLONES, "c1", {"source": target(), "target": target("s1copy")})
        await s1.until_status(K.VM_CLONES, "c1", lambda s: s.get("phase") == "Succeeded")
        for kind in (K.VM_SNAPSHOTS, K.VM_RESTORES):
            await s1.until(lambda kind=kind: _only(s1, kind, 1), f"the end of the clone's {kind.plural}")
        await s1.until(lambda: _only(s1, K.VOLUME_SNAPSHOTS, 1), "the end of the clone's VolumeSnapshot")
        await s1.until_stopped("s1copy")
    compare(heard, FILE, "clone", KNOWN | ENDS)
    old, new = await s1.get(K.VIRTUAL_MACHINES, "s1"), await s1.get(K.VIRTUAL_MACHINES, "s1copy")
    assert new["spec"]["runStrategy"] == "Halted"
    for key in ("uuid", "serial"):
        firmware = [vm["spec"]["template"]["spec"]["domain"]["firmware"][key] for vm in (old, new)]
        assert firmware[0] != firmware[1]


async def _only(bench: Bench, kind: K.Kind, count: int) -> bool:
    return len((await bench.client.list(kind, NAMESPACE))[0]) == count


async def test_the_end_of_a_snapshot_is_as_recorded(s1: Bench) -> None:
    await snapshot(s1, "sn1")
    await free(s1)
    async with listening(s1, STORAGE_KINDS) as heard:
        await s1.client.delete(K.VM_SNAPSHOTS, "sn1", NAMESPACE)
        await s1.until(lambda: _only(s1, K.VOLUME_SNAPSHOTS, 0), "the end of the VolumeSnapshot")
    compare(
        heard,
        FILE,
        "delete a snapshot",
        {**ENDS, "vs readyToUse": "the recorded one went without a change before its end"},
    )


async def test_the_end_of_a_machine_with_snapshots_is_as_recorded(s1: Bench) -> None:
    for number in ("1", "3"):
        await snapshot(s1, f"sn{number}")
        await free(s1)
        await restore(s1, f"r{number}", f"sn{number}")
    async with listening(s1, STORAGE_KINDS) as heard:
        await s1.client.delete(K.VIRTUAL_MACHINES, "s1", NAMESPACE)
        await s1.until(lambda: _only(s1, K.VM_RESTORES, 0), "the end of the restores")
        await s1.until(lambda: _only(s1, K.PERSISTENT_VOLUME_CLAIMS, 1), "the end of the restored claims")
    compare(heard, FILE, "delete the VM that has snapshots", {})
    assert await _only(s1, K.VM_SNAPSHOTS, 2)


async def test_the_guest_is_frozen_while_its_disks_are_snapshotted(s1: Bench) -> None:
    await s1.call("s1", "start")
    agent = "AgentConnected"
    await s1.until_status(K.VIRTUAL_MACHINES, "s1", lambda s: agent in str(s.get("conditions")))
    states: list[str | None] = []
    vmi = await s1.get(K.VIRTUAL_MACHINE_INSTANCES, "s1")
    revision = vmi["metadata"]["resourceVersion"]
    async with s1.client.watching(
        K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE, resource_version=revision, timeout_s=10, inactivity_s=10
    ) as events:
        await s1.create(K.VM_SNAPSHOTS, "sn", {"source": target()})
        async for event in events:
            states.append(event["object"]["status"].get("fsFreezeStatus"))
            if states[-2:] == ["frozen", None]:
                break
    done = await s1.until_status(K.VM_SNAPSHOTS, "sn", lambda s: s.get("readyToUse"))
    assert done["status"]["indications"] == ["GuestAgent", "Online"]


async def test_bytes_come_back_to_the_same_machine_and_to_a_new_one(s1: Bench) -> None:
    disk = bytes_of(s1, await claim_of(s1, "s1"))
    disk.write_bytes(b"before".ljust(MIB, b"\0"))
    await snapshot(s1, "sn1")
    await free(s1)
    disk.write_bytes(b"after".ljust(MIB, b"\0"))
    await restore(s1, "r1", "sn1")
    await restore(s1, "r2", "sn1", to="s1new")
    for name in ("s1", "s1new"):
        claim = await claim_of(s1, name)
        found = bytes_of(s1, claim).read_bytes()
        assert (found[:6], len(found)) == (b"before", MIB)
        assert claim["spec"]["dataSource"]["kind"] == "VolumeSnapshot"
    assert disk.read_bytes()[:5] == b"after"
    new = await s1.get(K.VIRTUAL_MACHINES, "s1new")
    assert new["metadata"]["annotations"]["restore.kubevirt.io/lastRestoreUID"].startswith("r2-")
    done = await s1.get(K.VM_RESTORES, "r2")
    assert done["metadata"]["ownerReferences"][0]["name"] == "s1new"


@pytest.mark.parametrize("policy", [{}, {"volumeRestorePolicy": "InPlace"}])
async def test_disks_of_templates_are_restored_as_data_volumes(bench: Bench, policy: dict[str, str]) -> None:
    template = {"metadata": {"name": "root"}, "spec": blank("1Mi", storageClassName="fast")}
    await bench.create(K.VIRTUAL_MACHINES, "s1", machine_with_disk("root", "Manual", dataVolumeTemplates=[template]))
    await bench.until_status(K.DATA_VOLUMES, "root", lambda s: s.get("phase") == "Succeeded")
    old = await claim_of(bench, "s1")
    bytes_of(bench, old).write_bytes(b"before".ljust(MIB, b"\0"))
    await snapshot(bench, "sn1")
    await free(bench)
    bytes_of(bench, old).write_bytes(b"after".ljust(MIB, b"\0"))
    done = await restore(bench, "r1", "sn1", **policy)
    claim = await claim_of(bench, "s1")
    assert claim["metadata"]["uid"] != old["metadata"]["uid"]
    assert bytes_of(bench, claim).read_bytes()[:6] == b"before"
    name = claim["metadata"]["name"]
    assert (name == "root") == bool(policy)
    assert done["status"]["restores"][0]["dataVolumeName"] == name
    volume = await bench.get(K.DATA_VOLUMES, name)
    assert claim["metadata"]["ownerReferences"][0]["uid"] == volume["metadata"]["uid"]
    if not policy:
        assert done["status"]["deletedDataVolumes"] == ["root"]
        await bench.until_gone(K.DATA_VOLUMES, "root")
    await bench.call("s1", "start")
    await bench.until_printable("s1", "Running")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("FailImmediate", "Restore target VMI must be powered off before restore operation"),
        ("StopTarget", "Operation complete"),
    ],
)
async def test_a_restore_may_fail_at_once_or_stop_its_target(s1: Bench, policy: str, reason: str) -> None:
    await snapshot(s1, "sn1")
    await free(s1)
    await s1.call("s1", "start")
    await s1.until_printable("s1", "Running")
    spec = {"target": target(), "virtualMachineSnapshotName": "sn1", "targetReadinessPolicy": policy}
    await s1.create(K.VM_RESTORES, "r1", spec)
    done = await s1.until_status(K.VM_RESTORES, "r1", lambda s: s.get("complete") or "Failure" in str(s))
    told = {one["type"]: (one["status"], one["reason"]) for one in done["status"]["conditions"]}
    assert told["Progressing"] == ("False", reason)
    assert ("Failure" in told) == (policy == "FailImmediate")


async def test_what_may_not_change_while_a_snapshot_holds_the_machine(s1: Bench) -> None:
    held = {"status": {"snapshotInProgress": "sn1"}}
    await s1.client.patch(K.VIRTUAL_MACHINES, "s1", held, NAMESPACE, subresource="status")
    with pytest.raises(Invalid, match='Cannot update vm running state until snapshot "sn1" completes'):
        await s1.client.patch(K.VIRTUAL_MACHINES, "s1", {"spec": {"runStrategy": "Always"}}, NAMESPACE)
    spec = {"template": {"spec": {"volumes": [], "domain": {"devices": {"disks": []}}}}}
    with pytest.raises(Invalid, match="Cannot update vm disks or volumes until"):
        await s1.client.patch(K.VIRTUAL_MACHINES, "s1", {"spec": spec}, NAMESPACE)
    error = await s1.refused("s1", "unpause", kind=K.VIRTUAL_MACHINE_INSTANCE_CALLS)
    assert error.status in (404, 409)
    held = {"status": {"snapshotInProgress": None, "restoreInProgress": "r1"}}
    await s1.client.patch(K.VIRTUAL_MACHINES, "s1", held, NAMESPACE, subresource="status")
    with pytest.raises(Invalid, match='Cannot update VM runStrategy until restore "r1" completes'):
        await s1.client.patch(K.VIRTUAL_MACHINES, "s1", {"spec": {"runStrategy": "Always"}}, NAMESPACE)


@pytest.mark.parametrize(
    ("kind", "spec", "reason"),
    [
        (K.VM_SNAPSHOTS, {"source": target("nope")}, "Source does not exist"),
        (K.VM_RESTORES, {"target": target("nope"), "virtualMachineSnapshotName": "nope"},
         "VMSnapshot lab/nope does not exist"),
        (K.VM_CLONES, {"source": target("nope"), "target": target("new")},
         "Source doesnt exist: VirtualMachine lab/nope"),
    ],
)  # fmt: skip
async def test_what_is_of_nothing_waits(bench: Bench, kind: K.Kind, spec: dict[str, Any], reason: str) -> None:
    await bench.create(kind, "x", spec)
    found = await bench.until_status(kind, "x", lambda s: reason in str(s))
    assert found["status"].get("phase") in (None, "InProgress")
    await bench.client.delete(kind, "x", NAMESPACE)
    await bench.until_gone(kind, "x")


async def test_time_runs_out(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = await Bench.start(tmp_path / "state", clock)
    try:
        await bench.create(K.VM_SNAPSHOTS, "sn", {"source": target("nope"), "failureDeadline": "1m0s"})
        for _ in range(8):
            await bench.until(lambda: _idle(bench), "rest")
            await clock.advance(0.1)
        assert "does not exist" in str((await bench.get(K.VM_SNAPSHOTS, "sn"))["status"])
        await clock.advance(61)
        found = await bench.until_status(K.VM_SNAPSHOTS, "sn", lambda s: s.get("phase") == "Failed")
        told = {one["type"]: (one["status"], one["reason"]) for one in found["status"]["conditions"]}
        assert told == {
            "Failure": ("True", "snapshot deadline exceeded"),
            "Progressing": ("False", "Operation failed"),
            "Ready": ("False", "Not ready"),
        }
    finally:
        await bench.stop()


async def _idle(bench: Bench) -> bool:
    return bool(bench.controllers.machinery.world.get(K.VM_SNAPSHOTS, "sn", NAMESPACE))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"source": {"apiGroup": "apps", "kind": "Deployment", "name": "x"}}, "spec.source.apiGroup"),
        ({"source": {"kind": "VirtualMachine", "name": "x"}}, "spec.source.apiGroup"),
        ({"source": {"apiGroup": "kubevirt.io", "kind": "Pod", "name": "x"}}, "spec.source.kind"),
    ],
)
async def test_snapshots_of_other_things_are_refused(bench: Bench, spec: dict[str, Any], field: str) -> None:
    with pytest.raises(KubeError) as refused:
        await bench.create(K.VM_SNAPSHOTS, "x", spec)
    assert refused.value.status == 422
    assert field in str(refused.value.details)
