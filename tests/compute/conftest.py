"""What tests of compute share: flavors that are gone afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud import Cloud

Json = dict[str, Any]
NewFlavor = Callable[..., Json]


@pytest.fixture
def new_flavor(cloud: Cloud) -> Iterator[NewFlavor]:
    """Make flavors as the administrator: `new_flavor(ram=64)`; at microversion 2.1."""
    made: list[str] = []

    def new(**wanted: Any) -> Json:
        flavor = {"name": f"test-{secrets.token_hex(4)}", "ram": 64, "vcpus": 1, "disk": 0, **wanted}
        answer = cloud.admin.compute.post("/flavors", json={"flavor": flavor})
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["flavor"]["id"])
        return answer.json()["flavor"]

    yield new
    for flavor_id in made:
        cloud.admin.compute.delete(f"/flavors/{flavor_id}")
