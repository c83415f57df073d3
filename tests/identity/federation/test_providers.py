"""The identity provider and its protocol as read-only views; SAML, mappings and login pages, refused by name."""

import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import refusal

ROOT = "/OS-FEDERATION"
PROVIDERS = f"{ROOT}/identity_providers"


def test_the_provider(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    (shown,) = admin.get(PROVIDERS).json()["identity_providers"]
    here = f"{cloud.url}/identity/v3{PROVIDERS}/kubernetes"
    assert (shown["id"], shown["enabled"], shown["domain_id"]) == ("kubernetes", True, "default")
    assert shown["links"] == {"self": here, "protocols": f"{here}/protocols"}
    assert admin.get(f"{PROVIDERS}/kubernetes").json() == {"identity_provider": shown}
    assert admin.get(f"{PROVIDERS}?id=other").json()["identity_providers"] == []
    (protocol,) = admin.get(f"{PROVIDERS}/kubernetes/protocols").json()["protocols"]
    assert (protocol["id"], protocol["mapping_id"]) == ("openid", None)
    assert admin.get(f"{PROVIDERS}/kubernetes/protocols/openid").json() == {"protocol": protocol}
    assert refusal(project.identity.get(PROVIDERS))[0] == 403


@pytest.mark.parametrize("plural", ["mappings", "service_providers"])
def test_what_there_is_none_of(cloud: Cloud, plural: str):
    assert cloud.admin.identity.get(f"{ROOT}/{plural}").json()[plural] == []
    assert refusal(cloud.admin.identity.get(f"{ROOT}/{plural}/x"))[0] == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/x", "Could not find Identity Provider: x."),
        ("/x/protocols", "Could not find Identity Provider: x."),
        ("/kubernetes/protocols/x", "Could not find federated protocol x for Identity Provider: kubernetes."),
    ],
)
def test_others(cloud: Cloud, path: str, said: str):
    assert refusal(cloud.admin.identity.get(f"{PROVIDERS}{path}")) == (404, said)


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("PUT", "/identity_providers/x", "create_identity_provider. Kubernetes is the one identity provider"),
        ("PATCH", "/identity_providers/kubernetes/protocols/openid", "update_protocol. Kubernetes is the one"),
        ("PUT", "/mappings/x", "create_mapping. Nothing is mapped here"),
        ("DELETE", "/service_providers/x", "delete_service_provider. People of this cloud"),
    ],
)
def test_writes_are_refused_by_name(cloud: Cloud, method: str, path: str, words: str):
    status, message = refusal(cloud.admin.identity.request(method, f"{ROOT}{path}", json={}))
    assert status == 403
    assert words in message


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/OS-FEDERATION/saml2/metadata"),
        ("POST", "/auth/OS-FEDERATION/saml2"),
        ("POST", "/auth/OS-FEDERATION/saml2/ecp"),
        ("GET", "/auth/OS-FEDERATION/websso/openid"),
        ("POST", "/auth/OS-FEDERATION/identity_providers/kubernetes/protocols/openid/websso"),
    ],
)
def test_other_ways_to_log_in(cloud: Cloud, method: str, path: str):
    status, message = refusal(cloud.admin.identity.request(method, path))
    assert status == 501
    assert "bearer token" in message
