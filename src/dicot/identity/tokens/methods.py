"""Ways to prove who one is: password, token, application credential, and a bearer token of Kubernetes itself.

Each returns who it is, or raises the same 401 after the same work, whatever was wrong.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from dicot.api.errors import ApiError, BadRequest, Forbidden, Unauthorized
from dicot.cluster import Cluster
from dicot.identity import authenticator, bearer, callers, passwords, people, rules
from dicot.identity.times import parse

Json = dict[str, Any]

_MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


class Person(msgspec.Struct, frozen=True):
    """Who has proved to be who. `until`: when the proof ends, if before the token would."""

    user_id: str
    methods: tuple[str, ...]
    kube_user: str = ""
    kube_groups: tuple[str, ...] = ()
    until: float | None = None
    chain: tuple[str, ...] = ()
    credential_id: str = ""
    project_id: str = ""
    system: bool = False


def missing(attribute: str, target: str) -> BadRequest:
    """Name what a request lacks, in Keystone's words."""
    return BadRequest(f"Expecting to find {attribute} in {target}. {_MALFORMED}")


def unsupported() -> ApiError:
    """Refuse a method that does not exist here, in Keystone's words."""
    return Unauthorized("Attempted to authenticate with an unsupported method.")


async def prove(cluster: Cluster, identity: Json) -> Person:
    """Check every method that the request names; all must speak of one user."""
    methods = tuple(dict.fromkeys(identity["methods"]))
    for method in methods:
        if method not in identity:
            raise missing(method, "identity")
    if not methods or not all(method in _METHODS for method in methods):
        raise unsupported()
    people_found = [await _METHODS[method](cluster, identity[method]) for method in methods]
    first = people_found[0]
    if any(one.user_id != first.user_id for one in people_found):
        raise callers.refused()
    ends = [one.until for one in people_found if one.until is not None]
    return msgspec.structs.replace(
        first,
        methods=tuple(dict.fromkeys(name for one in people_found for name in one.methods)),
        until=min(ends) if ends else None,
        chain=next((one.chain for one in people_found if one.chain), ()),
    )


def user_of(cluster: Cluster, asked: Json) -> Json | None:
    """Return the user that a request names by id, or by name and domain; BadRequest if it names neither."""
    if "id" in asked:
        return people.user(cluster, asked["id"])
    if "name" not in asked:
        raise missing("name or id", "user")
    domain = asked.get("domain")
    if not domain or not ("id" in domain or "name" in domain):
        raise missing("domain", "user")
    found = people.domain(cluster, domain["id"]) if "id" in domain else people.domain_named(cluster, domain["name"])
    if found is None:
        return None
    return people.user_named(cluster, people.domain_id(found), asked["name"])


async def check_password(cluster: Cluster, user: Json | None, password: str) -> bool:
    """Tell whether this is the user's password; nobody's takes as long as somebody's."""
    user_id = people.user_id_of(user) if user else "nobody"
    namespace = cluster.config.system_namespace
    hashed = await passwords.read(cluster.client, namespace, "user", user_id)
    return await authenticator.of(cluster).hasher.verify(hashed if user else None, password)


async def _password(cluster: Cluster, asked: Json) -> Person:
    if "user" not in asked:
        raise missing("user", "password")
    wanted = asked["user"]
    if "password" not in wanted:
        raise missing("password", "user")
    user, password = user_of(cluster, wanted), wanted["password"]
    matches = await check_password(cluster, user, password)
    # Also of a user whom Dicot knows, so that the time tells nobody who is known.
    holder = await bearer.holder(cluster, password) if bearer.is_one(password) else None
    if user is None and holder is not None and _names(wanted, holder):
        return of_kubernetes(holder, "password")
    if user is None or not matches or not people.usable(cluster, user):
        raise callers.refused()
    return Person(user_id=people.user_id_of(user), methods=("password",))


def _names(wanted: Json, holder: bearer.Holder) -> bool:
    return wanted["id"] == holder.user_id if "id" in wanted else wanted["name"] == holder.username


def of_kubernetes(holder: bearer.Holder, method: str) -> Person:
    """Return the person that a bearer token of Kubernetes proves."""
    return Person(
        user_id=holder.user_id,
        methods=(method,),
        kube_user=holder.username,
        kube_groups=holder.groups,
        until=holder.until,
    )


def _no_other(action: str) -> Forbidden:
    return Forbidden(f"You are not authorized to perform the requested action: {action}.")


async def _token(cluster: Cluster, asked: Json) -> Person:
    if "id" not in asked:
        raise missing("id", "token")
    payload = authenticator.of(cluster).open(asked["id"])
    if payload is None and bearer.is_one(asked["id"]):
        holder = await bearer.holder(cluster, asked["id"])
        if holder is not None:
            return of_kubernetes(holder, "token")
    if payload is None:
        raise callers.refused()
    caller = callers.caller(cluster, payload)
    if payload.trust_id:
        raise _no_other("Using trust-scoped token to create another token. Create a new trust-scoped token instead")
    if rules.delegated_method(caller):
        raise _no_other("Using a delegated token to create another token is not allowed.")
    return Person(
        user_id=payload.user_id,
        methods=tuple(dict.fromkeys((*payload.methods, "token"))),
        kube_user=payload.kube_user,
        kube_groups=payload.kube_groups,
        until=payload.expires_at,
        chain=(payload.audit_ids[-1],),
        system=payload.system,
    )


async def _application_credential(cluster: Cluster, asked: Json) -> Person:
    if "secret" not in asked:
        raise missing("secret", "application credential")
    found = _credential(cluster, asked)
    credential_id = people.credential_id_of(found) if found else "nobody"
    namespace = cluster.config.system_namespace
    hashed = await passwords.read(cluster.client, namespace, "application-credential", credential_id)
    matches = await authenticator.of(cluster).hasher.verify(hashed if found else None, asked["secret"])
    user = people.user(cluster, found["spec"]["userId"]) if found else None
    if found is None or not matches or not people.usable(cluster, user):
        raise callers.refused()
    expires_at = found["spec"].get("expiresAt")
    until = parse(expires_at) if expires_at else None
    if until is not None and until <= time.time():
        raise callers.refused()
    return Person(
        user_id=found["spec"]["userId"],
        methods=("application_credential",),
        until=until,
        credential_id=credential_id,
        project_id=found["spec"]["projectId"],
    )


def _credential(cluster: Cluster, asked: Json) -> Json | None:
    if "id" in asked:
        return people.application_credential(cluster, asked["id"])
    if "name" not in asked:
        raise missing("name or ID", "application credential")
    if "user" not in asked:
        raise missing("user", "application credential")
    user = user_of(cluster, asked["user"])
    if user is None:
        return None
    mine = people.application_credentials_of(cluster, people.user_id_of(user))
    return next((one for one in mine if people.name_of(one) == asked["name"]), None)


_METHODS = {"password": _password, "token": _token, "application_credential": _application_credential}
