"""Handlers of users: gather, decide, act."""

from __future__ import annotations

import time
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import authenticator, callers, lookup, namespaces, passwords, people, rules, unique
from dicot.identity.assignments.targets import kubernetes_users
from dicot.identity.kinds import USERS
from dicot.identity.listing import collection
from dicot.identity.times import parse, stamp
from dicot.identity.tokens import guard
from dicot.identity.tokens.methods import check_password
from dicot.identity.users import departure, manifest, view
from dicot.identity.users.schema import KNOWN

Json = dict[str, Any]

FILTERS = ("name", "domain_id", "enabled")
_OPERATORS = frozenset({"lt", "lte", "gt", "gte", "eq", "neq"})


def shown(request: Request, user: Json) -> Json:
    """Show a user with its link."""
    return view.user(user, request.url("/users"))


def readable(request: Request, cluster: Cluster) -> Json | None:
    """Return the user in the path, if the caller may read it; None is the caller, whom only Kubernetes knows."""
    caller, user_id = request.caller, request.params["user_id"]
    user = people.user(cluster, user_id)
    own = caller.user_id == user_id
    if not own and not rules.reads_all(caller) and not (user and rules.in_domain(caller, people.domain_id_of(user))):
        raise rules.refused(request)
    return None if own and user is None else lookup.user(cluster, user_id)


async def index(request: Request, cluster: Cluster) -> Response:
    """List users: all of them, or those of the caller's domain."""
    caller = request.caller
    expiring = asks_for_expiry(request)
    everyone = () if expiring else cluster.cache(USERS).all()
    found = [one for one in everyone if rules.in_domain(caller, people.domain_id_of(one))]
    return collection(request, cluster, "users", [shown(request, one) for one in found], FILTERS)


def asks_for_expiry(request: Request) -> bool:
    """Tell whether the list is to hold only passwords that expire: here none does. BadRequest if it is no question."""
    asked = [value for key, value in request.query if key == "password_expires_at"]
    for value in asked:
        operator, _, text = value.partition(":")
        if operator not in _OPERATORS:
            raise BadRequest(f"Unknown operator in password_expires_at: {operator}.")
        try:
            parse(text)
        except ValueError:
            raise BadRequest(f"Timestamp not in expected format: {text}.") from None
    return bool(asked)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one user; oneself always. People whom only Kubernetes knows are known by the bindings that name them."""
    user_id, caller = request.params["user_id"], request.caller
    username = caller.user_name if caller.user_id == user_id else ""
    if rules.reads_all(caller) and people.user(cluster, user_id) is None:
        username = kubernetes_users(cluster).get(user_id, username)
    if people.user(cluster, user_id) is None and username:
        return Response({"user": view.kubernetes_user(user_id, username, request.url("/users"))})
    user = readable(request, cluster)
    assert user is not None, "whoever has no object is known by name"
    return Response({"user": shown(request, user)})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a user, and a Secret with the hash of its password if it has one."""
    body = request.body["user"]
    domain_id = body.get("domain_id") or request.caller.domain_id or namespaces.DEFAULT_DOMAIN
    lookup.domain(cluster, domain_id)
    _refuse_federated(body)
    _check_free(cluster, domain_id, body["name"])
    spec = {"enabled": True, **manifest.without_nulls(manifest.spec(body, KNOWN)), "domainId": domain_id}
    wanted = manifest.user(names.derived_hex(names.new_id()), spec)
    place = f"{domain_id}/{body['name']}"
    user = await unique.create(
        cluster,
        request.caller,
        USERS,
        wanted,
        lambda there: place in people.by_domain_and_name(there),
        _taken(domain_id, body["name"]),
    )
    if body.get("password") is not None:
        try:
            await _set_password(cluster, user, body["password"])
        except BaseException:
            await cluster.delete(request.caller, USERS, user)
            raise
    return Response({"user": shown(request, user)}, status=201)


def _refuse_federated(body: Json) -> None:
    if body.get("federated"):
        raise Forbidden("federated: people of other identity providers are known to Kubernetes, not kept here.")


def _check_free(cluster: Cluster, domain_id: str, name: str) -> None:
    if people.user_named(cluster, domain_id, name) is not None:
        raise _taken(domain_id, name)


def _taken(domain_id: str, name: str) -> Conflict:
    return Conflict(
        f"Conflict occurred attempting to store user - Duplicate entry found with name {name} at domain ID {domain_id}."
    )


async def _set_password(cluster: Cluster, user: Json, password: str) -> None:
    hashed = await authenticator.of(cluster).hasher.hash(password)
    namespace = cluster.config.system_namespace
    await passwords.write(cluster.client, namespace, "user", people.user_id_of(user), hashed, user)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a user; a new password or a disabled account ends every token of it."""
    body, user_id = request.body["user"], request.params["user_id"]
    user = lookup.user(cluster, user_id)
    domain_id = people.domain_id_of(user)
    if body.get("id", user_id) != user_id:
        raise BadRequest("Cannot change user ID")
    if body.get("domain_id", domain_id) != domain_id:
        raise BadRequest("Cannot change Domain ID")
    _refuse_federated(body)
    if body.get("name", people.name_of(user)) != people.name_of(user):
        _check_free(cluster, domain_id, body["name"])
    spec = manifest.spec(body, KNOWN)
    password = body.get("password")
    if password is not None or body.get("enabled") is False:
        spec["tokensNotBefore"] = stamp(time.time())
    name = user["metadata"]["name"]
    changed = await cluster.patch(request.caller, USERS, name, {"spec": spec})
    if password is not None:
        await _set_password(cluster, changed, password)
        # The old password was good until now: end what was issued for it since the first write, which showed the right.
        changed = await cluster.patch(request.caller, USERS, name, {"spec": {"tokensNotBefore": stamp(time.time())}})
    return Response({"user": {**shown(request, changed), "extra": view.added(changed["spec"])}})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a user with its role assignments, memberships, application credentials and password."""
    user_id = request.params["user_id"]
    user = lookup.user(cluster, user_id)
    await departure.of_user(cluster, request.caller, user_id)
    await cluster.delete(request.caller, USERS, user)
    return Response(status=204)


async def revoke_tokens(request: Request, cluster: Cluster) -> Response:
    """End every token of a user: one's own, or anybody's as an administrator."""
    if request.caller.user_id != request.params["user_id"] and not request.caller.cloud_admin:
        raise rules.refused(request)
    await _end_tokens(cluster, lookup.user(cluster, request.params["user_id"]))
    return Response(status=204)


async def _end_tokens(cluster: Cluster, user: Json) -> None:
    """Refuse from now on what was issued before, as Dicot: nobody has a right to their own User object."""
    patch = {"spec": {"tokensNotBefore": stamp(time.time())}}
    cluster.cache(USERS).learn(await cluster.client.patch(USERS, user["metadata"]["name"], patch))


async def change_password(request: Request, cluster: Cluster) -> Response:
    """Change one's own password, which the original one proves; every token issued before ends."""
    body, user_id = request.body["user"], request.params["user_id"]
    user = people.user(cluster, user_id)
    async with guard.counted(request, cluster, user_id):
        matches = await check_password(cluster, user, body["original_password"])
        if user is None or not matches or not people.usable(cluster, user):
            raise callers.refused()
    if (user["spec"].get("options") or {}).get("lock_password"):
        raise BadRequest(
            "Password validation error: You cannot change your password at this time due to password policy "
            "disallowing password changes. Please contact your administrator to reset your password."
        )
    await _set_password(cluster, user, body["password"])
    await _end_tokens(cluster, user)
    return Response(status=204)
