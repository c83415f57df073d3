"""Security groups and rules, and the default group that exists before anybody wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Project
from tests.network import scene

Json = dict[str, Any]


def default(project: Project) -> Json:
    (group,) = project.network.get("/security-groups", params={"name": "default"}).json()["security_groups"]
    return group


def written(project: Project) -> list[Json]:
    return project.objects("/apis/network.dicot.io/v1alpha1/securitygroups")


def test_reading_the_default_group_writes_nothing(project: Project) -> None:
    group = default(project)
    assert {(one["direction"], one["ethertype"]) for one in group["security_group_rules"]} == {
        (direction, ethertype) for direction in ("ingress", "egress") for ethertype in ("IPv4", "IPv6")
    }
    assert scene.show(project, "security-groups", group["id"]) == group
    assert written(project) == []


def test_changing_the_default_group_writes_it_under_its_id(project: Project) -> None:
    before = default(project)
    rule = {"security_group_id": before["id"], "direction": "ingress", "protocol": "tcp"}
    scene.make(project, "security-group-rules", **rule, port_range_min=22, port_range_max=22)
    after = default(project)
    assert after["id"] == before["id"]
    ids = {one["id"] for one in after["security_group_rules"]}
    assert {one["id"] for one in before["security_group_rules"]} < ids
    (obj,) = written(project)
    assert obj["metadata"]["name"] == "default"


def test_the_default_group_stays(project: Project) -> None:
    group = default(project)
    answer = project.network.delete(f"/security-groups/{group['id']}")
    scene.error(answer, 409, "SecurityGroupCannotRemoveDefault")
    answer = scene.change(project, "security-groups", group["id"], name="mine")
    scene.error(answer, 409, "SecurityGroupCannotUpdateDefault")
    assert scene.change(project, "security-groups", group["id"], description="ours").status_code == 200
    other = scene.make(project, "security-groups", name="web")
    answer = scene.change(project, "security-groups", other["id"], name="Default")
    scene.error(answer, 409, "SecurityGroupDefaultAlreadyExists")


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ({"port_range_min": 22, "port_range_max": 22}, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "tcp", "port_range_min": 22}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 3}, "SecurityGroupInvalidPortValue"),
        ({"protocol": "tcp", "port_range_min": 1, "port_range_max": 70000}, "SecurityGroupInvalidPortValue"),
        ({"protocol": "icmp", "port_range_min": 256}, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "icmp", "port_range_max": 3}, "SecurityGroupMissingIcmpType"),
        ({"protocol": "esp", "port_range_min": 3, "port_range_max": 3}, "SecurityGroupInvalidProtocolForPort"),
        ({"protocol": "ipv6-icmp"}, "SecurityGroupEthertypeConflictWithProtocol"),
        ({"remote_ip_prefix": "fd00::/64"}, "SecurityGroupRuleParameterConflict"),
        ({"remote_ip_prefix": "x"}, "InvalidCIDR"),
        (
            {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": scene.NOBODY},
            "SecurityGroupMultipleRemoteEntites",
        ),
    ],
)
def test_rules_that_contradict_themselves(project: Project, rule: Json, kind: str) -> None:
    group = scene.make(project, "security-groups", name="web")
    wish = {"security_group_id": group["id"], "direction": "ingress", **rule}
    answer = project.network.post("/security-group-rules", json={"security_group_rule": wish})
    scene.error(answer, 400, kind)


def test_spellings_of_one_rule(project: Project) -> None:
    group = scene.make(project, "security-groups", name="web")
    base = {"security_group_id": group["id"], "direction": "ingress"}
    made = scene.make(project, "security-group-rules", **base, protocol="6", ethertype="ipv4", remote_ip_prefix="")
    assert (made["protocol"], made["ethertype"], made["remote_ip_prefix"]) == ("6", "IPv4", None)
    for other in ({"protocol": "TCP"}, {"protocol": "tcp", "remote_ip_prefix": "0.0.0.0/0"}):
        answer = project.network.post("/security-group-rules", json={"security_group_rule": {**base, **other}})
        message = scene.error(answer, 409, "SecurityGroupRuleExists")
        assert message == f"Security group rule already exists. Rule id is {made['id']}."
    single = scene.make(project, "security-group-rules", **base, protocol="udp", remote_ip_prefix="192.0.2.1")
    assert single["remote_ip_prefix"] == "192.0.2.1/32"


def test_rules_are_found_and_deleted(project: Project) -> None:
    group = scene.make(project, "security-groups", name="web")
    rule = scene.make(
        project, "security-group-rules", security_group_id=group["id"], direction="ingress", protocol="tcp"
    )
    listed = project.network.get("/security-group-rules", params={"protocol": "tcp"}).json()["security_group_rules"]
    assert [one["id"] for one in listed] == [rule["id"]]
    assert scene.show(project, "security-group-rules", rule["id"]) == rule
    scene.delete(project, "security-group-rules", rule["id"])
    answer = project.network.get(f"/security-group-rules/{rule['id']}")
    scene.error(answer, 404, "SecurityGroupRuleNotFound")
    answer = project.network.put(
        f"/security-group-rules/{rule['id']}", json={"security_group_rule": {"protocol": "udp"}}
    )
    assert answer.status_code == 404


def test_others_rules_are_out_of_sight(project: Project, other_project: Project) -> None:
    group = scene.make(project, "security-groups", name="web")
    rule = group["security_group_rules"][0]["id"]
    assert other_project.network.get(f"/security-group-rules/{rule}").status_code == 404
    assert other_project.network.delete(f"/security-group-rules/{rule}").status_code == 404
    wish = {"security_group_id": group["id"], "direction": "ingress"}
    answer = other_project.network.post("/security-group-rules", json={"security_group_rule": wish})
    scene.error(answer, 404, "SecurityGroupNotFound")


@pytest.mark.parametrize("nobody", ["bad_group_id", scene.NOBODY])
@pytest.mark.parametrize(
    ("key", "kind"), [("remote_group_id", "SecurityGroupNotFound"), ("remote_address_group_id", "AddressGroupNotFound")]
)
def test_a_remote_group_that_nobody_has_is_not_found_however_it_is_spelt(
    project: Project, key: str, kind: str, nobody: str
) -> None:
    rule = {"security_group_id": default(project)["id"], "direction": "ingress", "protocol": "tcp", key: nobody}
    refused = project.network.post("/security-group-rules", json={"security_group_rule": rule})
    assert (refused.status_code, refused.json()["NeutronError"]["type"]) == (404, kind)
    assert written(project) == []
