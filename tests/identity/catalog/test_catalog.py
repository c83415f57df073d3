"""Services, endpoints, regions and version discovery, over HTTP."""

import httpx2
import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import refusal


def test_services_and_endpoints(cloud: Cloud):
    services = cloud.admin.identity.get("/services").json()["services"]
    endpoints = cloud.admin.identity.get("/endpoints").json()["endpoints"]
    assert len(endpoints) == 3 * len(services)
    (compute,) = cloud.admin.identity.get("/services?type=compute").json()["services"]
    assert compute["name"] == "nova"
    assert cloud.admin.identity.get(f"/services/{compute['id']}").json() == {"service": compute}
    query = {"service_id": compute["id"], "interface": "public"}
    (public,) = cloud.admin.identity.get("/endpoints", params=query).json()["endpoints"]
    assert public["url"] == f"{cloud.url}/compute/v2.1"
    assert cloud.admin.identity.get(f"/endpoints/{public['id']}").json() == {"endpoint": public}
    assert refusal(cloud.admin.identity.get("/services/x")) == (404, "Could not find service: x.")


def test_regions_are_for_everyone(cloud: Cloud, project: Project):
    regions = project.identity.get("/regions").json()["regions"]
    assert regions == [
        {
            "id": "RegionOne",
            "description": "",
            "parent_region_id": None,
            "links": {"self": f"{cloud.url}/identity/v3/regions/RegionOne"},
        }
    ]
    assert project.identity.get("/regions/RegionOne").json() == {"region": regions[0]}


def test_a_member_may_not_list_services(project: Project):
    assert refusal(project.identity.get("/services"))[0] == 403
    assert refusal(project.identity.get("/endpoints"))[0] == 403


@pytest.mark.parametrize("noun", ["service", "endpoint", "region"])
def test_the_catalog_cannot_be_changed(cloud: Cloud, noun):
    status, message = refusal(cloud.admin.identity.post(f"/{noun}s", json={noun: {}}))
    assert status == 403
    assert message.startswith(f"You are not authorized to perform the requested action: identity:create_{noun}.")
    assert refusal(cloud.admin.identity.delete(f"/{noun}s/x"))[0] == 403


@pytest.mark.parametrize("path", ["/", "/identity", "/identity/"])
def test_discovery_at_the_root(cloud: Cloud, path):
    answer = httpx2.get(f"{cloud.url}{path}")
    assert answer.status_code == 300
    assert answer.headers["Location"] == f"{cloud.url}/identity/v3/"
    (version,) = answer.json()["versions"]["values"]
    assert version["id"] == "v3.14"
    assert version["links"] == [{"rel": "self", "href": f"{cloud.url}/identity/v3/"}]


@pytest.mark.parametrize("path", ["/identity/v3", "/identity/v3/"])
def test_discovery_of_v3(cloud: Cloud, path):
    answer = httpx2.get(f"{cloud.url}{path}")
    assert answer.status_code == 200
    assert answer.headers["Vary"] == "X-Auth-Token"
    assert answer.json()["version"]["status"] == "stable"
