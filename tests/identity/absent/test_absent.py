"""Policies, limits, drivers of domains and OAuth 1: none are kept, and whoever makes one is told so."""

import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import refusal


@pytest.mark.parametrize("plural", ["policies", "limits", "registered_limits"])
def test_lists_are_empty(cloud: Cloud, plural: str):
    body = cloud.admin.identity.get(f"/{plural}").json()
    assert body[plural] == []
    assert body["links"]["next"] is None
    assert refusal(cloud.admin.identity.get(f"/{plural}/x"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/policies", "create_policy. Policies are not kept here"),
        ("PATCH", "/policies/x", "update_policy"),
        ("POST", "/registered_limits", "create_registered_limits. Unified limits are not kept here"),
        ("DELETE", "/limits/x", "delete_limit"),
        ("PUT", "/domains/default/config", "create_domain_config. Domains have no drivers here"),
        ("PATCH", "/domains/default/config/ldap/url", "update_domain_config. Domains have no drivers here"),
        ("PUT", "/policies/x/OS-ENDPOINT-POLICY/endpoints/y", "create_policy_association_for_endpoint. Policies"),
        ("DELETE", "/policies/x/OS-ENDPOINT-POLICY/services/y/regions/z", "association_for_region_and_service"),
        ("POST", "/OS-OAUTH1/consumers", "create_consumer. OAuth 1 is not served"),
        ("PUT", "/OS-OAUTH1/authorize/x", "authorize_request_token. OAuth 1 is not served"),
    ],
)
def test_writes_are_refused_by_name(cloud: Cloud, method: str, path: str, words: str):
    status, message = refusal(cloud.admin.identity.request(method, path, json={}))
    assert status == 403
    assert words in message


def test_a_domain_without_configuration(cloud: Cloud):
    status, message = refusal(cloud.admin.identity.get("/domains/default/config"))
    assert (status, message) == (404, "Could not find any options in domain configuration for domain default.")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/domains/default/config/ldap", 404, "Could not find group ldap in domain configuration for domain default."),
        (
            "/domains/default/config/ldap/url",
            404,
            "Could not find option url in group ldap in domain configuration for domain default.",
        ),
        ("/domains/config/ldap/default", 403, "Group ldap is not supported for domain specific configurations."),
        ("/policies/x/OS-ENDPOINT-POLICY/endpoints", 404, "Could not find policy: x."),
        ("/endpoints/x/OS-ENDPOINT-POLICY/policy", 404, "Could not find endpoint: x."),
        ("/OS-OAUTH1/consumers/x", 404, "Could not find consumer: x."),
        ("/users/x/OS-OAUTH1/access_tokens", 404, "Could not find user: x."),
    ],
)
def test_one_of_them(cloud: Cloud, path: str, status: int, said: str):
    code, message = refusal(cloud.admin.identity.get(path))
    assert code == status
    assert message.endswith(said)


def test_lists_below_something(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    assert admin.get("/domains/config/default").json() == {"config": {}}
    assert admin.get("/OS-OAUTH1/consumers").json()["consumers"] == []
    assert admin.get(f"/users/{project.user_id}/OS-OAUTH1/access_tokens").json()["access_tokens"] == []
    endpoint = admin.get("/endpoints").json()["endpoints"][0]["id"]
    said = refusal(admin.get(f"/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy"))
    assert said == (404, "Could not find policy association.")


@pytest.mark.parametrize("path", ["/OS-SIMPLE-CERT/ca", "/OS-SIMPLE-CERT/certificates", "/auth/tokens/OS-PKI/revoked"])
def test_what_keystone_has_removed(cloud: Cloud, path: str):
    assert refusal(cloud.admin.identity.get(path))[0] == 410


@pytest.mark.parametrize("word", ["request_token", "access_token"])
def test_logging_in_with_oauth_1(cloud: Cloud, word: str):
    status, message = refusal(cloud.admin.identity.post(f"/OS-OAUTH1/{word}"))
    assert status == 501
    assert "make an application credential" in message
    assert cloud.admin.identity.get(f"/OS-OAUTH1/{word}").status_code == 405


def test_the_model_of_limits(project: Project):
    assert project.identity.get("/limits/model").json()["model"]["name"] == "flat"
