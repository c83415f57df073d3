from __future__ import annotations

from typing import Any

import pytest

from dicot.api.errors import BadRequest
from dicot.compute.servers.disks import Wish, wishes
from tests.compute.servers.samples import FLAVOR, IMAGE_ID, VOLUME_ID

Json = dict[str, Any]


def asked(*mappings: Json, image: str = "", **flavor: int) -> list[Wish]:
    return wishes({"imageRef": image, "block_device_mapping_v2": list(mappings)}, {**FLAVOR, **flavor})


def test_an_image_alone_becomes_a_local_disk():
    (root,) = asked(image=IMAGE_ID)
    assert (root.source, root.destination, root.source_id, root.root) == ("image", "local", IMAGE_ID, True)


def test_the_disk_to_boot_from_comes_first():
    data = {"source_type": "blank", "destination_type": "volume", "volume_size": 2}
    boot = {"source_type": "volume", "destination_type": "volume", "uuid": VOLUME_ID, "boot_index": "0"}
    first, second = asked(data, boot)
    assert first.source_id == VOLUME_ID
    assert (second.size, second.dies, second.root) == (2, False, False)


def test_a_volume_beside_an_image():
    data = {"uuid": VOLUME_ID, "source_type": "volume", "destination_type": "volume", "delete_on_termination": "True"}
    root, volume = asked(data, image=IMAGE_ID)
    assert root.root
    assert volume.dies


def test_the_older_spelling():
    server = {"block_device_mapping": [{"device_name": "vda", "volume_id": VOLUME_ID, "delete_on_termination": "1"}]}
    (root,) = wishes(server, FLAVOR)
    assert (root.source, root.source_id, root.root, root.dies) == ("volume", VOLUME_ID, True, True)


def test_a_flavor_brings_its_own_disks():
    root, ephemeral, swap = asked(image=IMAGE_ID, ephemeral=3, swap=512)
    assert root.root
    assert (ephemeral.source, ephemeral.size, ephemeral.swap) == ("blank", 3, False)
    assert (swap.size, swap.swap) == (512, True)


@pytest.mark.parametrize(
    ("mappings", "image", "sentence"),
    [
        ([], "", "Missing imageRef attribute"),
        (
            [{"source_type": "volume", "destination_type": "volume", "uuid": VOLUME_ID}],
            "",
            "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
            "combination is not valid.",
        ),
        (
            [{"source_type": "image", "destination_type": "local", "uuid": IMAGE_ID, "boot_index": 0}],
            "",
            "Block Device Mapping is Invalid: Mapping image to local is not supported.",
        ),
        (
            [{"source_type": "volume", "boot_index": 0}],
            "",
            "Block Device Mapping is Invalid: Missing device UUID.",
        ),
        (
            [{"source_type": "blank", "uuid": VOLUME_ID}],
            IMAGE_ID,
            "Block Device Mapping is Invalid: Invalid device UUID.",
        ),
        (
            [{"source_type": "image", "destination_type": "volume", "uuid": IMAGE_ID, "boot_index": 0}],
            "",
            "Images with destination_type 'volume' need to have a non-zero size specified",
        ),
        (
            [{"source_type": "volume", "uuid": VOLUME_ID, "volume_type": "fast", "boot_index": 0}],
            "",
            "Block Device Mapping is Invalid: Specifying volume type to existing volume is not supported.",
        ),
        (
            [{"source_type": "volume", "uuid": VOLUME_ID, "disk_bus": "ide", "boot_index": 0}],
            "",
            "Block Device Mapping is invalid: The provided disk bus ide is not valid.",
        ),
        (
            [{"source_type": "blank", "destination_type": "local", "volume_size": 9}],
            IMAGE_ID,
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block "
            "device mapping, flavor ephemeral size will be used.",
        ),
    ],
)
def test_refused_in_novas_words(mappings, image, sentence):
    with pytest.raises(BadRequest) as refused:
        asked(*mappings, image=image)
    assert refused.value.message == sentence


def test_the_two_spellings_do_not_mix():
    server = {
        "block_device_mapping": [{"volume_id": VOLUME_ID}],
        "block_device_mapping_v2": [{"source_type": "blank"}],
    }
    with pytest.raises(BadRequest, match="different block_device_mapping syntaxes"):
        wishes(server, FLAVOR)
