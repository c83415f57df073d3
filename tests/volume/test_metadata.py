"""The metadata of volumes and snapshots over HTTP."""

from __future__ import annotations

import pytest

from tests.volume.conftest import Storage
from tests.volume.recorded import assert_like


@pytest.fixture
def kept(storage: Storage, request: pytest.FixtureRequest) -> str:
    volume = storage.create(metadata={"k": "v"})
    if request.param == "volumes":
        return f"/volumes/{volume['id']}/metadata"
    return f"/snapshots/{storage.snapshot(volume['id'], metadata={'k': 'v'})['id']}/metadata"


BOTH = pytest.mark.parametrize("kept", ["volumes", "snapshots"], indirect=True)


@BOTH
def test_metadata(storage: Storage, kept: str):
    api = storage.api
    added = api.post(kept, json={"metadata": {"a": "b"}})
    assert_like("029-volume-metadata", added)
    assert added.json() == {"metadata": {"a": "b", "k": "v"}}
    assert api.get(kept).json() == added.json()
    assert api.put(f"{kept}/a", json={"meta": {"a": "c"}}).json() == {"meta": {"a": "c"}}
    assert api.get(f"{kept}/a").json() == {"meta": {"a": "c"}}
    gone = api.delete(f"{kept}/a")
    assert (gone.status_code, gone.content) == (200, b"")
    assert api.get(f"{kept}/a").status_code == 404
    assert api.delete(f"{kept}/a").status_code == 404
    assert api.put(kept, json={"metadata": {"only": "this"}}).json() == {"metadata": {"only": "this"}}
    assert api.put(kept, json={"metadata": {}}).json() == {"metadata": {}}


@BOTH
def test_bad_metadata(storage: Storage, kept: str):
    api = storage.api
    assert api.post(kept, json={"metadata": {"a": 1}}).status_code == 400
    assert api.post(kept, json={"meta": {}}).status_code == 400
    assert api.put(f"{kept}/a", json={"meta": {"b": "c"}}).status_code == 400
    assert api.put(f"{kept}/a", json={"meta": {"a": "b", "c": "d"}}).status_code == 400
    assert api.get(kept).json() == {"metadata": {"k": "v"}}


def test_etags_since_3_15(storage: Storage):
    path = f"/volumes/{storage.create(metadata={'k': 'v'})['id']}/metadata"
    assert "Etag" not in storage.api.get(path).headers
    tag = storage.newest.get(path).headers["Etag"]
    stale = storage.newest.put(path, json={"metadata": {"a": "b"}}, headers={"If-Match": "0" * 32})
    assert stale.status_code == 412
    fresh = storage.newest.put(path, json={"metadata": {"a": "b"}}, headers={"If-Match": tag})
    assert fresh.json() == {"metadata": {"a": "b"}}
