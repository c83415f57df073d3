"""Objects of the network that people write with kubectl: they are served, and reach no other project."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.network.kinds import SUBNETS
from dicot.reconcile import network as follow_up
from tests.cloud import Project, wait_for
from tests.network import scene

Json = dict[str, Any]

API = "/apis/network.dicot.io/v1alpha1"
MERGE = {"Content-Type": "application/merge-patch+json"}


def write(project: Project, kind: str, plural: str, name: str, spec: Json, **labels: str) -> str:
    """Write an object past Dicot; returns its uid, once Dicot's administrator can see it."""
    meta = {"name": name, "labels": {key.replace("__", "/"): value for key, value in labels.items()}}
    body = {"apiVersion": "network.dicot.io/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}
    made = project.cloud.kube.post(f"{API}/namespaces/{project.namespace}/{plural}", json=body)
    assert made.status_code == 201, made.text
    uid: str = made.json()["metadata"]["uid"]
    if not labels:
        path = f"/{'security-groups' if kind == 'SecurityGroup' else plural}/{uid}"
        wait_for(lambda: project.cloud.admin.network.get(path).status_code == 200, f"{name} to be seen")
    return uid


@pytest.fixture
def running(development: Any) -> Any:
    return development.app._cluster


def test_no_member_makes_a_network_everybodys(project: Project, other_project: Project) -> None:
    spec = {"name": "free for all", "shared": True, "external": True, "isDefault": True}
    uid = write(other_project, "Network", "networks", "trap", spec)
    subnet = write(
        other_project, "Subnet", "subnets", "trap", {"networkId": uid, "ipVersion": 4, "cidr": "203.0.113.0/24"}
    )
    assert project.network.get(f"/networks/{uid}").status_code == 404
    assert project.network.get(f"/subnets/{subnet}").status_code == 404
    assert uid not in {one["id"] for one in project.network.get("/networks").json()["networks"]}
    assert subnet not in {one["id"] for one in project.network.get("/subnets").json()["subnets"]}
    assert scene.change(other_project, "networks", uid, shared=False, name="x").status_code == 200
    assert project.network.get(f"/networks/{uid}").status_code == 404
    granted = scene.change(project.cloud.admin, "networks", uid, **{"router:external": True})  # type: ignore[arg-type]
    assert granted.status_code == 200
    assert scene.show(project, "networks", uid)["router:external"] is True
    scene.change(project.cloud.admin, "networks", uid, **{"router:external": False})
    assert project.network.get(f"/networks/{uid}").status_code == 404


def test_nobody_puts_a_subnet_on_anothers_network(project: Project, other_project: Project) -> None:
    network, subnet = scene.segment(project)
    for place, owner in (("mine", network["id"]), ("public", scene.public(project)["id"])):
        spec = {"networkId": owner, "ipVersion": 4, "cidr": "10.66.0.0/24"}
        write(other_project, "Subnet", "subnets", place, spec)
    assert scene.show(project, "networks", network["id"])["subnets"] == [subnet["id"]]
    assert len(scene.public(project)["subnets"]) == 1
    port = scene.make(project, "ports", network_id=network["id"])
    assert [one["subnet_id"] for one in port["fixed_ips"]] == [subnet["id"]]
    assert subnet["id"] in str(project.network.get("/subnets").json())
    assert "10.66.0.0" not in str(project.network.get("/subnets").json())


def test_a_copied_id_takes_nothing_away(project: Project, other_project: Project, running: Any) -> None:
    network, subnet = scene.segment(project)
    spec = {"networkId": network["id"], "ipVersion": 4, "cidr": "10.66.0.0/24"}
    write(other_project, "Network", "networks", "copy", {"name": "copy"}, **{"dicot.io__network-id": network["id"]})
    write(other_project, "Subnet", "subnets", "copy", spec, **{"dicot.io__subnet-id": subnet["id"]})
    wait_for(lambda: len(running.cache(SUBNETS).find("id", subnet["id"])) == 2, "the copies to be seen")
    assert scene.change(project, "networks", network["id"], name="private").status_code == 200
    assert scene.change(project, "subnets", subnet["id"], name="here").status_code == 200
    assert scene.show(project, "networks", network["id"])["name"] == "private"
    assert scene.show(project, "subnets", subnet["id"])["cidr"] == "10.7.0.0/24"
    port = scene.make(project, "ports", network_id=network["id"])
    assert port["fixed_ips"][0]["ip_address"].startswith("10.7.0.")


def test_a_foreign_floating_ip_leads_nowhere(project: Project, other_project: Project) -> None:
    network, _, _ = scene.routed(project)
    port = scene.make(project, "ports", network_id=network["id"])
    spec = {
        "floatingNetworkId": scene.public(project)["id"],
        "floatingIpAddress": "172.24.4.250",
        "portId": port["id"],
        "fixedIpAddress": port["fixed_ips"][0]["ip_address"],
        "networkId": network["id"],
    }
    write(other_project, "FloatingIP", "floatingips", "leak", spec)
    scene.make(other_project, "networks", name="settles the project")
    scene.segment(other_project)
    fips = project.cloud.kube.get("/apis/kubeovn.io/v1/ovn-fips").json()["items"]
    assert not [one for one in fips if one["metadata"]["name"].startswith(other_project.namespace)]
    scene.delete(project, "ports", port["id"])


def test_a_rule_that_the_driver_does_not_know_is_left_out(project: Project) -> None:
    rules = [
        {"id": scene.NOBODY, "direction": "ingress", "ethertype": "IPv4", "protocol": "carrier-pigeon"},
        {"id": scene.NOBODY[:-1] + "1", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"},
    ]
    uid = write(project, "SecurityGroup", "securitygroups", "odd", {"name": "odd", "rules": rules})
    scene.segment(project)
    groups = project.cloud.kube.get("/apis/kubeovn.io/v1/security-groups").json()["items"]
    (made,) = [one for one in groups if one["metadata"]["name"] == f"{project.namespace}-odd"]
    assert [one["protocol"] for one in made["spec"]["ingressRules"]] == ["tcp"]
    rule = {"security_group_id": uid, "direction": "ingress", "protocol": "udp"}
    scene.make(project, "security-group-rules", **rule)


def test_a_subnet_may_say_only_what_it_must(project: Project) -> None:
    network = scene.make(project, "networks", name="n")
    write(project, "Subnet", "subnets", "bare", {"networkId": network["id"], "ipVersion": 4, "cidr": "10.9.0.0/24"})
    write(project, "Subnet", "subnets", "odd", {"networkId": network["id"], "ipVersion": 4, "cidr": "somewhere"})
    port = scene.make(project, "ports", network_id=network["id"])
    assert port["fixed_ips"][0]["ip_address"].startswith("10.9.0.")
    assert len(project.network.get("/subnets", params={"network_id": network["id"]}).json()["subnets"]) == 2


def test_one_project_that_cannot_be_settled_stops_no_other(
    project: Project, other_project: Project, loop: Any, development: Any, running: Any
) -> None:
    path = "/apis/kubeovn.io/v1/subnets"
    switches: list[str] = []
    for one in sorted((project, other_project), key=lambda one: one.namespace):
        scene.segment(one)
        found = project.cloud.kube.get(path).json()["items"]
        switches += [each["metadata"]["name"] for each in found if each["spec"].get("vpc") == f"dicot-{one.namespace}"]
    body = {"spec": {"private": False}}
    for switch in switches:
        assert project.cloud.kube.patch(f"{path}/{switch}", json=body, headers=MERGE).status_code == 200
    broken, sound = switches
    rule = development.cluster.faults.fail(f"{path}/{broken}$", 422, method="PATCH")

    def right() -> bool:
        loop.run(follow_up.sweep(running))
        return project.cloud.kube.get(f"{path}/{sound}").json()["spec"]["private"]

    wait_for(right, "the sound project's switch to be private again")
    assert project.cloud.kube.get(f"{path}/{broken}").json()["spec"]["private"] is False
    rule.times = 0
