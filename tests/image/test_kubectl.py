"""Images that people make or change with kubectl: nothing of them may break or open what is others'."""

import pytest

from tests.cloud import wait_for
from tests.image.exchanges import CDI, create, listed, message, patch, show, upload

MERGE = {"Content-Type": "application/merge-patch+json"}
DATA = b"secret" * 1024


def make(project, name, source, **annotations):
    body = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name, "namespace": project.namespace, "annotations": spelt(annotations)},
        "spec": {"source": source},
    }
    made = project.cloud.kube.post(f"{CDI}/namespaces/{project.namespace}/datasources", json=body)
    assert made.status_code == 201, made.text
    image_id = made.json()["metadata"]["uid"]
    wait_for(lambda: project.image.get(f"/images/{image_id}").status_code == 200, "the image to be seen")
    return image_id


def spelt(annotations):
    return {f"image.dicot.io/{key.replace('_', '-')}": value for key, value in annotations.items()}


def annotate(project, image_id, **annotations):
    (name,) = [
        one["metadata"]["name"]
        for one in project.objects(f"{CDI}/datasources")
        if one["metadata"]["labels"].get("dicot.io/image-id") == image_id
    ]
    path = f"{CDI}/namespaces/{project.namespace}/datasources/{name}"
    body = {"metadata": {"annotations": spelt(annotations)}}
    assert project.cloud.kube.patch(path, json=body, headers=MERGE).status_code == 200


def test_a_source_that_names_another_projects_claim_shows_nothing_of_it(project, other_project):
    image = create(other_project)
    assert upload(other_project, image["id"], DATA).status_code == 204
    (claim,) = other_project.objects("/api/v1/persistentvolumeclaims")
    place = {"namespace": other_project.namespace, "name": claim["metadata"]["name"]}
    mine = make(project, "mine", {"pvc": place}, size=str(len(DATA)))
    shown = show(project, mine)
    assert (shown["status"], shown["size"], shown["virtual_size"]) == ("queued", None, None)
    answer = project.image.get(f"/images/{mine}/file")
    assert (answer.status_code, answer.content) == (204, b"")
    assert other_project.objects("/apis/export.kubevirt.io/v1/virtualmachineexports") == []


def test_no_member_makes_an_image_public_with_an_annotation(project, other_project):
    shared, community = create(project, name="offered"), create(project, name="ours", visibility="community")
    body = {"member": other_project.project_id}
    assert project.image.post(f"/images/{shared['id']}/members", json=body).status_code == 200
    for image in (shared, community):
        annotate(project, image["id"], visibility="public")
        wait_for(lambda image=image: show(project, image["id"])["visibility"] == "private", "the change to be seen")
        assert other_project.image.get(f"/images/{image['id']}").status_code == 404


def test_an_image_that_the_administrator_made_public_is_public(project, other_project, cloud):
    image = create(project, name="for all")
    assert patch(cloud.admin, image["id"], {"op": "replace", "path": "/visibility", "value": "public"}).is_success
    assert show(other_project, image["id"])["visibility"] == "public"


def test_images_with_long_names_have_readers_of_their_own(project, other_project):
    prefix = "a" * 60
    one, two = (make(project, f"{prefix}{end}", {"pvc": {"namespace": project.namespace, "name": end}}) for end in "bc")
    for image in (one, two):
        asked = patch(project, image, {"op": "replace", "path": "/visibility", "value": "community"})
        assert asked.status_code == 200, asked.text
    assert patch(project, two, {"op": "replace", "path": "/visibility", "value": "private"}).status_code == 200
    roles = project.objects("/apis/rbac.authorization.k8s.io/v1/roles")
    assert [role["rules"][1]["resourceNames"] for role in roles if role["metadata"]["name"].startswith("aaa")] == [
        ["b"]
    ]


@pytest.mark.parametrize(
    "odd", [{"properties": "[" * 50_000}, {"tags": "{"}, {"members": "[1]"}, {"size": "9" * 5000}, {"min_ram_mib": "x"}]
)
def test_odd_annotations_break_nobodys_list(project, other_project, odd):
    image = create(project, name="odd", visibility="community", **{"container_format": "bare"})
    annotate(project, image["id"], **odd)
    key = next(iter(odd))
    wait_for(lambda: any(key.replace("_", "-") in str(one) for one in project.objects(f"{CDI}/datasources")), "it")
    assert "odd" in listed(project)
    assert "odd" in listed(other_project, visibility="community")


def test_an_image_whose_data_is_elsewhere_takes_none(project):
    empty = make(project, "empty", {"snapshot": {"namespace": project.namespace, "name": "none"}}, disk_format="raw")
    named = {"op": "replace", "path": "/container_format", "value": "bare"}
    assert patch(project, empty, named).status_code == 200
    refused = upload(project, empty, DATA)
    assert refused.status_code == 409, refused.text
    assert "takes none itself" in message(refused)
