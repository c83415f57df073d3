"""DataVolumes, claims, snapshots, uploads and exports, over real sockets."""

import io
import json
import struct
import zlib
from itertools import groupby
from typing import Any

import aiohttp
import pytest

from dicot.devcluster.controllers import qcow2
from dicot.kube import kinds as K
from dicot.kube.client import Actor
from dicot.kube.errors import Forbidden, Invalid
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank, machine, machine_with_disk
from tests.devcluster.controllers.timelines import compare, listening
from tests.shared_material import shared

MIB = 2**20


def recorded_phases(label: str, name: str) -> list[str]:
    for item in json.loads(shared("recordings/kubernetes/cdi-datavolumes-timelines.json").read_text())["items"]:
        if item["label"].startswith(label):
            states = [e.get("status") or {} for e in item["events"] if e["kind"] == "dv" and e["name"] == name]
            return [phase for phase, _ in groupby(state.get("phase") for state in states) if phase]
    raise LookupError(label)


async def heard_phases(bench: Bench, made: dict[str, Any], last: str) -> list[str]:
    phases: list[str] = []
    revision = made["metadata"]["resourceVersion"]
    async with bench.client.watching(
        K.DATA_VOLUMES, NAMESPACE, resource_version=revision, timeout_s=10, inactivity_s=10
    ) as events:
        async for event in events:
            phase = (event["object"].get("status") or {}).get("phase")
            if phase and phases[-1:] != [phase]:
                phases.append(phase)
            if phase == last:
                return phases
    return phases


async def filled(bench: Bench, name: str) -> dict[str, Any]:
    return await bench.until_status(K.DATA_VOLUMES, name, lambda s: s.get("phase") == "Succeeded")


@pytest.mark.parametrize(
    ("name", "label", "source", "last"),
    [
        ("blank1", "blank DataVolume", {"blank": {}}, "Succeeded"),
        ("up1", "upload", {"upload": {}}, "UploadReady"),
    ],
)
async def test_phases_come_in_the_recorded_order(bench: Bench, name: str, label: str, source: Any, last: str) -> None:
    spec = {"source": source, "storage": {"resources": {"requests": {"storage": "64Mi"}}}}
    made = await bench.create(K.DATA_VOLUMES, name, spec)
    assert await heard_phases(bench, made, last) == recorded_phases(label, name)


async def test_an_import_that_cannot_connect_says_so_and_tries_on(bench: Bench) -> None:
    spec = {**blank(), "source": {"http": {"url": "http://127.0.0.1:1/disk.img"}}}
    await bench.create(K.DATA_VOLUMES, "http1", spec)
    volume = await bench.until_status(
        K.DATA_VOLUMES, "http1", lambda s: s.get("restartCount", 0) > 1 and "Unable to connect" in str(s)
    )
    running = next(c for c in volume["status"]["conditions"] if c["type"] == "Running")
    assert volume["status"]["phase"] == "ImportInProgress"
    assert running["message"].startswith("Unable to connect to http data source")


async def test_a_filesystem_claim_gets_the_overhead_and_waits_for_its_consumer(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "wffc1", blank(storageClassName="local"))
    await bench.until_status(K.DATA_VOLUMES, "wffc1", lambda s: s.get("phase") == "WaitForFirstConsumer")
    claim = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, "wffc1")
    assert claim["spec"]["resources"]["requests"]["storage"] == "71135396"
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine_with_disk("wffc1"))
    await bench.until_printable("vm", "Running")
    assert (await filled(bench, "wffc1"))["status"]["progress"] == "100.0%"


async def test_binding_at_once_may_be_asked_for(bench: Bench) -> None:
    notes = {"cdi.kubevirt.io/storage.bind.immediate.requested": ""}
    await bench.create(K.DATA_VOLUMES, "now", blank(storageClassName="local"), annotations=notes)
    await filled(bench, "now")


async def test_an_upload_is_checked_converted_and_exported(bench: Bench) -> None:
    spec = {**blank("1Mi"), "source": {"upload": {}}}
    await bench.create(K.DATA_VOLUMES, "up", spec)
    await bench.until_status(K.DATA_VOLUMES, "up", lambda s: s.get("phase") == "UploadReady")
    asked = {"metadata": {"name": "up"}, "spec": {"pvcName": "up"}}
    answer = await bench.client.create(K.UPLOAD_TOKEN_REQUESTS, asked, NAMESPACE)
    config = await bench.get(K.CDI_CONFIGS, "config")
    url = config["status"]["uploadProxyURL"] + "/v1beta1/upload-async"
    token = {"Authorization": f"Bearer {answer['status']['token']}"}
    raw = b"beginning".ljust(65536, b"\0") + b"second cluster".ljust(65536, b"\0")
    async with aiohttp.ClientSession() as http:
        assert (await http.post(url, data=b"x")).status == 400
        assert (await http.post(url, data=b"x", headers={"Authorization": "Bearer no.token"})).status == 401
        assert (await http.post(url, data=io.BytesIO(b"x" * (MIB + 1)), headers=token)).status == 400
        assert (await http.post(url, data=io.BytesIO(image_qcow2(raw)), headers=token)).status == 200
        await filled(bench, "up")
        assert (await http.post(url, data=b"x", headers=token)).status == 503
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tok"}, "stringData": {"token": "abc"}}
        await bench.client.create(K.SECRETS, secret, NAMESPACE)
        source = {"apiGroup": "", "kind": "PersistentVolumeClaim", "name": "up"}
        await bench.create(K.VM_EXPORTS, "out", {"tokenSecretRef": "tok", "source": source})
        export = await bench.until_status(K.VM_EXPORTS, "out", lambda s: s.get("phase") == "Ready")
        link = export["status"]["links"]["internal"]["volumes"][0]["formats"][0]["url"]
        assert (await http.get(link)).status == 401
        allowed = {"x-kubevirt-export-token": "abc"}
        part = await http.get(link, headers={**allowed, "Range": "bytes=65536-65549"})
        assert (part.status, await part.read()) == (206, b"second cluster")
        whole = await (await http.get(link, headers=allowed)).read()
    assert (len(whole), whole[: len(raw)]) == (MIB, raw)


async def test_snapshot_restore_clone_and_growth(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "d", blank("1Mi"))
    await filled(bench, "d")
    claim = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, "d")
    disks = bench.controllers.machinery.disks
    disks.path(claim["metadata"]["uid"]).write_bytes(b"before".ljust(MIB, b"\0"))
    await bench.create(K.VOLUME_SNAPSHOTS, "s", {"source": {"persistentVolumeClaimName": "d"}})
    snapshot = await bench.until_status(K.VOLUME_SNAPSHOTS, "s", lambda s: s.get("readyToUse"))
    assert snapshot["status"].keys() >= {"boundVolumeSnapshotContentName", "creationTime", "restoreSize"}
    disks.path(claim["metadata"]["uid"]).write_bytes(b"after".ljust(MIB, b"\0"))
    for name, source in (("restored", {"snapshot": {"name": "s"}}), ("cloned", {"pvc": {"name": "d"}})):
        kind = next(iter(source))
        source[kind]["namespace"] = NAMESPACE
        await bench.create(K.DATA_VOLUMES, name, {"source": source, "storage": {}})
        await filled(bench, name)
        made = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, name)
        found = disks.path(made["metadata"]["uid"]).read_bytes()
        assert (found[:6].rstrip(b"\0"), len(found)) == (b"before" if name == "restored" else b"after", MIB)

    def bigger(size: str) -> dict[str, Any]:
        return {"spec": {"resources": {"requests": {"storage": size}}}}

    await bench.client.patch(K.PERSISTENT_VOLUME_CLAIMS, "d", bigger("2Mi"), NAMESPACE)
    await bench.until_status(K.PERSISTENT_VOLUME_CLAIMS, "d", lambda s: s["capacity"]["storage"] == "2Mi")
    assert disks.path(claim["metadata"]["uid"]).stat().st_size == 2 * MIB
    with pytest.raises(Invalid):
        await bench.client.patch(K.PERSISTENT_VOLUME_CLAIMS, "d", bigger("1Mi"), NAMESPACE)
    await bench.client.delete(K.VOLUME_SNAPSHOTS, "s", NAMESPACE)
    await bench.until_gone(K.VOLUME_SNAPSHOTS, "s")
    assert (await bench.client.list(K.VOLUME_SNAPSHOT_CONTENTS))[0] == []


async def test_hot_plug_goes_through_the_recorded_phases(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "root", blank())
    await bench.create(K.DATA_VOLUMES, "data", blank())
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine_with_disk("root"))
    await bench.until_printable("vm", "Running")
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
    volume = {"name": "data", "disk": {"disk": {"bus": "virtio"}}, "volumeSource": {"dataVolume": {"name": "data"}}}
    await bench.call("vm", "addvolume", volume)
    phases: list[str] = []
    async with bench.client.watching(
        K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE, resource_version=vmi["metadata"]["resourceVersion"], timeout_s=10,
        inactivity_s=10,
    ) as events:  # fmt: skip
        async for event in events:
            state = event["object"].get("status", {}).get("volumeStatus") or []
            found = next((one for one in state if one["name"] == "data"), None)
            if found is None and phases:
                break
            if found and phases[-1:] != [found["phase"]]:
                phases.append(found["phase"])
                if found["phase"] == "Ready":
                    assert found["target"] == "vdb"
                    await bench.call("vm", "removevolume", {"name": "data"})
    wanted = ["AttachedToNode", "MountedToPod", "Ready", "UnMountedFromPod", "Detaching"]
    assert [phase for phase in phases if phase != "Pending"] == wanted
    assert (await bench.refused("vm", "removevolume", {"name": "root"})).status == 409


async def test_a_clone_needs_the_right_to_read_its_source(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "secret", blank())
    await filled(bench, "secret")
    await bench.client.create(
        K.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}
    )
    source = {"source": {"pvc": {"namespace": NAMESPACE, "name": "secret"}}, "storage": {}}
    body = {"metadata": {"name": "stolen", "namespace": "elsewhere"}, "spec": source}
    body |= {"apiVersion": K.DATA_VOLUMES.api_version, "kind": "DataVolume"}
    bench.cluster.add_user("eve")
    rule = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "eve"}}
    rule["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    rule["subjects"] = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}]
    await bench.client.create(K.ROLE_BINDINGS, rule, "elsewhere")
    with pytest.raises(Forbidden, match="insufficient permissions in clone source namespace"):
        await bench.client.acting_as(Actor("eve")).create(K.DATA_VOLUMES, body, "elsewhere")
    template = {"metadata": {"name": "stolen"}, "spec": source}
    machine = machine_with_disk("stolen", dataVolumeTemplates=[template])
    vm = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "thief"}, "spec": machine}
    await bench.client.create(K.VIRTUAL_MACHINES, vm, "elsewhere")

    async def failure() -> Any:
        found = await bench.client.get(K.VIRTUAL_MACHINES, "thief", "elsewhere")
        conditions = (found.get("status") or {}).get("conditions") or []
        return next((c for c in conditions if c["type"] == "Failure"), None)

    assert (await bench.until(failure))["reason"] == "UnauthorizedDataVolumeCreate"


def image_qcow2(raw: bytes) -> bytes:
    """A qcow2 image of `raw`: its first cluster plain, its second compressed."""
    cluster = 65536
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, len(raw), 0, 1, cluster, 3 * cluster, 1, 0, 0)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -12)
    packed = squeeze.compress(raw[cluster:]) + squeeze.flush()
    sectors = (len(packed) + 511) // 512 - 1
    compressed = (1 << 62) | (sectors << (62 - 8)) | (5 * cluster)
    first = struct.pack(">Q", 2 * cluster | (1 << 63)).ljust(cluster, b"\0")
    second = struct.pack(">QQ", 4 * cluster | (1 << 63), compressed).ljust(cluster, b"\0")
    parts = [head.ljust(cluster, b"\0"), first, second, bytes(cluster), raw[:cluster]]
    return b"".join(parts) + packed.ljust((sectors + 1) * 512, b"\0")


def test_qcow2_is_read(tmp_path: Any) -> None:
    raw = b"a".ljust(65536, b"\0") + b"b" * 65536
    path = tmp_path / "image.qcow2"
    path.write_bytes(image_qcow2(raw))
    assert qcow2.virtual_size(path.read_bytes()[:64], 0) == len(raw)
    qcow2.to_raw(path)
    assert path.read_bytes() == raw


POD_OF_ITS_OWN = "attachment pods are named in the status but do not exist"
NO_POD = {
    "pod 1 phase": POD_OF_ITS_OWN,
    **{f"event Pod {reason}": POD_OF_ITS_OWN for reason in ("Scheduled", "Pulled", "Created", "Started", "Killing")},
    "event VirtualMachineInstance SuccessfulCreate": POD_OF_ITS_OWN,
    "event VirtualMachineInstance SuccessfulDelete": POD_OF_ITS_OWN,
}


async def test_volumes_come_and_go_through_the_recorded_states(bench: Bench) -> None:
    file = "hotplug-volume-timelines.json"
    await bench.create(K.DATA_VOLUMES, "hp1", blank(accessModes=["ReadWriteOnce"]))
    await bench.until_status(K.DATA_VOLUMES, "hp1", lambda s: s.get("phase") == "Succeeded")
    await bench.create(K.VIRTUAL_MACHINES, "h1", machine("Always"))
    await bench.until_status(K.VIRTUAL_MACHINES, "h1", lambda s: s.get("ready") and "AgentConnected" in str(s))
    source = {"persistentVolumeClaim": {"claimName": "hp1"}}
    async with listening(bench) as heard:
        await bench.call("h1", "addvolume", {"name": "hp1", "disk": {"disk": {"bus": "scsi"}}, "volumeSource": source})
        await bench.until_status(K.VIRTUAL_MACHINES, "h1", lambda s: "DisksNotLiveMigratable" in str(s["conditions"]))
        await bench.until_status(
            K.VIRTUAL_MACHINE_INSTANCES, "h1", lambda s: "VolumeReady" in str(s.get("volumeStatus"))
        )
    compare("addvolume to a running VM", heard, file, NO_POD)
    async with listening(bench) as heard:
        await bench.call("h1", "removevolume", {"name": "hp1"})
        await bench.until_status(K.VIRTUAL_MACHINE_INSTANCES, "h1", lambda s: "hp1" not in str(s.get("volumeStatus")))
        await bench.until_status(K.VIRTUAL_MACHINES, "h1", lambda s: "DisksNotLive" not in str(s["conditions"]))
    compare("removevolume", heard, file, NO_POD)
    async with listening(bench) as heard:
        missing = {"persistentVolumeClaim": {"claimName": "nope"}}
        await bench.call("h1", "addvolume", {"name": "hpx", "disk": {"disk": {}}, "volumeSource": missing})
        vmi = await bench.until_status(
            K.VIRTUAL_MACHINE_INSTANCES, "h1", lambda s: "FailedPvcNotFound" in str(s.get("volumeStatus"))
        )
    already = "in the recording another volume was plugged before"
    known = {f"{kind} condition LiveMigratable": already for kind in ("vm", "vmi")}
    compare("addvolume of a missing PVC", heard, file, known)
    entry = next(one for one in vmi["status"]["volumeStatus"] if one["name"] == "hpx")
    assert entry["phase"] == "Pending"
