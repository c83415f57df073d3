"""Extensions over HTTP: a subset of what a real Nova lists."""

from __future__ import annotations

from tests.cloud import Project
from tests.compute.recorded import answer


def test_only_what_nova_has(project: Project):
    listed = project.compute.get("/extensions").json()["extensions"]
    real = {one["alias"]: one["name"] for one in answer("nova-012")["extensions"]}
    assert {one["alias"]: one["name"] for one in listed}.items() <= real.items()


def test_one(project: Project):
    assert project.compute.get("/extensions/os-keypairs").json() == answer("nova-013")
    assert project.compute.get("/extensions/os-fping").status_code == 404
