"""Aggregates over HTTP: their life, their hosts as labels of nodes, and the zones that follow."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.compute.recorded import answer, message, shape

Json = dict[str, Any]
ZONE = "topology.kubernetes.io/zone"


class Aggregates:
    """Makes aggregates as the administrator, and a host without a zone."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.api = cloud.admin.compute_at("2.104")
        self.host = f"bare-{secrets.token_hex(3)}"
        self._made: list[int] = []

    def new(self, **wish: Any) -> Json:
        body = {"aggregate": {"name": f"agg-{secrets.token_hex(4)}", **wish}}
        made = self.api.post("/os-aggregates", json=body)
        assert made.status_code == 200, made.text
        self._made.append(made.json()["aggregate"]["id"])
        return made.json()["aggregate"]

    def act(self, aggregate: Json, name: str, **wish: Any) -> httpx2.Response:
        return self.api.post(f"/os-aggregates/{aggregate['id']}/action", json={name: wish})

    def show(self, aggregate: Json) -> Json:
        return self.api.get(f"/os-aggregates/{aggregate['id']}").json()["aggregate"]

    def node(self, name: str = "") -> Json:
        return self.cloud.kube.get(f"/api/v1/nodes/{name or self.host}").json()

    def remove(self) -> None:
        for number in self._made:
            shown = self.api.get(f"/os-aggregates/{number}")
            if shown.status_code == 200:
                for host in shown.json()["aggregate"]["hosts"]:
                    assert self.act({"id": number}, "remove_host", host=host).status_code == 200
                assert self.api.delete(f"/os-aggregates/{number}").status_code == 200


@pytest.fixture
def aggregates(cloud: Cloud) -> Iterator[Aggregates]:
    made = Aggregates(cloud)
    labels = {"kubevirt.io/schedulable": "true"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": made.host, "labels": labels}, "spec": {}}
    cloud.kube.post("/api/v1/nodes", json=node).raise_for_status()
    wait_for(
        lambda: any(one["hypervisor_hostname"] == made.host for one in hypervisors(cloud)), "Dicot to see the node"
    )
    yield made
    made.remove()
    cloud.kube.delete(f"/api/v1/nodes/{made.host}")


def hypervisors(cloud: Cloud) -> list[Json]:
    return cloud.admin.compute.get("/os-hypervisors").json()["hypervisors"]


def zone_of(cloud: Cloud, host: str) -> str:
    zones = cloud.admin.compute.get("/os-availability-zone/detail").json()["availabilityZoneInfo"]
    return next((one["zoneName"] for one in zones if host in (one["hosts"] or ())), "")


def test_a_life_as_recorded(aggregates: Aggregates):
    made = aggregates.new()
    assert shape(made) == shape(answer("nova-280")["aggregate"])
    listed = aggregates.api.get("/os-aggregates").json()["aggregates"]
    assert {**made, "hosts": [], "metadata": {}} in listed
    gone = aggregates.api.delete(f"/os-aggregates/{made['id']}")
    assert (gone.status_code, gone.content) == (200, b"")
    missing = aggregates.api.get(f"/os-aggregates/{made['id']}")
    assert (missing.status_code, message(missing)) == (404, f"Aggregate {made['id']} could not be found.")


def test_the_uuid_is_shown_from_2_41_on(aggregates: Aggregates):
    made = aggregates.new()
    path = f"/os-aggregates/{made['id']}"
    assert "uuid" not in aggregates.cloud.admin.compute_at("2.40").get(path).json()["aggregate"]
    assert aggregates.cloud.admin.compute_at("2.41").get(path).json()["aggregate"]["uuid"] == made["uuid"]
    assert aggregates.cloud.admin.compute_at("2.101").get("/os-aggregates?colour=red").status_code == 200
    assert aggregates.cloud.admin.compute_at("2.102").get("/os-aggregates?colour=red").status_code == 400


def test_two_of_one_name_are_refused(aggregates: Aggregates):
    made, other = aggregates.new(), aggregates.new()
    for refused in (
        aggregates.api.post("/os-aggregates", json={"aggregate": {"name": made["name"]}}),
        aggregates.api.put(f"/os-aggregates/{other['id']}", json={"aggregate": {"name": f" {made['name']} "}}),
    ):
        assert (refused.status_code, message(refused)) == (409, f"Aggregate {made['name']} already exists.")


def test_a_name_that_was_given_up_is_free(aggregates: Aggregates):
    made = aggregates.new()
    renamed = aggregates.api.put(f"/os-aggregates/{made['id']}", json={"aggregate": {"name": f"{made['name']}-b"}})
    assert renamed.json()["aggregate"]["name"] == f"{made['name']}-b"
    again = aggregates.new(name=made["name"])
    assert again["id"] != made["id"]


def test_a_host_is_a_label_of_its_node(aggregates: Aggregates):
    made = aggregates.new()
    added = aggregates.act(made, "add_host", host=aggregates.host)
    assert (added.status_code, added.json()["aggregate"]["hosts"]) == (200, [aggregates.host])
    (label,) = [key for key in aggregates.node()["metadata"]["labels"] if key.startswith("aggregate.dicot.io/")]
    kept = aggregates.cloud.kube.get("/apis/compute.dicot.io/v1alpha1/aggregates").json()["items"]
    assert label.partition("/")[2] in {one["metadata"]["name"] for one in kept}
    assert ZONE not in aggregates.node()["metadata"]["labels"]
    twice = aggregates.act(made, "add_host", host=aggregates.host)
    assert (twice.status_code, message(twice)) == (
        409, f"Aggregate {made['id']} already has host {aggregates.host}.",
    )  # fmt: skip
    full = aggregates.api.delete(f"/os-aggregates/{made['id']}")
    assert (full.status_code, message(full)) == (
        400, f"Cannot remove host from aggregate {made['id']}. Reason: Host aggregate is not empty.",
    )  # fmt: skip
    removed = aggregates.act(made, "remove_host", host=aggregates.host)
    assert removed.json()["aggregate"]["hosts"] == []
    assert label not in aggregates.node()["metadata"]["labels"]
    again = aggregates.act(made, "remove_host", host=aggregates.host)
    assert (again.status_code, message(again)) == (
        404, f"Cannot remove host {aggregates.host} in aggregate {made['id']}",
    )  # fmt: skip


def test_a_host_without_a_zone_gets_the_aggregates(aggregates: Aggregates):
    made, other = aggregates.new(availability_zone="east"), aggregates.new(availability_zone="east")
    for one in (made, other):
        assert aggregates.act(one, "add_host", host=aggregates.host).status_code == 200
    assert aggregates.node()["metadata"]["labels"][ZONE] == "east"
    elsewhere = aggregates.new(availability_zone="west")
    refused = aggregates.act(elsewhere, "add_host", host=aggregates.host)
    assert (refused.status_code, message(refused)) == (
        409,
        f"Cannot add host to aggregate {elsewhere['id']}. Reason: One or more hosts already in availability zone(s) "
        "['east'].",
    )
    body = {"aggregate": {"availability_zone": "west"}}
    refused = aggregates.api.put(f"/os-aggregates/{made['id']}", json=body)
    assert (refused.status_code, message(refused)) == (
        400,
        f"Cannot update aggregate {made['id']}. Reason: One or more hosts already in availability zone(s) ['east'].",
    )
    assert aggregates.act(other, "remove_host", host=aggregates.host).status_code == 200
    assert aggregates.node()["metadata"]["labels"][ZONE] == "east"
    moved = aggregates.api.put(f"/os-aggregates/{made['id']}", json=body).json()["aggregate"]
    assert (moved["availability_zone"], moved["metadata"]) == ("west", {"availability_zone": "west"})
    assert aggregates.node()["metadata"]["labels"][ZONE] == "west"
    assert aggregates.act(made, "remove_host", host=aggregates.host).status_code == 200
    assert ZONE not in aggregates.node()["metadata"]["labels"]
    assert not aggregates.node()["metadata"].get("annotations")


def test_a_zone_that_the_cluster_gave_is_not_touched(aggregates: Aggregates, cloud: Cloud):
    zone = zone_of(cloud, "node01")
    other, same = aggregates.new(availability_zone="east"), aggregates.new(availability_zone=zone)
    refused = aggregates.act(other, "add_host", host="node01")
    assert refused.status_code == 409
    assert f"already in availability zone(s) ['{zone}']" in message(refused)
    assert aggregates.act(same, "add_host", host="node01").status_code == 200
    assert aggregates.act(same, "remove_host", host="node01").status_code == 200
    assert aggregates.node("node01")["metadata"]["labels"][ZONE] == zone


def test_hosts_with_servers_change_no_zone(aggregates: Aggregates, cloud: Cloud, project: Project):
    image = project.image.get("/images?visibility=public").json()["images"][0]["id"]
    body = {"server": {"name": "runs", "imageRef": image, "flavorRef": "1", "networks": "none"}}
    server = project.compute_at("2.37").post("/servers", json=body).json()["server"]["id"]
    path = f"/servers/{server}"
    host = wait_for(lambda: cloud.admin.compute.get(path).json()["server"]["OS-EXT-SRV-ATTR:host"], "a host")
    zone = zone_of(cloud, host)
    label(cloud, host, None)
    try:
        made = aggregates.new(availability_zone="east")
        wait_for(lambda: zone_of(cloud, host) == "nova", "Dicot to see the node without a zone")
        refused = aggregates.act(made, "add_host", host=host)
        assert refused.status_code == 409
        assert "would change from 'None' to 'east' but the host already has 1 instance(s)" in message(refused)
    finally:
        label(cloud, host, zone)


def label(cloud: Cloud, host: str, zone: str | None) -> None:
    media = {"Content-Type": "application/merge-patch+json"}
    labels = {"metadata": {"labels": {ZONE: zone}}}
    cloud.kube.patch(f"/api/v1/nodes/{host}", json=labels, headers=media).raise_for_status()


def test_metadata_changes_key_by_key(aggregates: Aggregates):
    made = aggregates.new(availability_zone="east")
    aggregates.act(made, "set_metadata", metadata={"ssd": "true", "gpu": "none"})
    changed = aggregates.act(made, "set_metadata", metadata={"gpu": None, "rack": "4"}).json()["aggregate"]
    assert changed["metadata"] == {"availability_zone": "east", "ssd": "true", "rack": "4"}
    assert aggregates.show(made) == changed
    refused = aggregates.act(made, "set_metadata", metadata={"availability_zone": None})
    assert (refused.status_code, message(refused)) == (
        400,
        f"Cannot update metadata of aggregate {made['id']}. Reason: Aggregate {made['name']} does not support empty "
        "named availability zone.",
    )


def test_what_cannot_be_is_refused_in_novas_words(aggregates: Aggregates):
    made = aggregates.new()
    number = made["id"]
    image = "9ba1cca0-0000-4000-8000-000000000000"
    for refused, status, text in (
        (aggregates.api.get("/os-aggregates/x"), 400, "Invalid input received: id must be an integer"),
        (aggregates.api.get("/os-aggregates/0"), 404, "Aggregate 0 could not be found."),
        (aggregates.act(made, "add_host", host="nosuch"), 404, "Compute host nosuch could not be found."),
        (aggregates.act(made, "remove_host", host="nosuch"), 404,
         f"Cannot remove host nosuch in aggregate {number}"),
        (aggregates.act({"id": 0}, "add_host", host="node01"), 404, "Aggregate 0 could not be found."),
        (aggregates.act({"id": 0}, "remove_host", host="node01"), 404, "Cannot remove host node01 in aggregate 0"),
        (aggregates.api.post(f"/os-aggregates/{number}/images", json={"cache": [{"id": image}, {"id": image}]}), 400,
         "Duplicate images in request"),
        (aggregates.api.post(f"/os-aggregates/{number}/images", json={"cache": [{"id": image}]}), 400,
         "Images are not cached on hosts here: a server's disk is cloned from its image by the storage."),
    ):  # fmt: skip
        assert (refused.status_code, message(refused)) == (status, text)
    odd = aggregates.api.post("/os-aggregates", json={"aggregate": {"name": "x", "availability_zone": "zone of mine"}})
    assert odd.status_code == 400
    assert "'zone of mine' is not supported" in message(odd)


def test_one_made_by_kubectl_is_served(aggregates: Aggregates, cloud: Cloud):
    path = "/apis/compute.dicot.io/v1alpha1/aggregates"
    name = f"kubectl-{secrets.token_hex(3)}"
    body = {
        "apiVersion": "compute.dicot.io/v1alpha1",
        "kind": "Aggregate",
        "metadata": {"name": name},
        "spec": {"name": name},
    }
    cloud.kube.post(path, json=body).raise_for_status()
    listed = aggregates.api
    wait_for(lambda: any(one["name"] == name for one in listed.get("/os-aggregates").json()["aggregates"]), name)
    found = next(one for one in listed.get("/os-aggregates").json()["aggregates"] if one["name"] == name)
    assert aggregates.act(found, "add_host", host=aggregates.host).json()["aggregate"]["hosts"] == [aggregates.host]
    assert aggregates.act(found, "remove_host", host=aggregates.host).status_code == 200
    assert listed.delete(f"/os-aggregates/{found['id']}").status_code == 200
    assert cloud.kube.get(f"{path}/{name}").status_code == 404


def test_placement_knows_who_is_in_it(aggregates: Aggregates, cloud: Cloud):
    made, other = aggregates.new(), aggregates.new()
    aggregates.act(made, "add_host", host=aggregates.host)
    placement = cloud.admin.client("placement", **{"OpenStack-API-Version": "placement 1.39"})
    provider = aggregates.node()["metadata"]["uid"]
    told = placement.get(f"/resource_providers/{provider}/aggregates").json()
    assert told["aggregates"] == [made["uuid"]]

    def members(group: str) -> bool:
        found = placement.get("/resource_providers", params={"member_of": group}).json()["resource_providers"]
        return provider in {one["uuid"] for one in found}

    asked = (made["uuid"], f"in:{made['uuid']},{other['uuid']}", other["uuid"], f"!{made['uuid']}", f"!{other['uuid']}")
    assert [members(group) for group in asked] == [True, True, False, False, True]


def test_only_for_administrators(project: Project):
    refused = project.compute.get("/os-aggregates")
    assert refused.status_code == 403
    assert message(refused) == "Policy doesn't allow os_compute_api:os-aggregates:index to be performed."
    assert project.compute.post("/os-aggregates", json={"aggregate": {"name": "mine"}}).status_code == 403
