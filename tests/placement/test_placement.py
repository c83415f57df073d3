"""Placement over HTTP: nodes as providers, and what servers take of them."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.cloud import Cloud, Project

Json = dict[str, Any]


def at(cloud: Cloud, version: str) -> httpx2.Client:
    return cloud.admin.client("placement", **{"OpenStack-API-Version": f"placement {version}"})


def first(cloud: Cloud) -> Json:
    return at(cloud, "1.39").get("/resource_providers").json()["resource_providers"][0]


def test_nodes_are_providers(cloud: Cloud):
    uids = {one["metadata"]["uid"] for one in cloud.kube.get("/api/v1/nodes").json()["items"]}
    newest = at(cloud, "1.39")
    listed = newest.get("/resource_providers").json()["resource_providers"]
    assert {one["uuid"] for one in listed} <= uids
    one = listed[0]
    for query in (f"name={one['name']}", f"uuid={one['uuid']}", f"in_tree={one['uuid']}"):
        assert newest.get(f"/resource_providers?{query}").json()["resource_providers"] == [one]
    assert newest.get(f"/resource_providers/{one['uuid']}").json() == one
    for query in ("member_of=9ba1cca0-0000-4000-8000-000000000000", "resources=VCPU:100000", "required=HW_NOTHING"):
        assert newest.get(f"/resource_providers?{query}").json()["resource_providers"] == []


@pytest.mark.parametrize(
    ("version", "links"),
    [("1.0", 3), ("1.1", 4), ("1.6", 5), ("1.11", 6)],
)
def test_links_of_each_version(cloud: Cloud, version: str, links: int):
    one = at(cloud, version).get("/resource_providers").json()["resource_providers"][0]
    assert len(one["links"]) == links
    assert "root_provider_uuid" not in one


def test_what_has_not_begun_is_not_there(cloud: Cloud):
    uuid = first(cloud)["uuid"]
    for version, path in (("1.9", "/allocation_candidates?resources=VCPU:1"), ("1.8", "/usages?project_id=x"),
                          ("1.5", f"/resource_providers/{uuid}/traits"), ("1.1", "/resource_classes")):  # fmt: skip
        assert at(cloud, version).get(path).status_code == 404
    assert at(cloud, "1.17").get("/resource_providers?required=COMPUTE_NODE").status_code == 400
    assert at(cloud, "1.18").get("/resource_providers?required=COMPUTE_NODE").status_code == 200


def test_candidates_at_both_sides_of_1_12(cloud: Cloud):
    query = "/allocation_candidates?resources=VCPU:1,MEMORY_MB:64"
    new = at(cloud, "1.39").get(query).json()["allocation_requests"][0]
    (provider,) = new["allocations"]
    assert new["allocations"][provider] == {"resources": {"VCPU": 1, "MEMORY_MB": 64}}
    assert new["mappings"] == {"": [provider]}
    old = at(cloud, "1.11").get(query).json()["allocation_requests"][0]
    assert old == {
        "allocations": [{"resource_provider": {"uuid": provider}, "resources": {"VCPU": 1, "MEMORY_MB": 64}}]
    }
    assert len(at(cloud, "1.39").get(f"{query}&limit=1").json()["allocation_requests"]) == 1
    for wrong in ("resources=VCPU", "resources=VCPU:x", "resources=VCPU:0", "resources=VCPU:1&limit=0", ""):
        assert at(cloud, "1.39").get(f"/allocation_candidates?{wrong}").status_code == 400


def test_only_for_administrators_and_only_to_read(cloud: Cloud, project: Project):
    assert project.placement.get("/resource_providers").status_code == 403
    assert project.placement.get("/").status_code == 200
    uuid = first(cloud)["uuid"]
    for method, path in (("POST", "/resource_providers"), ("DELETE", f"/resource_providers/{uuid}"),
                         ("PUT", f"/resource_providers/{uuid}/inventories"), ("POST", "/allocations")):  # fmt: skip
        refused = at(cloud, "1.39").request(method, path, json={})
        assert refused.status_code == 403
        (error,) = refused.json()["errors"]
        assert "Placement is read-only here" in error["detail"]
        assert error["code"] == "placement.undefined_code"


def test_it_is_in_the_catalog(cloud: Cloud):
    shown = cloud.admin.identity.get("/auth/catalog").json()["catalog"]
    (entry,) = (one for one in shown if one["type"] == "placement")
    assert entry["endpoints"][0]["url"].endswith("/placement")
