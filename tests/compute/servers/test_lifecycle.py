"""Servers over the wire: from creation to nothing left."""

from __future__ import annotations

import base64

from tests.cloud import wait_for


def test_create_show_delete(servers):
    server = servers.make(metadata={"a": "b"}, tags=["t"], description="first")
    assert server["name"] == "web"
    assert server["metadata"] == {"a": "b"}
    assert server["tags"] == ["t"]
    assert server["description"] == "first"
    assert server["image"]["id"] == servers.image
    assert server["OS-EXT-STS:power_state"] == 1
    servers.delete(server["id"])
    wait_for(lambda: not servers.left(), "nothing to be left")


def test_the_answer_to_a_creation_is_novas(servers):
    answer = servers.ask()
    assert answer.status_code == 202
    server = answer.json()["server"]
    assert list(server) == ["id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"]
    assert answer.headers["Location"] == server["links"][0]["href"]
    assert server["links"][0]["href"].endswith(f"/compute/v2.1/servers/{server['id']}")
    servers.delete(server["id"])


def test_what_was_just_made_is_shown_at_once(servers):
    server_id = servers.ask().json()["server"]["id"]
    shown = servers.show(server_id)
    assert shown["status"] in ("BUILD", "ACTIVE")
    assert server_id in servers.project.compute.get("/servers").text


def test_stop_and_start(servers, refused):
    server_id = servers.make()["id"]
    assert "vm_state active" in refused(servers.act(server_id, {"os-start": None}), 409, "conflictingRequest")
    assert servers.act(server_id, {"os-stop": None}).status_code == 202
    stopped = servers.until(server_id, "SHUTOFF")
    assert stopped["OS-EXT-STS:power_state"] == 4
    sentence = refused(servers.act(server_id, {"os-stop": None}), 409, "conflictingRequest")
    assert sentence == f"Cannot 'stop' instance {server_id} while it is in vm_state stopped"
    assert servers.act(server_id, {"os-start": None}).status_code == 202
    servers.until(server_id, "ACTIVE")


def test_reboots(servers):
    server_id = servers.make()["id"]
    for kind in ("SOFT", "HARD"):
        assert servers.act(server_id, {"reboot": {"type": kind}}).status_code == 202
        servers.until(server_id, "ACTIVE")


def test_a_hard_reboot_starts_a_stopped_server(servers):
    server_id = servers.make()["id"]
    servers.act(server_id, {"os-stop": None})
    servers.until(server_id, "SHUTOFF")
    assert servers.act(server_id, {"reboot": {"type": "HARD"}}).status_code == 202
    servers.until(server_id, "ACTIVE")


def test_pause_and_unpause(servers, refused):
    server_id = servers.make()["id"]
    assert servers.act(server_id, {"pause": None}).status_code == 202
    servers.until(server_id, "PAUSED")
    refused(servers.act(server_id, {"os-stop": None}), 409, "conflictingRequest")
    assert servers.act(server_id, {"unpause": None}).status_code == 202
    servers.until(server_id, "ACTIVE")


def test_a_locked_server_is_left_alone(servers, refused):
    server_id = servers.make()["id"]
    assert servers.act(server_id, {"lock": {"locked_reason": "mine"}}).status_code == 202
    shown = servers.show(server_id)
    assert (shown["locked"], shown["locked_reason"]) == (True, "mine")
    sentence = refused(servers.act(server_id, {"os-stop": None}), 409, "conflictingRequest")
    assert sentence == f"Instance {server_id} is locked"
    refused(servers.project.compute.delete(f"/servers/{server_id}"), 409, "conflictingRequest")
    assert servers.act(server_id, {"unlock": None}).status_code == 202
    servers.delete(server_id)


def test_update(servers):
    server_id = servers.make()["id"]
    changes = {"name": "new", "description": None, "accessIPv4": "192.0.2.1", "hostname": "host-b"}
    answer = servers.project.compute_at("2.104").put(f"/servers/{server_id}", json={"server": changes})
    assert answer.status_code == 200
    server = answer.json()["server"]
    assert (server["name"], server["accessIPv4"]) == ("new", "192.0.2.1")
    assert server["OS-EXT-SRV-ATTR:hostname"] == "host-b"
    assert servers.show(server_id)["name"] == "new"


def test_console_output(servers):
    server_id = servers.make()["id"]

    def output() -> str:
        return servers.act(server_id, {"os-getConsoleOutput": {}}).json().get("output", "")

    wait_for(lambda: "login:" in output() or "cloud-init" in output().lower(), "the console to speak")
    answer = servers.act(server_id, {"os-getConsoleOutput": {"length": 1}})
    assert answer.status_code == 200
    assert answer.json()["output"].count("\n") <= 1


def test_several_at_once(servers):
    answer = servers.ask(min_count=2, max_count=2, return_reservation_id=True)
    assert answer.status_code == 202
    assert list(answer.json()) == ["reservation_id"]
    listed = servers.project.compute.get("/servers").json()["servers"]
    assert sorted(one["name"] for one in listed) == ["web-1", "web-2"]


def test_user_data_and_password_reach_the_machine(servers):
    script = b"#!/bin/sh\necho hi\n"
    answer = servers.ask(user_data=base64.b64encode(script).decode(), adminPass="pa55")
    assert answer.json()["server"]["adminPass"] == "pa55"
    secrets = {one["metadata"]["name"].rpartition("-")[2]: one for one in servers.project.objects("/api/v1/secrets")}
    assert sorted(secrets) == ["pass", "userdata"]
    secret = secrets["userdata"]
    told = base64.b64decode(secret["data"]["userdata"]).decode()
    assert "text/x-shellscript" in told
    server_id = answer.json()["server"]["id"]
    servers.until(server_id, "ACTIVE")
    servers.delete(server_id)
    wait_for(lambda: not servers.project.objects("/api/v1/secrets"), "the Secret to go with the server")


def test_a_key_reaches_the_machine(servers):
    made = servers.project.compute.post("/os-keypairs", json={"keypair": {"name": "mine"}})
    key = made.json()["keypair"]["public_key"]
    server = servers.make(key_name="mine", user_data=base64.b64encode(b"#!/bin/sh\n").decode())
    assert server["key_name"] == "mine"
    secrets = {one["metadata"]["name"].rpartition("-")[2]: one for one in servers.project.objects("/api/v1/secrets")}
    secret = secrets["ssh"]
    assert base64.b64decode(secret["data"]["key"]).decode().split()[:2] == key.split()[:2]


def test_force_delete(servers):
    server_id = servers.make()["id"]
    assert servers.act(server_id, {"forceDelete": None}).status_code == 202
    servers.gone(server_id)


def test_what_was_done_is_listed(servers):
    server_id = servers.make()["id"]
    servers.act(server_id, {"os-stop": None})
    servers.until(server_id, "SHUTOFF")
    done = servers.project.compute.get(f"/servers/{server_id}/os-instance-actions").json()["instanceActions"]
    assert [one["action"] for one in done] == ["stop", "create"]
    request_id = done[0]["request_id"]
    shown = servers.project.compute_at("2.51").get(f"/servers/{server_id}/os-instance-actions/{request_id}")
    assert shown.json()["instanceAction"]["events"] == []
    assert servers.project.compute.get(f"/servers/{server_id}/os-instance-actions/req-no").status_code == 404
