"""Policies, limits and drivers of domains: none are kept, and whoever makes one is told so."""

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
    ],
)
def test_writes_are_refused_by_name(cloud: Cloud, method: str, path: str, words: str):
    status, message = refusal(cloud.admin.identity.request(method, path, json={}))
    assert status == 403
    assert words in message


def test_a_domain_without_configuration(cloud: Cloud):
    status, message = refusal(cloud.admin.identity.get("/domains/default/config"))
    assert (status, message) == (404, "Could not find any options in domain configuration for domain default.")


def test_the_model_of_limits(project: Project):
    assert project.identity.get("/limits/model").json()["model"]["name"] == "flat"
