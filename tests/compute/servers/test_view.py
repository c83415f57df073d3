from __future__ import annotations

from typing import Any

import pytest

from dicot.api.microversion import parse
from dicot.compute.servers import manifest, marks, status, view
from dicot.compute.servers.changes import BEFORE_EMBEDDING, HISTORY
from tests.compute.recorded import answer
from tests.compute.servers.samples import SERVER_ID, VOLUME_ID, beside, plan, running

Json = dict[str, Any]

VERSIONS = {
    "nova-105": "2.1",
    "nova-106": "2.26",
    "nova-107": "2.47",
    "nova-109": "2.79",
    "nova-110": "2.90",
    "nova-112": "2.3",
    "nova-114": "2.9",
    "nova-115": "2.16",
    "nova-116": "2.19",
    "nova-117": "2.63",
    "nova-118": "2.69",
    "nova-119": "2.71",
    "nova-120": "2.73",
    "nova-121": "2.75",
    "nova-122": "2.96",
    "nova-123": "2.98",
    "nova-124": "2.100",
    "nova-111": "2.104",
}


def told(version: str, *, contract: str = "server", administrator: bool = False, **facts: Any) -> Json:
    vm, vmi = running(manifest.virtual_machine(plan()))
    state = status.of(vm, vmi, 0.0, 120.0)
    shown = view.linked(
        view.server(vm, vmi, state, beside(**facts)),
        "http://cloud",
        path="/compute/v2.1",
        root="/compute",
        administrator=administrator,
    )
    (result,) = HISTORY.downgrade(contract, [shown], parse(version))
    result.pop(BEFORE_EMBEDDING)
    return result


@pytest.mark.parametrize(("recording", "version"), VERSIONS.items())
def test_keys_are_those_of_nova(recording, version):
    theirs = answer(recording)["server"]
    mine = told(version)
    assert list(mine) == list(theirs)
    for key in ("flavor", "image"):
        assert set(mine[key]) == set(theirs[key])


@pytest.mark.parametrize(("recording", "version"), [("nova-125", "2.1"), ("nova-126", "2.104")])
def test_an_administrator_sees_what_nova_shows_one(recording, version):
    assert set(told(version, administrator=True)) == set(answer(recording)["server"])


@pytest.mark.parametrize(("recording", "version"), [("nova-154", "2.1"), ("nova-155", "2.19")])
def test_an_update_answers_as_nova_does(recording, version):
    theirs = answer(recording)["server"]
    mine = told(version, contract="updated")
    assert set(mine) == set(theirs)
    assert set(mine["addresses"]["gnet"][0]) == set(theirs["addresses"]["gnet"][0])


def test_volumes_before_and_after_2_3():
    attached = ((VOLUME_ID, True),)
    key = "os-extended-volumes:volumes_attached"
    assert told("2.2", attached=attached)[key] == [{"id": VOLUME_ID}]
    assert told("2.3", attached=attached)[key] == [{"id": VOLUME_ID, "delete_on_termination": True}]


def test_a_server_booted_from_a_volume_has_an_empty_image():
    assert told("2.104", image_id="")["image"] == ""
    assert told("2.1", image_id="")["image"] == ""


def test_links_are_spelt_as_the_client_spelt_the_host():
    shown = told("2.1")
    assert shown["links"][0]["href"] == f"http://cloud/compute/v2.1/servers/{SERVER_ID}"
    assert shown["flavor"] == {"id": "42", "links": [{"rel": "bookmark", "href": "http://cloud/compute/flavors/42"}]}


def test_times_are_spelt_as_nova_spells_each():
    shown = told("2.1")
    assert shown["created"] == "2026-11-22T06:46:14Z"
    assert shown["OS-SRV-USG:launched_at"] == "2026-11-22T06:46:21.000000"


def test_addresses_are_spelt_in_their_short_form():
    vm, vmi = running(manifest.virtual_machine(plan(access_ipv6="0000:0000:0000:0000:0000:babe:dc0c:1602")))
    shown = view.server(vm, vmi, status.of(vm, vmi, 0, 0), beside())
    assert shown["accessIPv6"] == "::babe:dc0c:1602"


def test_what_somebody_broke_by_hand_is_left_out():
    vm, vmi = running(manifest.virtual_machine(plan()))
    vm["metadata"]["annotations"] |= {marks.METADATA: "[1", marks.TAGS: "{}", marks.ACTIONS: "7"}
    shown = view.server(vm, vmi, status.of(vm, vmi, 0.0, 120.0), beside())
    assert shown["metadata"] == {}
    assert shown["tags"] == []


def test_a_machine_of_kubectl_is_a_server():
    vm = {
        "metadata": {
            "name": "plain.vm",
            "namespace": "p",
            "uid": "0f1e2d3c-0000-4000-8000-000000000000",
            "creationTimestamp": "2026-11-22T06:46:14Z",
        },
        "spec": {"running": True, "template": {"spec": {"domain": {}}}},
    }
    state = status.of(vm, None, 0.0, 120.0)
    shown = view.server(vm, None, state, beside(image_id="", attached=()))
    assert shown["id"] == "0f1e2d3c-0000-4000-8000-000000000000"
    assert shown["name"] == "plain.vm"
    assert shown["status"] == "BUILD"
    assert shown["image"] == ""
    assert shown["config_drive"] == ""
    assert shown["key_name"] is None
    assert shown["OS-EXT-SRV-ATTR:hostname"] == "plain"
