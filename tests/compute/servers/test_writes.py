"""How often an action writes, and that what two do at once is not lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dicot.devcluster.apiserver.faults import Rule
from dicot.identity.grants import kube_user
from tests.cloud import wait_for
from tests.compute.servers.conftest import Servers
from tests.compute.servers.test_creation import limit

MANY = 1000
ACTIONS = (
    ({"os-stop": None}, "SHUTOFF", 1),
    ({"os-start": None}, "ACTIVE", 1),
    ({"reboot": {"type": "HARD"}}, "ACTIVE", 1),
    ({"pause": None}, "PAUSED", 1),
    ({"unpause": None}, "ACTIVE", 1),
    ({"rebuild": None}, "ACTIVE", 1),
    ({"lock": None}, "ACTIVE", 0),
    ({"unlock": None}, "ACTIVE", 0),
)
"""What is done, what the server is then, and how many subresources that takes."""


def test_an_action_patches_once_and_calls_once(servers: Servers, development):
    """Though controllers write the machine at the same time."""
    server_id = servers.make()["id"]
    (vm,) = servers.project.objects("/apis/kubevirt.io/v1/virtualmachines")
    path, user = f"/{vm['metadata']['name']}", kube_user(servers.project.user_id)
    faults = development.cluster.faults
    patches = faults.add(Rule(method="PATCH", path=path, user=user, times=MANY))
    calls = faults.add(Rule(method="PUT", path=path, user=user, times=MANY))
    try:
        for action, status, called in ACTIONS:
            patches.times = calls.times = MANY
            wish = {"rebuild": {"imageRef": servers.image}} if "rebuild" in action else action
            assert servers.act(server_id, wish).status_code == 202
            servers.until(server_id, status)
            made = (MANY - patches.times, MANY - calls.times)
            assert made == (1, called), action
    finally:
        faults.clear()


def test_what_several_write_at_once_is_not_lost(servers: Servers):
    server_id = servers.make()["id"]
    compute = servers.project.compute

    def add(number: int) -> int:
        return compute.post(f"/servers/{server_id}/metadata", json={"metadata": {f"k{number}": "v"}}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(add, range(6))) == [200] * 6
    assert set(servers.show(server_id)["metadata"]) == {f"k{number}" for number in range(6)}


def test_of_several_servers_all_are_made_or_none(servers: Servers, refused):
    """The second finds no room for its Secrets: the first goes again, with its port."""
    network_id = servers.network()
    limit(servers, count_secrets="3")
    wish = {"user_data": "IyEK", "networks": [{"uuid": network_id}]}
    refused(servers.ask(min_count=2, **wish), 403, "forbidden")
    wait_for(lambda: not servers.left(), "nothing to be left")
    made = servers.ask(min_count=1, max_count=2, **wish)
    assert made.status_code == 202
    # The one without room is on its way out: Kubernetes deletes a machine in its own time.
    wait_for(lambda: len(servers.project.compute.get("/servers").json()["servers"]) == 1, "one server")
