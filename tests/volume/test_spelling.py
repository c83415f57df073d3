"""Which claims are volumes, how large they are, and where the indexes find them."""

from fractions import Fraction

import pytest

from dicot import names
from dicot.volume import spelling
from tests.volume.objects import ID, claim, data_volume, machine, report, running


def owned(kind: str, name: str = "owner") -> dict:
    return {"metadata": {"ownerReferences": [{"kind": kind, "name": name, "uid": "u", "controller": True}]}}


@pytest.mark.parametrize(
    ("found", "plan"),
    [
        (claim(labels={names.id_label("image"): ID}), None),
        (claim(labels={"persistent-state-for": "web"}), None),
        (claim(**owned("Pod")), None),
        (claim(**owned("PersistentVolumeClaim")), None),
        (claim(**owned("VirtualMachine")), None),
        (claim(metadata={"name": "prime-1234"}), None),
        (claim(**owned("DataVolume")), data_volume(**owned("VirtualMachine"))),
    ],
    ids=["image", "kubevirt's state", "scratch", "prime", "machine's own", "prime by name", "template of a machine"],
)
def test_not_a_volume(found, plan):
    assert not spelling.is_volume(found, plan)


def test_a_volume():
    assert spelling.is_volume(claim(), None)
    assert spelling.is_volume(claim(**owned("DataVolume")), data_volume())


def test_a_volume_that_dies_with_a_server_is_still_one():
    reference = {"kind": "VirtualMachine", "name": "web", "uid": "u"}
    plan = data_volume(metadata={"ownerReferences": [reference]})
    assert spelling.is_volume(claim(**owned("DataVolume")), plan)


@pytest.mark.parametrize(
    ("found", "plan", "expected"),
    [
        (claim(annotations={spelling.SIZE_GIB: "3"}, requested="3Gi"), None, 3),
        (claim(requested="71135396"), data_volume(), 1),
        (claim(requested="11381663335"), data_volume(), 10),
        (claim(requested="10Gi", mode="Block"), None, 10),
        (claim(requested="1500Mi", mode="Block"), None, 2),
        (claim(requested="5Gi"), None, 5),
        (claim(requested="64Mi"), None, 1),
        (claim(annotations={spelling.SIZE_GIB: "10"}, requested="21Gi", mode="Block"), None, 21),
        (claim(annotations={spelling.SIZE_GIB: "many"}, requested="4Gi", mode="Block"), None, 4),
        (data_volume(), data_volume(), 1),
    ],
)
def test_size(found, plan, expected):
    assert spelling.size_gib(found, plan) == expected


def test_size_with_another_overhead():
    assert spelling.size_gib(claim(requested="12Gi"), data_volume(), Fraction(1, 5)) == 10


def test_indexes_of_machines():
    assert list(spelling.vm_claims(machine())) == ["team/data"]
    assert set(spelling.vmi_claims(running(report()))) == {"team/data"}
    assert list(spelling.snapshot_claims({"metadata": {"namespace": "team"}, "spec": {"source": {}}})) == []


def test_broken_annotations_are_empty():
    assert spelling.texts(claim(annotations={spelling.METADATA: "{"}), spelling.METADATA) == {}
    assert spelling.texts(claim(annotations={spelling.METADATA: '["a"]'}), spelling.METADATA) == {}
    assert spelling.texts(claim(annotations={spelling.METADATA: '{"a": 1}'}), spelling.METADATA) == {}
