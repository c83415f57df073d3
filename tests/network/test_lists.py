"""Lists: filters, order, fields, pages with links, tags, revisions, quotas, extensions and zones."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cloud import Cloud, Project
from tests.network import scene

Json = dict[str, Any]


def names(project: Project, **params: Any) -> list[str]:
    answer = project.network.get("/networks", params=params)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["networks"] if one["name"] != "public"]


def test_filter_and_sort(project: Project) -> None:
    for name in ("b", "a", "c"):
        scene.make(project, "networks", name=name, description=f"the {name}")
    assert names(project, sort_key="name", sort_dir="asc") == ["a", "b", "c"]
    assert names(project, sort_key="name", sort_dir="desc") == ["c", "b", "a"]
    assert names(project, sort_key="name", sort_dir="asc", name=["c", "a"]) == ["a", "c"]
    assert names(project, description="the b") == ["b"]
    assert names(project, shared="True") == []
    assert len(names(project, admin_state_up="true")) == 3
    project_only = project.network.get("/networks", params={"project_id": project.project_id}).json()["networks"]
    assert len(project_only) == 3
    for wrong in ({"sort_key": "nosuch", "sort_dir": "asc"}, {"sort_key": "name", "sort_dir": "up"}):
        assert project.network.get("/networks", params=wrong).status_code == 400


def test_fields(project: Project) -> None:
    scene.make(project, "networks", name="a")
    answer = project.network.get("/networks", params={"fields": ["id", "name"], "name": "a"}).json()["networks"]
    assert [set(one) for one in answer] == [{"id", "name"}]
    assert project.network.get("/networks.json", params={"name": "a"}).json()["networks"]


def test_pages(project: Project) -> None:
    for name in "abcde":
        scene.make(project, "networks", name=name)
    seen: list[str] = []
    params: Json = {"limit": 2, "sort_key": "name", "sort_dir": "asc", "shared": "False", "router:external": "False"}
    for _ in range(4):
        body = project.network.get("/networks", params=params).json()
        seen += [one["name"] for one in body["networks"]]
        links = {one["rel"]: one["href"] for one in body["networks_links"]}
        if "next" not in links:
            break
        params = {key: value[0] for key, value in parse_qs(urlsplit(links["next"]).query).items()}
    assert seen == list("abcde")
    back = {key: value[0] for key, value in parse_qs(urlsplit(links["previous"]).query).items()}
    body = project.network.get("/networks", params=back).json()
    assert [one["name"] for one in body["networks"]] == ["c", "d"]
    assert project.network.get("/networks", params={"limit": "x"}).status_code == 400
    assert project.network.get("/networks", params={"limit": 1, "marker": scene.NOBODY}).status_code == 404


def test_tags(project: Project) -> None:
    one = scene.make(project, "networks", name="one")["id"]
    two = scene.make(project, "networks", name="two")["id"]
    api = project.network
    assert api.put(f"/networks/{one}/tags", json={"tags": ["red", "blue"]}).json() == {"tags": ["blue", "red"]}
    assert api.put(f"/networks/{two}/tags/red").status_code == 201
    assert sorted(names(project, tags="red")) == ["one", "two"]
    assert names(project, tags="red,blue") == ["one"]
    assert sorted(names(project, **{"tags-any": "blue,green"})) == ["one"]
    assert names(project, **{"not-tags": "red,blue"}) == ["two"]
    assert names(project, **{"not-tags-any": "blue"}) == ["two"]
    assert api.get(f"/networks/{one}/tags/red").status_code == 204
    assert api.delete(f"/networks/{one}/tags/red").status_code == 204
    message = scene.error(api.get(f"/networks/{one}/tags/red"), 404, "TagNotFound")
    assert message == "Tag red could not be found."
    assert api.post(f"/networks/{one}/tags", json={"tags": ["green"]}).json() == {"tags": ["blue", "green"]}
    scene.error(api.put(f"/networks/{one}/tags", json={"tags": "red"}), 400, "InvalidInput")
    scene.error(api.put(f"/networks/{one}/tags", json={"tags": ["a", "a"]}), 400, "InvalidInput")
    scene.error(api.put(f"/networks/{one}/tags", json={}), 400, "InvalidInput")
    assert api.delete(f"/networks/{one}/tags").status_code == 204
    assert api.get(f"/networks/{one}/tags").json() == {"tags": []}


def test_tags_of_the_default_group(project: Project) -> None:
    group = project.network.get("/security-groups").json()["security_groups"][0]
    assert project.network.put(f"/security-groups/{group['id']}/tags/red").status_code == 201
    assert scene.show(project, "security-groups", group["id"])["tags"] == ["red"]


def test_revisions(project: Project) -> None:
    network = scene.make(project, "networks", name="one")
    path, body = f"/networks/{network['id']}", {"network": {"name": "two"}}
    old = {"If-Match": f"revision_number={network['revision_number']}"}
    changed = project.network.put(path, json=body, headers=old)
    assert changed.json()["network"]["revision_number"] == network["revision_number"] + 1
    assert changed.json()["network"]["name"] == "two"
    scene.error(project.network.put(path, json=body, headers=old), 412, "RevisionNumberConstraintFailed")
    scene.error(project.network.delete(path, headers=old), 412, "RevisionNumberConstraintFailed")
    odd = {"If-Match": "revision_number=x"}
    scene.error(project.network.put(path, json=body, headers=odd), 400, "BadRequest")


def test_quotas(cloud: Cloud, project: Project) -> None:
    path = f"/quotas/{project.project_id}"
    assert cloud.admin.network.put(path, json={"quota": {"network": 1, "floatingip": -1}}).status_code == 200
    assert project.network.get(path).json()["quota"]["network"] == 1
    assert project.network.get(f"{path}/default").json()["quota"]["network"] == 100
    scene.make(project, "networks", name="one")
    answer = project.network.post("/networks", json={"network": {"name": "two"}})
    assert scene.error(answer, 409, "OverQuota") == "Quota exceeded for resources: ['network']."
    details = project.network.get(f"{path}/details").json()["quota"]
    assert details["network"] == {"limit": 1, "used": 1, "reserved": 0}
    (quota,) = project.objects("/api/v1/resourcequotas")
    assert quota["spec"]["hard"] == {"count/networks.network.dicot.io": "1"}
    scene.error(project.network.put(path, json={"quota": {"network": 9}}), 403, "PolicyNotAuthorized")
    assert cloud.admin.network.put(path, json={"quota": {"network": "many"}}).status_code == 400
    assert cloud.admin.network.put(path, json={"quota": {"nosuch": 1}}).status_code == 400
    assert cloud.admin.network.delete(path).status_code == 204
    assert project.network.get(path).json()["quota"]["network"] == 100
    other = f"/quotas/{cloud.admin.project_id}"
    assert project.network.get(other).status_code == 403


def test_extensions_and_zones(cloud: Cloud, project: Project) -> None:
    listed = {one["alias"] for one in project.network.get("/extensions").json()["extensions"]}
    assert {"router", "allowed-address-pairs", "standard-attr-tag", "port-security", "quotas"} <= listed
    assert not {"qos", "trunk", "dns-integration", "rbac-policies"} & listed
    for alias in listed:
        assert project.network.get(f"/extensions/{alias}").json()["extension"]["alias"] == alias
    zones = project.network.get("/availability_zones").json()["availability_zones"]
    assert {one["resource"] for one in zones} == {"network", "router"}
    assert cloud.admin.network.get("/agents").json() == {"agents": []}


def test_discovery(cloud: Cloud, project: Project) -> None:
    root = project.network.get(f"{cloud.url}/network/").json()
    assert root["versions"][0]["links"][0]["href"] == f"{cloud.url}/network/v2.0/"
    core = project.network.get("/").json()["resources"]
    assert {one["collection"] for one in core} == {"networks", "subnets", "ports"}
