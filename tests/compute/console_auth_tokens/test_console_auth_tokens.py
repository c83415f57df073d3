"""What administrators are told of a console's token."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.cloud import Cloud
from tests.console.conftest import SERIAL, Consoles


@pytest.fixture
def consoles(project) -> Consoles:
    return Consoles(project)


def test_a_token_is_told_to_administrators(consoles: Consoles, cloud: Cloud) -> None:
    server_id = consoles.servers.make()["id"]
    token = consoles.url(server_id, SERIAL).partition("token=")[2]
    path = f"/os-console-auth-tokens/{token}"
    kubernetes = urlsplit(str(cloud.kube.base_url))
    for version in ("2.31", "2.104"):
        answer = cloud.admin.compute_at(version).get(path)
        assert answer.status_code == 200
        assert answer.json() == {
            "console": {
                "instance_uuid": server_id,
                "host": kubernetes.hostname,
                "port": kubernetes.port,
                "internal_access_path": None,
            }
        }
    assert consoles.project.compute_at("2.104").get(path).status_code == 403
    assert cloud.admin.compute_at("2.30").get(path).status_code == 400
    assert cloud.admin.compute_at("2.98").get(f"{path}?x=1").status_code == 200
    assert cloud.admin.compute_at("2.99").get(f"{path}?x=1").status_code == 400


def test_what_is_no_token_of_a_console(cloud: Cloud) -> None:
    for token in ("none", cloud.admin.token):
        answer = cloud.admin.compute_at("2.31").get(f"/os-console-auth-tokens/{token}")
        assert (answer.status_code, answer.json()["itemNotFound"]["message"]) == (404, "Token not found")
