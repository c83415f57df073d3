"""Lists of images over HTTP: pages, links, filters."""

from tests.image.exchanges import create, listed, message, recorded


def test_pages_and_links(project):
    for name in ("page0", "page1", "page2"):
        create(project, name=name)
    query = {"limit": 2, "sort": "name:asc", "name": "in:page0,page1,page2"}
    first = project.image.get("/images", params=query).json()
    assert [one["name"] for one in first["images"]] == ["page0", "page1"]
    assert first["schema"] == "/v2/schemas/images"
    assert first["first"] == "/v2/images?limit=2&sort=name%3Aasc&name=in%3Apage0%2Cpage1%2Cpage2"
    assert first["next"] == f"{first['first']}&marker={first['images'][1]['id']}"
    last = project.image.get(first["next"].removeprefix("/v2")).json()
    assert [one["name"] for one in last["images"]] == ["page2"]
    assert "next" not in last
    assert last["first"] == first["first"]


def test_a_list_without_a_query_links_to_itself(project):
    create(project)
    body = project.image.get("/images").json()
    golden = recorded("036-images-list")["body"]
    assert (body["first"], body["schema"]) == (golden["first"], golden["schema"])


def test_the_newest_comes_first(project):
    for name in ("older", "newer"):
        create(project, name=name, tags=["mine"])
    assert sorted(listed(project, tag="mine")) == ["newer", "older"]
    assert listed(project, tag="mine", sort_key="name", sort_dir="asc") == ["newer", "older"]


def test_filters_over_http(project):
    create(project, name="a", os_distro="cirros", tags=["t1", "t2"])
    create(project, name="b", os_hidden=True)
    assert listed(project, os_distro="cirros") == ["a"]
    assert listed(project, tag=["t1", "t2"]) == ["a"]
    assert listed(project, os_hidden="true") == ["b"]
    assert "b" not in listed(project)
    assert listed(project, owner=project.project_id, status="queued") == ["a"]
    assert listed(project, name="a", limit=0) == []


def test_what_a_list_refuses_as_recorded(project):
    for query, name in (
        ({"marker": "deadbeef"}, "046-images-list-badmarker-400"),
        ({"limit": "-1"}, "047-images-list-badlimit-400"),
        ({"sort_key": "nosuch"}, "048-images-list-badsort-400"),
    ):
        answer, golden = project.image.get("/images", params=query), recorded(name)
        assert (answer.status_code, answer.json()) == (golden["status"], golden["body"])


def test_an_empty_id_is_no_list(project):
    for method in ("GET", "DELETE"):
        assert project.image.request(method, "/images/").status_code == 404
    refused = project.image.delete("/images")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")


def test_member_status_is_checked(project):
    answer = project.image.get("/images", params={"member_status": "x"})
    assert (answer.status_code, message(answer)[:17]) == (400, "Invalid status: x")
