"""Server groups over HTTP: none, and said so."""

from __future__ import annotations

from tests.cloud import Project
from tests.compute.recorded import message


def test_there_are_none(project: Project):
    assert project.compute.get("/os-server-groups").json() == {"server_groups": []}
    lost = project.compute.get("/os-server-groups/x")
    assert (lost.status_code, message(lost)) == (404, "Instance group x could not be found.")
    assert project.compute.delete("/os-server-groups/x").status_code == 404


def test_making_one_is_refused_by_name(project: Project):
    old = {"server_group": {"name": "g", "policies": ["affinity"]}}
    new = {"server_group": {"name": "g", "policy": "affinity"}}
    refused = project.compute.post("/os-server-groups", json=old)
    assert (refused.status_code, "Server groups are not supported" in message(refused)) == (501, True)
    assert project.compute_at("2.64").post("/os-server-groups", json=old).status_code == 400
    assert project.compute_at("2.64").post("/os-server-groups", json=new).status_code == 501
