"""Exports of claims, machines and snapshots: the recorded timeline, every format, who may read and for how long."""

import gzip
import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from dicot.devcluster.clock import ManualClock
from dicot.kube import kinds as K
from dicot.kube.errors import Invalid
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank, machine_with_disk
from tests.devcluster.controllers.storage_timelines import STORAGE_KINDS, compare
from tests.devcluster.controllers.timelines import listening

MIB = 2**20
BYTES = b"beginning".ljust(MIB, b"\0")
NO_POD = "no exporter pod runs: one server serves every export"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


async def plain_claim(bench: Bench, name: str) -> None:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}
    spec["resources"] = {"requests": {"storage": "1Mi"}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
    made = await bench.client.create(K.PERSISTENT_VOLUME_CLAIMS, claim, NAMESPACE)
    await bench.until_status(K.PERSISTENT_VOLUME_CLAIMS, name, lambda s: s.get("phase") == "Bound")
    bench.controllers.machinery.disks.path(made["metadata"]["uid"]).write_bytes(BYTES)


async def disk(bench: Bench, name: str) -> None:
    await bench.create(K.DATA_VOLUMES, name, blank("1Mi", storageClassName="fast"))
    await bench.until_status(K.DATA_VOLUMES, name, lambda s: s.get("phase") == "Succeeded")
    claim = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, name)
    bench.controllers.machinery.disks.path(claim["metadata"]["uid"]).write_bytes(BYTES)


async def token(bench: Bench) -> dict[str, str]:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tok"}, "stringData": {"token": "abc"}}
    await bench.client.create(K.SECRETS, secret, NAMESPACE)
    return {"x-kubevirt-export-token": "abc"}


def source(kind: str, name: str) -> dict[str, Any]:
    groups = {"VirtualMachine": "kubevirt.io", "VirtualMachineSnapshot": "snapshot.kubevirt.io"}
    return {"apiGroup": groups.get(kind, ""), "kind": kind, "name": name}


async def export(bench: Bench, name: str, kind: str, of: str, **spec: Any) -> dict[str, Any]:
    await bench.create(K.VM_EXPORTS, name, {"source": source(kind, of), "tokenSecretRef": "tok", **spec})
    return await bench.until_status(K.VM_EXPORTS, name, lambda s: s.get("phase") == "Ready")


def links(found: dict[str, Any], where: str = "internal") -> dict[str, dict[str, str]]:
    volumes = found["status"]["links"][where]["volumes"]
    return {one["name"]: {each["format"]: each["url"] for each in one["formats"]} for one in volumes}


async def test_an_export_of_a_claim_is_as_recorded(bench: Bench) -> None:
    await plain_claim(bench, "d1")
    await token(bench)
    async with listening(bench, STORAGE_KINDS) as heard:
        found = await export(bench, "e1", "PersistentVolumeClaim", "d1", ttlDuration="10m")
    file = "snapshot-restore-clone-export-timelines.json"
    known = {"event Pod *": NO_POD}
    known |= {f"event VirtualMachineExport {reason}": NO_POD for reason in ("ExporterPodCreated", "SecretCreated")}
    compare(heard, file, "export of a PVC", known)
    assert list(links(found)["d1"]) == ["dir", "tar.gz"]


async def test_files_are_served_as_a_directory_and_as_an_archive(bench: Bench, http: aiohttp.ClientSession) -> None:
    await plain_claim(bench, "d1")
    allowed = await token(bench)
    offered = links(await export(bench, "e1", "PersistentVolumeClaim", "d1"), "external")["d1"]
    assert (await http.get(offered["dir"])).status == 401
    page = await (await http.get(offered["dir"], headers=allowed)).text()
    assert 'href="disk.img"' in page
    assert await (await http.get(f"{offered['dir']}/disk.img", headers=allowed)).read() == BYTES
    packed = await (await http.get(offered["tar.gz"], headers=allowed)).read()
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        assert archive.getnames() == [".", "./disk.img"]
        member = archive.extractfile("./disk.img")
        assert member is not None
        assert member.read() == BYTES
    assert (await http.get(offered["dir"].replace("/dir", "/disk.img"), headers=allowed)).status == 404


async def test_a_stopped_machine_is_exported_and_a_running_one_is_in_use(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    await disk(bench, "root")
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine_with_disk("root", "Manual"))
    await bench.until_stopped("vm")
    allowed = await token(bench)
    found = await export(bench, "e1", "VirtualMachine", "vm")
    assert found["status"]["virtualMachineName"] == "vm"
    offered = links(found)["root"]
    assert list(offered) == ["raw", "gzip"]
    packed = await (await http.get(offered["gzip"], headers=allowed)).read()
    assert gzip.decompress(packed) == BYTES
    secret = next(one["url"] for one in found["status"]["links"]["internal"]["manifests"])
    listed = await (await http.get(secret, headers=allowed)).json()
    assert listed["items"][0]["stringData"] == {"token": "x-kubevirt-export-token:abc"}
    await bench.call("vm", "start")
    busy = await bench.until_status(K.VM_EXPORTS, "e1", lambda s: "InUse" in str(s))
    assert busy["status"]["links"] == {}
    ready = next(one for one in busy["status"]["conditions"] if one["type"] == "Ready")
    assert ready["message"] == f"Virtual Machine {NAMESPACE}/vm is running"
    assert (await http.get(offered["raw"], headers=allowed)).status == 404
    await bench.until_printable("vm", "Running")
    await bench.call("vm", "stop")
    await bench.until_status(K.VM_EXPORTS, "e1", lambda s: s.get("phase") == "Ready")


async def test_a_snapshot_is_exported_from_claims_of_its_own(bench: Bench, http: aiohttp.ClientSession) -> None:
    await disk(bench, "root")
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine_with_disk("root", "Manual"))
    await bench.until_stopped("vm")
    await bench.create(K.VM_SNAPSHOTS, "sn", {"source": source("VirtualMachine", "vm")})
    allowed = await token(bench)
    found = await export(bench, "e1", "VirtualMachineSnapshot", "sn")
    made = next(one for one in found["status"]["conditions"] if one["type"] == "VolumesCreated")
    assert (made["status"], made["reason"]) == ("True", "AllPVCsReady")
    offered = links(found)["root"]
    assert "/volumes/e1-root/" in offered["raw"]
    assert await (await http.get(offered["raw"], headers=allowed)).read() == BYTES
    await bench.client.delete(K.VM_EXPORTS, "e1", NAMESPACE)
    await bench.until_gone(K.PERSISTENT_VOLUME_CLAIMS, "e1-root")


@pytest.mark.parametrize(
    ("kind", "reason", "phase"),
    [
        ("PersistentVolumeClaim", "PVCNotFound", "Pending"),
        ("VirtualMachine", "VMNotFound", "Skipped"),
        ("VirtualMachineSnapshot", "VMSnapshotNotFound", "Skipped"),
    ],
)
async def test_an_export_of_nothing_says_so(bench: Bench, kind: str, reason: str, phase: str) -> None:
    await bench.create(K.VM_EXPORTS, "e1", {"source": source(kind, "nope")})
    found = await bench.until_status(K.VM_EXPORTS, "e1", lambda s: reason in str(s))
    assert found["status"]["phase"] == phase
    assert "tokenSecretRef" not in found["status"]


async def test_a_token_is_made_and_the_export_ends_in_time(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = await Bench.start(tmp_path / "state", clock)
    try:
        spec = {"source": source("PersistentVolumeClaim", "nope"), "ttlDuration": "10m"}
        await bench.create(K.VM_EXPORTS, "e1", spec)

        async def told() -> bool:
            await clock.advance(0.1)
            return bool((await bench.get(K.VM_EXPORTS, "e1")).get("status"))

        await bench.until(told)
        await clock.advance(590)
        assert (await bench.get(K.VM_EXPORTS, "e1"))["status"]["phase"] == "Pending"
        await clock.advance(11)
        await bench.until_gone(K.VM_EXPORTS, "e1")
    finally:
        await bench.stop()


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"apiGroup": "", "kind": "Pod", "name": "x"}, "invalid kind"),
        ({"apiGroup": "apps", "kind": "PersistentVolumeClaim", "name": "x"}, "PVC API group must be missing or blank"),
        ({"apiGroup": "", "kind": "VirtualMachine", "name": "x"}, "VM API group must be kubevirt.io"),
        ({"apiGroup": "snapshot.kubevirt.io", "kind": "VirtualMachineSnapshot", "name": ""},
         "VMSnapshot name must not be empty"),
    ],
)  # fmt: skip
async def test_exports_of_other_things_are_refused(bench: Bench, named: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        await bench.create(K.VM_EXPORTS, "x", {"source": named})
