"""What is wrong with a request is told in the service's own words, by every route, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import msgspec
import pytest

from dicot.api import policy
from dicot.api.microversion import parse
from dicot.api.route import Route, Service
from dicot.app import SERVICES
from tests.cloud import Cloud, Project
from tests.scenarios.occupied import Ids, headers, named, occupied
from tests.scenarios.probes import BY_NAME, body_of, fault_of, send, title, url
from tests.scenarios.spoilt import odd, spoil
from tests.scenarios.traces import Kubernetes

BODIES_AT_LEAST = {"identity": 796, "compute": 749, "image": 110, "volume": 563, "network": 835, "placement": 0}

BODILESS = {
    "identity": "catalog and roles are read-only; grants, memberships and tags are all in the path",
    "compute": "the action is refused by name, or the tag is all in the path",
    "image": "the body is data, or all is in the path",
    "volume": "refused by name, whatever the body says",
    "network": "all is in the path",
    "placement": "read-only: refused by name, whatever the body says",
}
"""Why routes of writing methods have no body in the table."""

ENDING = frozenset(
    {
        "POST /servers/{server_id}/action forceDelete",
        "POST /volumes/{volume_id}/action os-force_delete",
        "POST /snapshots/{snapshot_id}/action os-force_delete",
        "POST /users/{user_id}/password",
        "POST /volumes/{volume_id}/action os-extend",
        "POST /volumes/{volume_id}/action os-volume_upload_image",
        "POST /flavors/{flavor_id}/action removeTenantAccess",
    }
)
"""What ends the life, or the rest, of what the other tests need."""

STATEFUL = {
    "POST /servers/{server_id}/action resize": "must change flavor",
    "PUT /images/{image_id}/members/{member_id}": "Not allowed to update members",
    "POST /volumes/{volume_id}/action os-update_readonly_flag": "status must be available",
    "POST /volumes/{volume_id}/action os-reset_status": "in the specification of a server",
}
"""What may be refused for the object's state, or because of what other requests have done before, and the words."""

IDS = ("x", "x" * 300, "%00", "%2e%2e", "%2F", "%C3%A9", "a%20b", "%FF", "a,b", "-", "%0d%0aX-A:b", "~", "*")
QUERIES = (
    *("limit=-1", "limit=x", "limit=0", "limit=99999999999999999999", "marker=no-such", "marker=%00", "marker="),
    *(
        "sort_key=no-such",
        "sort_dir=sideways",
        "sort=no-such:up",
        "sort=%00",
        "fields=no-such",
        "no_such=1",
        "name=%FF",
    ),
    *("offset=-1", "changes-since=yesterday", "name=%5B", "status=no-such", "id=%00", "created_at=gt:x", "%00=%00"),
    *("all_tenants=x", "project_id=%00", "user_id=%00", "metadata=x", "tags=%00", "&&&=&", "limit=1&limit=2"),
    *("tags=" + "x" * 300, "with_count=x", "is_public=x", "minRam=x", "start=x", "detailed=x", "visibility=x"),
    *("member_status=x", "size_min=x", "os_hidden=x", "fixed_ips=x", "flavor=%00", "ip=%5B", "host=%00", "deleted=x"),
)


@pytest.fixture(scope="module")
def scene(cloud: Cloud) -> Iterator[tuple[Project, Ids]]:
    with occupied(cloud) as made:
        yield made


@pytest.fixture(scope="module")
def battered(cloud: Cloud) -> Iterator[tuple[Project, Ids]]:
    """A project of its own for requests that may be taken, whatever they make of it."""
    with occupied(cloud) as made:
        yield made


@pytest.fixture(scope="module")
def fresh(cloud: Cloud) -> Iterator[tuple[Project, Ids]]:
    """A project of its own for requests that are right."""
    with occupied(cloud) as made:
        yield made


@pytest.fixture(scope="module")
def kubernetes(cloud: Cloud) -> Kubernetes:
    return Kubernetes(cloud)


@pytest.fixture(scope="module")
def client(cloud: Cloud) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=cloud.url, timeout=60) as client:
        yield client


def _without(service: Service, route: Route) -> list[str]:
    """Return the versions just before and after a route's own in which neither it nor another in its place exists."""
    found = []
    for edge, step in ((route.since, -1), (route.until, 1)):
        major, _, minor = edge.partition(".")
        if edge and not (service.name == "compute" and route.path == "/"):
            found.append(f"{major}.{int(minor) + step}")
    place = (route.method, route.path, route.action)
    others = [one for one in service.routes if (one.method, one.path, one.action) == place]
    return [version for version in found if not any(one.speaks(parse(version)) for one in others)]


def token_for(route: Route, project: Project) -> str:
    """Return the token of whoever may use the route with good input."""
    return project.cloud.admin.token if route.rule is policy.cloud_admin else project.token


by_service = pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)


class Watch:
    """Compares Kubernetes after each request with what it was, looking closely only when anything has moved."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._before = kubernetes.settled()
        self._revision = kubernetes.revision()

    def changed(self) -> list[str]:
        """Name what has changed since the last time."""
        if self._kubernetes.revision() == self._revision:
            return []
        changed = self._kubernetes.changes(self._before)
        if changed:
            self._before = self._kubernetes.settled()
        self._revision = self._kubernetes.revision()
        return changed


@by_service
def test_bad_bodies(
    service: Service, scene: tuple[Project, Ids], client: httpx2.Client, kubernetes: Kubernetes
) -> None:
    project, ids = scene
    wrong: list[str] = []
    count = 0
    watch = Watch(kubernetes)
    for route in service.routes:
        body = body_of(service, route)
        if body is None:
            continue
        for bad in spoil(body, body.make(ids)):
            answer = send(client, service, route, ids, token_for(route, project), content=bad.content)
            count += 1
            fault = fault_of(service, answer)
            if answer.status_code not in {*bad.statuses, body.refused}:
                fault = f"{answer.status_code} {answer.text[:120]}"
            if fault:
                wrong.append(f"{title(route)}: {bad.what}: {fault}")
            if changed := watch.changed():
                wrong.append(f"{title(route)}: {bad.what}: {answer.status_code} changed {', '.join(changed)}")
    print(f"\n{service.name}: {count} bad bodies")
    assert not wrong, "\n".join(wrong)
    assert count >= BODIES_AT_LEAST[service.name]


@by_service
def test_the_valid_bodies(service: Service, fresh: tuple[Project, Ids], client: httpx2.Client) -> None:
    """What the bad bodies are derived from is taken, unless the object's state forbids it."""
    project, ids = fresh
    wrong: list[str] = []
    for route in service.routes:
        body = body_of(service, route)
        if body is None or body.refused or title(route) in ENDING:
            continue
        answer = send(client, service, route, ids, token_for(route, project))
        stateful = title(route) in STATEFUL and STATEFUL[title(route)] in answer.text
        if answer.status_code not in {200, 201, 202, 204, 409} and not stateful:
            wrong.append(f"{title(route)}: {answer.status_code} {answer.text[:160]}")
        elif answer.status_code < 300 and route.method == "POST" and not named(route):
            remove(client, project, service, route, answer)
    assert not wrong, "\n".join(wrong)


@by_service
def test_every_body_is_tested(service: Service) -> None:
    """What is not in the table takes no body; its name is printed."""
    bodiless = [
        title(route)
        for route in service.routes
        if route.method in {"POST", "PUT", "PATCH"} and body_of(service, route) is None
    ]
    print(f"\n{service.name}: {len(bodiless)} routes without a body: {BODILESS[service.name]}")
    for name in bodiless:
        print(f"  {name}")
    checked = {title(route) for route in service.routes if route.body}
    assert not checked & set(bodiless)


@by_service
def test_odd_values(service: Service, battered: tuple[Project, Ids], client: httpx2.Client) -> None:
    """A value at the edge is taken or refused, never too much."""
    project, ids = battered
    wrong: list[str] = []
    count = 0
    for route in service.routes:
        body = body_of(service, route)
        if body is None or route.path == "/users/{user_id}/password":  # a new password ends the session
            continue
        for one in odd(body.make(ids)):
            answer = send(client, service, route, ids, token_for(route, project), content=one.content)
            count += 1
            if answer.status_code >= 500 and answer.status_code != body.refused:
                wrong.append(f"{title(route)}: {one.what}: {answer.status_code} {answer.text[:160]}")
            elif answer.status_code >= 400 and (fault := fault_of(service, answer)):
                wrong.append(f"{title(route)}: {one.what}: {fault}")
            elif answer.status_code < 300 and route.method == "POST" and not named(route):
                remove(client, project, service, route, answer)
    print(f"\n{service.name}: {count} odd values")
    free_of_defaults(project)
    assert not wrong, "\n".join(wrong)


def free_of_defaults(project: Project) -> None:
    """Take back the default quotas, which hold for every project of the cloud."""
    none = dict.fromkeys(("instances", "cores", "ram", "server_groups", "server_group_members"), -1)
    body = {"quota_class_set": none}
    answer = project.cloud.admin.compute_at("2.104").put("/os-quota-class-sets/default", json=body)
    assert answer.status_code == 200, answer.text


def remove(client: httpx2.Client, project: Project, service: Service, route: Route, answer: httpx2.Response) -> None:
    """Delete what a request has made."""
    if route.path in {"/auth/tokens", "/OS-DICOT/kubeconfig", "/os-server-external-events"}:  # nothing is left
        return
    body = answer.json()
    made = next(iter(body.values())) if len(body) == 1 else body
    path = f"{route.path}/{made['name' if route.path == '/os-keypairs' else 'id']}"
    if route.path == "/domains":
        project.cloud.admin.identity.patch(path, json={"domain": {"enabled": False}})
    address = f"{service.root}{service.version}{path}"
    gone = client.delete(address, headers={"X-Auth-Token": token_for(route, project), **headers(service, route)})
    assert gone.status_code in {200, 202, 204, 400, 409}, gone.text


@by_service
def test_odd_ids(service: Service, battered: tuple[Project, Ids], client: httpx2.Client) -> None:
    """An id that nobody has, or nobody can have, is not found, whatever it looks like."""
    project, ids = battered
    wrong: list[str] = []
    count = 0
    for route in service.routes:
        for name in named(route):
            if route.method not in {"GET", "DELETE", "PUT"} or (route.method != "GET" and named(route)[-1] != name):
                continue
            for value in IDS:
                named_so = msgspec.structs.replace(route, path=route.path.replace(f"{{{name}}}", value))
                sent = {"X-Auth-Token": token_for(route, project), **headers(service, route)}
                content = b"{}" if route.method == "PUT" else None
                address = url(service, named_so, ids)
                answer = client.request(route.method, address, headers=sent, content=content)
                count += 1
                if answer.status_code >= 500 and answer.status_code != 501:
                    wrong.append(f"{title(route)}: {name}={value[:20]}: {answer.status_code} {answer.text[:160]}")
    print(f"\n{service.name}: {count} odd ids")
    assert not wrong, "\n".join(wrong)


@by_service
def test_odd_queries(service: Service, scene: tuple[Project, Ids], client: httpx2.Client) -> None:
    """A query that makes no sense is ignored or refused, as the service does."""
    project, ids = scene
    wrong: list[str] = []
    count = 0
    for route in service.routes:
        if route.method != "GET":
            continue
        for query in QUERIES:
            sent = {"X-Auth-Token": token_for(route, project), **headers(service, route)}
            answer = client.get(f"{url(service, route, ids)}?{query}", headers=sent)
            count += 1
            if answer.status_code >= 500 and answer.status_code != 501:
                wrong.append(f"{title(route)}?{query[:40]}: {answer.status_code} {answer.text[:160]}")
            elif answer.status_code >= 400 and (fault := fault_of(service, answer)):
                wrong.append(f"{title(route)}?{query[:40]}: {fault}")
    print(f"\n{service.name}: {count} odd queries")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["compute", "volume"])
def test_wrong_microversions(
    name: str, scene: tuple[Project, Ids], client: httpx2.Client, kubernetes: Kubernetes
) -> None:
    """A microversion outside the range is 406, one that is none 400; older than the route, the route is not there."""
    service = BY_NAME[name]
    project, ids = scene
    watch = Watch(kubernetes)
    wrong: list[str] = []
    for route in service.routes:
        if route.unversioned:
            continue
        asked = [
            ("9.99", 406),
            ("1.1", 406),
            ("0.1", 400),
            ("x", 400),
            ("3", 400),
            ("3.", 400),
            ("-3.1", 400),
            ("3.1.1", 400),
        ]
        asked += [(version, 404) for version in _without(service, route)]
        for version, status in asked:
            sent = {"X-Auth-Token": token_for(route, project), "OpenStack-API-Version": f"{name} {version}"}
            content = {"json": {route.action: {}}} if route.action else {}
            answer = client.request(route.method, url(service, route, ids), headers=sent, **content)
            if answer.status_code != status:
                wrong.append(f"{title(route)}: {version}: {answer.status_code} {answer.text[:120]}")
            elif route.method != "HEAD" and (fault := fault_of(service, answer)):
                wrong.append(f"{title(route)}: {version}: {fault}")
    wrong += watch.changed()
    assert not wrong, "\n".join(wrong)


@by_service
def test_wrong_actions(
    service: Service, scene: tuple[Project, Ids], client: httpx2.Client, kubernetes: Kubernetes
) -> None:
    """An action that there is not, and two at once, are refused."""
    project, ids = scene
    watch = Watch(kubernetes)
    wrong: list[str] = []
    for route in service.routes:
        if not route.action:
            continue
        for content in (b'{"no-such": {}}', b"{}", b"", f'{{"{route.action}": null, "other": 1}}'.encode()):
            answer = send(client, service, route, ids, token_for(route, project), content=content)
            if answer.status_code != 400:
                wrong.append(f"{title(route)}: {content!r}: {answer.status_code} {answer.text[:120]}")
            elif fault := fault_of(service, answer):
                wrong.append(f"{title(route)}: {content!r}: {fault}")
    wrong += watch.changed()
    assert not wrong, "\n".join(wrong)
