"""What no guest of Kubernetes can do, over HTTP: refused in Nova's words, after its checks; and what is declared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]

NOT_SUPPORTED = "The requested functionality is not supported."


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        ({"suspend": None}, 501, NOT_SUPPORTED),
        ({"resume": None}, 409, "Cannot 'resume' instance {} while it is in vm_state active"),
        ({"restore": None}, 409, "Cannot 'restore' instance {} while it is in vm_state active"),
        ({"trigger_crash_dump": None}, 501, NOT_SUPPORTED),
    ],
)
def test_what_a_project_is_refused(servers: Servers, action: Json, status: int, words: str):
    server = servers.make()
    refused = servers.act(server["id"], action)
    assert (refused.status_code, message(refused)) == (status, words.format(server["id"]))


@pytest.mark.parametrize(
    "action", [{"changePassword": {}}, {"trigger_crash_dump": "now"}, {"suspend": None, "more": 1}]
)
def test_malformed_bodies_come_first(servers: Servers, action: Json):
    assert servers.act(servers.make()["id"], action).status_code == 400


@pytest.mark.parametrize(("version", "status"), [("2.43", 400), ("2.44", 404)])
def test_fixed_ip_actions_until_their_removal(servers: Servers, version: str, status: int):
    server = servers.make()
    for action in ({"addFixedIp": {"networkId": "net"}}, {"removeFixedIp": {"address": "10.0.0.9"}}):
        assert servers.act(server["id"], action, version).status_code == status


def test_what_an_administrator_is_refused(cloud: Cloud, servers: Servers):
    server = servers.make()
    path = f"/servers/{server['id']}/action"
    for action, status in (({"migrate": None}, 501), ({"injectNetworkInfo": None}, 501), ({"resetNetwork": None}, 410)):
        assert cloud.admin.compute.post(path, json=action).status_code == status
        assert servers.act(server["id"], action).status_code == 403


def test_a_state_is_declared_until_something_is_done(cloud: Cloud, servers: Servers):
    server = servers.make()
    path = f"/servers/{server['id']}/action"
    assert servers.act(server["id"], {"os-resetState": {"state": "error"}}).status_code == 403
    for state, status in (("error", "ERROR"), ("active", "ACTIVE"), ("error", "ERROR")):
        assert cloud.admin.compute.post(path, json={"os-resetState": {"state": state}}).status_code == 202
        assert servers.until(server["id"], status)["OS-EXT-STS:vm_state"] == status.lower()
    assert "fault" not in servers.show(server["id"])
    assert servers.act(server["id"], {"reboot": {"type": "HARD"}}).status_code == 202
    servers.until(server["id"], "ACTIVE")
