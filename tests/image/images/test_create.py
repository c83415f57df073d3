"""Making, showing, changing and deleting images over HTTP, and their side in Kubernetes."""

import uuid

import pytest

from tests.cloud import wait_for
from tests.image.exchanges import CDI, PATCH, create, left, listed, message, patch, recorded, show, upload


def shape(body):
    return {key: type(value) for key, value in body.items()}


def test_an_image_is_born_queued(project):
    answer = project.image.post(
        "/images",
        json={
            "name": "gimg",
            "disk_format": "raw",
            "container_format": "bare",
            "min_disk": 0,
            "tags": ["t1"],
            "os_distro": "cirros",
        },
    )
    assert answer.status_code == 201
    body, golden = answer.json(), recorded("010-image-create")["body"]
    assert shape(body) == shape(golden)
    same = {"id", "owner", "created_at", "updated_at", "self", "file"}
    assert {key: value for key, value in body.items() if key not in same} == {
        key: value for key, value in golden.items() if key not in same
    }
    assert list(body) == list(golden), "in the order Glance writes them"
    assert body["owner"] == project.project_id
    assert answer.headers["Location"].endswith(f"/image/v2/images/{body['id']}")
    assert project.image.get(f"/images/{body['id']}").json() == body


def test_an_image_is_a_readable_data_source(project):
    image = create(project, name="Fedora 42", min_disk=3, tags=["a"], os_distro="fedora", protected=True)
    (source,) = project.objects(f"{CDI}/datasources")
    assert source["metadata"]["name"].startswith("fedora-42-")
    assert source["metadata"]["labels"]["dicot.io/image-id"] == image["id"]
    assert source["metadata"]["annotations"] == {
        "dicot.io/name": "Fedora 42",
        "image.dicot.io/visibility": "shared",
        "image.dicot.io/protected": "true",
        "image.dicot.io/disk-format": "raw",
        "image.dicot.io/container-format": "bare",
        "image.dicot.io/min-disk-gb": "3",
        "image.dicot.io/tags": '["a"]',
        "image.dicot.io/properties": '{"os_distro":"fedora"}',
    }
    patch(project, image["id"], {"op": "replace", "path": "/protected", "value": False})


def test_an_image_may_have_no_name_and_no_format(project):
    image = create(project, name=None, disk_format=None, container_format=None)
    assert (image["name"], image["disk_format"], image["container_format"]) == (None, None, None)


def test_an_image_may_bring_its_id(project):
    image_id = str(uuid.uuid4())
    assert create(project, id=image_id)["id"] == image_id
    answer = project.image.post("/images", json={"id": image_id, "name": "dup"})
    assert answer.status_code == 409
    assert message(answer).startswith(f"Image ID {image_id} already exists!")
    assert len(project.objects(f"{CDI}/datasources")) == 1


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"name": "x", "disk_format": "nosuch"}, 400, "Provided object does not match schema 'image': 'nosuch' is not"),
        ({"name": 5}, 400, "5 is not of type 'null', 'string'"),
        ({"name": "x" * 256}, 400, "is too long"),
        ({"name": "x", "min_disk": "5"}, 400, "'5' is not of type 'integer'"),
        ({"name": "x", "min_disk": -1}, 400, "Cannot be a negative value"),
        ({"name": "x", "protected": "yes"}, 400, "'yes' is not of type 'boolean'"),
        ({"name": "x", "tags": "a"}, 400, "'a' is not of type 'array'"),
        ({"name": "x", "prop": 5}, 400, "5 is not of type 'string'"),
        ({"name": "x", "p" * 256: "x"}, 400, "255 characters"),
        ({"id": "x"}, 400, "does not match"),
        ({f"p{number}": "" for number in range(129)}, 413, "Attempted: 129, Maximum: 128"),
        ({"tags": [str(number) for number in range(129)]}, 413, "Attempted: 129, Maximum: 128"),
        ({"name": "x", "status": "active"}, 403, "Attribute 'status' is read-only."),
        ({"name": "x", "self": "x"}, 403, "Attribute 'self' is read-only."),
        ({"name": "x", "deleted": "x"}, 403, "Attribute 'deleted' is reserved."),
        ({"name": "x", "owner": "f" * 32}, 403, "You are not permitted to create images owned by"),
        ({"name": "x", "visibility": "public"}, 403, "You are not authorized to complete publicize_image action."),
        ([], 400, "does not match schema"),
    ],
)
def test_what_is_refused_leaves_nothing(project, body, status, sentence):
    answer = project.image.post("/images", json=body)
    assert answer.status_code == status, answer.text
    assert sentence in message(answer)
    assert set(answer.json()) == {"message", "code", "title"}
    assert left(project) == {}


def test_malformed_json(project):
    answer = project.image.post("/images", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_who_may_not_ask(cloud, anonymous, project):
    answer = anonymous.get("/image/v2/images")
    golden = recorded("004-noauth-401")
    assert (answer.status_code, answer.json()) == (golden["status"], golden["body"])
    assert answer.headers["WWW-Authenticate"].startswith('Keystone uri="')
    assert anonymous.get("/image/v2", headers={"X-Auth-Token": "nonsense"}).status_code == 401
    reader = cloud.new_project(f"reader-{uuid.uuid4().hex[:8]}", role="reader")
    try:
        assert reader.image.get("/images").status_code == 200
        refused = reader.image.post("/images", json={"name": "x"})
        assert refused.status_code == 403
        assert "add_image" in message(refused)
    finally:
        reader.remove()


def test_patch_as_recorded(project):
    image = create(project, os_distro="cirros")
    answer = patch(
        project,
        image["id"],
        {"op": "replace", "path": "/name", "value": "gimg2"},
        {"op": "add", "path": "/myprop", "value": "v"},
        {"op": "replace", "path": "/min_ram", "value": 64},
    )
    assert answer.status_code == 200
    assert {**image, "name": "gimg2", "myprop": "v", "min_ram": 64} == {
        **answer.json(),
        "updated_at": image["updated_at"],
    }
    assert "myprop" not in patch(project, image["id"], {"op": "remove", "path": "/myprop"}).json()
    refused = patch(project, image["id"], {"op": "remove", "path": "/nosuch"})
    golden = recorded("025-image-patch-conflict-409")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])
    refused = patch(project, image["id"], {"op": "replace", "path": "/status", "value": "active"})
    golden = recorded("026-image-patch-readonly-403")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])


def test_patch_of_another_type_as_recorded(project):
    image = create(project)
    refused = project.image.patch(f"/images/{image['id']}", json=[{"op": "replace", "path": "/name", "value": "z"}])
    golden = recorded("027-image-patch-badmedia-415")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])
    assert refused.headers["Accept-Patch"] == dict(golden["headers"])["Accept-Patch"]
    malformed = project.image.patch(f"/images/{image['id']}", content=b"[", headers=PATCH)
    assert malformed.status_code == 400


def test_the_owner_stays(project, cloud):
    image = create(project)
    change = {"op": "replace", "path": "/owner", "value": "f" * 32}
    refused = patch(project, image["id"], change)
    assert refused.status_code == 403
    assert "Owner can't be updated by non admin." in message(refused)
    assert patch(cloud.admin, image["id"], change).status_code == 501


def test_delete(project):
    image = create(project)
    assert upload(project, image["id"], b"x" * 4096).status_code == 204
    assert patch(project, image["id"], {"op": "replace", "path": "/protected", "value": True}).status_code == 200
    refused = project.image.delete(f"/images/{image['id']}")
    assert refused.status_code == 403
    assert message(refused).startswith(f"Image {image['id']} is protected and cannot be deleted.")
    patch(project, image["id"], {"op": "replace", "path": "/protected", "value": False})
    assert project.image.delete(f"/images/{image['id']}").status_code == 204
    assert project.image.get(f"/images/{image['id']}").status_code == 404
    again = project.image.delete(f"/images/{image['id']}")
    assert again.status_code == 404
    assert message(again).startswith(f"Failed to find image {image['id']} to delete")
    wait_for(lambda: not left(project), "the image's data to go with it")


def test_others_see_nothing_of_a_shared_or_private_image(project, other_project):
    for visibility in ("shared", "private"):
        image = create(project, visibility=visibility, name=f"mine-{visibility}")
        path = f"/images/{image['id']}"
        assert other_project.image.get(path).status_code == 404
        assert other_project.image.get(f"{path}/file").status_code == 404
        assert upload(other_project, image["id"], b"x").status_code == 404
        assert patch(other_project, image["id"], {"op": "remove", "path": "/x"}).status_code == 404
        assert other_project.image.delete(path).status_code == 404
        assert other_project.image.put(f"{path}/tags/x").status_code == 404
        assert other_project.image.post(f"{path}/actions/deactivate").status_code == 404
        assert image["name"] not in listed(other_project)
    assert show(project, image["id"])["status"] == "queued"


def test_a_community_image_is_found_by_who_looks_for_it(project, other_project):
    image = create(project, visibility="community", name="known")
    assert show(other_project, image["id"])["owner"] == project.project_id
    assert "known" not in listed(other_project)
    assert "known" in listed(other_project, visibility="community")
    assert "known" in listed(other_project, visibility="all")
    assert "known" in listed(project)
    refused = other_project.image.delete(f"/images/{image['id']}")
    assert refused.status_code == 403
    assert message(refused).startswith("You are not authorized to complete delete_image action.")


def test_only_an_administrator_makes_images_public(project, other_project, cloud):
    image = create(project, name="everyones")
    change = {"op": "replace", "path": "/visibility", "value": "public"}
    refused = patch(project, image["id"], change)
    golden = recorded("014-image-create-public-403")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])
    assert "everyones" not in listed(other_project)
    assert patch(cloud.admin, image["id"], change).json()["visibility"] == "public"
    assert "everyones" in listed(other_project)
    closing = {"op": "replace", "path": "/visibility", "value": "private"}
    assert patch(project, image["id"], closing).json()["visibility"] == "private"
    assert "everyones" not in listed(other_project)
    assert other_project.image.get(f"/images/{image['id']}").status_code == 404


def test_an_annotation_does_not_make_an_image_public(project, other_project, cloud):
    image = create(project, name="boast")
    (source,) = project.objects(f"{CDI}/datasources")
    path = f"{CDI}/namespaces/{project.namespace}/datasources/{source['metadata']['name']}"
    forged = {"metadata": {"annotations": {"image.dicot.io/visibility": "public"}}}
    answer = cloud.kube.patch(path, json=forged, headers={"Content-Type": "application/merge-patch+json"})
    assert answer.status_code == 200
    wait_for(lambda: show(project, image["id"])["visibility"] == "private", "the annotation to be seen")
    assert "boast" not in listed(other_project)


def test_an_image_that_kubectl_made_is_public_where_public_images_are(project, cloud):
    (image,) = project.image.get("/images", params={"name": "tiny"}).json()["images"]
    assert (image["visibility"], image["status"], image["owner"]) == ("public", "active", None)
    assert (image["disk_format"], image["container_format"]) == ("raw", "bare")
    assert show(project, image["id"]) == image
    assert project.image.delete(f"/images/{image['id']}").status_code == 403


def test_what_a_member_of_the_project_made_with_kubectl_is_theirs(project, other_project, cloud):
    body = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": "by-hand", "namespace": project.namespace},
        "spec": {"source": {"pvc": {"name": "nothing", "namespace": project.namespace}}},
    }
    made = cloud.kube.post(f"{CDI}/namespaces/{project.namespace}/datasources", json=body)
    assert made.status_code == 201
    wait_for(lambda: "by-hand" in listed(project), "the image to be seen")
    image = show(project, made.json()["metadata"]["uid"])
    assert (image["visibility"], image["status"]) == ("private", "queued")
    assert "by-hand" not in listed(other_project)
