"""One development cluster by itself, several `dicot serve` in front of it: any of them can serve any request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cloud import Session, login, wait_for
from tests.processes import Command, Kubernetes, until_ready
from tests.scenarios.openstack_cli import OpenStackCli

PASSWORD = "a password for the test"
AGREED_S = 10.0


class Replicas:
    """Two Dicots, their URLs, and a clouds.yaml in which the clouds `first` and `second` are the two."""

    def __init__(self, state: Path, urls: list[str]) -> None:
        self.state = state
        self.urls = urls
        self.clouds = state / "clouds.yaml"
        names = ("first", "second")
        self.clouds.write_text(
            yaml.safe_dump({"clouds": {name: _cloud(url) for name, url in zip(names, urls, strict=True)}})
        )

    def cli(self, name: str) -> OpenStackCli:
        return OpenStackCli(self.clouds, name)

    @contextmanager
    def sessions(self) -> Iterator[tuple[Session, Session]]:
        """A session at each, with a token that each issued."""
        made = []
        for url in self.urls:
            answer = login(url, "admin", PASSWORD, "admin")
            assert answer.status_code == 201, answer.text
            made.append(Session(url, answer.headers["X-Subject-Token"]))
        yield made[0], made[1]
        for session in made:
            session.close()


def _cloud(url: str) -> dict[str, Any]:
    auth = {
        "auth_url": f"{url}/identity/v3", "username": "admin", "password": PASSWORD, "project_name": "admin",
        "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip
    return {"auth": auth, "region_name": "RegionOne", "identity_api_version": 3}


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    state = tmp_path_factory.mktemp("several")
    with ExitStack() as running:
        running.enter_context(Command("devcluster", "--state", str(state), "--port", "0")).wait()
        admin = {"DICOT_KUBECONFIG": str(state / "kubeconfig"), "DICOT_ADMIN_PASSWORD": PASSWORD}
        assert running.enter_context(Command("bootstrap", environment=admin)).finish() == 0
        own = {"DICOT_KUBECONFIG": str(state / "dicot.kubeconfig")}
        words = ("serve", "--port", "0", "--log-level", "warning")
        served = [running.enter_context(Command(*words, environment=own)) for _ in range(2)]
        urls = [one.wait().greeting.partition(" ")[2] for one in served]
        for url in urls:
            until_ready(url)
        yield Replicas(state, urls)


def test_the_command_line_walks_over_both(replicas: Replicas):
    first, second = replicas.cli("first"), replicas.cli("second")
    made = first.json("server", "create", "--image", "tiny", "--flavor", "m1.tiny", "--nic", "auto", "--wait", "shared")
    assert made["status"] == "ACTIVE"
    assert second.json("server", "show", "shared")["id"] == made["id"]
    second.run("server", "stop", "shared")
    wait_for(lambda: first.json("server", "show", "shared")["status"] == "SHUTOFF", "the other one to see it stopped")
    second.run("server", "delete", "--wait", "shared")
    assert first.json("server", "list") == []


def through_one_then_the_other(one: Session, other: Session, number: int) -> None:
    image = one.image.get("/images").json()["images"][0]["id"]
    body = {"name": f"vm-{number}", "imageRef": image, "flavorRef": "1", "networks": "none"}
    made = one.compute_at("2.37").post("/servers", json={"server": body})
    assert made.status_code == 202, made.text
    server = made.json()["server"]["id"]
    assert other.compute.get(f"/servers/{server}").status_code == 200
    assert other.compute.delete(f"/servers/{server}").status_code == 204


def test_a_server_made_through_one_is_found_through_the_other_at_once(replicas: Replicas):
    with replicas.sessions() as pair:
        for number in range(10):
            through_one_then_the_other(pair[number % 2], pair[(number + 1) % 2], number)
        for session in pair:
            wait_for(lambda s=session: not s.compute.get("/servers").json()["servers"], "both to see none", AGREED_S)


def test_a_token_of_one_is_good_at_the_other_and_revoked_at_both(replicas: Replicas):
    with replicas.sessions() as (one, other):
        elsewhere = Session(other.url, one.token)
        assert elsewhere.compute.get("/servers").status_code == 200
        revoked = one.identity.delete("/auth/tokens", headers={"X-Subject-Token": one.token})
        assert revoked.status_code == 204
        wait_for(lambda: elsewhere.compute.get("/servers").status_code == 401, "the other one to refuse it", AGREED_S)
        elsewhere.close()


def test_both_kubeconfigs_are_who_they_say(replicas: Replicas):
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    found = []
    for name in ("kubeconfig", "dicot.kubeconfig"):
        kubernetes = Kubernetes(replicas.state / name)
        with kubernetes.client(verify=kubernetes.trusted()) as http:
            answer = http.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=review).json()
        found.append(answer["status"]["userInfo"]["username"])
    assert found == ["kubernetes-admin", "system:serviceaccount:dicot-system:dicot"]
