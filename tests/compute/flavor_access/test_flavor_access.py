"""Private flavors over HTTP: who sees them, who lets whom use them."""

from __future__ import annotations

import pytest

from tests.cloud import Cloud, Project
from tests.compute.conftest import NewFlavor
from tests.compute.recorded import answer, message

PRIVATE = {"os-flavor-access:is_public": False}


def listed(project: Project, flavor_id: str) -> bool:
    return flavor_id in {one["id"] for one in project.compute.get("/flavors").json()["flavors"]}


def test_private_flavor_is_for_the_projects_it_is_given_to(
    cloud: Cloud, project: Project, other_project: Project, new_flavor: NewFlavor
):
    flavor = new_flavor(**PRIVATE)["id"]
    action = f"/flavors/{flavor}/action"
    assert project.compute.get(f"/flavors/{flavor}").status_code == 404
    assert not listed(project, flavor)
    tenant = {"tenant": project.project_id}
    given = cloud.admin.compute.post(action, json={"addTenantAccess": tenant})
    access = {"flavor_access": [{"flavor_id": flavor, "tenant_id": project.project_id}]}
    assert (given.status_code, given.json()) == (200, access)
    assert cloud.admin.compute.get(f"/flavors/{flavor}/os-flavor-access").json() == access
    assert project.compute.get(f"/flavors/{flavor}").status_code == 200
    assert listed(project, flavor)
    assert not listed(other_project, flavor)
    again = cloud.admin.compute.post(action, json={"addTenantAccess": tenant})
    assert again.status_code == 409
    assert "already exists" in message(again)
    taken = cloud.admin.compute.post(action, json={"removeTenantAccess": tenant})
    assert taken.json() == {"flavor_access": []}
    assert not listed(project, flavor)
    lost = cloud.admin.compute.post(action, json={"removeTenantAccess": tenant})
    assert lost.status_code == 404
    assert "not found" in message(lost)


def test_public_flavors_have_no_list(cloud: Cloud, project: Project):
    refused = cloud.admin.compute.get("/flavors/1/os-flavor-access")
    assert (refused.status_code, refused.json()) == (404, answer("nova-045"))
    body = {"addTenantAccess": {"tenant": project.project_id}}
    refused = cloud.admin.compute_at("2.7").post("/flavors/1/action", json=body)
    assert (refused.status_code, message(refused)) == (409, "Can not add access to a public flavor.")


@pytest.mark.parametrize(
    ("query", "public", "private"),
    [("", True, False), ("true", True, False), ("False", False, True), ("None", True, True), ("0", False, True)],
)
def test_is_public_filter(cloud: Cloud, new_flavor: NewFlavor, query: str, public: bool, private: bool):
    flavor = new_flavor(**PRIVATE)["id"]
    path = f"/flavors?is_public={query}" if query else "/flavors"
    ids = {one["id"] for one in cloud.admin.compute.get(path).json()["flavors"]}
    assert ("1" in ids, flavor in ids) == (public, private)


def test_bad_filter(cloud: Cloud):
    refused = cloud.admin.compute.get("/flavors?is_public=maybe")
    assert (refused.status_code, message(refused)) == (400, "Invalid is_public filter [maybe]")


def test_tenants_may_not_choose(project: Project, new_flavor: NewFlavor):
    flavor = new_flavor(**PRIVATE)["id"]
    ids = {one["id"] for one in project.compute.get("/flavors?is_public=None").json()["flavors"]}
    assert flavor not in ids
    assert project.compute.get(f"/flavors/{flavor}/os-flavor-access").status_code == 403
    body = {"addTenantAccess": {"tenant": project.project_id}}
    assert project.compute.post(f"/flavors/{flavor}/action", json=body).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"addTenantAccess": {"tenant": "nosuch"}}, 400),
        ({"addTenantAccess": {"tenant": ""}}, 400),
        ({"addTenantAccess": {}}, 400),
        ({"addTenantAccess": {"tenant": "x", "more": 1}}, 400),
        ({"dance": {}}, 400),
        ({"removeTenantAccess": {"tenant": "nosuch"}}, 404),
    ],
)
def test_bad_bodies(cloud: Cloud, new_flavor: NewFlavor, body: dict[str, object], status: int):
    flavor = new_flavor(**PRIVATE)["id"]
    assert cloud.admin.compute.post(f"/flavors/{flavor}/action", json=body).status_code == status
