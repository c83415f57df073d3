"""Keypairs over HTTP: made, imported, listed, shown, deleted; at the versions where they changed."""

from __future__ import annotations

import base64
import secrets

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.cloud import Cloud, Project, wait_for
from tests.compute.recorded import answer, message, shape

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFGvMfh4SuMdM+J7VO/Gd3cq/FCgqlygqhURDL4H4lrs golden@oracle"
FINGERPRINT = "a6:2f:42:76:01:cb:d7:52:5f:da:ec:14:1f:75:b7:35"


def add(project: Project, name: str, version: str = "2.2", **more: str) -> httpx2.Response:
    body = {"keypair": {"name": name, "public_key": PUBLIC_KEY, **more}}
    return project.compute_at(version).post("/os-keypairs", json=body)


def test_generated_key_opens_with_its_private_half(project: Project):
    made = project.compute.post("/os-keypairs", json={"keypair": {"name": "gk0"}})
    assert made.status_code == 200
    assert shape(made.json()) == shape(answer("nova-047"))
    keypair = made.json()["keypair"]
    private = serialization.load_pem_private_key(keypair["private_key"].encode(), None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert keypair["public_key"].startswith(public.decode())
    assert "private_key" not in project.compute.get("/os-keypairs/gk0").json()["keypair"]


def test_import_answers_as_nova_does(project: Project):
    made = add(project, "gk")
    assert made.status_code == 201
    expected = answer("nova-048")
    expected["keypair"]["user_id"] = project.user_id
    assert made.json() == expected
    again = add(project, "gk")
    assert (again.status_code, again.json()) == (409, answer("nova-049"))


@pytest.mark.parametrize(("version", "name"), [("2.1", "052"), ("2.2", "053"), ("2.10", "054"), ("latest", "056")])
def test_list_at_each_version(project: Project, version: str, name: str):
    add(project, "gk")
    listed = project.compute_at(version).get("/os-keypairs")
    assert listed.status_code == 200
    assert shape(listed.json()) == shape(answer(f"nova-{name}"))


@pytest.mark.parametrize(("version", "name"), [("2.1", "057"), ("2.2", "058")])
def test_show_at_each_version(project: Project, version: str, name: str):
    add(project, "gk")
    shown = project.compute_at(version).get("/os-keypairs/gk")
    assert shape(shown.json()) == shape(answer(f"nova-{name}"))
    assert shown.json()["keypair"]["fingerprint"] == FINGERPRINT


def test_pages_since_2_35(project: Project):
    for name in ("c", "a", "b"):
        add(project, name)
    page = project.compute_at("2.35").get("/os-keypairs?limit=2").json()
    assert [one["keypair"]["name"] for one in page["keypairs"]] == ["a", "b"]
    assert page["keypairs_links"][0]["href"].endswith("/os-keypairs?limit=2&marker=b")
    rest = project.compute_at("2.35").get("/os-keypairs?limit=2&marker=b").json()
    assert [one["keypair"]["name"] for one in rest["keypairs"]] == ["c"]
    assert "keypairs_links" not in rest
    assert len(project.compute_at("2.34").get("/os-keypairs?limit=1").json()["keypairs"]) == 3
    lost = project.compute_at("2.35").get("/os-keypairs?marker=x")
    assert (lost.status_code, message(lost)) == (400, "Marker x could not be found.")


def test_unknown_query_is_refused_since_2_75(project: Project):
    assert project.compute_at("2.74").get("/os-keypairs?colour=red").status_code == 200
    assert project.compute_at("2.75").get("/os-keypairs?colour=red").status_code == 400


def test_delete(project: Project):
    add(project, "one")
    add(project, "two")
    assert project.compute.delete("/os-keypairs/one").status_code == 202
    assert project.compute_at("2.2").delete("/os-keypairs/two").status_code == 204
    gone = project.compute.delete("/os-keypairs/two")
    assert (gone.status_code, message(gone)) == (404, f"Keypair two not found for user {project.user_id}")
    assert project.compute.get("/os-keypairs").json() == {"keypairs": []}


@pytest.mark.parametrize("key", ["xx", "", "ssh-rsa", "ssh-rsa AAAA", "ssh-ed25519 ä", "ssh-rsa  x", "\u0000"])
def test_what_is_no_key_is_refused(project: Project, key: str):
    refused = project.compute.post("/os-keypairs", json={"keypair": {"name": "bad", "public_key": key}})
    assert (refused.status_code, refused.json()) == (400, answer("nova-050"))


def test_a_key_must_be_given_since_2_92(project: Project):
    refused = project.compute_at("2.92").post("/os-keypairs", json={"keypair": {"name": "gk9"}})
    assert (refused.status_code, refused.json()) == (400, answer("nova-051"))
    assert add(project, "a@b.c", "2.92").status_code == 201
    assert add(project, "a@b.c", "2.91").status_code == 400


@pytest.mark.parametrize(
    "keypair",
    [
        {"public_key": PUBLIC_KEY},
        {"name": 5},
        {"name": ""},
        {"name": "x" * 256},
        {"name": " x"},
        {"name": "x", "colour": "red"},
        {"name": "x", "type": "dsa"},
        None,
    ],
)
def test_bad_bodies(project: Project, keypair: object):
    assert project.compute_at("2.2").post("/os-keypairs", json={"keypair": keypair}).status_code == 400
    assert project.compute.get("/os-keypairs").json() == {"keypairs": []}


def test_certificates_are_made_and_imported(project: Project):
    body = {"keypair": {"name": "win", "type": "x509"}}
    made = project.compute_at("2.2").post("/os-keypairs", json=body).json()["keypair"]
    assert made["type"] == "x509"
    certificate = x509.load_pem_x509_certificate(made["public_key"].encode())
    assert made["fingerprint"] == certificate.fingerprint(hashes.SHA1()).hex(":")
    key, held, _ = pkcs12.load_key_and_certificates(base64.b64decode(made["private_key"]), None)
    assert held == certificate
    assert key is not None
    assert key.public_key() == certificate.public_key()
    (name,) = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert name.value[2:].decode() == f"{project.user_id}@localhost"
    (usage,) = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert usage.dotted_string == "1.3.6.1.5.5.7.3.2"
    imported = add(project, "own", type="x509", public_key=made["public_key"]).json()["keypair"]
    assert imported["fingerprint"] == made["fingerprint"]
    listed = project.compute_at("2.2").get("/os-keypairs").json()["keypairs"]
    assert {one["keypair"]["type"] for one in listed} == {"x509"}
    refused = add(project, "bad", type="x509", public_key=PUBLIC_KEY)
    assert (refused.status_code, message(refused)) == (
        400,
        "Keypair data is invalid: failed to generate X509 fingerprint",
    )


def test_keypairs_are_a_persons_own(cloud: Cloud, project: Project, other_project: Project):
    add(project, "mine")
    assert other_project.compute.get("/os-keypairs/mine").status_code == 404
    assert other_project.compute.get("/os-keypairs").json() == {"keypairs": []}
    query = f"?user_id={project.user_id}"
    nosy = other_project.compute_at("2.10").get(f"/os-keypairs{query}")
    assert (nosy.status_code, message(nosy)) == (
        403,
        "Policy doesn't allow os_compute_api:os-keypairs:index to be performed.",
    )
    assert add(other_project, "x", "2.10", user_id=project.user_id).status_code == 403
    admin = cloud.admin.compute_at("2.10")
    assert admin.get(f"/os-keypairs/mine{query}").json()["keypair"]["user_id"] == project.user_id
    assert admin.delete(f"/os-keypairs/mine{query}").status_code == 204


def test_no_token(anonymous: httpx2.Client):
    assert anonymous.get("/compute/v2.1/os-keypairs").status_code == 401


def test_secret_tells_kubectl_users_what_it_is(cloud: Cloud, project: Project):
    add(project, "My Key")
    found = cloud.kube.get(
        "/api/v1/namespaces/dicot-system/secrets",
        params={"labelSelector": f"dicot.io/keypair-of={project.user_id}"},
    ).json()["items"]
    assert [one["type"] for one in found] == ["dicot.io/keypair"]
    assert found[0]["metadata"]["name"].startswith("keypair-my-key-")
    assert base64.b64decode(found[0]["data"]["public-key"]).decode() == PUBLIC_KEY


def test_keypairs_go_with_their_user(cloud: Cloud):
    project = cloud.new_project(f"test-{secrets.token_hex(4)}")
    add(project, "mine")
    project.remove()
    path = f"/api/v1/namespaces/dicot-system/secrets?labelSelector=dicot.io/keypair-of={project.user_id}"
    wait_for(lambda: not cloud.kube.get(path).json()["items"], "the keypair to go")
