"""What a token is for: a project, a domain, the whole system, or nothing yet."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import Forbidden, Unauthorized
from dicot.cluster import Cluster
from dicot.identity import callers, namespaces, people, trusted
from dicot.identity.tokens.methods import Person, missing

Json = dict[str, Any]

_KINDS = ("system", "project", "domain", "OS-TRUST:trust", "unscoped")


class Scope(msgspec.Struct, frozen=True):
    """At most one of them is set. `optional`: take it if the user has a role there, else none."""

    project_id: str = ""
    domain_id: str = ""
    system: bool = False
    trust_id: str = ""
    optional: bool = False


def asked_for(cluster: Cluster, person: Person, auth: Json) -> Scope:
    """Read the scope of a request; without one it is the user's default project, or the credential's project."""
    if person.credential_id:
        return _of_credential(person, auth)
    if "scope" not in auth:
        return _by_default(cluster, person)
    asked = auth["scope"]
    if asked == "unscoped":
        return Scope()
    named = [kind for kind in _KINDS if isinstance(asked, dict) and kind in asked]
    if len(named) != 1:
        raise missing("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    if person.system and named[0] in ("project", "domain"):
        raise Forbidden(
            "You are not authorized to perform the requested action: Using a system-scoped token to create a "
            "project-scoped or domain-scoped token is not allowed.."
        )
    if named[0] == "project":
        return Scope(project_id=_project(cluster, asked["project"]))
    if named[0] == "domain":
        return Scope(domain_id=_domain(cluster, asked["domain"]))
    if named[0] == "OS-TRUST:trust":
        return _trust(cluster, person, asked["OS-TRUST:trust"])
    return Scope(system=named[0] == "system")


def _trust(cluster: Cluster, person: Person, asked: Json) -> Scope:
    """Only the trustee may use a trust: 403 to anyone else, as in Keystone."""
    if "id" not in asked:
        raise missing("trust_id", "OS-TRUST:trust")
    line = trusted.line(cluster, asked["id"])
    if not line or line[0]["spec"].get("remainingUses") == 0:
        raise callers.refused()
    spec = line[0]["spec"]
    if person.user_id != spec["trusteeUserId"]:
        raise Forbidden("User is not a trustee.")
    return Scope(project_id=spec.get("projectId", ""), trust_id=asked["id"])


def _of_credential(person: Person, auth: Json) -> Scope:
    """A credential has one project, which need not be, and cannot be, asked for."""
    if "scope" in auth:
        raise Unauthorized(
            "Error authenticating with application credential: Application credentials cannot request a scope."
        )
    return Scope(project_id=person.project_id)


def _by_default(cluster: Cluster, person: Person) -> Scope:
    user = people.user(cluster, person.user_id)
    default = user["spec"].get("defaultProjectId") if user else None
    return Scope(project_id=default, optional=True) if default else Scope()


def _project(cluster: Cluster, asked: Json) -> str:
    if asked.get("name"):
        if "domain" not in asked:
            raise missing("domain", "project")
        found = namespaces.find_by_name(cluster, _domain(cluster, asked["domain"]), asked["name"])
    elif asked.get("id"):
        found = namespaces.find(cluster, asked["id"])
    else:
        raise missing("name or id", "project")
    if found is None:
        raise callers.refused()
    return names.project_id(found)


def _domain(cluster: Cluster, asked: Json) -> str:
    if asked.get("name"):
        found = people.domain_named(cluster, asked["name"])
    elif asked.get("id"):
        found = people.domain(cluster, asked["id"])
    else:
        raise missing("name or id", "domain")
    if found is None:
        raise callers.refused()
    return people.domain_id(found)
