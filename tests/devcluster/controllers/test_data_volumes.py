"""DataVolumes beside their recorded timelines, and what of CDI is refused by name."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from dicot.kube import kinds as K
from dicot.kube.errors import KubeError
from dicot.kube.kinds import Kind
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank
from tests.devcluster.controllers.storage_timelines import STORAGE_KINDS, compare
from tests.devcluster.controllers.timelines import Heard, listening

FILE = "cdi-datavolumes-timelines.json"
PODS = "worker pods do not exist"
SCRATCH = "no image needs scratch space here"
REPEATED = "CDI repeats events of the claim in this condition for a moment"
RACE = "CDI looked for the claim before its cache knew it"
CSI = "the recorded class had no CSI driver"


async def hear(bench: Bench, name: str, source: dict[str, Any], last: str, **storage: Any) -> Heard:
    """Listen to one DataVolume until it is in its last phase."""
    async with listening(bench, STORAGE_KINDS) as heard:
        spec = {**blank(storageClassName="fast", accessModes=["ReadWriteOnce"], volumeMode="Filesystem"), **storage}
        await bench.create(K.DATA_VOLUMES, name, {**spec, "source": source})
        await bench.until_status(
            K.DATA_VOLUMES, name, lambda s: s.get("phase") == last and (last[0] != "W" or "first consumer" in str(s))
        )
    return heard


@pytest.fixture
async def served() -> AsyncIterator[str]:
    """A web server with one disk image; all else is 404."""
    app = web.Application()

    async def image(_request: web.Request) -> web.Response:
        return web.Response(body=b"image".ljust(1024, b"\0"))

    app.router.add_get("/disk.img", image)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_blank_disk_is_as_recorded(bench: Bench) -> None:
    heard = await hear(bench, "blank1", {"blank": {}}, "Succeeded")
    compare(heard, FILE, "blank DataVolume", {"event Pod *": PODS})


async def test_a_disk_that_waits_for_its_consumer_is_as_recorded(bench: Bench) -> None:
    storage = blank(storageClassName="local")["storage"]
    heard = await hear(bench, "wffc1", {"blank": {}}, "WaitForFirstConsumer", storage=storage)
    compare(heard, FILE, "WaitForFirstConsumer class", {})


async def test_an_import_is_as_recorded(bench: Bench, served: str) -> None:
    heard = await hear(bench, "http1", {"http": {"url": f"{served}/disk.img"}}, "Succeeded")
    known = {
        "event Pod *": PODS,
        "pvc 2 *": SCRATCH,
        "dv phase": SCRATCH,
        "dv condition Running": SCRATCH,
        "dv condition Ready": SCRATCH,
        "dv condition Bound": REPEATED,
        "event DataVolume ImportScheduled": SCRATCH,
        "event DataVolume Unschedulable": SCRATCH,
        "event DataVolume NotFound": RACE,
    }
    compare(heard, FILE, "http import", known)


async def test_an_import_that_fails_is_as_recorded(bench: Bench, served: str) -> None:
    async with listening(bench, STORAGE_KINDS) as heard:
        spec = {**blank(storageClassName="fast", accessModes=["ReadWriteOnce"], volumeMode="Filesystem")}
        await bench.create(K.DATA_VOLUMES, "http404", {**spec, "source": {"http": {"url": f"{served}/none.img"}}})
        await bench.until_status(K.DATA_VOLUMES, "http404", lambda s: s.get("restartCount") == 3)
        await bench.client.delete(K.DATA_VOLUMES, "http404", NAMESPACE)
        await bench.until_gone(K.PERSISTENT_VOLUME_CLAIMS, "http404")
    third = next(i for i, one in enumerate(heard.events) if (one.get("status") or {}).get("restartCount") == 3)
    heard.events = heard.events[:third]  # the recording ends before
    known = {"event Pod *": PODS, "dv condition Bound": REPEATED}
    compare(heard, FILE, "http import 404", known)


async def test_an_upload_is_as_recorded(bench: Bench) -> None:
    heard = await hear(bench, "up1", {"upload": {}}, "UploadReady")
    known = {
        "event Pod *": PODS,
        "pvc 2 *": SCRATCH,
        "pvc 3 *": "the end of the disk before it",
        "dv condition Bound": REPEATED,
        "event DataVolume NotFound": RACE,
        "event DataVolume CreatingScratchSpace": SCRATCH,
    }
    compare(heard, FILE, "upload", known)


async def test_a_clone_is_as_recorded(bench: Bench) -> None:
    await hear(bench, "http1", {"blank": {}}, "Succeeded")
    source = {"pvc": {"namespace": NAMESPACE, "name": "http1"}}
    heard = await hear(bench, "clone2", source, "Succeeded")
    known = {
        "event Pod *": PODS,
        "event PersistentVolumeClaim NoPopulator": CSI,
        "dv condition Running": "the recorded clone's pod was seen to flap",
        "dv condition Ready": "the recorded clone's pod was seen to flap",
    }
    compare(heard, FILE, "PVC clone (host assisted), with DNS working", known)


@pytest.mark.parametrize(
    ("kind", "spec", "named"),
    [
        (K.DATA_VOLUMES, {"source": {"imageio": {"url": "http://x/"}}}, "DataVolumes from imageio"),
        (K.DATA_VOLUMES, {"source": {"vddk": {"url": "http://x/"}}}, "DataVolumes from vddk"),
        (K.VM_POOLS, {"replicas": 1}, "VirtualMachinePools"),
        (K.DATA_IMPORT_CRONS, {"schedule": "* * * * *"}, "DataImportCrons"),
    ],
)
async def test_what_is_not_imitated_is_refused_by_name(bench: Bench, kind: Kind, spec: Any, named: str) -> None:
    body = {**blank(), **spec} if kind == K.DATA_VOLUMES else spec
    with pytest.raises(KubeError, match=named) as refused:
        await bench.create(kind, "x", body)
    assert refused.value.status == 501


async def test_the_end_of_a_disk_takes_its_claim_and_its_bytes(bench: Bench) -> None:
    for name, policy in (("one", "Background"), ("two", "Foreground")):
        await hear(bench, name, {"blank": {}}, "Succeeded")
        claim = await bench.get(K.PERSISTENT_VOLUME_CLAIMS, name)
        path = bench.controllers.machinery.disks.path(claim["metadata"]["uid"])
        assert path.exists()
        await bench.client.delete(K.DATA_VOLUMES, name, NAMESPACE, propagation=policy)
        await bench.until_gone(K.DATA_VOLUMES, name)
        await bench.until_gone(K.PERSISTENT_VOLUME_CLAIMS, name)

        async def removed(path: Any = path) -> bool:
            return not path.exists()

        await bench.until(removed, "the end of the bytes")


async def test_a_snapshot_stays_until_the_claim_made_from_it_is_there(bench: Bench) -> None:
    await hear(bench, "d", {"blank": {}}, "Succeeded")
    await bench.create(K.VOLUME_SNAPSHOTS, "s", {"source": {"persistentVolumeClaimName": "d"}})
    await bench.until_status(K.VOLUME_SNAPSHOTS, "s", lambda s: s.get("readyToUse"))
    named = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "storageClassName": "local", "dataSource": named}
    spec["resources"] = {"requests": {"storage": "68Mi"}}
    await bench.create(K.PERSISTENT_VOLUME_CLAIMS, "c", spec)  # waits for its consumer
    await bench.client.delete(K.VOLUME_SNAPSHOTS, "s", NAMESPACE)
    held = await bench.get(K.VOLUME_SNAPSHOTS, "s")
    assert held["metadata"]["deletionTimestamp"]
    note = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}}
    await bench.client.patch(K.PERSISTENT_VOLUME_CLAIMS, "c", note, NAMESPACE)
    await bench.until_status(K.PERSISTENT_VOLUME_CLAIMS, "c", lambda s: s.get("phase") == "Bound")
    await bench.until_gone(K.VOLUME_SNAPSHOTS, "s")
