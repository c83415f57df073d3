"""A project with one of everything in it, and the ids that a route's path may name."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import httpx2

from dicot.api.route import Route, Service
from tests.cloud import Cloud, Project, Session, login, wait_for
from tests.network import scene

Json = dict[str, Any]
Ids = dict[str, str]

OCTETS = {"Content-Type": "application/octet-stream"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKMa2hK0vB5DJHgwSIWBIbPcwTSQ3ZPqJxdkhqJxXZ someone"
NEWEST = {"compute": "2.104", "volume": "3.71", "placement": "1.39"}
NETWORK_NOUNS = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "free_port",
    "routers": "router",
    "floatingips": "floatingip",
    "security-groups": "security_group",
    "security-group-rules": "rule",
    "subnetpools": "subnetpool",
    "address-scopes": "address_scope",
    "quotas": "project",
    "extensions": "extension",
}
PROXY_NOUNS = {
    "os-floating-ips": "floatingip",
    "os-security-groups": "security_group",
    "os-security-group-rules": "rule",
}
SAME_NAME = {
    "domain_id": "domain",
    "project_id": "project",
    "target_id": "project",
    "user_id": "user",
    "group_id": "group",
    "role_id": "role",
    "implied_id": "implied",
    "application_credential_id": "application_credential",
    "trust_id": "trust",
    "access_rule_id": "access_rule",
    "credential_id": "credential",
    "access": "access",
    "service_id": "service",
    "endpoint_id": "endpoint",
    "region_id": "region",
    "value": "tag",
    "tag": "tag",
    "tag_value": "tag",
    "flavor_id": "flavor",
    "name": "keypair",
    "alias": "extension",
    "hypervisor_id": "hypervisor",
    "aggregate_id": "aggregate",
    "network_id": "network",
    "entry_id": "absent",
    "migration_id": "absent",
    "provider_uuid": "hypervisor",
    "consumer_uuid": "server",
    "class_name": "resource_class",
    "quota_class": "quota_class",
    "before": "moment",
    "trait": "trait",
    "server_id": "server",
    "label": "network_name",
    "port_id": "port",
    "request_id": "request",
    "key": "key",
    "image_id": "image",
    "member_id": "member",
    "task_id": "absent",
    "absent_id": "absent",
    "policy_id": "absent",
    "limit_id": "absent",
    "registered_limit_id": "absent",
    **dict.fromkeys(("endpoint_group_id", "consumer_id", "request_token_id", "access_token_id"), "absent"),
    **dict.fromkeys(("mapping_id", "service_provider_id", "group", "option"), "absent"),
    "kind": "metadef_kind",
    "namespace": "metadef",
    "type_id": "type",
    "snapshot_id": "snapshot",
    "console_token": "console_token",
    "attachment_id": "attachment",
    "provider_id": "provider",
    "protocol_id": "protocol",
}
"""From the names in routes to the ids of an occupied project."""


def named(route: Route) -> list[str]:
    """Return the names in a route's path."""
    return [part[1:-1] for part in route.path.split("/") if part.startswith("{")]


def spelt(service: Service, route: Route, ids: Ids) -> str:
    """Return the route's path with the project's own ids in it; KeyError for a name that this module does not know."""
    path = route.path
    for name in named(route):
        path = path.replace(f"{{{name}}}", ids[_noun(service, route, name)])
    return path if route.unversioned else service.version + path


def _noun(service: Service, route: Route, name: str) -> str:
    first = route.path.split("/")[1]
    if service.name == "network" and name == "id":
        return NETWORK_NOUNS[first]
    if name == "volume_id":
        return "attached_volume" if service.name == "compute" else "volume"
    if service.name == "compute" and name == "id":
        return PROXY_NOUNS[first]
    if service.name == "compute" and name == "alias":
        return "compute_extension"
    if service.name == "image" and name == "name":
        return "schema"
    if service.name == "compute" and name == "group_id":
        return "server_group"
    if service.name == "compute" and name == "service_id":
        return "compute_service"
    if service.name == "compute" and first == "flavors" and name == "key":
        return "extra_spec"
    return SAME_NAME[name]


def headers(service: Service, route: Route) -> dict[str, str]:
    """Ask for the newest microversion that has the route."""
    newest = route.until or NEWEST.get(service.name)
    return {"OpenStack-API-Version": f"{service.name} {newest}"} if newest else {}


def colleague(project: Project, role: str) -> Session:
    """Make another user, with one role in the project, and log in."""
    name, password = f"{role}-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    identity = project.cloud.admin.identity
    made = identity.post("/users", json={"user": {"name": name, "password": password}})
    assert made.status_code == 201, made.text
    roles = {one["name"]: one["id"] for one in identity.get("/roles").json()["roles"]}
    user_id = made.json()["user"]["id"]
    granted = identity.put(f"/projects/{project.project_id}/users/{user_id}/roles/{roles[role]}")
    assert granted.status_code == 204, granted.text
    answer = login(project.url, name, password, project.name)
    assert answer.status_code == 201, answer.text
    return Session(project.url, answer.headers["X-Subject-Token"], project.project_id)


def _made(answer: httpx2.Response, key: str) -> Json:
    assert answer.status_code < 300, answer.text
    return answer.json()[key] if key else answer.json()


@contextlib.contextmanager
def occupied(cloud: Cloud) -> Iterator[tuple[Project, Ids]]:
    """Make a project, put one of everything in it, and remove it all afterwards."""
    project = cloud.new_project(f"occupied-{secrets.token_hex(4)}")
    ids = {
        "project": project.project_id,
        "user": project.user_id,
        "password": project.password,
        "tag": "red",
        "key": "purpose",
        "absent": scene.NOBODY,
        "region": "RegionOne",
        "provider": "kubernetes",
        "protocol": "openid",
        "request": "req-00000000-0000-4000-8000-000000000000",
        "member": cloud.admin.project_id,
        "schema": "image",
        "metadef_kind": "namespace",
        "metadef": "OS::Compute::Nothing",
        "extra_spec": "purpose",
        "resource_class": "VCPU",
        "quota_class": "default",
        "moment": "2026-12-01 00:00:01",
        "trait": "COMPUTE_NODE",
    }
    ids |= _cloud(cloud, project)
    ids |= _people(cloud, project, ids["domain"]) | _images(project) | _volumes(project) | _networks(project)
    ids |= _servers(project, ids)
    yield project, ids
    cloud.admin.identity.delete(f"/groups/{ids['group']}")
    cloud.admin.compute.delete(f"/flavors/{ids['flavor']}")
    _remove_aggregate(cloud, ids["aggregate"])
    cloud.admin.identity.patch(f"/domains/{ids['domain']}", json={"domain": {"enabled": False}})
    cloud.admin.identity.delete(f"/domains/{ids['domain']}")
    project.remove()


def _people(cloud: Cloud, project: Project, domain: str) -> Ids:
    admin = cloud.admin.identity
    group = _made(admin.post("/groups", json={"group": {"name": f"group-{secrets.token_hex(4)}"}}), "group")["id"]
    roles = {one["name"]: one["id"] for one in admin.get("/roles").json()["roles"]}
    for path in (
        f"/groups/{group}/users/{project.user_id}",
        f"/projects/{project.project_id}/groups/{group}/roles/{roles['member']}",
        f"/projects/{project.project_id}/tags/red",
        *(
            f"/OS-INHERIT/{place}/{who}/roles/{roles['member']}/inherited_to_projects"
            for place in (f"projects/{project.project_id}", f"domains/{domain}")
            for who in (f"users/{project.user_id}", f"groups/{group}")
        ),
    ):
        assert admin.put(path).status_code in {201, 204}
    rules = [{"service": "compute", "method": "GET", "path": "/v2.1/**"}]
    wish = {"application_credential": {"name": "robot", "access_rules": rules}}
    path = f"/users/{project.user_id}/application_credentials"
    credential = _made(project.identity.post(path, json=wish), "application_credential")
    keys = {"tenant_id": project.project_id}
    key = _made(project.identity.post(f"/users/{project.user_id}/credentials/OS-EC2", json=keys), "credential")
    blob = {"user_id": project.user_id, "type": "other", "blob": "secret"}
    other = _made(project.identity.post("/credentials", json={"credential": blob}), "credential")
    own = {"X-Subject-Token": cloud.admin.token}
    trustee = admin.get("/auth/tokens", headers=own).json()["token"]["user"]["id"]
    trust = {
        "trustor_user_id": project.user_id,
        "trustee_user_id": trustee,
        "project_id": project.project_id,
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    made = _made(project.identity.post("/OS-TRUST/trusts", json={"trust": trust}), "trust")
    service = next(one for one in admin.get("/services").json()["services"] if one["type"] == "compute")["id"]
    return {
        "group": group,
        "role": roles["member"],
        "implied": roles["reader"],
        "application_credential": credential["id"],
        "access_rule": credential["access_rules"][0]["id"],
        "access": key["access"],
        "credential": other["id"],
        "trustee": trustee,
        "trust": made["id"],
        "service": service,
        "endpoint": admin.get("/endpoints").json()["endpoints"][0]["id"],
    }


def _images(project: Project) -> Ids:
    wish = {"name": "one", "disk_format": "raw", "container_format": "bare", "visibility": "shared", "tags": ["red"]}
    image = _made(project.image.post("/images", json=wish), "")["id"]
    sent = project.image.put(f"/images/{image}/file", content=bytes(1024), headers=OCTETS)
    assert sent.status_code == 204, sent.text
    wait_for(lambda: project.image.get(f"/images/{image}").json()["status"] == "active", "an active image")
    member = {"member": project.cloud.admin.project_id}
    assert project.image.post(f"/images/{image}/members", json=member).status_code == 200
    queued = _made(project.image.post("/images", json=wish), "")["id"]
    return {"image": image, "queued_image": queued}


def _volumes(project: Project) -> Ids:
    api = project.volume_at("3.71")

    def until(path: str, key: str) -> None:
        wait_for(lambda: api.get(path).json()[key]["status"] == "available", path)

    found: Ids = {}
    for name in ("volume", "attached_volume"):
        wish = {"size": 1, "name": name, "metadata": {"purpose": "test"}}
        found[name] = _made(api.post("/volumes", json={"volume": wish}), "volume")["id"]
        until(f"/volumes/{found[name]}", "volume")
    wish = {"volume_id": found["volume"], "name": "one", "metadata": {"purpose": "test"}}
    found["snapshot"] = _made(api.post("/snapshots", json={"snapshot": wish}), "snapshot")["id"]
    until(f"/snapshots/{found['snapshot']}", "snapshot")
    found["type"] = api.get("/types/default").json()["volume_type"]["id"]
    return found


def _networks(project: Project) -> Ids:
    network, subnet, router = scene.routed(project)
    outside = scene.public(project)["id"]
    group = scene.make(project, "security-groups", name="web")
    wish = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp", "port_range_min": 80}
    rule = project.network.post("/security-group-rules", json={"security_group_rule": {**wish, "port_range_max": 80}})
    extensions = project.network.get("/extensions").json()["extensions"]
    other = scene.make(project, "networks", name="other")
    free = scene.make(project, "subnets", network_id=other["id"], ip_version=4, cidr="10.9.0.0/24")
    floating = scene.make(project, "floatingips", floating_network_id=outside)
    found = {
        "network": network["id"],
        "free_subnet": free["id"],
        "network_name": network["name"],
        "subnet": subnet["id"],
        "router": router["id"],
        "free_port": scene.make(project, "ports", network_id=network["id"])["id"],
        "floatingip": floating["id"],
        "floating_address": floating["floating_ip_address"],
        "outside": outside,
        "security_group": group["id"],
        "subnetpool": scene.make(project, "subnetpools", name="pool", prefixes=["10.90.0.0/16"])["id"],
        "address_scope": scene.make(project, "address-scopes", name="scope", ip_version=4)["id"],
        "rule": _made(rule, "security_group_rule")["id"],
        "extension": extensions[0]["alias"],
    }
    for path, noun in NETWORK_NOUNS.items():
        if noun in found and noun != "extension" and path not in {"security-group-rules", "address-scopes"}:
            assert project.network.put(f"/{path}/{found[noun]}/tags/red").status_code == 201, path
    return found


def _servers(project: Project, ids: Ids) -> Ids:
    api = project.compute_at("2.96")
    keypair = _made(api.post("/os-keypairs", json={"keypair": {"name": "mine", "public_key": KEY}}), "keypair")
    tiny = next(one for one in project.image.get("/images?visibility=public").json()["images"])
    wish = {"server_group": {"name": "apart", "policy": "anti-affinity"}}
    group = _made(api.post("/os-server-groups", json=wish), "server_group")["id"]
    wish = {
        "name": "one",
        "flavorRef": ids["flavor"],
        "imageRef": tiny["id"],
        "networks": [{"uuid": ids["network"]}],
        "metadata": {"purpose": "test"},
        "tags": ["red"],
        "key_name": keypair["name"],
    }
    asked = {"server": wish, "os:scheduler_hints": {"group": group}}
    server = _made(api.post("/servers", json=asked), "server")["id"]
    wait_for(lambda: api.get(f"/servers/{server}").json()["server"]["status"] == "ACTIVE", "an active server")
    wish = {"volumeAttachment": {"volumeId": ids["attached_volume"]}}
    _made(api.post(f"/servers/{server}/os-volume_attachments", json=wish), "volumeAttachment")
    volumes = project.volume_at("3.71")
    path = f"/volumes/{ids['attached_volume']}"
    wait_for(lambda: volumes.get(path).json()["volume"]["status"] == "in-use", "an attached volume")
    console = {"remote_console": {"protocol": "serial", "type": "serial"}}
    link = _made(api.post(f"/servers/{server}/remote-consoles", json=console), "remote_console")["url"]
    return {
        "server": server,
        "console_token": link.partition("token=")[2],
        "server_group": group,
        "keypair": keypair["name"],
        "public_image": tiny["id"],
        "port": api.get(f"/servers/{server}/os-interface").json()["interfaceAttachments"][0]["port_id"],
        "attachment": volumes.get("/attachments").json()["attachments"][0]["id"],
        "request": api.get(f"/servers/{server}/os-instance-actions").json()["instanceActions"][0]["request_id"],
    }


def _cloud(cloud: Cloud, project: Project) -> Ids:
    api = cloud.admin.compute_at("2.96")
    wish = {"name": project.name, "ram": 512, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": False}
    flavor = _made(api.post("/flavors", json={"flavor": wish}), "flavor")["id"]
    access = {"addTenantAccess": {"tenant": project.project_id}}
    assert api.post(f"/flavors/{flavor}/action", json=access).status_code == 200
    specs = {"extra_specs": {"purpose": "test"}}
    assert api.post(f"/flavors/{flavor}/os-extra_specs", json=specs).status_code == 200
    host = api.get("/os-hypervisors").json()["hypervisors"][0]
    zones = api.get("/os-availability-zone/detail").json()["availabilityZoneInfo"]
    zone = next(one["zoneName"] for one in zones if host["hypervisor_hostname"] in (one["hosts"] or ()))
    wish = {"name": project.name, "availability_zone": zone}
    aggregate = _made(api.post("/os-aggregates", json={"aggregate": wish}), "aggregate")["id"]
    domain = cloud.admin.identity.post("/domains", json={"domain": {"name": project.name}})
    return {
        "flavor": flavor,
        "domain": _made(domain, "domain")["id"],
        "zone": api.get("/os-availability-zone").json()["availabilityZoneInfo"][0]["zoneName"],
        "hypervisor": host["id"],
        "host": host["hypervisor_hostname"],
        "aggregate": str(aggregate),
        "aggregate_name": project.name,
        "aggregate_zone": zone,
        "compute_service": api.get("/os-services?binary=nova-compute").json()["services"][0]["id"],
        "compute_extension": api.get("/extensions").json()["extensions"][0]["alias"],
    }


def _remove_aggregate(cloud: Cloud, number: str) -> None:
    api = cloud.admin.compute
    found = api.get(f"/os-aggregates/{number}")
    if found.status_code == 404:
        return  # a test has deleted it
    for host in found.json()["aggregate"]["hosts"]:
        api.post(f"/os-aggregates/{number}/action", json={"remove_host": {"host": host}})
    gone = api.delete(f"/os-aggregates/{number}")
    assert gone.status_code == 200, gone.text
