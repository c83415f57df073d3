"""Version discovery without a token, and negotiation, as recorded."""

from __future__ import annotations

import httpx2
import pytest

from tests.cloud import Project
from tests.compute.recorded import answer, recorded, shape


def test_the_root_lists_what_is_served(anonymous: httpx2.Client):
    served, theirs = anonymous.get("/compute/").json()["versions"], answer("nova-001")["versions"]
    assert [{**one, "links": None} for one in served] == [{**one, "links": None} for one in theirs]
    for one, path in zip(served, ("v2", "v2.1"), strict=True):
        assert one["links"][0]["href"] == f"{anonymous.base_url}/compute/{path}/".replace("//compute", "/compute")


def test_the_older_version(anonymous: httpx2.Client):
    shown = anonymous.get("/compute/v2/")
    assert {**shown.json()["version"], "links": None} == {**answer("nova-004")["version"], "links": None}
    assert not {"vary", "openstack-api-version"} & set(shown.headers)


def test_the_older_version_knows_no_microversions_and_passes_over_what_it_does_not_know(project: Project):
    root = f"{project.cloud.url}/compute/v2"
    body = {"keypair": {"name": "old", "colour": "red", "type": "x509"}, "more": 1}
    headers = {"OpenStack-API-Version": "compute 2.90"}
    made = project.compute.post(f"{root}/os-keypairs", json=body, headers=headers)
    assert made.status_code == 200, made.text
    assert "type" not in made.json()["keypair"]
    assert "private_key" in made.json()["keypair"]
    assert "openstack-api-version" not in made.headers
    flavors = project.compute.get(f"{root}/{project.project_id}/flavors").json()["flavors"]
    assert flavors[0]["links"][0]["href"].startswith(f"{root}/flavors/")
    wrong = project.compute.post(f"{root}/os-keypairs", json={"keypair": {"name": 5}})
    assert wrong.status_code == 400
    assert project.compute.get(f"{root}/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/compute/v2.1", "/compute/v2.1/"])
def test_one_version(anonymous: httpx2.Client, path: str):
    shown = anonymous.get(path).json()
    assert shape(shown) == shape(answer("nova-002"))
    assert {**shown["version"], "links": None} == {**answer("nova-002")["version"], "links": None}


@pytest.mark.parametrize("number", ["008", "009"])
def test_versions_that_cannot_be(project: Project, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"]["OpenStack-API-Version"].split()[1]
    refused = project.compute_at(version).get("/servers")
    assert (refused.status_code, refused.json()) == (exchange["response"]["status"], exchange["response"]["body"])
