"""Whoever has no right to an object neither sees it nor changes it, by any route of any service."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator

import httpx2
import msgspec
import pytest

from dicot.api.route import Route, Service
from dicot.api.token import Payload, Sealer, new_key
from dicot.app import SERVICES
from dicot.compute import removed
from dicot.identity import keyring
from tests.cloud import Cloud, Project, Session
from tests.scenarios import counted
from tests.scenarios.occupied import Ids, colleague, headers, named, occupied
from tests.scenarios.probes import BY_NAME, fault_of, send, title
from tests.scenarios.traces import Kubernetes

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

SHARED = {
    "identity": {
        "/regions/": "regions are shown to everyone",
    },
    "compute": {
        "/extensions/": "what the service can do",
        "/os-quota-sets/{target_id}/defaults": "the defaults of all projects",
    },
    "image": {"/schemas/": "what documents look like", "/metadefs/": "what properties there are"},
    "volume": {"/types/": "public types are everybody's", "/extensions/": "what the service can do"},
    "network": {
        "/extensions/": "what the service can do",
        "/quotas/{id}/default": "the defaults of all projects",
    },
    "placement": {},
}
"""Paths that name what is everybody's to read, and why; writing there is refused like everywhere."""

ABSENT: dict[str, dict[str, str]] = {
    "identity": {
        "GET /OS-FEDERATION/identity_providers/{provider_id}/protocols/{protocol_id}/auth": "it wants a bearer token",
        **dict.fromkeys(
            (
                "GET /auth/OS-FEDERATION/websso/{protocol_id}",
                "GET /auth/OS-FEDERATION/identity_providers/{provider_id}/protocols/{protocol_id}/websso",
            ),
            "refused by name, whoever asks",
        ),
        **{
            f"GET /{where}/{who}/roles/{{role_id}}": "this role is given on the project only"
            for where in ("domains/{domain_id}", "system")
            for who in ("users/{user_id}", "groups/{group_id}")
        },
        **{
            f"GET {path}": "there are none"
            for path in (
                "/policies/{policy_id}",
                "/limits/{limit_id}",
                "/registered_limits/{registered_limit_id}",
                "/domains/{domain_id}/config",
                "/domains/{domain_id}/config/{group}",
                "/domains/{domain_id}/config/{group}/{option}",
                "/domains/config/{group}/default",
                "/domains/config/{group}/{option}/default",
                "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints",
                "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}",
                "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}",
                "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}",
                "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",
                "/OS-OAUTH1/consumers/{consumer_id}",
                "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}",
                "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles",
                "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}",
                "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}",
                "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints",
                "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects",
                "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}",
                "/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}",
                "/OS-FEDERATION/mappings/{mapping_id}",
                "/OS-FEDERATION/service_providers/{service_provider_id}",
            )
        },
    },
    "compute": {
        **{title(route): "gone for everybody" for route in removed.ROUTES},
        "GET /os-hypervisors/{hypervisor_id}/uptime": "no node tells it",
        "GET /os-hypervisors/{hypervisor_id}/search": "it wants a name",
        "GET /os-hypervisors/{hypervisor_id}/servers": "it wants a name",
        "GET /servers/{server_id}/migrations/{migration_id}": "none is under way",
    },
    "image": {
        "GET /tasks/{task_id}": "there are none",
        "GET /metadefs/namespaces/{namespace}": "there are none",
    },
    "volume": {
        "GET /types/{type_id}/extra_specs/{key}": "the type has no such key",
        "GET /types/{type_id}/os-volume-type-access": "a public type has no list",
        **{
            f"GET /{kind}/{{absent_id}}": "there are none"
            for kind in ("backups", "volume-transfers", "os-volume-transfer", "messages")
        },
    },
    "network": {},
    "placement": {},
}
"""Routes that find nothing, whoever asks."""

PRIVATE = (
    *(
        "project",
        "user",
        "group",
        "domain",
        "flavor",
        "application_credential",
        "trust",
        "access_rule",
        "access",
        "credential",
        "image",
        "queued_image",
        "volume",
        "attached_volume",
    ),
    *("snapshot", "attachment", "server", "port", "free_port", "network", "subnet", "router", "floatingip"),
    *("subnetpool", "address_scope"),
    *("security_group", "rule"),
)
"""What nobody else may read in any list."""

OWN = {
    "identity": {
        "DELETE /auth/tokens": "it revokes the token that is shown, the caller's own",
        "POST /OS-DICOT/kubeconfig": "a credential with the rights that the caller has anyway, in no project",
    },
    "compute": {"POST /os-keypairs": "a keypair is its user's own, in no project"},
    "image": {},
    "volume": {
        "POST /volumes/{volume_id}/action os-show_image_metadata": "it only reads, as in Cinder",
    },
    "network": {},
    "placement": {},
}
"""Routes of writing methods that a reader may use, and why."""

GONE = 410
"""What is gone for everybody tells nothing of anybody."""

AT_LEAST = {
    "strangers": {"identity": 174, "compute": 92, "image": 17, "volume": 72, "network": 71, "placement": 20},
    "readers": {"identity": 114, "compute": 70, "image": 13, "volume": 64, "network": 57, "placement": 15},
    "bad tokens": {"identity": 2925, "compute": 798, "image": 196, "volume": 756, "network": 644, "placement": 100},
}
"""How many requests each test makes: fewer than that is a route left out."""


@pytest.fixture(scope="module")
def scene(cloud: Cloud) -> Iterator[tuple[Project, Ids]]:
    with occupied(cloud) as made:
        yield made


@pytest.fixture(scope="module")
def kubernetes(cloud: Cloud) -> Kubernetes:
    return Kubernetes(cloud)


@pytest.fixture(scope="module")
def client(cloud: Cloud) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=cloud.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def stranger(cloud: Cloud) -> Iterator[Project]:
    """A member of another project."""
    project = cloud.new_project(f"stranger-{secrets.token_hex(4)}")
    yield project
    project.remove()


@pytest.fixture(scope="module")
def reader(scene: tuple[Project, Ids]) -> Iterator[Session]:
    session = colleague(scene[0], "reader")
    yield session
    session.close()


def unnamed(service: Service, route: Route) -> str:
    """Tell why a stranger may use a route; "" if it names an object of a project."""
    if route.public:
        return "public"
    if not named(route):
        return "names no object"
    if route.method not in {"GET", "HEAD"}:
        return ""
    return next((why for path, why in SHARED[service.name].items() if route.path.startswith(path)), "")


def public(service: Service) -> dict[str, str]:
    return {title(route): "public" for route in service.routes if route.public}


def report(what: str, service: Service, asked: list[str], left_out: dict[str, str]) -> None:
    """Print what was asked and what was not; AssertionError if routes have got lost."""
    counted.count(what, service.name, len(asked), len(left_out))
    print(f"\n{what}, {service.name}: {len(asked)} requests")
    for name, why in left_out.items():
        print(f"  not asked: {name} ({why})")
    assert len(asked) >= AT_LEAST[what][service.name]


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_strangers(
    service: Service, scene: tuple[Project, Ids], stranger: Project, client: httpx2.Client, kubernetes: Kubernetes
) -> None:
    """A member of another project reaches nothing by its id."""
    _, ids = scene
    before = kubernetes.settled()
    wrong: list[str] = []
    asked: list[str] = []
    left_out: dict[str, str] = {}
    for route in service.routes:
        if why := unnamed(service, route):
            left_out[title(route)] = why
            continue
        answer = send(client, service, route, ids, stranger.token)
        asked.append(title(route))
        if answer.status_code not in {403, 404, GONE}:
            wrong.append(f"{title(route)}: {answer.status_code} {answer.text[:100]}")
        elif route.method != "HEAD" and (fault := fault_of(service, answer)):
            wrong.append(f"{title(route)}: {fault}")
    changed = kubernetes.changes(before)
    report("strangers", service, asked, left_out)
    assert not wrong + changed, "\n".join(wrong + changed)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_owners(service: Service, scene: tuple[Project, Ids], cloud: Cloud, client: httpx2.Client) -> None:
    """The ids that strangers are refused do exist: a member of the project, or an administrator, reads them."""
    project, ids = scene
    wrong: list[str] = []
    for route in service.routes:
        if route.method != "GET" or not named(route) or title(route) in ABSENT[service.name]:
            continue
        answers = [send(client, service, route, ids, token) for token in (project.token, cloud.admin.token)]
        if not any(answer.status_code in {200, 204} for answer in answers):
            wrong.append(f"{title(route)}: {answers[0].status_code} {answers[0].text[:100]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_lists(service: Service, scene: tuple[Project, Ids], stranger: Project, client: httpx2.Client) -> None:
    """No list that a stranger gets names anything of the project."""
    project, ids = scene
    secret = {noun: ids[noun] for noun in PRIVATE}
    for route in service.routes:
        if route.method != "GET" or named(route) or route.public:
            continue
        for query in ("", f"?project_id={project.project_id}", "?all_tenants=1", "?all_projects=1", "?limit=1000"):
            sent = {**headers(service, route), "X-Auth-Token": stranger.token}
            text = client.get(f"{service.root}{service.version}{route.path}{query}", headers=sent).text
            # an answer that repeats the question tells nothing
            asked = {"project"} if project.project_id in query else set()
            told = {noun for noun, value in secret.items() if value in text} - asked
            assert not told, f"{title(route)}{query}: {told}"


def test_another_project_in_the_path(scene: tuple[Project, Ids], stranger: Project, client: httpx2.Client) -> None:
    """Cinder's paths may name a project: only the token's own."""
    project, _ = scene
    for route in BY_NAME["volume"].routes:
        if route.method == "GET" and not named(route) and not route.unversioned and route.path != "/":
            path = f"/volume/v3/{project.project_id}{route.path}"
            answer = client.get(path, headers={"X-Auth-Token": stranger.token})
            assert answer.status_code == 400, path


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_readers(
    service: Service, scene: tuple[Project, Ids], reader: Session, client: httpx2.Client, kubernetes: Kubernetes
) -> None:
    """A reader of the project changes nothing by any route that writes."""
    _, ids = scene
    before = kubernetes.settled()
    wrong: list[str] = []
    asked: list[str] = []
    for route in service.routes:
        if route.method not in WRITES or route.public or title(route) in OWN[service.name]:
            continue
        answer = send(client, service, route, ids, reader.token)
        asked.append(title(route))
        if answer.status_code not in {403, 404, GONE}:
            wrong.append(f"{title(route)}: {answer.status_code} {answer.text[:100]}")
        elif fault := fault_of(service, answer):
            wrong.append(f"{title(route)}: {fault}")
    changed = kubernetes.changes(before)
    report("readers", service, asked, {**OWN[service.name], **public(service)})
    assert not wrong + changed, "\n".join(wrong + changed)


def ended(cloud: Cloud, project: Project) -> dict[str, str]:
    """Tokens that were good, until what they rest on was taken away."""
    admin = cloud.admin.identity
    reasons = ("revoked", "disabled user", "deleted user", "changed password", "removed role", "tokens of a user")
    return {reason: _ended(admin, project, reason) for reason in reasons}


def _ended(admin: httpx2.Client, project: Project, reason: str) -> str:
    token = colleague(project, "member").token
    subject = {"X-Subject-Token": token}
    shown = admin.get("/auth/tokens", headers=subject).json()["token"]
    user = f"/users/{shown['user']['id']}"
    roles = {one["name"]: one["id"] for one in shown["roles"]}
    answer = {
        "revoked": lambda: admin.delete("/auth/tokens", headers=subject),
        "disabled user": lambda: admin.patch(user, json={"user": {"enabled": False}}),
        "deleted user": lambda: admin.delete(user),
        "changed password": lambda: admin.patch(user, json={"user": {"password": "another"}}),
        "removed role": lambda: admin.delete(f"/projects/{project.project_id}{user}/roles/{roles['member']}"),
        "tokens of a user": lambda: admin.delete(f"{user}/tokens"),
    }[reason]()
    assert answer.status_code in {200, 204}, answer.text
    return token


@pytest.fixture(scope="module")
def shut(cloud: Cloud) -> Iterator[Project]:
    """A project that is disabled."""
    project = cloud.new_project(f"shut-{secrets.token_hex(4)}")
    body = {"project": {"enabled": False}}
    cloud.admin.identity.patch(f"/projects/{project.project_id}", json=body).raise_for_status()
    yield project
    project.remove()


@pytest.fixture(scope="module")
def bad_tokens(cloud: Cloud, scene: tuple[Project, Ids], shut: Project) -> dict[str, str | None]:
    """Tokens that are none, each for its own reason."""
    project, _ = scene
    secret = cloud.kube.get(f"/api/v1/namespaces/dicot-system/secrets/{keyring.NAME}").json()
    now = time.time()
    payload = Payload(project.user_id, ("password",), ("audit",), now - 100, now + 3600, project_id=project.project_id)
    keys = keyring.keys_of(secret)
    return {
        "none": None,
        "empty": "",
        "garbage": "gAAAAABnot-a-token",
        "binary": base64.b64encode(secrets.token_bytes(200)).decode(),
        "expired": Sealer(keys).seal(msgspec.structs.replace(payload, expires_at=now - 1)),
        "foreign key": Sealer((new_key(),)).seal(payload),
        "disabled project": shut.token,
        **ended(cloud, project),
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_no_token(
    service: Service,
    scene: tuple[Project, Ids],
    bad_tokens: dict[str, str | None],
    client: httpx2.Client,
    kubernetes: Kubernetes,
) -> None:
    """Without a token that holds, every route but the public ones answers 401."""
    _, ids = scene
    before = kubernetes.settled()
    wrong: list[str] = []
    asked: list[str] = []
    for route in service.routes:
        if route.public:
            continue
        for name, token in bad_tokens.items():
            answer = send(client, service, route, ids, token)
            asked.append(title(route))
            if answer.status_code != 401:
                wrong.append(f"{name}: {title(route)}: {answer.status_code} {answer.text[:100]}")
            elif route.method != "HEAD" and (fault := fault_of(service, answer)):
                wrong.append(f"{name}: {title(route)}: {fault}")
            elif not answer.headers.get("WWW-Authenticate", "").startswith("Keystone uri="):
                wrong.append(f"{name}: {title(route)}: no WWW-Authenticate")
    changed = kubernetes.changes(before)
    report("bad tokens", service, asked, public(service))
    assert not wrong + changed, "\n".join(wrong + changed)
