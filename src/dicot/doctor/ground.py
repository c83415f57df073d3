"""What Dicot stands on: the version of Kubernetes, Dicot's own definitions, its namespaces and its account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from dicot.bootstrap import SERVICE_ACCOUNT, manifests
from dicot.config import Config
from dicot.doctor.finding import Finding, bad, ok, version
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SERVICE_ACCOUNTS

Json = dict[str, Any]

OLDEST = (1, 20)
"""The oldest Kubernetes that the tests have met."""
BOOTSTRAP = "Run `dicot bootstrap` with an administrator's kubeconfig."


async def kubernetes(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Ask the API server for its version."""
    told = msgspec.json.decode(await client.call("GET", "/version"), type=dict[str, Any])["gitVersion"]
    if version(told) < OLDEST:
        yield bad(f"Kubernetes {told}", f"Dicot needs {OLDEST[0]}.{OLDEST[1]} or newer.")
    else:
        yield ok(f"Kubernetes {told}")


async def definitions(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Compare Dicot's definitions with those of the cluster."""
    wanted = manifests("crds")
    found = (await client.list(CUSTOM_RESOURCE_DEFINITIONS))[0]
    there = {one["metadata"]["name"]: one for one in found}
    fine = 0
    for one in wanted:
        name = one["metadata"]["name"]
        problem = _problem(one, there.get(name))
        if problem:
            yield bad(f"definition {name}: {problem}", BOOTSTRAP)
        else:
            fine += 1
    if fine:
        yield ok(f"{fine} of Dicot's {len(wanted)} definitions are served in the version of this Dicot")


def _problem(wanted: Json, there: Json | None) -> str:
    if there is None:
        return "is not installed"
    conditions = {one["type"]: one["status"] for one in (there.get("status") or {}).get("conditions") or ()}
    if conditions.get("Established") != "True":
        return "is not served"
    versions = {one["name"]: one for one in there["spec"]["versions"]}
    for one in wanted["spec"]["versions"]:
        known = versions.get(one["name"])
        if known is None or not known["served"]:
            return f"does not serve {one['name']}"
        missing = _paths(one["schema"]["openAPIV3Schema"]) - _paths(known["schema"]["openAPIV3Schema"])
        if missing:
            return f"is of an older Dicot: it does not know {', '.join(sorted(missing))}"
    return ""


def _paths(schema: Json, at: str = "") -> set[str]:
    """Return every field that a schema names."""
    found: set[str] = set()
    for name, part in (schema.get("properties") or {}).items():
        path = f"{at}.{name}".lstrip(".")
        found |= {path} | _paths(part, path)
    return found | (_paths(schema["items"], f"{at}[]") if isinstance(schema.get("items"), dict) else set())


async def namespaces(client: Client, config: Config) -> AsyncIterator[Finding]:
    """Look for the namespaces of the configuration, and for the account that Dicot runs as."""
    for name in (config.system_namespace, config.image_namespace):
        try:
            await client.get(NAMESPACES, name)
            yield ok(f"namespace {name}")
        except kube.NotFound:
            yield bad(f"namespace {name} does not exist", BOOTSTRAP)
    try:
        await client.get(SERVICE_ACCOUNTS, SERVICE_ACCOUNT, config.system_namespace)
        yield ok(f"ServiceAccount {config.system_namespace}/{SERVICE_ACCOUNT}")
    except kube.NotFound:
        yield bad(f"ServiceAccount {config.system_namespace}/{SERVICE_ACCOUNT} does not exist", BOOTSTRAP)
