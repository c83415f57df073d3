"""Nova's images over HTTP: Glance's, until 2.35."""

from __future__ import annotations

from tests.cloud import Project
from tests.compute.recorded import answer, message, shape


def test_lists_and_one(project: Project):
    listed = project.compute.get("/images").json()
    assert shape(listed) == shape(answer("nova-251"))
    image_id = listed["images"][0]["id"]
    shown = project.compute.get(f"/images/{image_id}").json()["image"]
    theirs = answer("nova-252")["image"]
    assert shape({**shown, "metadata": {}}) == shape({**theirs, "metadata": {}})
    assert shown in project.compute.get("/images/detail").json()["images"]
    lost = project.compute.get("/images/nosuch")
    assert (lost.status_code, message(lost)) == (404, "Image not found.")


def test_filters(project: Project):
    image = project.compute.get("/images/detail").json()["images"][0]
    for query, fits in {
        f"name={image['name']}": True,
        "name=nosuch": False,
        "status=ACTIVE": image["status"] == "ACTIVE",
        "minDisk=100000": False,
        "property-colour=red": False,
        "changes-since=2020-01-01T00:00:00Z": True,
    }.items():
        ids = {one["id"] for one in project.compute.get(f"/images?{query}").json()["images"]}
        assert (image["id"] in ids) == fits, query
    assert project.compute.get("/images?minRam=x").status_code == 400
    assert project.compute.get("/images?limit=0").status_code == 400


def test_another_projects_image_is_not_shown(project: Project, other_project: Project):
    body = {"name": "mine", "disk_format": "raw", "container_format": "bare"}
    made = project.image.post("/images", json=body).json()
    assert made["id"] in {one["id"] for one in project.compute.get("/images").json()["images"]}
    assert made["id"] not in {one["id"] for one in other_project.compute.get("/images").json()["images"]}
    assert other_project.compute.get(f"/images/{made['id']}").status_code == 404


def test_gone_since_2_36(project: Project):
    assert project.compute_at("2.35").get("/images").status_code == 200
    gone = project.compute_at("2.36").get("/images")
    assert (gone.status_code, gone.json()) == (404, answer("nova-253"))


def test_an_image_is_deleted(project: Project, other_project: Project):
    body = {"name": "mine", "disk_format": "raw", "container_format": "bare", "protected": True}
    path = f"/images/{project.image.post('/images', json=body).json()['id']}"
    lost = other_project.compute.delete(path)
    assert (lost.status_code, message(lost)) == (404, "Image not found.")
    kept = project.compute.delete(path)
    assert (kept.status_code, message(kept)) == (403, "You are not allowed to delete the image.")
    free = [{"op": "replace", "path": "/protected", "value": False}]
    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    assert project.image.patch(path, json=free, headers=headers).status_code == 200
    assert project.compute_at("2.36").delete(path).status_code == 404
    gone = project.compute.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert project.image.get(path).status_code == 404
