"""OAuth 2.0's client credentials, by hand and by keystoneauth's plugin."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pytest
from keystoneauth1 import loading
from keystoneauth1.session import Session

from dicot.config import Config
from tests.cloud import Cloud, Project

Json = dict[str, Any]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def credential(project: Project) -> Json:
    wish = {"application_credential": {"name": f"client-{secrets.token_hex(4)}"}}
    answer = project.identity.post(f"/users/{project.user_id}/application_credentials", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()["application_credential"]


def asked(cloud: Cloud, form: Json, auth: tuple[str, str] | None = None) -> httpx2.Response:
    return httpx2.post(f"{cloud.url}/identity/v3/OS-OAUTH2/token", data=form, auth=auth, timeout=30)


def test_an_access_token(cloud: Cloud, project: Project, credential: Json):
    client = {"client_id": credential["id"], "client_secret": credential["secret"]}
    for answer in (asked(cloud, GRANT, (credential["id"], credential["secret"])), asked(cloud, {**GRANT, **client})):
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert set(body) == {"access_token", "token_type", "expires_in"}
        assert body["token_type"] == "Bearer"
        assert 3000 < body["expires_in"] <= 3600
        mine = {"X-Auth-Token": body["access_token"]}
        shown = project.identity.get("/auth/tokens", headers={**mine, "X-Subject-Token": body["access_token"]}).json()
        assert shown["token"]["application_credential"]["id"] == credential["id"]
        assert project.compute.get("/servers", headers=mine).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        (GRANT, 401, "invalid_client"),
        ({**GRANT, "client_id": "nosuch", "client_secret": "wrong"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "nosuch"}, 401, "invalid_client"),
    ],
)
def test_refusals(cloud: Cloud, form: Json, status: int, error: str):
    answer = asked(cloud, form)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("value", ["Basic", "Basic ===", "Basic /w==", "Bearer x"])
def test_odd_headers(cloud: Cloud, value: str):
    url = f"{cloud.url}/identity/v3/OS-OAUTH2/token"
    answer = httpx2.post(url, data=GRANT, headers={"Authorization": value}, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert httpx2.post(url, content=b"\xff=&&", timeout=30).json()["error"] == "invalid_request"


def test_guesses_are_counted(cloud: Cloud, credential: Json):
    most = Config().failed_logins_per_user
    statuses = [asked(cloud, GRANT, (credential["id"], "wrong")).status_code for _ in range(most + 1)]
    assert statuses == [401] * most + [429]
    assert asked(cloud, GRANT, (credential["id"], credential["secret"])).status_code == 429


def test_keystoneauths_plugin(cloud: Cloud, project: Project, credential: Json):
    plugin = loading.get_plugin_loader("v3oauth2clientcredential").load_from_options(
        auth_url=f"{cloud.url}/identity/v3",
        oauth2_endpoint=f"{cloud.url}/identity/v3/OS-OAUTH2/token",
        oauth2_client_id=credential["id"],
        oauth2_client_secret=credential["secret"],
    )
    session = Session(auth=plugin)
    assert session.get_project_id() == project.project_id
    assert session.get("/servers", endpoint_filter={"service_type": "compute"}).status_code == 200
