"""What kubectl changes of a project's Kube-OVN objects is put right by the next follow-up."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.cluster import Cluster
from dicot.development import Development
from dicot.kube.kinds import (
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    NETWORK_ATTACHMENT_DEFINITIONS,
    Kind,
)
from dicot.reconcile import network as follow_up
from tests.cloud import Cloud, Project, wait_for
from tests.conftest import Loop
from tests.network import scene

Json = dict[str, Any]

CHANGED = (
    (KUBEOVN_EIPS, "externalSubnet", "elsewhere"),
    (KUBEOVN_FIPS, "ovnEip", "elsewhere"),
    (KUBEOVN_SNAT_RULES, "ovnEip", "elsewhere"),
    (KUBEOVN_SUBNETS, "gateway", "10.7.0.77"),
    (NETWORK_ATTACHMENT_DEFINITIONS, "config", "{}"),
)


@pytest.fixture
def running(development: Development) -> Cluster:
    assert development.app is not None
    cluster = development.app._cluster
    assert cluster is not None
    return cluster


def of_project(cloud: Cloud, project: Project, kind: Kind) -> list[Json]:
    items = cloud.kube.get(kind.path(project.namespace if kind.namespaced else None)).json()["items"]
    return [one for one in items if project.namespace in one["metadata"].get("labels", {}).values()]


def test_what_kubectl_changed(cloud: Cloud, project: Project, loop: Loop, running: Cluster) -> None:
    network, _, _ = scene.routed(project)
    port = scene.make(project, "ports", network_id=network["id"])
    scene.make(project, "floatingips", floating_network_id=scene.public(project)["id"], port_id=port["id"])
    before: dict[str, Json] = {}
    for kind, field, value in CHANGED:
        found = of_project(cloud, project, kind)
        assert found, kind.full_name
        for one in found:
            meta = one["metadata"]
            path = kind.path(meta.get("namespace"), meta["name"])
            before[path] = one["spec"]
            headers = {"Content-Type": "application/merge-patch+json"}
            answer = cloud.kube.patch(path, json={"spec": {field: value}}, headers=headers)
            assert answer.status_code == 200, answer.text
            revision = answer.json()["metadata"]["resourceVersion"]
            wait_for(
                lambda kind=kind, meta=meta, revision=revision: (
                    int(running.cache(kind).get(meta["name"], meta.get("namespace", ""))["metadata"]["resourceVersion"])
                    >= int(revision)
                ),
                "the change to be seen",
            )
    loop.run(follow_up.sweep(running))
    for path, spec in before.items():
        now = cloud.kube.get(path).json()["spec"]
        assert {key: now.get(key) for key in spec} == spec, path
