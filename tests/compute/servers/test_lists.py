"""Lists of servers over the wire."""

from __future__ import annotations

import pytest

from tests.compute.recorded import answer, shape


@pytest.fixture
def three(servers):
    return [servers.make(name=name, tags=[name])["id"] for name in ("a", "b", "c")]


def names(response):
    assert response.status_code == 200, response.text
    return [one["name"] for one in response.json()["servers"]]


def test_lists(servers, three):
    compute = servers.project.compute_at("2.104")
    assert sorted(names(compute.get("/servers"))) == ["a", "b", "c"]
    assert names(compute.get("/servers", params={"sort_key": "display_name", "sort_dir": "asc"})) == ["a", "b", "c"]
    assert names(compute.get("/servers/detail", params={"name": "^b$"})) == ["b"]
    assert names(compute.get("/servers", params={"tags": "c"})) == ["c"]
    assert names(compute.get("/servers", params={"status": "SHUTOFF"})) == []
    assert len(names(compute.get("/servers", params={"status": "ACTIVE"}))) == 3
    assert names(compute.get("/servers", params={"limit": 0})) == []


def test_pages(servers, three):
    compute = servers.project.compute
    first = compute.get("/servers", params={"limit": 2, "sort_key": "display_name", "sort_dir": "asc"})
    assert names(first) == ["a", "b"]
    (link,) = first.json()["servers_links"]
    assert link["rel"] == "next"
    second = compute.get(link["href"])
    assert names(second) == ["c"]
    assert "servers_links" not in second.json()


def test_the_shape_is_novas(servers, three):
    theirs = answer("nova-134")["servers"][0]
    assert shape(servers.project.compute.get("/servers").json()["servers"][0]) == shape(theirs)


@pytest.mark.parametrize(
    ("query", "version", "sentence"),
    [
        ({"limit": "-1"}, "2.1", "Invalid input for query parameters limit. Value: -1. '-1' does not match '^[0-9]*$'"),
        ({"marker": "nosuch"}, "2.1", "marker [nosuch] not found"),
        ({"bogus": "1"}, "2.75", "'bogus' does not match any of the regexes: '^_'"),
        ({"status": "NOSUCH"}, "2.38", "Invalid status value"),
        ({"sort_key": "nosuch"}, "2.1", None),
        ({"sort_dir": "up"}, "2.1", "Unknown sort direction, must be 'desc' or 'asc'"),
        ({"changes-since": "yesterday"}, "2.1", None),
    ],
)
def test_refused(servers, refused, query, version, sentence):
    message = refused(servers.project.compute_at(version).get("/servers", params=query), 400, "badRequest")
    assert sentence is None or message == sentence


def test_before_2_38_a_status_that_is_none_finds_nothing(servers, three):
    assert names(servers.project.compute_at("2.37").get("/servers", params={"status": "NOSUCH"})) == []


def test_unknown_filters_were_ignored_before_2_75(servers, three):
    assert len(names(servers.project.compute_at("2.74").get("/servers", params={"bogus": "1"}))) == 3


def test_all_projects_are_for_administrators(servers, three, cloud, refused):
    message = refused(servers.project.compute.get("/servers", params={"all_tenants": "1"}), 403, "forbidden")
    assert message == "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed."
    everywhere = cloud.admin.compute.get("/servers", params={"all_tenants": "1"}).json()["servers"]
    assert set(three) <= {one["id"] for one in everywhere}
    own = cloud.admin.compute.get("/servers").json()["servers"]
    assert not set(three) & {one["id"] for one in own}
    query = {"all_tenants": "true", "project_id": servers.project.project_id}
    theirs = cloud.admin.compute.get("/servers", params=query).json()["servers"]
    assert {one["id"] for one in theirs} == set(three)


def test_an_administrator_sees_more(servers, cloud):
    server_id = servers.make()["id"]
    shown = cloud.admin.compute.get(f"/servers/{server_id}").json()["server"]
    assert shown["OS-EXT-SRV-ATTR:host"]
    assert "OS-EXT-SRV-ATTR:host" not in servers.show(server_id)
