"""Server groups over HTTP: their life at every version, their members, quotas, and where the members run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, shape
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]


def make(project: Project, **wish: Any) -> Json:
    body = {"server_group": {"name": "g", "policy": "anti-affinity", **wish}}
    made = project.compute_at("2.64").post("/os-server-groups", json=body)
    assert made.status_code == 200, made.text
    return made.json()["server_group"]


@pytest.fixture
def servers(project: Project) -> Servers:
    return Servers(project)


def host_of(cloud: Cloud, server_id: str) -> str:
    return cloud.admin.compute.get(f"/servers/{server_id}").json()["server"]["OS-EXT-SRV-ATTR:host"]


def test_a_group_lives_as_in_nova(project: Project):
    old = {"server_group": {"name": "g", "policies": ["affinity"]}}
    made = project.compute.post("/os-server-groups", json=old)
    assert made.status_code == 200
    assert shape(made.json()) == shape(answer("nova-072"))
    group = make(project, rules={"max_server_per_host": 3})
    assert shape(group) == shape(answer("nova-073")["server_group"])
    assert group["rules"] == {"max_server_per_host": 3}
    listed = project.compute_at("2.64").get("/os-server-groups").json()["server_groups"]
    assert {one["policy"] for one in listed} == {"affinity", "anti-affinity"}
    for one in listed:
        assert project.compute_at("2.64").get(f"/os-server-groups/{one['id']}").json() == {"server_group": one}
        assert project.compute.delete(f"/os-server-groups/{one['id']}").status_code == 204
        lost = project.compute.get(f"/os-server-groups/{one['id']}")
        assert (lost.status_code, message(lost)) == (404, f"Instance group {one['id']} could not be found.")
    assert project.objects("/apis/compute.dicot.io/v1alpha1/servergroups") == []


@pytest.mark.parametrize(("version", "lacks"), [("2.12", {"project_id", "user_id"}), ("2.13", set())])
def test_whose_group_it_is_shows_from_2_13(project: Project, version: str, lacks: set[str]):
    make(project)
    (shown,) = project.compute_at(version).get("/os-server-groups").json()["server_groups"]
    assert {"id", "name", "policies", "members", "metadata", "project_id", "user_id"} - set(shown) == lacks


def test_bodies_of_other_versions_are_refused(project: Project):
    old = {"server_group": {"name": "g", "policies": ["affinity"]}}
    new = {"server_group": {"name": "g", "policy": "affinity"}}
    soft = {"server_group": {"name": "g", "policies": ["soft-affinity"]}}
    assert project.compute_at("2.64").post("/os-server-groups", json=old).status_code == 400
    assert project.compute_at("2.63").post("/os-server-groups", json=new).status_code == 400
    assert project.compute_at("2.14").post("/os-server-groups", json=soft).status_code == 400
    assert project.compute_at("2.15").post("/os-server-groups", json=soft).status_code == 200


def test_only_anti_affinity_has_rules(project: Project):
    body = {"server_group": {"name": "g", "policy": "soft-anti-affinity", "rules": {"max_server_per_host": 2}}}
    refused = project.compute_at("2.64").post("/os-server-groups", json=body)
    assert (refused.status_code, message(refused)) == (400, "Only anti-affinity policy supports rules.")


def test_lists_have_pages(project: Project):
    made = [make(project, name=f"g{index}")["id"] for index in range(3)]
    listed = project.compute.get("/os-server-groups", params={"offset": 1, "limit": 1}).json()["server_groups"]
    everything = project.compute.get("/os-server-groups").json()["server_groups"]
    assert {one["id"] for one in everything} == set(made)
    assert listed == everything[1:2]


def test_projects_see_their_own_groups_only(cloud: Cloud, project: Project, other_project: Project):
    group = make(project)
    assert other_project.compute.get("/os-server-groups").json() == {"server_groups": []}
    everybodys = other_project.compute.get("/os-server-groups", params={"all_projects": "1"})
    assert everybodys.json() == {"server_groups": []}
    assert other_project.compute.delete(f"/os-server-groups/{group['id']}").status_code == 404
    listed = cloud.admin.compute.get("/os-server-groups", params={"all_projects": "1"}).json()["server_groups"]
    assert group["id"] in {one["id"] for one in listed}
    stolen = Servers(other_project).ask(hints={"group": group["id"]})
    assert (stolen.status_code, message(stolen)) == (400, f"Instance group {group['id']} could not be found.")


def test_members_are_kept_apart_while_there_is_room(cloud: Cloud, project: Project, servers: Servers):
    group = make(project)
    nodes = len(cloud.admin.compute.get("/os-hypervisors").json()["hypervisors"])
    made = [servers.make(hints={"group": group["id"]})["id"] for _ in range(nodes)]
    assert len({host_of(cloud, one) for one in made}) == nodes
    shown = project.compute_at("2.64").get(f"/os-server-groups/{group['id']}").json()["server_group"]
    assert set(shown["members"]) == set(made)
    assert servers.show(made[0], "2.71")["server_groups"] == [group["id"]]
    (vm,) = [one for one in project.objects("/apis/kubevirt.io/v1/virtualmachines") if made[0] in str(one["metadata"])]
    (term,) = vm["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert term["labelSelector"]["matchLabels"] == {"dicot.io/server-group": group["id"]}
    servers.delete(made[0])
    shown = project.compute_at("2.64").get(f"/os-server-groups/{group['id']}").json()["server_group"]
    assert set(shown["members"]) == set(made[1:])
    assert project.compute.delete(f"/os-server-groups/{group['id']}").status_code == 204
    assert servers.show(made[1], "2.71")["server_groups"] == []


def test_members_are_kept_together(cloud: Cloud, project: Project, servers: Servers):
    group = make(project, policy="affinity")
    made = [servers.make(hints={"group": group["id"]})["id"] for _ in range(3)]
    assert len({host_of(cloud, one) for one in made}) == 1


def test_a_host_holds_as_many_as_the_rule_says(cloud: Cloud, project: Project, servers: Servers):
    group = make(project, rules={"max_server_per_host": 2})
    nodes = len(cloud.admin.compute.get("/os-hypervisors").json()["hypervisors"])
    made = [servers.make(hints={"group": group["id"]})["id"] for _ in range(2 * nodes)]
    hosts = [host_of(cloud, one) for one in made]
    assert {hosts.count(host) for host in hosts} == {2}


def test_quotas_of_groups_and_members(cloud: Cloud, project: Project, servers: Servers):
    path = f"/os-quota-sets/{project.project_id}"
    wish = {"quota_set": {"server_groups": 1, "server_group_members": 1}}
    assert cloud.admin.compute.put(path, json=wish).status_code == 200
    group = make(project)
    refused = project.compute.post("/os-server-groups", json={"server_group": {"name": "h", "policies": ["affinity"]}})
    assert (refused.status_code, message(refused)) == (403, "Quota exceeded, too many server groups.")
    refused = servers.ask(hints={"group": group["id"]}, min_count=2)
    assert (refused.status_code, message(refused)) == (403, "Quota exceeded, too many servers in group")
    assert servers.ask(hints={"group": group["id"]}).status_code == 202
    limits = project.compute.get("/limits").json()["limits"]["absolute"]
    assert (limits["maxServerGroups"], limits["totalServerGroupsUsed"]) == (1, 1)
