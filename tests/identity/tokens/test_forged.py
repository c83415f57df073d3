"""Tokens that are nearly right, at a socket: made with the cluster's own keys, and yet none of them is let in."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicot.api.token import Payload, Sealer, new_key
from dicot.identity import keyring
from tests.cloud import Cloud, Project

FORGERIES = 40
"""Requests of one property: each is a whole one, over a socket."""
once = settings(
    max_examples=FORGERIES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Forger:
    """Whoever has the cluster's keys can make a token that holds, and one that misses that by one thing."""

    def __init__(self, cloud: Cloud, project: Project) -> None:
        secret = cloud.kube.get(f"/api/v1/namespaces/dicot-system/secrets/{keyring.NAME}").json()
        self.keys = keyring.keys_of(secret)
        now = time.time()
        self.payload = Payload(
            project.user_id, ("password",), ("audit",), now, now + 600, project_id=project.project_id
        )
        self._client = httpx2.Client(base_url=cloud.url)

    def status(self, token: str) -> int:
        return self._client.get("/identity/v3/auth/projects", headers={"X-Auth-Token": token}).status_code

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def forger(cloud: Cloud, project: Project) -> Iterator[Forger]:
    forger = Forger(cloud, project)
    token = Sealer(forger.keys).seal(forger.payload)
    assert forger.status(token) == 200, "but for one thing it would be let in"
    yield forger
    forger.close()


@once
@given(late_s=st.floats(0, 10**9))
def test_a_clock_past_expiry(forger: Forger, late_s: float):
    payload = msgspec.structs.replace(forger.payload, expires_at=time.time() - late_s)
    assert forger.status(Sealer(forger.keys).seal(payload)) == 401


@once
@given(place=st.integers(0, 10**6), bit=st.integers(0, 6))
def test_a_changed_bit(forger: Forger, place: int, bit: int):
    token = Sealer(forger.keys).seal(forger.payload)
    place %= len(token)
    changed = token[:place] + chr(ord(token[place]) ^ (1 << bit)) + token[place + 1 :]
    if changed[place].isprintable() and not changed[place].isspace():  # else it is no header
        assert forger.status(changed) == 401


def test_a_key_that_was_rotated_away(forger: Forger):
    assert forger.status(Sealer((new_key(), *forger.keys)).seal(forger.payload)) == 401
