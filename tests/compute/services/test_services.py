"""Services over HTTP: nodes that are cordoned, said to be down, and kept from being deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, recorded, shape

Json = dict[str, Any]
COMPUTE = "/os-services?binary=nova-compute"


@pytest.fixture
def host(cloud: Cloud) -> Iterator[str]:
    """A node's name; the node is as it was afterwards."""
    name = cloud.admin.compute.get(COMPUTE).json()["services"][-1]["host"]
    yield name
    notes = {"compute.dicot.io/disabled-reason": None, "compute.dicot.io/forced-down": None}
    patch = {"spec": {"unschedulable": None}, "metadata": {"annotations": notes}}
    media = {"Content-Type": "application/merge-patch+json"}
    cloud.kube.patch(f"/api/v1/nodes/{name}", json=patch, headers=media).raise_for_status()


def node(cloud: Cloud, name: str) -> Json:
    return cloud.kube.get(f"/api/v1/nodes/{name}").json()


@pytest.mark.parametrize("number", ["275", "276", "277"])
def test_shown_as_recorded(cloud: Cloud, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"]["OpenStack-API-Version"].split()[1]
    shown = cloud.admin.compute_at(version).get("/os-services")
    assert shown.status_code == 200, shown.text
    assert shape(shown.json()["services"][-1:]) == shape(exchange["response"]["body"]["services"][-1:])
    assert {one["binary"] for one in shown.json()["services"]} >= {"nova-conductor", "nova-compute"}


def test_one_host_and_one_kind(cloud: Cloud, host: str):
    (one,) = cloud.admin.compute.get(f"{COMPUTE}&host={host}").json()["services"]
    assert (one["host"], one["binary"], one["status"], one["state"]) == (host, "nova-compute", "enabled", "up")
    assert cloud.admin.compute_at("2.75").get("/os-services?colour=red").status_code == 400


def test_disabled_with_a_reason_is_cordoned(cloud: Cloud, host: str):
    client = cloud.admin.compute_at("2.52")
    body = {"host": host, "binary": "nova-compute", "disabled_reason": "new disks"}
    changed = client.put("/os-services/disable-log-reason", json=body)
    told = {"host": host, "binary": "nova-compute", "status": "disabled", "disabled_reason": "new disks"}
    assert (changed.status_code, changed.json()) == (200, {"service": told})
    assert node(cloud, host)["spec"]["unschedulable"] is True
    newest = cloud.admin.compute_at("2.104")
    (shown,) = newest.get(f"{COMPUTE}&host={host}").json()["services"]
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "new disks")
    (seen,) = newest.get(f"/os-hypervisors/detail?hypervisor_hostname_pattern={host}").json()["hypervisors"]
    assert (seen["status"], seen["service"]["disabled_reason"]) == ("disabled", "new disks")
    enabled = newest.put(f"/os-services/{shown['id']}", json={"status": "enabled"})
    assert (enabled.json()["service"]["status"], enabled.json()["service"]["disabled_reason"]) == ("enabled", None)
    assert "unschedulable" not in node(cloud, host)["spec"]


def test_plainly_disabled_and_enabled(cloud: Cloud, host: str):
    body = {"host": host, "binary": "nova-compute"}
    for action, status in (("disable", "disabled"), ("enable", "enabled")):
        changed = cloud.admin.compute.put(f"/os-services/{action}", json=body)
        assert changed.json() == {"service": {**body, "status": status}}


def test_forced_down_at_both_sides_of_2_11(cloud: Cloud, host: str):
    body = {"host": host, "binary": "nova-compute", "forced_down": True}
    refused = cloud.admin.compute_at("2.10").put("/os-services/force-down", json=body)
    assert refused.status_code == 400
    changed = cloud.admin.compute_at("2.11").put("/os-services/force-down", json=body)
    assert changed.json() == {"service": body}
    (shown,) = cloud.admin.compute_at("2.53").get(f"{COMPUTE}&host={host}").json()["services"]
    assert (shown["state"], shown["forced_down"]) == ("down", True)
    up = cloud.admin.compute_at("2.53").put(f"/os-services/{shown['id']}", json={"forced_down": False})
    assert (up.json()["service"]["state"], up.json()["service"]["forced_down"]) == ("up", False)


def test_what_cannot_be_changed_is_refused_in_novas_words(cloud: Cloud, host: str):
    old, new = cloud.admin.compute_at("2.52"), cloud.admin.compute_at("2.53")
    listed = new.get("/os-services").json()["services"]
    conductor = next(one["id"] for one in listed if one["binary"] == "nova-conductor")
    mine = next(one["id"] for one in listed if one["host"] == host)
    body = {"host": host, "binary": "nova-compute"}
    nobody = "9ba1cca0-0000-4000-8000-000000000000"
    for refused, status, text in (
        (old.put("/os-services/paint", json=body), 404, "Unknown action"),
        (old.put("/os-services/disable-log-reason", json=body), 400, "Missing disabled reason field"),
        (old.put("/os-services/force-down", json=body), 400, "Missing forced_down field"),
        (old.put("/os-services/enable", json={**body, "host": "nosuch"}), 404,
         "Host 'nosuch' is not mapped to any cell"),
        (new.put("/os-services/enable", json={}), 400, "Invalid uuid enable"),
        (new.put(f"/os-services/{nobody}", json={"forced_down": True}), 404,
         f"Service {nobody} could not be found."),
        (new.put(f"/os-services/{mine}", json={}), 400,
         "No updates were requested. Fields 'status' or 'forced_down' should be specified."),
        (new.put(f"/os-services/{mine}", json={"status": "enabled", "disabled_reason": "x"}), 400,
         "Specifying 'disabled_reason' with status 'enabled' is invalid."),
        (new.put(f"/os-services/{conductor}", json={"status": "disabled"}), 400,
         "Updating a nova-conductor service is not supported. Only nova-compute services can be updated."),
        (new.delete(f"/os-services/{conductor}"), 409,
         "A nova-conductor service cannot be deleted: it is a part of the cluster."),
        (new.delete(f"/os-services/{nobody}"), 404, f"Service {nobody} not found."),
        (old.delete("/os-services/x"), 400, "Invalid input received: id must be an integer"),
    ):  # fmt: skip
        assert (refused.status_code, message(refused)) == (status, text)


def test_a_node_is_deleted_once_it_is_down(cloud: Cloud):
    made = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "leaving", "labels": {"kubevirt.io/schedulable": "false"}},
        "spec": {},
    }
    cloud.kube.post("/api/v1/nodes", json=made).raise_for_status()
    client = cloud.admin.compute_at("2.53")
    (shown,) = client.get(f"{COMPUTE}&host=leaving").json()["services"] or [None]
    assert shown is not None
    assert shown["state"] == "down"
    assert client.delete(f"/os-services/{shown['id']}").status_code == 204
    assert cloud.kube.get("/api/v1/nodes/leaving").status_code == 404
    up = client.get(COMPUTE).json()["services"][0]
    refused = client.delete(f"/os-services/{up['id']}")
    assert refused.status_code == 409


def test_only_for_administrators(project: Project):
    refused = project.compute.get("/os-services")
    assert (refused.status_code, refused.json()) == (403, answer("nova-278"))
    assert project.compute.put("/os-services/disable", json={"host": "a", "binary": "nova-compute"}).status_code == 403
