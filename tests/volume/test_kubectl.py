"""The other side: claims and machines that people make with kubectl are volumes and attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import answer, assert_like

Json = dict[str, Any]
Kube = Callable[..., Json]


def claim(name: str, **metadata: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, **metadata},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "2Gi"}},
            "storageClassName": "fast",
        },
    }


def machine(name: str, *claims: str, strategy: str = "Always", **volume: Any) -> Json:
    disks = [{"name": f"disk-{one}", "disk": {"bus": "virtio"}} for one in claims]
    volumes = [{"name": f"disk-{one}", "persistentVolumeClaim": {"claimName": one, **volume}} for one in claims]
    domain = {"devices": {"disks": disks}, "memory": {"guest": "128Mi"}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {"runStrategy": strategy, "template": {"spec": {"domain": domain, "volumes": volumes}}},
    }


@pytest.fixture
def make(kube: Kube) -> Callable[[Json], Json]:
    paths = {
        "PersistentVolumeClaim": "/api/v1/persistentvolumeclaims",
        "VirtualMachine": "/apis/kubevirt.io/v1/virtualmachines",
        "DataVolume": "/apis/cdi.kubevirt.io/v1beta1/datavolumes",
    }
    return lambda body: kube(paths[body["kind"]], body)


def test_a_plain_claim_is_a_volume(storage: Storage, make: Callable[[Json], Json]):
    made = make(claim("by-hand"))
    volume_id = made["metadata"]["uid"]
    wait_for(lambda: storage.newest.get(f"/volumes/{volume_id}").status_code == 200, "the volume")
    volume = storage.until(volume_id, "available")
    assert (volume["name"], volume["size"], volume["volume_type"]) == ("by-hand", 2, "fast")
    renamed = storage.newest.put(f"/volumes/{volume_id}", json={"volume": {"name": "better"}})
    assert renamed.json()["volume"]["name"] == "better"
    assert storage.act(volume_id, "os-extend", {"new_size": 3}).status_code == 202
    assert storage.until(volume_id, "available")["size"] == 3
    assert storage.newest.delete(f"/volumes/{volume_id}").status_code == 202
    storage.gone(f"/volumes/{volume_id}")


def test_a_data_volume_is_one_volume(storage: Storage, make: Callable[[Json], Json]):
    storage_spec = {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast"}
    body = {"source": {"blank": {}}, "storage": storage_spec}
    make({"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataVolume", "metadata": {"name": "dv"}, "spec": body})
    (volume,) = wait_for(lambda: storage.newest.get("/volumes/detail").json()["volumes"], "the volume")
    assert (volume["name"], volume["size"]) == ("dv", 1)


def test_what_kubernetes_keeps_for_itself_is_no_volume(storage: Storage, make: Callable[[Json], Json]):
    make(claim("state", labels={"persistent-state-for": "web"}))
    make(claim("image", labels={"dicot.io/image-id": "x"}))
    seen = make(claim("seen"))["metadata"]["uid"]
    wait_for(lambda: storage.newest.get(f"/volumes/{seen}").status_code == 200, "the volume")
    assert [one["id"] for one in storage.newest.get("/volumes").json()["volumes"]] == [seen]


def test_in_use_by_a_running_machine(storage: Storage, make: Callable[[Json], Json]):
    volume = storage.create(name="data", metadata={"k": "v"})
    vm = make(machine("web", storage.claims()[0]["metadata"]["name"]))
    storage.until(volume["id"], "in-use")
    shown = storage.newest.get(f"/volumes/{volume['id']}")
    (attachment,) = wait_for(
        lambda: [one for one in storage.show(volume["id"])["attachments"] if one["device"]], "the device"
    )
    recorded = answer("054-volume-show-inuse")["body"]["volume"]["attachments"][0]
    assert attachment.keys() == recorded.keys()
    assert attachment["id"] == attachment["volume_id"] == volume["id"]
    assert attachment["server_id"] == vm["metadata"]["uid"]
    assert attachment["device"] == "/dev/vda"
    assert attachment["host_name"] is None
    assert not attachment["attached_at"].endswith("Z")
    assert shown.status_code == 200
    kept = storage.api.delete(f"/volumes/{volume['id']}")
    assert (kept.status_code, kept.json()) == (400, answer("055-volume-delete-inuse-400")["body"])
    needs_force = storage.api.post("/snapshots", json={"snapshot": {"volume_id": volume["id"]}})
    assert needs_force.status_code == 400
    assert "status must be available, but current status is: in-use." in needs_force.text
    assert storage.snapshot(volume["id"])["size"] == 1
    grown = storage.act(volume["id"], "os-extend", {"new_size": 2}, "3.41")
    assert grown.status_code == 400
    assert "to extend, currently in-use" in grown.text
    assert storage.act(volume["id"], "os-extend", {"new_size": 2}, "3.42").status_code == 202
    source = storage.api.post("/volumes", json={"volume": {"source_volid": volume["id"]}})
    assert source.status_code == 400


def test_attachments_are_derived(storage: Storage, make: Callable[[Json], Json]):
    at = storage.project.volume_at("3.27")
    assert storage.api.get("/attachments").json() == answer("049-attachments-old-mv-404")["body"]
    assert_like("048-attachments-list", at.get("/attachments"))
    volume = storage.create()
    vm = make(machine("web", storage.claims()[0]["metadata"]["name"]))
    storage.until(volume["id"], "in-use")
    listed = at.get("/attachments")
    assert_like("056-attachments-list-inuse", listed)
    (one,) = listed.json()["attachments"]
    assert (one["instance"], one["volume_id"], one["status"]) == (vm["metadata"]["uid"], volume["id"], "attached")
    assert_like("057-attachment-show", at.get(f"/attachments/{one['id']}"), ignore=(".connection_info",))
    assert one["id"] == storage.show(volume["id"])["attachments"][0]["attachment_id"]
    assert at.get("/attachments", params={"instance_id": vm["metadata"]["uid"]}).json() == listed.json()
    assert at.get("/attachments", params={"volume_id": "x"}).json() == {"attachments": []}
    assert len(at.get("/attachments/detail").json()["attachments"]) == 1
    assert at.get("/attachments/x").status_code == 404
    refused = at.post("/attachments", json={"attachment": {"volume_uuid": volume["id"]}})
    assert refused.status_code == 501
    assert at.delete(f"/attachments/{one['id']}").status_code == 501


def test_free_again_when_the_machine_is_gone(storage: Storage, make: Callable[[Json], Json]):
    volume = storage.create()
    make(machine("web", storage.claims()[0]["metadata"]["name"], strategy="Halted"))
    storage.until(volume["id"], "in-use")
    assert storage.show(volume["id"])["attachments"][0]["device"] == "/dev/vda"
    namespace = storage.project.namespace
    storage.project.cloud.kube.delete(f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines/web")
    wait_for(lambda: storage.show(volume["id"])["status"] == "available", "the volume to be free")
    assert storage.show(volume["id"])["attachments"] == []


def test_storage_that_waits_is_available_and_binds_when_used(storage: Storage, make: Callable[[Json], Json]):
    volume = storage.create(volume_type="local")
    make(machine("web", storage.claims()[0]["metadata"]["name"]))
    storage.until(volume["id"], "in-use")
    wait_for(lambda: storage.claims()[0]["status"]["phase"] == "Bound", "the claim to be bound")


@pytest.mark.parametrize(
    "odd",
    [
        {"dicot.io/attached-at": "yesterday", "dicot.io/attached-to": "x"},
        {"dicot.io/size-gib": "9" * 5000},
        {"dicot.io/metadata": "[" * 50_000},
        {"dicot.io/image-metadata": "1"},
    ],
)
def test_odd_annotations_break_no_list(storage: Storage, make: Callable[[Json], Json], odd: dict[str, str]):
    volume_id = make(claim("odd", annotations=odd))["metadata"]["uid"]
    make(machine("user", "odd"))
    wait_for(lambda: storage.newest.get(f"/volumes/{volume_id}").status_code == 200, "the volume")
    volume = storage.until(volume_id, "in-use")
    assert (volume["size"], volume["metadata"]) == (2, {})
    assert [one["id"] for one in storage.newest.get("/volumes/detail").json()["volumes"]] == [volume_id]
    assert len(storage.newest.get("/attachments/detail").json()["attachments"]) == 1
