"""Assisted snapshots over HTTP: looked at as Nova does, then refused by name."""

from __future__ import annotations

from tests.cloud import Cloud, Project
from tests.compute.recorded import message

PATH = "/os-assisted-volume-snapshots"
REFUSED = (
    "Invalid volume: v is not of a driver that needs assistance. Make and delete snapshots through the Block Storage "
    "service."
)
BODY = {"snapshot": {"volume_id": "v", "create_info": {"snapshot_id": "s", "type": "qcow2", "new_file": "f"}}}


def test_refused_by_name(cloud: Cloud):
    refused = cloud.admin.compute.post(PATH, json=BODY)
    assert (refused.status_code, message(refused)) == (400, REFUSED)
    refused = cloud.admin.compute.delete(f"{PATH}/s", params={"delete_info": '{"volume_id": "v"}'})
    assert (refused.status_code, message(refused)) == (400, REFUSED)


def test_what_is_wrong_is_told_first(cloud: Cloud):
    odd = cloud.admin.compute.post(PATH, json={"snapshot": {"volume_id": "v"}})
    assert (odd.status_code, message(odd) == REFUSED) == (400, False)
    for query, text in (({}, "'delete_info'"), ({"delete_info": "{}"}, "'volume_id'")):
        odd = cloud.admin.compute.delete(f"{PATH}/s", params=query)
        assert (odd.status_code, message(odd)) == (400, text)
    for info in ("x", "[]", "1"):
        assert cloud.admin.compute.delete(f"{PATH}/s", params={"delete_info": info}).status_code == 400
    for version, text in (("2.74", "'delete_info'"), ("2.75", None)):
        odd = cloud.admin.compute_at(version).delete(f"{PATH}/s", params={"colour": "red"})
        assert (odd.status_code, text in (None, message(odd))) == (400, True)


def test_only_for_administrators(project: Project):
    assert project.compute.post(PATH, json=BODY).status_code == 403
    assert project.compute.delete(f"{PATH}/s").status_code == 403
