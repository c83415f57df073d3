"""What is wrong is refused in Neutron's words and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Project
from tests.network import scene

Json = dict[str, Any]

WRONG: list[tuple[str, Json, int, str, str]] = [
    ("networks", {"name": 3}, 400, "HTTPBadRequest", "Invalid input for name. Reason: '3' is not a valid string."),
    ("networks", {"nosuch": 1}, 400, "HTTPBadRequest", "Unrecognized attribute(s) 'nosuch'"),
    ("networks", {"id": scene.NOBODY}, 400, "HTTPBadRequest", "Attribute 'id' not allowed in POST"),
    ("networks", {"mtu": "x"}, 400, "InvalidInput", "Invalid input for operation: 'x' is not an integer."),
    (
        "networks",
        {"mtu": 1},
        400,
        "HTTPBadRequest",
        "Invalid input for mtu. Reason: '1' is too small - must be at least '68'.",
    ),
    (
        "networks",
        {"router:external": True},
        403,
        "PolicyNotAuthorized",
        "(rule:create_network and rule:create_network:router:external) is disallowed by policy",
    ),
    (
        "subnets",
        {},
        400,
        "HTTPBadRequest",
        "Failed to parse request. Required attribute 'network_id' not specified",
    ),
    (
        "subnets",
        {"network_id": "x", "ip_version": 4},
        400,
        "HTTPBadRequest",
        "Invalid input for network_id. Reason: 'x' is not a valid UUID.",
    ),
    (
        "ports",
        {"network_id": scene.NOBODY},
        404,
        "NetworkNotFound",
        f"Network {scene.NOBODY} could not be found.",
    ),
    (
        "ports",
        {"network_id": scene.NOBODY, "mac_address": "x"},
        400,
        "HTTPBadRequest",
        "Invalid input for mac_address. Reason: 'x' is not a valid MAC address.",
    ),
    (
        "ports",
        {"network_id": scene.NOBODY, "binding:vnic_type": "direct"},
        400,
        "HTTPBadRequest",
        "Invalid input for binding:vnic_type. Reason: 'direct' is not in ['normal'].",
    ),
    (
        "routers",
        {"external_gateway_info": {"nosuch": 1}},
        400,
        "HTTPBadRequest",
        "Invalid input for external_gateway_info. Reason: Unexpected keys supplied: nosuch.",
    ),
    (
        "floatingips",
        {},
        400,
        "HTTPBadRequest",
        "Failed to parse request. Required attribute 'floating_network_id' not specified",
    ),
    (
        "floatingips",
        {"floating_network_id": scene.NOBODY},
        404,
        "NetworkNotFound",
        f"Network {scene.NOBODY} could not be found.",
    ),
    (
        "security-groups",
        {"name": "x" * 256},
        400,
        "HTTPBadRequest",
        f"Invalid input for name. Reason: '{'x' * 256}' exceeds maximum length of 255.",
    ),
    (
        "security-group-rules",
        {"security_group_id": scene.NOBODY, "direction": "up"},
        400,
        "HTTPBadRequest",
        "Invalid input for direction. Reason: 'up' is not in ['ingress', 'egress'].",
    ),
    (
        "security-group-rules",
        {"security_group_id": scene.NOBODY, "direction": "ingress"},
        404,
        "SecurityGroupNotFound",
        f"Security group {scene.NOBODY} does not exist",
    ),
    (
        "security-group-rules",
        {"security_group_id": scene.NOBODY, "direction": "ingress", "protocol": "nosuch"},
        400,
        "SecurityGroupRuleInvalidProtocol",
        "",
    ),
    (
        "security-group-rules",
        {"security_group_id": scene.NOBODY, "direction": "ingress", "ethertype": "IPv5"},
        400,
        "SecurityGroupRuleInvalidEtherType",
        "Security group rule for ethertype 'IPv5' not supported. Allowed values are ['IPv4', 'IPv6'].",
    ),
]


@pytest.mark.parametrize(("collection", "attributes", "status", "kind", "sentence"), WRONG)
def test_refused(project: Project, collection: str, attributes: Json, status: int, kind: str, sentence: str) -> None:
    answer = project.network.post(f"/{collection}", json={scene.singular(collection): attributes})
    message = scene.error(answer, status, kind)
    assert not sentence or message == sentence
    if collection != "security-group-rules":
        plural = collection.replace("-", "")
        assert project.objects(f"/apis/network.dicot.io/v1alpha1/{plural}") == []
    assert project.objects("/apis/network.dicot.io/v1alpha1/ipaddresses") == []


@pytest.mark.parametrize("body", [b"[]", b'{"network": 3}', b'{"network": []}', b"3", b'"x"', b"{", b'{"networks": 3}'])
def test_malformed(project: Project, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = project.network.post("/networks", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["NeutronError"]["type"] in {"HTTPBadRequest", "InvalidInput"}


@pytest.mark.parametrize("collection", scene.COLLECTIONS)
def test_unknown_ids(project: Project, collection: str) -> None:
    for name in (scene.NOBODY, "a-name", "%20", "x" * 200):
        answer = project.network.get(f"/{collection}/{name}")
        assert answer.status_code == 404
        assert answer.json()["NeutronError"]["type"].endswith("NotFound")


@pytest.mark.parametrize("collection", scene.COLLECTIONS)
def test_unknown_filters(project: Project, collection: str) -> None:
    answer = project.network.get(f"/{collection}", params={"nosuch": "1"})
    assert scene.error(answer, 400, "HTTPBadRequest") == "['nosuch'] is invalid attribute for filtering"


def test_a_bulk_is_all_or_nothing(project: Project) -> None:
    network, _ = scene.segment(project)
    wishes = [
        {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.7.0.9"}]},
        {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.7.0.9"}]},
    ]
    answer = project.network.post("/ports", json={"ports": wishes})
    scene.error(answer, 409, "IpAddressAlreadyAllocated")
    assert project.network.get("/ports").json()["ports"] == []
    assert project.objects("/apis/network.dicot.io/v1alpha1/ipaddresses") == []
