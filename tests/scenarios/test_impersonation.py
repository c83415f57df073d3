"""Every route that writes, writes as its user: what Dicot writes as itself is a short list, with a reason each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from dicot.api.route import Route, Service
from dicot.app import SERVICES
from dicot.development import Development
from tests.audited import Heard, listening
from tests.cloud import Cloud, Project
from tests.rights import ACCOUNT
from tests.scenarios.occupied import Ids, occupied
from tests.scenarios.probes import send, title

Json = dict[str, Any]

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
METHODS = ("POST", "PUT", "PATCH", "DELETE")
QUESTIONS = frozenset({"tokenreviews", "selfsubjectaccessreviews", "subjectaccessreviews"})

AS_DICOT = {
    "leases": "one replica follows up",
    "secrets": "hashes, people's public keys and keys of tokens lie where no user has a right",
    "revokedtokens": "whoever has a token may end it, without a right to forbid it to others",
    "applicationcredentials": "nobody may say themselves whose a credential is and what it may do",
    "accessrules": "likewise",
    "trusts": "nobody may say themselves whose roles a trust delegates",
    "kubernetescredentials": "nobody may say themselves what a kubeconfig rests on",
    "serviceaccounts": "whoever may make tokens of ServiceAccounts may be any of them",
    "users": "one's own password is changed without a right to users",
    "namespaces": "a right to change namespaces, bound in one, would let a project rename itself",
    "ipaddresses": "addresses are given out by Dicot alone",
    "roles": "an image is opened to others; who could write Roles could open more",
    "rolebindings": "likewise; and what a trust acts by, and inherited roles in projects that are made later",
    "datasources": "a member of a shared image has no rights where the image is",
    "datavolumes": "a failed upload is undone though its user may have lost the right meanwhile",
    "networks": "finalizers are let go when what stood behind is gone; what is shared stands in the status",
    "routers": "finalizers",
    "floatingips": "finalizers",
    "securitygroups": "finalizers",
    "ports": "a port whose server was deleted with kubectl",
    "pods": "the port of a running server changes; members may not change pods",
    "vpcs": "Kube-OVN's objects are the cluster's",
    "subnets": "likewise",
    "security-groups": "likewise",
    "ovn-eips": "likewise",
    "ovn-fips": "likewise",
    "ovn-snat-rules": "likewise",
    "network-attachment-definitions": "whoever writes these chooses the switch that a server is in",
}
"""What Dicot writes as itself, and why; all else goes out as the user. `deploy/rbac/server.yaml` limits the verbs."""

CREATED_BY_TENANTS = frozenset(
    {
        *("virtualmachines", "persistentvolumeclaims", "volumesnapshots", "datasources", "datavolumes"),
        *("networks", "ports", "routers", "floatingips", "securitygroups"),
    }
)
"""Kinds whose objects name their tenant as the creator, always: Neutron's subnets among them, but for Kube-OVN's."""

AT_LEAST = {"identity": 40, "compute": 60, "image": 10, "volume": 40, "network": 50, "placement": 15}


@pytest.fixture(scope="module")
def heard(development: Development) -> Iterator[Heard]:
    with listening(development) as heard:
        yield heard


@pytest.fixture(scope="module")
def scene(cloud: Cloud, heard: Heard) -> Iterator[tuple[Project, Ids]]:
    with occupied(cloud) as made:
        yield made


def in_order(service: Service) -> list[Route]:
    """Return the routes that write, those that end something last."""
    routes = [one for one in service.routes if one.method in METHODS and not one.public]
    return sorted(
        routes, key=lambda one: (one.method == "DELETE", "delete" in one.action.lower(), -one.path.count("/"))
    )


def wrong(events: list[Json], users: frozenset[str]) -> list[str]:
    """Name the writes that went out as somebody else than the user, or as Dicot without a reason."""
    found: list[str] = []
    for event in events:
        ref = event.get("objectRef")
        if event["verb"] not in WRITES or ref is None or ref["resource"] in QUESTIONS:
            continue
        if event["user"]["username"] != ACCOUNT:
            continue  # the cluster's own controllers
        acting_as = event.get("impersonatedUser", {}).get("username")
        told = f"{event['verb']} {ref['resource']} as {acting_as or 'Dicot'}"
        alone = ref["resource"] in AS_DICOT and not (event["verb"] == "create" and _is_a_tenants(ref))
        if not alone if acting_as is None else acting_as not in users:
            found.append(told)
    return found


def _is_a_tenants(ref: Json) -> bool:
    return ref["resource"] in CREATED_BY_TENANTS and "kubeovn" not in ref.get("apiGroup", "")


@pytest.mark.parametrize("service", [*SERVICES[1:], SERVICES[0]], ids=lambda one: one.name)
def test_every_writing_route(service: Service, scene: tuple[Project, Ids], cloud: Cloud, heard: Heard) -> None:
    project, ids = scene
    admin = cloud.admin.identity.get("/auth/tokens", headers={"X-Subject-Token": cloud.admin.token}).json()["token"]
    users = frozenset({f"dicot:{project.user_id}", f"dicot:{admin['user']['id']}"})
    complaints: list[str] = []
    wrote = 0
    routes = in_order(service)
    with httpx2.Client(base_url=cloud.url, timeout=60) as client:
        for route in routes:
            if route.path in {"/auth/tokens", "/users/{user_id}/tokens"}:
                continue  # it would end the token of the test
            before = len(heard)
            answer = send(client, service, route, ids, project.token)
            if answer.status_code == 403:
                answer = send(client, service, route, ids, cloud.admin.token)
            complaints += [f"{title(route)}: {one}" for one in wrong(heard[before:], users)]
            wrote += any("impersonatedUser" in one and one["verb"] in WRITES for one in heard[before:])
    print(f"\n{service.name}: {len(routes)} routes asked, {wrote} wrote as their user")
    assert len(routes) >= AT_LEAST[service.name]
    assert not complaints, "\n".join(complaints)


def test_reads_that_no_cache_serves(scene: tuple[Project, Ids], cloud: Cloud, heard: Heard) -> None:
    """A GET asks Kubernetes as the user, if it asks at all, but for what no user may read."""
    project, ids = scene
    before = len(heard)
    with httpx2.Client(base_url=cloud.url, timeout=60) as client:
        for service in SERVICES:
            for route in service.routes:
                if route.method == "GET" and not route.public:
                    send(client, service, route, {**ids, "server": ids["absent"]}, project.token)
    asked = [
        f"{one['verb']} {one['objectRef']['resource']}"
        for one in heard[before:]
        if one["user"]["username"] == ACCOUNT and "impersonatedUser" not in one and "objectRef" in one
    ]
    own = {"secrets", "leases", "virtualmachineexports", "configmaps"}
    assert not [one for one in asked if one.split()[0] in {"get", "list"} and one.split()[1] not in own], asked
