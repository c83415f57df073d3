"""Version discovery without a token, and negotiation, as recorded."""

from __future__ import annotations

import httpx2
import pytest

from tests.cloud import Project
from tests.compute.recorded import answer, recorded, shape


def test_the_root_lists_what_is_served(anonymous: httpx2.Client):
    (served,) = anonymous.get("/compute/").json()["versions"]
    (theirs,) = [one for one in answer("nova-001")["versions"] if one["id"] == "v2.1"]
    assert {**served, "links": None} == {**theirs, "links": None}
    assert served["links"][0]["href"] == f"{anonymous.base_url}/compute/v2.1/".replace("//compute", "/compute")


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
