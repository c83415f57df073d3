"""What is pruned once nobody needs it."""

import secrets
import time
from typing import Any

import pytest

from dicot.api.token import Payload
from dicot.development import Development
from dicot.identity import grants, kinds, namespaces
from dicot.identity.assignments import manifest
from dicot.identity.tokens.handlers import revocation
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS
from dicot.reconcile import identity
from tests.cloud import Cloud, Project, wait_for

TOKENS = "/apis/identity.dicot.io/v1alpha1/revokedtokens"


def revoked(cloud: Cloud, audit_id: str, ends_in_s: float) -> str:
    now = time.time()
    payload = Payload("u", ("password",), (audit_id,), issued_at=now, expires_at=now + ends_in_s)
    answer = cloud.kube.post(TOKENS, json=revocation(payload))
    answer.raise_for_status()
    return answer.json()["metadata"]["name"]


@pytest.fixture
def running(development: Development) -> Any:
    assert development.app is not None
    return development.app._cluster


def test_revocations_of_tokens_that_have_ended_are_pruned(cloud: Cloud, loop, running):
    ended = revoked(cloud, "ended", -2 * identity.GRACE_S)
    living = revoked(cloud, "living", 3600)

    def known() -> bool:
        return all(running.caches[identity.REVOKED_TOKENS].get(name) for name in (ended, living))

    wait_for(known, "both revocations to be seen")
    loop.run(identity.prune(running))
    assert cloud.kube.get(f"{TOKENS}/{ended}").status_code == 404
    assert cloud.kube.get(f"{TOKENS}/{living}").status_code == 200
    cloud.kube.delete(f"{TOKENS}/{living}")


BINDINGS = CLUSTER_ROLE_BINDINGS.path()
DOMAINS = "/apis/identity.dicot.io/v1alpha1/domains"


def bound(cloud: Cloud, noun: str, identity: str) -> str:
    """Give a role on a domain, or below a project, as `kubectl create` would."""
    subject = manifest.subject_of_user(f"dicot:{secrets.token_hex(16)}")
    if noun == "domain":
        body = manifest.on_domain(identity, grants.READER, subject, "somebody")
    else:
        body = manifest.below(noun, identity, grants.READER, subject, "somebody")
    answer = cloud.kube.post(BINDINGS, json=body)
    answer.raise_for_status()
    return answer.json()["metadata"]["name"]


def test_roles_on_domains_and_below_projects_that_kubectl_deleted_are_pruned(
    cloud: Cloud, project: Project, other_project: Project, loop, running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(identity, "GRACE_S", -60.0)
    made = cloud.admin.identity.post("/domains", json={"domain": {"name": f"gone-{secrets.token_hex(4)}"}})
    domain_id = made.json()["domain"]["id"]
    lost = [bound(cloud, "domain", domain_id), bound(cloud, "project", project.project_id)]
    kept = [
        bound(cloud, "domain", "default"),
        bound(cloud, "project", other_project.project_id),
        *[one["metadata"]["name"] for one in cloud.kube.get(BINDINGS).json()["items"] if grants.role_of(one)],
    ]
    found = cloud.kube.get(DOMAINS, params={"labelSelector": f"dicot.io/domain-id={domain_id}"}).json()["items"]
    cloud.kube.delete(f"{DOMAINS}/{found[0]['metadata']['name']}").raise_for_status()
    cloud.kube.delete(f"/api/v1/namespaces/{project.namespace}").raise_for_status()

    def seen() -> bool:
        gone = namespaces.find(running, project.project_id) is None
        known = all(running.cache(CLUSTER_ROLE_BINDINGS).get(name) for name in (*lost, *kept))
        return gone and known and not running.cache(kinds.DOMAINS).find("id", domain_id)

    wait_for(seen, "the deletions to be seen")
    loop.run(identity.prune(running))
    assert [cloud.kube.get(f"{BINDINGS}/{name}").status_code for name in lost] == [404, 404]
    assert {cloud.kube.get(f"{BINDINGS}/{name}").status_code for name in kept} == {200}
    for name in kept[:2]:
        cloud.kube.delete(f"{BINDINGS}/{name}").raise_for_status()
