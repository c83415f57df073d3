"""Prepares a cluster for Dicot: definitions, roles, namespaces, and the first people. Safe to run again and again.

Changes nothing that an administrator has changed since: passwords and names of people who exist stay as they are.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable
from importlib import resources
from typing import Any

import msgspec
import yaml

from dicot import names
from dicot.config import Config
from dicot.identity import grants, passwords
from dicot.identity.assignments import manifest as assignment
from dicot.identity.domains import manifest as domains
from dicot.identity.kinds import DOMAINS, USERS
from dicot.identity.namespaces import DEFAULT_DOMAIN
from dicot.identity.projects import manifest as projects
from dicot.identity.users import manifest as users
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    ROLE_BINDINGS,
    SERVICE_ACCOUNTS,
    Kind,
)

Json = dict[str, Any]

CLONE_SOURCER = "cdi.kubevirt.io:clone-sourcer"
"""CDI's own role for whoever may copy the disks of a namespace."""
FIELD_MANAGER = "dicot-bootstrap"
SERVICE_ACCOUNT = "dicot"
SERVED_WITHIN_S = 30.0
"""How long a new definition may take until its objects can be made."""
_POLL_S = 0.05
_KINDS = {kind.kind: kind for kind in (CUSTOM_RESOURCE_DEFINITIONS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS)}


class Person(msgspec.Struct, frozen=True):
    """A user, its project, and its password if it was made just now ("" if it existed)."""

    name: str
    user_id: str
    project_id: str
    namespace: str
    password: str


class Bootstrapped(msgspec.Struct, frozen=True):
    """Who may log in to the cloud."""

    admin: Person
    demo: Person | None

    def summary(self) -> str:
        """Say who may log in, and with what password if it was made just now."""
        people = [self.admin, *([self.demo] if self.demo else [])]
        return "\n".join(
            f"user {one.name} in project {one.name}: " + (f"password {one.password}" if one.password else "as it was")
            for one in people
        )


async def run(
    client: Client,
    config: Config,
    *,
    admin_password: str | None = None,
    demo: bool = False,
    demo_password: str | None = None,
) -> Bootstrapped:
    """Prepare the cluster with an administrator's client; a password that is not given is made up."""
    await asyncio.gather(_definitions(client), _namespaces(client, config))
    await asyncio.gather(
        _roles(client), _service_account(client, config), _public_images(client, config), _domain(client)
    )
    admin = _person(client, config, "admin", grants.ADMIN, admin_password, "The project of the administrator.")
    if not demo:
        return Bootstrapped(await admin, None)
    member = _person(client, config, "demo", grants.MEMBER, demo_password, "A project to try things in.")
    return Bootstrapped(*await asyncio.gather(admin, member))


def manifests(folder: str) -> list[Json]:
    """Return every object of the YAML files in one folder of dicot/deploy."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted(resources.files("dicot").joinpath("deploy", folder).iterdir(), key=lambda file: file.name)
    found: list[Json] = []
    for file in files:
        if file.name.endswith(".yaml"):
            found += [obj for obj in yaml.load_all(file.read_text(), loader) if obj]
    return found


async def _apply(client: Client, objects: Iterable[Json]) -> list[Json]:
    return await asyncio.gather(
        *(client.apply(_KINDS[obj["kind"]], obj, field_manager=FIELD_MANAGER) for obj in objects)
    )


async def _definitions(client: Client) -> None:
    """Define the custom resources, and wait until the cluster serves them."""
    found = manifests("crds")
    await _apply(client, found)
    await asyncio.gather(*(_served(client, one) for one in found))


async def _served(client: Client, definition: Json) -> None:
    spec = definition["spec"]
    names_of = spec["names"]
    kind = Kind(spec["group"], spec["versions"][0]["name"], names_of["plural"], names_of["kind"], False)
    deadline = time.monotonic() + SERVED_WITHIN_S
    while True:
        try:
            await client.call("GET", kind.path(), params={"limit": 1})
            return
        except kube.NotFound:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(_POLL_S)


async def _roles(client: Client) -> None:
    """Bring the roles in, and remove those that an older version brought in and this one does not know."""
    wanted = manifests("rbac")
    applied = await _apply(client, wanted)
    await asyncio.gather(*(_no_longer_gathering(client, *pair) for pair in zip(wanted, applied, strict=True)))
    named = {one["metadata"]["name"] for one in wanted}
    label, value = next(iter(names.MANAGED_BY.items()))
    found, _ = await client.list(CLUSTER_ROLES, labels=f"{label}={value}")
    old = [one["metadata"] for one in found if one["metadata"]["name"] not in named and _brought_in(one)]
    await asyncio.gather(*(client.delete(CLUSTER_ROLES, meta["name"], uid=meta["uid"]) for meta in old))


async def _no_longer_gathering(client: Client, wanted: Json, applied: Json) -> None:
    """Give a role that once gathered others its own rules: an empty selection left behind would empty it again."""
    if "aggregationRule" in applied and "aggregationRule" not in wanted:
        plain: Json = {"aggregationRule": None, "rules": wanted["rules"]}
        await client.patch(CLUSTER_ROLES, wanted["metadata"]["name"], plain)


def _brought_in(obj: Json) -> bool:
    """Tell whether an object was made here: a label may be anyone's, who manages its fields is not."""
    return any(one.get("manager") == FIELD_MANAGER for one in obj["metadata"].get("managedFields") or ())


async def _namespaces(client: Client, config: Config) -> None:
    wanted = (config.system_namespace, config.image_namespace)
    await asyncio.gather(*(_ensure(client, NAMESPACES, _plain_namespace(name)) for name in wanted))


def _plain_namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(names.MANAGED_BY)}}


async def _service_account(client: Client, config: Config) -> None:
    """Make the account that Dicot runs as, and bind it to what it may do."""
    namespace = config.system_namespace
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": SERVICE_ACCOUNT, "namespace": namespace, "labels": dict(names.MANAGED_BY)},
    }
    subject = {"kind": "ServiceAccount", "namespace": namespace, "name": SERVICE_ACCOUNT}
    await asyncio.gather(
        _ensure(client, SERVICE_ACCOUNTS, account),
        _ensure(client, CLUSTER_ROLE_BINDINGS, _own_binding("ClusterRoleBinding", "dicot:server", subject, None)),
        _ensure(client, ROLE_BINDINGS, _own_binding("RoleBinding", "dicot:server-system", subject, namespace)),
    )


async def _public_images(client: Client, config: Config) -> None:
    """Let everyone clone what is in the image namespace: disks of servers are made by their project's accounts."""
    binding = _own_binding("RoleBinding", CLONE_SOURCER, {}, config.image_namespace)
    binding["metadata"]["name"] = "dicot:images"
    binding["subjects"] = [
        {"apiGroup": assignment.RBAC, "kind": "Group", "name": group}
        for group in ("system:authenticated", "system:serviceaccounts")
    ]
    await _ensure(client, ROLE_BINDINGS, binding)


def _own_binding(kind: str, role: str, subject: Json, namespace: str | None) -> Json:
    metadata: Json = {"name": role, "labels": dict(names.MANAGED_BY)}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {
        "apiVersion": f"{assignment.RBAC}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": assignment.RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    }


async def _domain(client: Client) -> None:
    spec = {"name": "Default", "description": "The default domain", "enabled": True}
    await _ensure(client, DOMAINS, domains.domain(DEFAULT_DOMAIN, spec))


async def _person(
    client: Client, config: Config, name: str, role: str, password: str | None, description: str
) -> Person:
    """Make a project and a user of the same name, with a role in it; the administrator's holds everywhere."""
    plain, _ = projects.namespace_names(name, DEFAULT_DOMAIN)
    texts = {names.DESCRIPTION: description}
    wanted = projects.namespace(plain, display=name, domain_id=DEFAULT_DOMAIN, enabled=True, texts=texts)
    namespace = await _ensure(client, NAMESPACES, wanted)
    if not names.is_project(namespace):
        raise ValueError(f"namespace {plain} exists and is not a project: label it {names.PROJECT}=true to make it one")
    project_id = names.project_id(namespace)
    spec = {"name": name, "domainId": DEFAULT_DOMAIN, "enabled": True, "defaultProjectId": project_id}
    user = await _ensure(client, USERS, users.user(names.derived_hex(names.new_id()), spec))
    user_id = names.identity_of(user, "user")
    subject = assignment.subject_of_user(grants.kube_user(user_id))
    bindings = [_ensure(client, ROLE_BINDINGS, assignment.on_project(plain, role, subject, name))]
    if role == grants.ADMIN:
        bindings.append(_ensure(client, CLUSTER_ROLE_BINDINGS, assignment.on_system(role, subject, name)))
    made, _ = await asyncio.gather(_password(client, config, user, password), asyncio.gather(*bindings))
    return Person(name, user_id, project_id, plain, made)


async def _password(client: Client, config: Config, user: Json, password: str | None) -> str:
    """Give the user a password if it has none, and return it; "" if it has one."""
    user_id = names.identity_of(user, "user")
    if await passwords.read(client, config.system_namespace, "user", user_id) is not None:
        return ""
    chosen = password or secrets.token_urlsafe(16)
    hashed = await passwords.Hasher().hash(chosen)
    await passwords.write(client, config.system_namespace, "user", user_id, hashed, user)
    return chosen


async def _ensure(client: Client, kind: Kind, body: Json) -> Json:
    """Create the object unless it exists; return it as it is."""
    try:
        return await client.create(kind, body)
    except kube.AlreadyExists:
        meta = body["metadata"]
        return await client.get(kind, meta["name"], meta.get("namespace"))
