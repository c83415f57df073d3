"""What a volume is written as: golden manifests that fit CDI's published schema and have no unknown field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicot.volume.volumes import manifest
from tests.shared_material import shared
from tests.volume.objects import ID, SERVER, claim

Json = dict[str, Any]

GOLDEN: Json = {
    "apiVersion": "cdi.kubevirt.io/v1beta1",
    "kind": "DataVolume",
    "metadata": {
        "name": "web-data-1-f18789d5",
        "namespace": "team",
        "labels": {"dicot.io/volume-id": ID, "app.kubernetes.io/managed-by": "dicot"},
        "annotations": {
            "dicot.io/name": "Web Data #1",
            "dicot.io/size-gib": "10",
            "dicot.io/description": "d",
            "dicot.io/metadata": '{"a":"1","b":"2"}',
            "dicot.io/user-id": "u",
        },
    },
    "spec": {
        "source": {"blank": {}},
        "storage": {"resources": {"requests": {"storage": "10Gi"}}, "storageClassName": "fast"},
    },
}


def made(source: Json, **more: Any) -> Json:
    return manifest.data_volume(ID, "Web Data #1", 10, "fast", source, namespace="team", **more)


def test_blank():
    facts = manifest.described(description="d", metadata={"b": "2", "a": "1"}, user_id="u")
    assert made(manifest.BLANK, annotations=facts) == GOLDEN


def test_born_for_a_server_it_dies_with():
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "web", "uid": "u"}
    metadata = made(manifest.BLANK, server_id=SERVER, claimed_at="2026-11-22T06:46:05Z", owner=owner)["metadata"]
    assert metadata["annotations"]["dicot.io/attached-to"] == SERVER
    assert metadata["annotations"]["dicot.io/attached-at"] == "2026-11-22T06:46:05Z"
    assert metadata["ownerReferences"] == [owner]


def test_names_are_readable_and_short_enough():
    assert manifest.object_name(ID, "") == "volume-f18789d5"
    assert manifest.object_name(ID, "Ünï cödé / 9.9") == "uni-code-9-9-f18789d5"
    assert len(manifest.object_name(ID, "x" * 255)) <= 63


SNAPSHOT = {"metadata": {"name": "snap", "namespace": "team"}}
SOURCES = [
    manifest.BLANK,
    manifest.of_image({"kind": "DataSource", "namespace": "images", "name": "tiny"}),
    manifest.of_snapshot(SNAPSHOT),
    manifest.of_volume(claim()),
]


@pytest.mark.parametrize("source", SOURCES, ids=["blank", "image", "snapshot", "volume"])
def test_every_field_is_one_of_cdis(source):
    definitions = json.loads(shared("contracts/cdi-openapi.json").read_text())["definitions"]
    unknown(made(source, access_modes=("ReadWriteOnce",))["spec"], "v1beta1.DataVolumeSpec", definitions)


def unknown(value: Any, name: str, definitions: Json) -> None:
    """Fail on a field that the published schema does not have."""
    schema = definitions.get(name, {}).get("properties")
    if not isinstance(value, dict) or not schema:
        return
    assert value.keys() <= schema.keys(), f"{name} has no {value.keys() - schema.keys()}"
    for key, inner in value.items():
        unknown(inner, schema[key].get("$ref", "").rpartition("/")[2], definitions)
