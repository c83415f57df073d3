"""Address scopes: what may be in one, who sees it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.network import scene
from tests.network.subnetpools.test_subnetpools import cut, pool_of

Json = dict[str, Any]


def scope_of(project: Any, ip_version: int = 4, **wish: Any) -> Json:
    return scene.make(project, "address-scopes", name="scope", ip_version=ip_version, **wish)


def test_life(project: Project) -> None:
    scope = scope_of(project)
    assert scope == {
        "id": scope["id"],
        "name": "scope",
        "tenant_id": project.project_id,
        "project_id": project.project_id,
        "shared": False,
        "ip_version": 4,
    }
    assert scene.show(project, "address-scopes", scope["id"]) == scope
    assert scene.change(project, "address-scopes", scope["id"], name="other").json()["address_scope"]["name"] == "other"
    listed = project.network.get("/address-scopes", params={"name": "other"}).json()["address_scopes"]
    assert [one["id"] for one in listed] == [scope["id"]]
    scene.delete(project, "address-scopes", scope["id"])
    gone = project.network.get(f"/address-scopes/{scope['id']}")
    assert scene.error(gone, 404, "AddressScopeNotFound") == f"Address scope {scope['id']} could not be found."


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 400),
        ({"ip_version": 5}, 400),
        ({"ip_version": "x"}, 400),
        ({"ip_version": 4, "name": "x" * 256}, 400),
        ({"ip_version": 4, "description": "x"}, 400),
        ({"ip_version": 4, "shared": True}, 403),
    ],
)
def test_refused(project: Project, wish: Json, status: int) -> None:
    answer = project.network.post("/address-scopes", json={"address_scope": wish})
    assert answer.status_code == status, answer.text
    assert project.objects("/apis/network.dicot.io/v1alpha1/addressscopes") == []


def test_pools_in_a_scope(project: Project, other_project: Project) -> None:
    scope, six = scope_of(project), scope_of(project, ip_version=6)
    pool = pool_of(project, "10.1.0.0/16", address_scope_id=scope["id"], min_prefixlen=24)
    assert pool["address_scope_id"] == scope["id"]
    for owner, wish, status, kind in (
        (project, {"prefixes": ["10.1.8.0/24"], "address_scope_id": scope["id"]}, 409, "AddressScopePrefixConflict"),
        (
            project,
            {"prefixes": ["10.9.0.0/24"], "address_scope_id": six["id"]},
            400,
            "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        ),
        (project, {"prefixes": ["10.9.0.0/24"], "address_scope_id": scene.NOBODY}, 404, "AddressScopeNotFound"),
        (other_project, {"prefixes": ["10.9.0.0/24"], "address_scope_id": scope["id"]}, 404, "AddressScopeNotFound"),
    ):
        scene.error(owner.network.post("/subnetpools", json={"subnetpool": {"name": "p", **wish}}), status, kind)
    scene.error(project.network.delete(f"/address-scopes/{scope['id']}"), 409, "AddressScopeInUse")
    made = cut(project, subnetpool_id=pool["id"]).json()["subnet"]
    network = scene.show(project, "networks", made["network_id"])
    assert (network["ipv4_address_scope"], network["ipv6_address_scope"]) == (scope["id"], None)
    assert scene.change(project, "subnetpools", pool["id"], address_scope_id=None).status_code == 200
    assert scene.show(project, "networks", made["network_id"])["ipv4_address_scope"] is None
    scene.delete(project, "address-scopes", scope["id"])


def test_neighbours_are_in_one_scope(project: Project) -> None:
    scope, other = scope_of(project), scope_of(project)
    wish = {"min_prefixlen": 24}
    pool = pool_of(project, "10.1.0.0/16", address_scope_id=scope["id"], **wish)
    same = pool_of(project, "10.2.0.0/16", address_scope_id=scope["id"], **wish)
    foreign = pool_of(project, "10.3.0.0/16", address_scope_id=other["id"], **wish)
    network = scene.make(project, "networks", name="n")
    for one in (pool, same):
        assert cut(project, network, subnetpool_id=one["id"]).status_code == 201
    scene.error(cut(project, network, subnetpool_id=foreign["id"]), 400, "NetworkAddressScopeAffinityError")
    moved = scene.change(project, "subnetpools", pool["id"], address_scope_id=other["id"])
    scene.error(moved, 400, "NetworkAddressScopeAffinityError")


def test_shared(cloud: Cloud, project: Project, other_project: Project) -> None:
    private = scope_of(other_project)
    for method in ("GET", "PUT", "DELETE"):
        answer = project.network.request(method, f"/address-scopes/{private['id']}", json={"address_scope": {}})
        assert answer.status_code == 404
    assert private["id"] not in project.network.get("/address-scopes").text
    scope = scope_of(cloud.admin, project_id=other_project.project_id, shared=True)
    assert scene.show(project, "address-scopes", scope["id"])["shared"] is True
    assert scene.change(project, "address-scopes", scope["id"], name="mine").status_code == 403
    assert project.network.delete(f"/address-scopes/{scope['id']}").status_code == 403
    pool = pool_of(project, "10.1.0.0/16", address_scope_id=scope["id"])
    # Who stands in somebody else's scope is bound to it.
    bound = scene.change(project, "subnetpools", pool["id"], prefixes=["10.0.0.0/8"])
    scene.error(bound, 400, "IllegalSubnetPoolUpdate")
    unshared = scene.change(cloud.admin, "address-scopes", scope["id"], shared=False)  # type: ignore[arg-type]
    scene.error(unshared, 400, "AddressScopeUpdateError")
