"""What Nova has removed says so."""

from __future__ import annotations

import pytest

from dicot.compute.removed import ROUTES
from tests.cloud import Project
from tests.compute.recorded import message


@pytest.mark.parametrize("version", ["2.1", "2.104"])
def test_each_answers_gone(project: Project, version: str):
    client = project.compute_at(version)
    for route in ROUTES:
        path = route.path.format(absent_id="x", entry_id="x", network_id="x", server_id="x")
        body = {route.action: None} if route.action else None
        answer = client.request(route.method, path, json=body)
        assert answer.status_code == 410, f"{route.method} {path}: {answer.text}"
        assert message(answer) == "This resource is no longer available.  No forwarding address is given."
        assert set(answer.json()) == {"computeFault"}
