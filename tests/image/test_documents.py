"""Version discovery, schemas, and what this service says it can do."""

import pytest

from tests.image.exchanges import create, message, recorded


def test_versions_need_no_token(anonymous, cloud):
    choices, index = anonymous.get("/image"), anonymous.get("/image/versions")
    assert (choices.status_code, index.status_code) == (300, 200)
    assert choices.json() == index.json()
    golden = recorded("001-root")["body"]["versions"]
    current = next(one for one in choices.json()["versions"] if one["status"] == "CURRENT")
    assert current["id"] == next(one["id"] for one in golden if one["status"] == "CURRENT")
    assert current["links"] == [{"rel": "self", "href": f"{cloud.url}/image/v2/"}]
    assert anonymous.get("/image/v2").status_code == recorded("003-v2")["status"]


@pytest.mark.parametrize(
    ("name", "file"), [("image", "005-schema-image"), ("images", "006-schema-images"), ("member", "007-schema-member")]
)
def test_schemas_as_recorded(project, name, file):
    assert project.image.get(f"/schemas/{name}").json() == recorded(file)["body"]


def test_other_schemas(project):
    assert project.image.get("/schemas/members").json()["name"] == "members"
    assert project.image.get("/schemas/nosuch").status_code == 404


def test_what_can_be_imported(project):
    body = project.image.get("/info/import").json()
    assert body["import-methods"]["value"] == ["glance-direct", "web-download"]
    refused = project.image.get("/info/stores")
    assert refused.status_code == 404
    assert message(refused).startswith("Multi backend is not supported at this site.")


def test_there_are_no_tasks_and_no_definitions(project, cloud):
    image = create(project)
    assert project.image.get(f"/images/{image['id']}/tasks").json() == {"tasks": []}
    assert cloud.admin.image.get("/tasks").json()["tasks"] == []
    assert project.image.get("/tasks").status_code == 403
    assert project.image.get("/metadefs/namespaces").json()["namespaces"] == []
    assert project.image.get("/metadefs/namespaces/x").status_code == 404
    assert project.image.get("/metadefs/resource_types").json() == {"resource_types": []}
    for name in ("namespace", "namespaces", "resource_type", "resource_types"):
        assert "properties" in project.image.get(f"/schemas/metadefs/{name}").json()
    assert project.image.get("/schemas/metadefs/nosuch").status_code == 404


def test_tags_as_recorded(project):
    path = f"/images/{create(project)['id']}/tags/blue"
    for method in ("PUT", "PUT", "DELETE"):
        assert project.image.request(method, path).status_code == 204
    gone, golden = project.image.delete(path), recorded("030-image-tag-del-404")
    assert (gone.status_code, gone.json()) == (golden["status"], golden["body"])
    assert project.image.put(path.replace("blue", "x" * 256)).status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "requires a 'method' field"),
        ({"method": {}}, 400, "requires a 'name' field"),
        ({"method": {"name": "copy-image"}}, 400, "Unknown import method name 'copy-image'."),
        ({"method": {"name": "web-download", "uri": "file:///etc/passwd"}}, 400, "does not pass filtering"),
        ({"method": {"name": "web-download"}}, 400, "does not pass filtering"),
        ({"method": {"name": "web-download", "uri": "http://x/"}, "stores": ["a"]}, 400, "'stores' cannot be used"),
        (
            {"method": {"name": "web-download", "uri": "http://x/"}, "all_stores": "x"},
            400,
            "must be boolean value only",
        ),
    ],
)
def test_what_is_no_import(project, body, status, sentence):
    refused = project.image.post(f"/images/{create(project)['id']}/import", json=body)
    assert refused.status_code == status
    assert sentence in message(refused)
