"""A login that fails tells nothing: not by its answer, not by the work behind it, and not by trying often."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from dicot.api.errors import Unauthorized
from dicot.development import Development
from dicot.identity.attempts import Attempts
from dicot.identity.authenticator import Authenticator
from tests.audited import Heard, listening
from tests.cloud import Cloud
from tests.conftest import Loop
from tests.identity.people import issue, new_user, refusal
from tests.rights import ACCOUNT

Json = dict[str, Any]
BEARER = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl"
LIMIT = 10


@pytest.fixture
def authenticator(development: Development) -> Iterator[Authenticator]:
    assert development.app is not None
    assert development.app._cluster is not None
    found = development.app._cluster.kept(Authenticator)
    kept = found.attempts
    found.attempts = Attempts(60.0, clock=lambda: 0.0)  # no failure is forgotten, however slow the machine
    yield found
    found.attempts = kept


@pytest.fixture
def heard(development: Development) -> Iterator[Heard]:
    with listening(development) as heard:
        yield heard


def password(user: Json, text: str) -> Json:
    return {"methods": ["password"], "password": {"user": {**user, "password": text}}}


def credential(asked: Json, text: str) -> Json:
    return {"methods": ["application_credential"], "application_credential": {**asked, "secret": text}}


def failures(cloud: Cloud) -> dict[str, Json]:
    """Return logins that fail, each for its own reason."""
    domain = {"domain": {"id": "default"}}
    known, disabled = new_user(cloud), new_user(cloud, enabled=False)
    return {
        "wrong password": password({"name": known["name"], **domain}, "wrong"),
        "wrong password, by id": password({"id": known["id"]}, "wrong"),
        "unknown user": password({"name": "nobody", **domain}, "wrong"),
        "unknown user, by id": password({"id": secrets.token_hex(16)}, "wrong"),
        "unknown domain": password({"name": "nobody", "domain": {"name": "nowhere"}}, "wrong"),
        "disabled user": password({"id": disabled["id"]}, "wrong"),
        "disabled user, right password": password({"id": disabled["id"]}, disabled["password"]),
        "unknown credential": credential({"id": secrets.token_hex(16)}, "wrong"),
        "unknown credential of a user": credential({"name": "robot", "user": {"id": known["id"]}}, "wrong"),
        "credential of an unknown user": credential({"name": "robot", "user": {"name": "nobody", **domain}}, "wrong"),
    }


def test_the_same_answer_after_the_same_work(cloud: Cloud, authenticator: Authenticator, heard: Heard):
    work: dict[str, tuple[Any, ...]] = {}
    for name, identity in failures(cloud).items():
        before, asked = authenticator.hasher.verifications, len(heard)
        answer = issue(cloud.url, identity)
        hashes = [
            one["verb"] for one in heard[asked:]
            if one["user"]["username"] == ACCOUNT and one.get("objectRef", {}).get("resource") == "secrets"
        ]  # fmt: skip
        work[name] = (refusal(answer), authenticator.hasher.verifications - before, hashes)
    assert set(map(str, work.values())) == {str(((401, REFUSED), 1, ["get"]))}, work


REFUSED = "The request you have made requires authentication."


def test_a_bearer_token_in_the_place_of_a_password_costs_the_same(
    cloud: Cloud, authenticator: Authenticator, heard: Heard
):
    work: list[tuple[Any, ...]] = []
    for name in (new_user(cloud)["name"], "nobody"):
        before, asked = authenticator.hasher.verifications, len(heard)
        answer = issue(cloud.url, password({"name": name, "domain": {"id": "default"}}, BEARER))
        reviews = [one for one in heard[asked:] if one.get("objectRef", {}).get("resource") == "tokenreviews"]
        work.append((refusal(answer), authenticator.hasher.verifications - before, len(reviews)))
    assert work == [((401, REFUSED), 1, 1)] * 2


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_limit_for_each_user(cloud: Cloud, authenticator: Authenticator, known: bool):
    user = new_user(cloud)
    name = user["name"] if known else f"nobody-{secrets.token_hex(4)}"
    wrong = password({"name": name, "domain": {"id": "default"}}, "wrong")
    assert [issue(cloud.url, wrong).status_code for _ in range(LIMIT)] == [401] * LIMIT
    answer = issue(cloud.url, wrong)
    assert refusal(answer) == (429, "Too many logins have failed. Wait before you try again.")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    if known:
        assert issue(cloud.url, password({"id": user["id"]}, user["password"])).status_code == 429
    other = new_user(cloud)
    assert issue(cloud.url, password({"id": other["id"]}, other["password"])).status_code == 201


def test_logins_that_succeed_are_not_counted(cloud: Cloud, authenticator: Authenticator):
    user = new_user(cloud)
    right = password({"id": user["id"]}, user["password"])
    assert {issue(cloud.url, right).status_code for _ in range(LIMIT + 2)} == {201}


def test_whoever_is_exempt_is_counted_by_address_only(cloud: Cloud, authenticator: Authenticator):
    user = new_user(cloud, options={"ignore_lockout_failure_attempts": True})
    wrong = password({"id": user["id"]}, "wrong")
    assert {issue(cloud.url, wrong).status_code for _ in range(LIMIT + 2)} == {401}


def test_guessing_by_changing_the_password(cloud: Cloud, authenticator: Authenticator):
    user = new_user(cloud)
    token = issue(cloud.url, password({"id": user["id"]}, user["password"])).headers["X-Subject-Token"]
    body = {"user": {"original_password": "wrong", "password": "new"}}
    with httpx2.Client(base_url=f"{cloud.url}/identity/v3", headers={"X-Auth-Token": token}) as client:
        path = f"/users/{user['id']}/password"
        assert [client.post(path, json=body).status_code for _ in range(LIMIT)] == [401] * LIMIT
        assert client.post(path, json=body).status_code == 429


def test_a_limit_for_each_address(cloud: Cloud, authenticator: Authenticator, loop: Loop, development: Development):
    user = new_user(cloud)
    assert development.app is not None
    most = development.app.config.failed_logins_per_address

    async def fail_often() -> None:
        for _ in range(most):
            with pytest.raises(Unauthorized):
                async with authenticator.attempts.counted([("address 127.0.0.1", most)]):
                    raise Unauthorized("no")

    loop.run(fail_often())
    answer = issue(cloud.url, password({"id": user["id"]}, user["password"]))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
