"""What is swept up behind a crash, or behind kubectl."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.cluster import Cluster
from dicot.development import Development
from dicot.network.kinds import IP_ADDRESSES, PORTS
from dicot.reconcile import network as follow_up
from tests.cloud import Cloud, Project, wait_for
from tests.conftest import Loop
from tests.network import scene

Json = dict[str, Any]

API = "/apis/network.dicot.io/v1alpha1"
AT_ONCE_S = -2.0
"""A grace so short that what was made this very second is old."""


@pytest.fixture
def running(development: Development) -> Cluster:
    assert development.app is not None
    cluster = development.app._cluster
    assert cluster is not None
    return cluster


def orphan(cloud: Cloud, project: Project, subnet: Json) -> str:
    """Leave an address behind as a crash does: taken, but no port was made."""
    body = {
        "apiVersion": "network.dicot.io/v1alpha1",
        "kind": "IPAddress",
        "metadata": {"name": "left-behind"},
        "spec": {"address": "10.7.0.200", "subnetId": subnet["id"], "ownerId": scene.NOBODY},
    }
    made = cloud.kube.post(f"{API}/namespaces/{project.namespace}/ipaddresses", json=body)
    assert made.status_code == 201, made.text
    return made.json()["metadata"]["uid"]


def test_addresses_without_an_owner_are_taken_back(
    cloud: Cloud, project: Project, loop: Loop, running: Cluster
) -> None:
    network, subnet = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"])
    uid = orphan(cloud, project, subnet)
    wait_for(lambda: running.cache(IP_ADDRESSES).by_uid(uid), "the address to be seen")
    loop.run(follow_up.sweep(running))
    assert len(project.objects(f"{API}/ipaddresses")) == 2
    loop.run(follow_up.sweep(running, AT_ONCE_S))
    (kept,) = project.objects(f"{API}/ipaddresses")
    assert kept["spec"]["ownerId"] == port["id"]


def test_ports_without_a_server_are_let_go(cloud: Cloud, project: Project, loop: Loop, running: Cluster) -> None:
    network, _ = scene.segment(project)
    mine = scene.make(project, "ports", network_id=network["id"], name="mine")
    made = scene.make(project, "ports", network_id=network["id"], name="made")
    for port in (mine, made):
        name = next(
            one["metadata"]["name"]
            for one in project.objects(f"{API}/ports")
            if one["metadata"]["labels"]["dicot.io/port-id"] == port["id"]
        )
        labels = {"network.dicot.io/made-for": scene.NOBODY} if port is made else {}
        patch = {
            "metadata": {"labels": labels},
            "spec": {"deviceId": scene.NOBODY, "deviceOwner": "compute:nova"},
        }
        headers = {"Content-Type": "application/merge-patch+json"}
        path = f"{API}/namespaces/{project.namespace}/ports/{name}"
        assert cloud.kube.patch(path, json=patch, headers=headers).status_code == 200
    wait_for(lambda: len(running.cache(PORTS).find("device", scene.NOBODY)) == 2, "both ports to be seen")
    loop.run(follow_up.sweep(running, AT_ONCE_S))
    (left,) = project.objects(f"{API}/ports")
    assert left["spec"]["name"] == "mine"
    assert not left["spec"].get("deviceId")


def test_what_kubectl_changed_is_put_right(cloud: Cloud, project: Project, loop: Loop, running: Cluster) -> None:
    scene.segment(project)
    path = "/apis/kubeovn.io/v1/vpcs"
    (vpc,) = [one["metadata"]["name"] for one in cloud.kube.get(path).json()["items"] if project.namespace in str(one)]
    (switch,) = [
        one["metadata"]["name"]
        for one in cloud.kube.get("/apis/kubeovn.io/v1/subnets").json()["items"]
        if one["spec"]["vpc"] == vpc
    ]
    headers = {"Content-Type": "application/merge-patch+json"}
    body = {"spec": {"private": False}}
    changed = cloud.kube.patch(f"/apis/kubeovn.io/v1/subnets/{switch}", json=body, headers=headers)
    assert changed.status_code == 200

    def right() -> bool:
        loop.run(follow_up.sweep(running))
        return cloud.kube.get(f"/apis/kubeovn.io/v1/subnets/{switch}").json()["spec"]["private"]

    wait_for(right, "the switch to be private again")
