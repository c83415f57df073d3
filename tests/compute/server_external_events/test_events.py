"""External events over HTTP: which servers they can mean, at every version."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]
PATH = "/os-server-external-events"
NOBODY = "9ba1cca0-0000-4000-8000-000000000000"


def test_each_event_is_answered(cloud: Cloud, project: Project):
    servers = Servers(project)
    server = servers.make()["id"]
    client = cloud.admin.compute_at("2.104")
    event = {"name": "network-changed", "server_uuid": server}
    taken = client.post(PATH, json={"events": [{**event, "tag": "x"}]})
    told = {**event, "tag": "x", "status": "completed", "code": 200}
    assert (taken.status_code, taken.json()) == (200, {"events": [told]})
    lost = {"name": "network-changed", "server_uuid": NOBODY, "status": "completed"}
    bare = {"name": "power-update", "server_uuid": server}
    mixed = client.post(PATH, json={"events": [event, lost, bare]})
    assert mixed.status_code == 207
    told = [(one["code"], one["status"]) for one in mixed.json()["events"]]
    assert told == [(200, "completed"), (404, "failed"), (400, "failed")]
    servers.act(server, {"shelve": None})
    servers.until(server, "SHELVED_OFFLOADED")
    nowhere = client.post(PATH, json={"events": [event]})
    assert (nowhere.status_code, nowhere.json()["events"][0]["code"]) == (207, 422)


@pytest.mark.parametrize(
    ("name", "since", "before"),
    [
        ("network-vif-deleted", "2.1", None),
        ("volume-extended", "2.51", "2.50"),
        ("power-update", "2.76", "2.75"),
        ("accelerator-request-bound", "2.82", "2.81"),
        ("volume-reimaged", "2.93", "2.92"),
    ],
)
def test_each_name_has_its_version(cloud: Cloud, name: str, since: str, before: str | None):
    body = {"events": [{"name": name, "server_uuid": NOBODY, "tag": "x"}]}
    assert cloud.admin.compute_at(since).post(PATH, json=body).status_code == 207
    if before:
        assert cloud.admin.compute_at(before).post(PATH, json=body).status_code == 400


def test_bad_events_are_refused(cloud: Cloud):
    event = {"name": "network-changed", "server_uuid": NOBODY}
    for events in ([], [{**event, "server_uuid": "x"}], [{**event, "status": "odd"}], [{**event, "code": 200}], [{}]):
        assert cloud.admin.compute.post(PATH, json={"events": events}).status_code == 400, events


def test_only_for_administrators(project: Project):
    refused = project.compute.post(PATH, json={"events": [{"name": "network-changed", "server_uuid": NOBODY}]})
    assert (refused.status_code, message(refused)) == (
        403, "Policy doesn't allow os_compute_api:os-server-external-events:create to be performed.",
    )  # fmt: skip
