"""Sharing an image: offers, answers, and what Kubernetes then lets others do."""

import pytest

from tests.cloud import wait_for
from tests.image.exchanges import RBAC, create, listed, message, patch, recorded, show, upload


@pytest.fixture
def image(project):
    return create(project, name="offered")


def offer(project, image, member_id):
    return project.image.post(f"/images/{image['id']}/members", json={"member": member_id})


def answer(session, image, member_id, status):
    return session.image.put(f"/images/{image['id']}/members/{member_id}", json={"status": status})


def subjects(project):
    bindings = [one for one in project.objects(f"{RBAC}/rolebindings") if one["metadata"]["name"].endswith("-readers")]
    return sorted(subject["name"] for one in bindings for subject in one["subjects"])


def test_an_offer_as_recorded(project, image):
    made, golden = offer(project, image, "deadbeef"), recorded("031-image-members-private-403")
    assert made.status_code == golden["status"]
    body = made.json()
    assert list(body) == list(golden["body"])
    assert (body["member_id"], body["image_id"], body["status"]) == ("deadbeef", image["id"], "pending")
    assert project.image.get(f"/images/{image['id']}/members").json() == {
        "members": [body],
        "schema": "/v2/schemas/members",
    }
    assert project.image.get(f"/images/{image['id']}/members/deadbeef").json() == body
    assert offer(project, image, "deadbeef").status_code == 409


def test_an_offer_opens_the_image_and_accepting_lists_it(project, other_project, image):
    offer(project, image, other_project.project_id)
    assert show(other_project, image["id"])["name"] == "offered"
    assert "offered" not in listed(other_project)
    assert listed(other_project, member_status="pending", name="offered") == ["offered"]
    assert answer(project, image, other_project.project_id, "accepted").status_code == 403
    accepted = answer(other_project, image, other_project.project_id, "accepted")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert "offered" in listed(other_project)
    assert subjects(project) == [
        f"dicot:project:{other_project.project_id}",
        f"system:serviceaccounts:{other_project.namespace}",
    ]
    answer(other_project, image, other_project.project_id, "rejected")
    assert "offered" not in listed(other_project)
    assert listed(other_project, member_status="rejected", name="offered") == ["offered"]


def test_a_member_may_clone_the_data_and_others_may_not(project, other_project, image):
    upload(project, image["id"], b"x" * 4096)
    body = {"volume": {"size": 1, "imageRef": image["id"]}}
    assert other_project.volume.post("/volumes", json=body).status_code == 400
    offer(project, image, other_project.project_id)
    made = other_project.volume.post("/volumes", json=body)
    assert made.status_code == 202, made.text
    path = f"/volumes/{made.json()['volume']['id']}"
    wait_for(lambda: other_project.volume.get(path).json()["volume"]["status"] == "available", "the volume")


def test_an_offer_taken_back_closes_the_image(project, other_project, image):
    offer(project, image, other_project.project_id)
    answer(other_project, image, other_project.project_id, "accepted")
    path = f"/images/{image['id']}/members/{other_project.project_id}"
    assert other_project.image.delete(path).status_code == 403
    assert project.image.delete(path).status_code == 204
    assert other_project.image.get(f"/images/{image['id']}").status_code == 404
    assert subjects(project) == []
    assert project.image.delete(path).status_code == 404


def test_a_member_sees_itself_only(project, other_project, image):
    offer(project, image, "deadbeef")
    offer(project, image, other_project.project_id)
    path = f"/images/{image['id']}/members"
    (seen,) = other_project.image.get(path).json()["members"]
    assert seen["member_id"] == other_project.project_id
    assert other_project.image.get(f"{path}/deadbeef").status_code == 404
    assert answer(other_project, image, "deadbeef", "accepted").status_code == 404


def test_only_shared_images_have_members(project, other_project, image):
    patch(project, image["id"], {"op": "replace", "path": "/visibility", "value": "private"})
    path = f"/images/{image['id']}/members"
    assert offer(project, image, "x").status_code == 403
    assert project.image.get(path).status_code == 403
    assert project.image.get(f"{path}/x").status_code == 404
    assert other_project.image.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "sentence"),
    [({}, "Member to be added not specified"), ({"member": ""}, "Member can't be empty"), ({"member": 5}, "string")],
)
def test_what_is_no_offer(project, image, body, sentence):
    refused = project.image.post(f"/images/{image['id']}/members", json=body)
    assert refused.status_code == 400
    assert sentence in message(refused)


def test_what_is_no_answer(project, other_project, image):
    offer(project, image, other_project.project_id)
    assert answer(other_project, image, other_project.project_id, "perhaps").status_code == 400
    path = f"/images/{image['id']}/members/{other_project.project_id}"
    assert other_project.image.put(path, json={}).status_code == 400
