"""Volume types over HTTP: StorageClasses, read only."""

from __future__ import annotations

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import answer, assert_like, assert_same

NOBODY = "00000000-0000-0000-0000-000000000000"


def test_types(project: Project):
    api = project.volume
    listed = api.get("/types")
    assert_like("006-types", listed, ignore=(".extra_specs",))
    types = {one["name"]: one for one in listed.json()["volume_types"]}
    assert {"fast", "local"} <= types.keys()
    assert_like("007-types-default", api.get("/types/default"), ignore=(".extra_specs",))
    assert api.get("/types/default").json()["volume_type"]["name"] == "fast"
    one = types["local"]
    assert api.get(f"/types/{one['id']}").json()["volume_type"] == one
    assert api.get(f"/types/{NOBODY}").status_code == 404
    assert api.get("/types", params={"is_public": "false"}).json() == {"volume_types": []}


def test_what_stands_behind_a_type_is_for_administrators(project: Project, cloud: Cloud):
    local = next(one for one in project.volume.get("/types").json()["volume_types"] if one["name"] == "local")
    assert "provisioner" not in local["extra_specs"]
    seen = cloud.admin.volume.get(f"/types/{local['id']}/extra_specs").json()["extra_specs"]
    assert seen["volumeBindingMode"] == "WaitForFirstConsumer"
    assert cloud.admin.volume.get(f"/types/{local['id']}/extra_specs/volumeBindingMode").json() == {
        "volumeBindingMode": "WaitForFirstConsumer"
    }
    assert cloud.admin.volume.get(f"/types/{local['id']}/extra_specs/colour").status_code == 404
    assert cloud.admin.volume.get(f"/types/{local['id']}/encryption").json() == {}
    assert cloud.admin.volume.get(f"/types/{local['id']}/os-volume-type-access").status_code == 404


def test_types_are_not_made_here(project: Project, cloud: Cloud):
    body = {"volume_type": {"name": "x"}}
    assert_same("008-type-create-403", project.volume.post("/types", json=body))
    refused = cloud.admin.volume.post("/types", json=body)
    assert refused.status_code == 403
    assert "StorageClasses" in refused.json()["forbidden"]["message"]
    assert cloud.admin.volume.delete(f"/types/{NOBODY}").status_code == 403


@pytest.mark.parametrize("spelling", ["name", "id", "alias"])
def test_a_volume_of_a_type(storage: Storage, spelling: str):
    default = storage.api.get("/types/default").json()["volume_type"]
    asked = {"name": default["name"], "id": default["id"], "alias": "__DEFAULT__"}[spelling]
    volume = storage.create(volume_type=asked)
    assert (volume["volume_type"], volume["volume_type_id"]) == (default["name"], default["id"])


def test_several_servers_at_once_only_where_the_administrator_offers_it(storage: Storage, cloud: Cloud):
    assert storage.create()["multiattach"] is False
    kube, profiles = cloud.kube, "/apis/cdi.kubevirt.io/v1beta1/storageprofiles"
    fast = kube.get("/apis/storage.k8s.io/v1/storageclasses/fast").json()
    shared = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "shared", "annotations": {"dicot.io/multiattach": "true"}},
        "provisioner": fast["provisioner"],
    }
    assert kube.post("/apis/storage.k8s.io/v1/storageclasses", json=shared).status_code == 201
    profile = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "StorageProfile",
        "metadata": {"name": "shared"},
        "spec": {},
    }
    assert kube.post(profiles, json=profile).status_code in {201, 409}
    status = {"status": {**kube.get(f"{profiles}/fast").json()["status"], "storageClass": "shared"}}
    headers = {"Content-Type": "application/merge-patch+json"}
    patched = kube.patch(f"{profiles}/shared/status", json=status, headers=headers)
    assert patched.status_code == 200, patched.text
    try:

        def offered() -> bool:
            found = {one["name"]: one["extra_specs"] for one in storage.api.get("/types").json()["volume_types"]}
            return found.get("shared") == {"multiattach": "<is> True"}

        wait_for(offered, "the type to offer it")
        assert storage.create(volume_type="shared")["multiattach"] is True
    finally:
        cloud.kube.delete("/apis/storage.k8s.io/v1/storageclasses/shared")
        cloud.kube.delete("/apis/cdi.kubevirt.io/v1beta1/storageprofiles/shared")


def test_the_recorded_conflict_cannot_arise(cloud: Cloud):
    """Cinder answers 409 for a name that is taken; here making one is refused before that."""
    assert answer("010-type-create-409")["status"] == 409
    assert cloud.admin.volume.post("/types", json={"volume_type": {"name": "fast"}}).status_code == 403
