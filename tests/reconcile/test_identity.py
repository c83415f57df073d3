"""What is pruned once nobody needs it."""

import time
from typing import Any

import pytest

from dicot.api.token import Payload
from dicot.development import Development
from dicot.identity.tokens.handlers import revocation
from dicot.reconcile import identity
from tests.cloud import Cloud, wait_for

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
