"""Moving running servers over HTTP: to a chosen host or any, watched, aborted, refused; and what a lost host needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]

ANYWHERE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}


class Admin:
    """Acts on a project's servers as an administrator of the cloud."""

    def __init__(self, cloud: Cloud, servers: Servers) -> None:
        self.cloud, self.servers = cloud, servers

    def act(self, server_id: str, action: Json, version: str = "2.104") -> Any:
        return self.cloud.admin.compute_at(version).post(f"/servers/{server_id}/action", json=action)

    def host(self, server_id: str) -> str:
        shown = self.cloud.admin.compute_at("2.104").get(f"/servers/{server_id}").json()["server"]
        return shown["OS-EXT-SRV-ATTR:host"]

    def migrations(self, server_id: str, version: str = "2.104") -> list[Json]:
        answer = self.cloud.admin.compute_at(version).get(f"/os-migrations?instance_uuid={server_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["migrations"]

    def other_host(self, server_id: str) -> str:
        found = self.cloud.admin.compute_at("2.104").get("/os-hypervisors").json()["hypervisors"]
        return next(one["hypervisor_hostname"] for one in found if one["hypervisor_hostname"] != self.host(server_id))


@pytest.fixture
def admin(cloud: Cloud, servers: Servers) -> Admin:
    return Admin(cloud, servers)


def test_a_server_is_moved_to_a_chosen_host(servers: Servers, admin: Admin):
    server = servers.make()
    source, target = admin.host(server["id"]), admin.other_host(server["id"])
    answer = admin.act(server["id"], {"os-migrateLive": {"host": target, "block_migration": False}})
    assert answer.status_code == 202, answer.text
    shown = servers.show(server["id"])
    assert (shown["status"], shown["OS-EXT-STS:task_state"]) in {("MIGRATING", "migrating"), ("ACTIVE", None)}
    servers.until(server["id"], "ACTIVE")
    assert admin.host(server["id"]) == target
    (done,) = admin.migrations(server["id"])
    assert (done["status"], done["source_compute"], done["dest_compute"]) == ("completed", source, target)
    assert (done["migration_type"], done["instance_uuid"]) == ("live-migration", server["id"])
    assert admin.cloud.admin.compute_at("2.104").get(f"/servers/{server['id']}/migrations").json() == {"migrations": []}
    late = admin.cloud.admin.compute_at("2.104").get(f"/servers/{server['id']}/migrations/{done['id']}")
    words = f"Live migration {done['id']} for server {server['id']} is not in progress."
    assert (late.status_code, message(late)) == (404, words)


def test_migrations_are_told_at_each_version(servers: Servers, admin: Admin):
    server = servers.make()
    assert admin.act(server["id"], ANYWHERE).status_code == 202
    servers.until(server["id"], "ACTIVE")
    told = {version: set(admin.migrations(server["id"], version)[0]) for version in ("2.22", "2.23", "2.59", "2.80")}
    assert told["2.23"] - told["2.22"] == {"migration_type"}
    assert told["2.59"] - told["2.23"] == {"uuid"}
    assert told["2.80"] - told["2.59"] == {"user_id", "project_id"}
    listing = admin.cloud.admin.compute_at("2.104")
    query = f"/os-migrations?instance_uuid={server['id']}"
    (only,) = listing.get(f"{query}&limit=1").json()["migrations"]
    assert listing.get(f"{query}&marker={only['uuid']}").json() == {"migrations": []}
    assert servers.project.compute.get("/os-migrations").status_code == 403


def test_moves_that_are_refused(servers: Servers, admin: Admin):
    server = servers.make()
    here = admin.host(server["id"])
    for action, words in (
        ({"host": "nowhere", "block_migration": "auto"}, "Compute host nowhere could not be found."),
        (
            {"host": here, "block_migration": "auto"},
            f"Unable to migrate instance ({server['id']}) to current host ({here}).",
        ),
        (
            {"host": None, "block_migration": True},
            f"{server['id']} is not on local storage: Block migration can not be used with shared storage.",
        ),
    ):
        refused = admin.act(server["id"], {"os-migrateLive": action})
        assert (refused.status_code, message(refused)) == (400, words)
    forced = {"os-migrateLive": {"host": None, "block_migration": "auto", "force": True}}
    refused = admin.act(server["id"], forced, "2.30")
    assert (refused.status_code, message(refused)) == (400, "Can't force to a non-provided destination")
    assert servers.act(server["id"], ANYWHERE).status_code == 403
    servers.act(server["id"], {"os-stop": None})
    servers.until(server["id"], "SHUTOFF")
    refused = admin.act(server["id"], ANYWHERE)
    words = f"Cannot 'os-migrateLive' instance {server['id']} while it is in vm_state stopped"
    assert (refused.status_code, message(refused)) == (409, words)
    for method, path, status in (("DELETE", "", 409), ("POST", "/action", 409)):
        body = {"force_complete": None} if method == "POST" else None
        url = f"/servers/{server['id']}/migrations/1{path}"
        answer = admin.cloud.admin.compute_at("2.104").request(method, url, json=body)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("version", "body", "status"),
    [
        ("2.24", {"host": None, "block_migration": False, "disk_over_commit": False}, 202),
        ("2.25", {"host": None, "block_migration": False, "disk_over_commit": False}, 400),
        ("2.24", {"host": None, "block_migration": "auto", "disk_over_commit": False}, 400),
        ("2.25", {"host": None, "block_migration": "auto"}, 202),
        ("2.29", {"host": None, "block_migration": "auto", "force": False}, 400),
        ("2.30", {"host": None, "block_migration": "auto", "force": False}, 202),
        ("2.68", {"host": None, "block_migration": "auto", "force": False}, 400),
    ],
)
def test_what_a_live_migration_takes(servers: Servers, admin: Admin, version: str, body: Json, status: int):
    server = servers.make()
    assert admin.act(server["id"], {"os-migrateLive": body}, version).status_code == status


@pytest.mark.parametrize(
    ("version", "body", "status"),
    [
        ("2.13", {"onSharedStorage": True}, 400),
        ("2.14", {"onSharedStorage": True}, 400),
        ("2.28", {"force": False}, 400),
        ("2.29", {"force": True}, 400),
        ("2.104", {"host": "nowhere"}, 404),
        ("2.104", {"adminPass": "secret"}, 400),
        ("2.104", {}, 400),
    ],
)
def test_evacuations_from_a_host_that_is_up(servers: Servers, admin: Admin, version: str, body: Json, status: int):
    server = servers.make()
    assert admin.act(server["id"], {"evacuate": body}, version).status_code == status
    if body == {}:
        words = f"Compute service of {admin.host(server['id'])} is still in use."
        assert message(admin.act(server["id"], {"evacuate": {}})) == words


def test_a_stopped_server_needs_no_evacuation(project: Project, servers: Servers, admin: Admin):
    server = servers.make()
    servers.act(server["id"], {"os-stop": None})
    servers.until(server["id"], "SHUTOFF")
    assert admin.act(server["id"], {"evacuate": {}}).status_code == 200
    wait_for(lambda: servers.show(server["id"])["status"] == "SHUTOFF", "the server to be as it was")
