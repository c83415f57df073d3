"""openstacksdk in front of two Dicots, each request sent to one of them at random: no wrong answer, no lost update."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import openstack
import pytest
from openstack import warnings as sdk_warnings
from openstack.connection import Connection
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from tests.cloud import wait_for
from tests.scenarios.test_several_processes import PASSWORD, Replicas, replicas

__all__ = ["replicas"]

IGNORED = [f"ignore::openstack.warnings.{name}" for name in vars(sdk_warnings) if name.endswith("Warning")]
pytestmark = [
    pytest.mark.filterwarnings(one)
    for one in (*IGNORED, "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
]
WRITERS = 4
KEYS = 6
WAIT_S = 60
FEW = 20
"""So few requests may all go to one of the two by chance."""


class Spread(HTTPAdapter):
    """Sends each request to one of the replicas, whichever it was meant for, and counts how many each has got."""

    def __init__(self, urls: list[str], seed: int) -> None:
        super().__init__(pool_maxsize=2 * WRITERS)
        self.counts = dict.fromkeys(urls, 0)
        self._random = random.Random(seed)

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """Choose, then send."""
        chosen = self._random.choice(list(self.counts))
        self.counts[chosen] += 1
        meant = next(url for url in self.counts if (request.url or "").startswith(url))
        request.url = chosen + (request.url or "")[len(meant) :]
        return super().send(request, *arguments, **options)


@pytest.fixture
def sdk(replicas: Replicas) -> Iterator[Connection]:
    seed = secrets.randbits(32)
    spread = Spread(replicas.urls, seed)
    auth = {
        "auth_url": f"{replicas.urls[0]}/identity/v3", "username": "admin", "password": PASSWORD,
        "project_name": "admin", "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip
    with openstack.connect(
        auth=auth, region_name="RegionOne", app_name="tests", load_yaml_config=False, load_envvars=False,
        compute_default_microversion="2.90",
    ) as connection:  # fmt: skip
        connection.session.session.mount("http://", spread)
        yield connection
        connection.session.session.close()  # openstacksdk leaves its sockets to the garbage collector
    print(f"seed {seed}, requests {spread.counts}")
    assert sum(spread.counts.values()) < FEW or min(spread.counts.values()) > 0


def make(sdk: Connection, name: str) -> Any:
    image = next(iter(sdk.image.images()))
    return sdk.compute.create_server(name=name, image_id=image.id, flavor_id="1", networks="none")


def test_a_servers_life_one_step_here_one_there(sdk: Connection):
    made = make(sdk, "spread")
    assert sdk.compute.get_server(made.id).name == "spread"
    assert made.id in {one.id for one in sdk.compute.servers()} or wait_for(
        lambda: made.id in {one.id for one in sdk.compute.servers()}, "the list of both to have it"
    )
    sdk.compute.wait_for_server(made, wait=WAIT_S)
    for act, status in (
        (sdk.compute.stop_server, "SHUTOFF"), (sdk.compute.start_server, "ACTIVE"),
        (sdk.compute.pause_server, "PAUSED"), (sdk.compute.unpause_server, "ACTIVE"),
    ):  # fmt: skip
        act(made.id)
        sdk.compute.wait_for_server(made, status=status, wait=WAIT_S)
    sdk.compute.delete_server(made.id)
    sdk.compute.wait_for_delete(made, wait=WAIT_S)
    wait_for(lambda: made.id not in {one.id for one in sdk.compute.servers()}, "the lists to forget it")


def test_no_update_is_lost(sdk: Connection):
    """Several writers change metadata and tags of one server, each its own keys: all of it is there afterwards."""
    server = make(sdk, "written")
    sdk.compute.wait_for_server(server, wait=WAIT_S)

    def write(writer: int) -> None:
        for key in range(KEYS):
            sdk.compute.set_server_metadata(server.id, **{f"w{writer}-{key}": str(key)})
            sdk.compute.add_tag_to_server(server.id, f"t{writer}-{key}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    wanted = {f"w{writer}-{key}": str(key) for writer in range(WRITERS) for key in range(KEYS)}
    wait_for(lambda: sdk.compute.get_server(server.id).metadata == wanted, "both to show all metadata")
    tags = {f"t{writer}-{key}" for writer in range(WRITERS) for key in range(KEYS)}
    wait_for(lambda: set(sdk.compute.get_server(server.id).tags) == tags, "both to show all tags")
    sdk.compute.delete_server(server.id)
    sdk.compute.wait_for_delete(server, wait=WAIT_S)


def test_one_of_many_with_one_name_wins(sdk: Connection):
    """Aggregates have names of their own: of several makers at once, through both replicas, one gets it."""
    name = f"agg-{secrets.token_hex(4)}"

    def attempt(_: int) -> int:
        return sdk.compute.post("/os-aggregates", json={"aggregate": {"name": name}}).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        codes = sorted(pool.map(attempt, range(WRITERS)))
    assert codes == [200, *[409] * (WRITERS - 1)]
    (found,) = [one for one in sdk.compute.aggregates() if one.name == name]
    sdk.compute.delete_aggregate(found.id)


def test_what_is_written_is_read_where_it_was_written_or_elsewhere(sdk: Connection):
    """What was written is soon shown by both, and what both show does not go back."""
    server = make(sdk, "read")
    sdk.compute.wait_for_server(server, wait=WAIT_S)
    seen: list[int] = []
    for number in range(KEYS):
        sdk.compute.set_server_metadata(server.id, step=str(number))
        wait_for(lambda n=number: sdk.compute.get_server(server.id).metadata.get("step") == str(n), f"step {number}")
        seen.append(int(sdk.compute.get_server(server.id).metadata.get("step", "-1")))
    assert all(one <= other for one, other in pairwise(seen))
    sdk.compute.delete_server(server.id)
    sdk.compute.wait_for_delete(server, wait=WAIT_S)
