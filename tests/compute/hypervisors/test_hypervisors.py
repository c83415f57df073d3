"""Hypervisors over HTTP: the nodes, as each version shows them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, recorded, shape

Json = dict[str, Any]


def plain(body: Json) -> Json:
    """Reduce an answer to its shape, but for what a driver of Nova's may put into `cpu_info` as it likes."""
    for hypervisor in body.get("hypervisors", ()):
        if isinstance(hypervisor.get("cpu_info"), dict):
            hypervisor["cpu_info"] = {}
    return shape(body)


@pytest.mark.parametrize("number", range(259, 274))
def test_shown_as_recorded(cloud: Cloud, number: int):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"].get("OpenStack-API-Version", "compute 2.1").split()[1]
    shown = cloud.admin.compute_at(version).get(exchange["request"]["path"].removeprefix("/v2.1"))
    assert shown.status_code == 200, shown.text
    assert plain(shown.json()) == plain(exchange["response"]["body"])


def test_statistics_are_gone_since_2_88(cloud: Cloud):
    refused = cloud.admin.compute_at("2.88").get("/os-hypervisors/statistics")
    assert (refused.status_code, refused.json()) == (404, answer("nova-274"))


def test_nodes_by_name_and_in_pages(cloud: Cloud):
    names = sorted(one["metadata"]["name"] for one in cloud.kube.get("/api/v1/nodes").json()["items"])
    admin = cloud.admin.compute_at("2.53")
    listed = admin.get("/os-hypervisors").json()["hypervisors"]
    assert [one["hypervisor_hostname"] for one in listed] == names
    first = admin.get("/os-hypervisors?limit=1").json()
    assert first["hypervisors"] == listed[:1]
    assert first["hypervisors_links"][0]["href"].endswith(f"limit=1&marker={listed[0]['id']}")
    rest = admin.get(f"/os-hypervisors?marker={listed[0]['id']}").json()
    assert rest["hypervisors"] == listed[1:]
    found = admin.get(f"/os-hypervisors?hypervisor_hostname_pattern={names[0]}&with_servers=true").json()
    assert found["hypervisors"][0]["hypervisor_hostname"] == names[0]
    lost = admin.get("/os-hypervisors?hypervisor_hostname_pattern=nosuch")
    assert (lost.status_code, message(lost)) == (404, "No hypervisor matching 'nosuch' could be found.")
    assert admin.get("/os-hypervisors?hypervisor_hostname_pattern=x&limit=1").status_code == 400
    assert admin.get("/os-hypervisors?colour=red").status_code == 400


def test_ids_at_both_sides_of_2_53(cloud: Cloud):
    old, new = cloud.admin.compute_at("2.52"), cloud.admin.compute_at("2.53")
    number = old.get("/os-hypervisors").json()["hypervisors"][0]["id"]
    uid = new.get("/os-hypervisors").json()["hypervisors"][0]["id"]
    assert isinstance(number, int)
    names = {client.get(f"/os-hypervisors/{one}").json()["hypervisor"]["hypervisor_hostname"]
             for client, one in ((old, number), (new, uid))}  # fmt: skip
    assert len(names) == 1
    assert old.get("/os-hypervisors/1").status_code == 404
    assert new.get("/os-hypervisors/1").status_code == 400
    assert new.get("/os-hypervisors/9ba1cca0-0000-4000-8000-000000000000").status_code == 404


def test_only_for_administrators(project: Project):
    refused = project.compute.get("/os-hypervisors")
    assert (refused.status_code, refused.json()) == (403, answer("nova-258"))


def test_searched_until_2_52(cloud: Cloud):
    old, new = cloud.admin.compute_at("2.52"), cloud.admin.compute_at("2.53")
    first = old.get("/os-hypervisors").json()["hypervisors"][0]
    name = first["hypervisor_hostname"]
    assert old.get(f"/os-hypervisors/{name}/search").json() == {"hypervisors": [first]}
    found = old.get(f"/os-hypervisors/{name}/servers").json()["hypervisors"]
    assert [one["hypervisor_hostname"] for one in found] == [name]
    lost = old.get("/os-hypervisors/nosuch/servers")
    assert (lost.status_code, message(lost)) == (404, "No hypervisor matching 'nosuch' could be found.")
    for call in ("search", "servers"):
        assert new.get(f"/os-hypervisors/{name}/{call}").status_code == 404


def test_uptime_is_refused_as_by_a_driver_that_cannot_tell_it(cloud: Cloud):
    old = cloud.admin.compute_at("2.87")
    uid = old.get("/os-hypervisors").json()["hypervisors"][0]["id"]
    refused = old.get(f"/os-hypervisors/{uid}/uptime")
    assert (refused.status_code, message(refused)) == (501, "The requested functionality is not supported.")
    assert old.get("/os-hypervisors/9ba1cca0-0000-4000-8000-000000000000/uptime").status_code == 404
    assert cloud.admin.compute_at("2.88").get(f"/os-hypervisors/{uid}/uptime").status_code == 404
