"""Subnet pools: what Neutron demands of one, what is cut from it, for whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.network import scene

Json = dict[str, Any]

SUBNETS = "/apis/network.dicot.io/v1alpha1/subnets"
POOLS = "/apis/network.dicot.io/v1alpha1/subnetpools"


def pool_of(project: Any, *prefixes: str, **wish: Any) -> Json:
    return scene.make(project, "subnetpools", **{"name": "pool", "prefixes": list(prefixes), **wish})


def cut(project: Project, network: Json | None = None, **wish: Any) -> Any:
    """Ask for a subnet on a network (a new one, if none is given)."""
    network = network or scene.make(project, "networks", name="n")
    body = {"subnet": {"network_id": network["id"], "ip_version": 4, **wish}}
    return project.network.post("/subnets", json=body)


def test_defaults(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/24", "10.1.1.0/24")
    assert pool["prefixes"] == ["10.1.0.0/23"]
    assert (pool["min_prefixlen"], pool["max_prefixlen"], pool["default_prefixlen"]) == ("8", "32", "8")
    assert (pool["ip_version"], pool["default_quota"], pool["address_scope_id"]) == (4, None, None)
    assert (pool["shared"], pool["is_default"], pool["tags"], pool["revision_number"]) == (False, False, [], 1)
    six = pool_of(project, "fd00::/48")
    assert (six["min_prefixlen"], six["max_prefixlen"], six["default_prefixlen"]) == ("64", "128", "64")
    assert scene.show(project, "subnetpools", pool["id"]) == pool
    (kept, _) = sorted(project.objects(POOLS), key=lambda one: one["spec"]["ipVersion"])
    assert kept["spec"]["prefixes"] == ["10.1.0.0/23"]
    scene.delete(project, "subnetpools", pool["id"])
    assert project.network.get(f"/subnetpools/{pool['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({"prefixes": []}, "EmptySubnetPoolPrefixList"),
        ({"prefixes": "10.0.0.0/8"}, "HTTPBadRequest"),
        ({"prefixes": ["10.0.0.0/33"]}, "HTTPBadRequest"),
        ({"prefixes": ["10.0.0.1/8"]}, "HTTPBadRequest"),
        ({"prefixes": [7]}, "HTTPBadRequest"),
        ({"prefixes": ["10.0.0.0/8", "10.0.0.0/8"]}, "HTTPBadRequest"),
        ({"prefixes": ["10.0.0.0/8", "fd00::/48"]}, "PrefixVersionMismatch"),
        ({"name": " "}, "HTTPBadRequest"),
        ({"min_prefixlen": -1}, "HTTPBadRequest"),
        ({"min_prefixlen": "x"}, "InvalidInput"),
        ({"min_prefixlen": 28, "max_prefixlen": 24}, "IllegalSubnetPoolPrefixBounds"),
        ({"max_prefixlen": 33}, "IllegalSubnetPoolPrefixBounds"),
        ({"min_prefixlen": 24, "default_prefixlen": 20}, "IllegalSubnetPoolPrefixBounds"),
        ({"max_prefixlen": 24, "default_prefixlen": 28}, "IllegalSubnetPoolPrefixBounds"),
        ({"default_quota": -1}, "HTTPBadRequest"),
        ({"ip_version": 4}, "HTTPBadRequest"),
        ({"address_scope_id": "x"}, "HTTPBadRequest"),
    ],
)
def test_refused(project: Project, wish: Json, kind: str) -> None:
    body = {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"], **wish}}
    scene.error(project.network.post("/subnetpools", json=body), 400, kind)
    assert project.objects(POOLS) == []


def test_subnets_are_cut(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/24", default_prefixlen=26, min_prefixlen=25)
    first = cut(project, subnetpool_id=pool["id"]).json()["subnet"]
    assert (first["cidr"], first["gateway_ip"], first["subnetpool_id"]) == ("10.1.0.0/26", "10.1.0.1", pool["id"])
    # The smallest free piece that is large enough is cut first.
    assert cut(project, subnetpool_id=pool["id"], prefixlen=27).json()["subnet"]["cidr"] == "10.1.0.64/27"
    assert cut(project, subnetpool_id=pool["id"], prefixlen=25).json()["subnet"]["cidr"] == "10.1.0.128/25"
    assert cut(project, subnetpool_id=pool["id"], cidr="10.1.0.96/28").json()["subnet"]["cidr"] == "10.1.0.96/28"
    message = scene.error(cut(project, subnetpool_id=pool["id"]), 409, "SubnetAllocationError")
    assert message == "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /26."
    for taken in ("10.1.0.96/28", "10.2.0.0/28"):
        scene.error(cut(project, subnetpool_id=pool["id"], cidr=taken), 409, "SubnetAllocationError")
    refused = project.network.delete(f"/subnetpools/{pool['id']}")
    assert scene.error(refused, 400, "SubnetPoolDeleteError").endswith("Subnet pool has existing allocations.")
    scene.delete(project, "subnets", first["id"])
    assert cut(project, subnetpool_id=pool["id"]).json()["subnet"]["cidr"] == "10.1.0.0/26"
    listed = project.network.get("/subnets", params={"subnetpool_id": pool["id"]}).json()["subnets"]
    assert len(listed) == 4
    for network in project.network.get("/networks", params={"router:external": "False"}).json()["networks"]:
        scene.delete(project, "networks", network["id"])
    scene.delete(project, "subnetpools", pool["id"])


def test_ipv6(project: Project) -> None:
    pool = pool_of(project, "fd00::/48")
    made = cut(project, ip_version=6, subnetpool_id=pool["id"]).json()["subnet"]
    assert (made["cidr"], made["gateway_ip"]) == ("fd00::/64", "fd00::1")
    message = scene.error(cut(project, subnetpool_id=pool["id"]), 400, "BadRequest")
    assert message == "Bad subnets request: Cannot allocate IPv4 subnet from IPv6 subnet pool."


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({"prefixlen": 24, "cidr": "10.1.0.0/24"}, "BadRequest"),
        ({"use_default_subnetpool": True}, "BadRequest"),
        ({"prefixlen": 19}, "MinPrefixSubnetAllocationError"),
        ({"prefixlen": 29}, "MaxPrefixSubnetAllocationError"),
        ({"cidr": "10.1.0.0/30"}, "MaxPrefixSubnetAllocationError"),
        ({"prefixlen": -1}, "HTTPBadRequest"),
        ({"allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.5"}]}, "BadRequest"),
        ({"gateway_ip": "fd00::1"}, "InvalidInput"),
    ],
)
def test_refused_subnets(project: Project, wish: Json, kind: str) -> None:
    pool = pool_of(project, "10.1.0.0/16", min_prefixlen=20, max_prefixlen=28)
    scene.error(cut(project, subnetpool_id=pool["id"], **wish), 400, kind)
    assert project.objects(SUBNETS) == []
    assert not any(one.get("status", {}).get("reserved") for one in project.objects(POOLS))
    scene.delete(project, "subnetpools", pool["id"])


def test_neighbours_are_of_one_pool(project: Project) -> None:
    pool, other = pool_of(project, "10.1.0.0/16", min_prefixlen=24), pool_of(project, "10.2.0.0/16", min_prefixlen=24)
    network = scene.make(project, "networks", name="n")
    assert cut(project, network, subnetpool_id=pool["id"]).status_code == 201
    for wish in ({"subnetpool_id": other["id"]}, {"cidr": "10.3.0.0/24"}):
        scene.error(cut(project, network, **wish), 400, "NetworkSubnetPoolAffinityError")
    assert cut(project, network, subnetpool_id=pool["id"]).json()["subnet"]["cidr"] == "10.1.1.0/24"


def test_no_prefix_is_given_twice(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/24", min_prefixlen=27)
    networks = [scene.make(project, "networks", name=f"n{number}") for number in range(10)]
    with ThreadPoolExecutor(5) as several:
        asked = list(several.map(lambda one: cut(project, one, subnetpool_id=pool["id"]), networks))
    made = [one.json()["subnet"]["cidr"] for one in asked if one.status_code == 201]
    assert len(made) == len(set(made))
    assert {one.status_code for one in asked} <= {201, 409}
    assert len(project.objects(SUBNETS)) == len(made)


def test_a_projects_quota(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/16", min_prefixlen=24, default_quota=600)
    for _ in range(2):
        assert cut(project, subnetpool_id=pool["id"]).status_code == 201
    message = scene.error(cut(project, subnetpool_id=pool["id"]), 409, "SubnetPoolQuotaExceeded")
    assert message == "Per-project subnet pool prefix quota exceeded."


def test_update(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/24", min_prefixlen=26)
    wish = {"name": "other", "description": "x", "prefixes": ["10.1.0.0/24", "10.5.0.0/24"], "default_prefixlen": 28}
    changed = scene.change(project, "subnetpools", pool["id"], **wish).json()["subnetpool"]
    assert {key: changed[key] for key in wish} == {**wish, "default_prefixlen": "28"}
    for wrong, kind in (
        ({"prefixes": ["10.5.0.0/24"]}, "IllegalSubnetPoolPrefixUpdate"),
        ({"prefixes": ["10.1.0.0/24", "10.5.0.0/24", "fd00::/48"]}, "PrefixVersionMismatch"),
        ({"min_prefixlen": 30}, "IllegalSubnetPoolPrefixBounds"),
        ({"shared": True}, "HTTPBadRequest"),
    ):
        scene.error(scene.change(project, "subnetpools", pool["id"], **wrong), 400, kind)


def test_prefixes_come_and_go(project: Project) -> None:
    pool = pool_of(project, "10.1.0.0/24", min_prefixlen=26)
    cut(project, subnetpool_id=pool["id"])

    def ask(verb: str, *prefixes: Any) -> Any:
        return project.network.put(f"/subnetpools/{pool['id']}/{verb}_prefixes", json={"prefixes": list(prefixes)})

    assert ask("add", "10.1.1.0/24").json() == {"prefixes": ["10.1.0.0/23"]}
    scene.error(ask("remove", "10.1.0.0/26"), 400, "IllegalSubnetPoolPrefixUpdate")
    assert ask("remove", "10.1.0.128/25").json() == {"prefixes": ["10.1.0.0/25", "10.1.1.0/24"]}
    assert ask("remove", "10.9.0.0/16").json() == {"prefixes": ["10.1.0.0/25", "10.1.1.0/24"]}
    scene.error(ask("add"), 400, "HTTPBadRequest")
    scene.error(ask("add", "x"), 400, "HTTPBadRequest")
    scene.error(ask("remove", "fd00::/64"), 400, "PrefixVersionMismatch")


def test_shared_and_default(cloud: Cloud, project: Project, other_project: Project) -> None:
    for name in ("shared", "is_default"):
        body = {"subnetpool": {"name": "p", "prefixes": ["10.1.0.0/16"], name: True}}
        assert project.network.post("/subnetpools", json=body).status_code == 403
    private = pool_of(other_project, "10.7.0.0/16")
    scene.error(cut(project, subnetpool_id=private["id"]), 404, "SubnetPoolNotFound")
    wish = {"project_id": other_project.project_id, "min_prefixlen": 24, "default_quota": 256}
    pool = pool_of(cloud.admin, "10.1.0.0/16", shared=True, is_default=True, **wish)
    try:
        assert scene.show(project, "subnetpools", pool["id"])["shared"] is True
        assert scene.change(project, "subnetpools", pool["id"], name="mine").status_code == 403
        assert project.network.delete(f"/subnetpools/{pool['id']}").status_code == 403
        again = {"subnetpool": {"name": "p", "prefixes": ["10.2.0.0/16"], "is_default": True}}
        scene.error(cloud.admin.network.post("/subnetpools", json=again), 400, "InvalidInput")
        made = cut(project, use_default_subnetpool=True).json()["subnet"]
        assert (made["cidr"], made["subnetpool_id"]) == ("10.1.0.0/24", pool["id"])
        # A quota is each project's own.
        scene.error(cut(project, use_default_subnetpool=True), 409, "SubnetPoolQuotaExceeded")
        assert cut(other_project, use_default_subnetpool=True).json()["subnet"]["cidr"] == "10.1.1.0/24"
        both = cut(project, use_default_subnetpool=True, subnetpool_id=pool["id"])
        assert scene.error(both, 400, "BadRequest").endswith("cannot both be specified.")
        assert cut(project, ip_version=6, use_default_subnetpool=True).status_code == 400
    finally:
        scene.change(cloud.admin, "subnetpools", pool["id"], is_default=False)  # type: ignore[arg-type]


def test_what_kubectl_says_counts_for_its_project_alone(cloud: Cloud, project: Project, other_project: Project) -> None:
    spec = {"name": "trap", "prefixes": ["x", "10.1.0.0/24"], "ipVersion": 4, "shared": True, "isDefault": True}
    body = {
        "apiVersion": "network.dicot.io/v1alpha1", "kind": "SubnetPool", "metadata": {"name": "trap"}, "spec": spec,
    }  # fmt: skip
    made = cloud.kube.post(
        f"/apis/network.dicot.io/v1alpha1/namespaces/{other_project.namespace}/subnetpools", json=body
    )
    assert made.status_code == 201, made.text
    uid = made.json()["metadata"]["uid"]
    wait_for(lambda: other_project.network.get(f"/subnetpools/{uid}").status_code == 200, "the pool to be seen")
    seen = scene.show(other_project, "subnetpools", uid)
    assert (seen["shared"], seen["is_default"], seen["min_prefixlen"]) == (False, False, "8")
    assert project.network.get(f"/subnetpools/{uid}").status_code == 404
    assert cut(other_project, subnetpool_id=uid, prefixlen=26).json()["subnet"]["cidr"] == "10.1.0.0/26"
    assert cut(project, use_default_subnetpool=True).status_code == 400
