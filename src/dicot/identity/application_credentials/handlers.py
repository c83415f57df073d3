"""Handlers of application credentials. Dicot itself writes them: nobody else may say whose a credential is."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import authenticator, lookup, passwords, people, roleset, rules
from dicot.identity.access_rules import handlers as access_rules
from dicot.identity.access_rules import view as rules_view
from dicot.identity.application_credentials import bindings, manifest, view
from dicot.identity.kinds import ACCESS_RULES, APPLICATION_CREDENTIALS
from dicot.identity.listing import collection
from dicot.identity.times import expiry
from dicot.kube import errors as kube

Json = dict[str, Any]

MOST = 100
"""How many a user may have: each is an object that every replica holds in memory."""
_SECRET_BYTES = 64


def _invalid(detail: str) -> BadRequest:
    return BadRequest(f"Invalid application credential: {detail}")


def _shown(request: Request, cluster: Cluster, credential: Json) -> Json:
    roles = roleset.ordered(cluster, credential["spec"]["roles"])
    shown = [view.brief(role, roleset.made(cluster, role)) for role in roles]
    allowed = [
        rules_view.brief(rule)
        for rule_id in credential["spec"].get("accessRules") or ()
        for rule in cluster.cache(ACCESS_RULES).find("id", rule_id)
    ]
    return view.application_credential(credential, shown, allowed, request.url("/application_credentials"))


def _check_owner(request: Request) -> None:
    """Refuse whoever is neither the user in the path nor a reader of everything."""
    own = request.caller.user_id == request.params["user_id"]
    reads = request.http.method in {"GET", "HEAD"} and rules.reads_all(request.caller)
    if not (own or reads or request.caller.cloud_admin):
        raise rules.refused(request)
    rules.check_lasting(request.caller)


def _check_unrestricted(request: Request, cluster: Cluster) -> None:
    """Refuse a token that was itself made from a credential, unless that one is unrestricted."""
    if not request.caller.application_credential_id:
        return
    credential = people.application_credential(cluster, request.caller.application_credential_id)
    if credential is None or not credential["spec"].get("unrestricted"):
        raise Forbidden(
            "Using method 'application_credential' is not allowed for managing additional application credentials."
        )


def _found(request: Request, cluster: Cluster) -> Json:
    credential_id = request.params["application_credential_id"]
    found = people.application_credential(cluster, credential_id)
    if found is None or found["spec"]["userId"] != request.params["user_id"]:
        raise NotFound(f"Could not find Application Credential: {credential_id}.")
    return found


async def index(request: Request, cluster: Cluster) -> Response:
    """List a user's credentials."""
    _check_owner(request)
    found = people.application_credentials_of(cluster, request.params["user_id"])
    return collection(
        request, cluster, "application_credentials", [_shown(request, cluster, one) for one in found], ("name",)
    )


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one credential; its secret was shown once."""
    _check_owner(request)
    return Response({"application_credential": _shown(request, cluster, _found(request, cluster))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a credential for the project of the token, with at most the roles of the token."""
    body, caller = request.body["application_credential"], request.caller
    rules.check_lasting(caller)
    _check_unrestricted(request, cluster)
    if caller.user_id != request.params["user_id"]:
        action = "Cannot create an application credential for another user."
        raise Forbidden(f"You are not authorized to perform the requested action: {action}.")
    spec = _spec(cluster, body, caller)
    mine = people.application_credentials_of(cluster, caller.user_id)
    if len(mine) >= MOST:
        raise Forbidden(
            f"Unable to create additional application credentials, maximum of {MOST} already exceeded for user."
        )
    if any(people.name_of(one) == body["name"] for one in mine):
        raise _taken(body["name"])
    owner = lookup.user(cluster, caller.user_id)
    if body.get("access_rules"):
        spec["accessRules"] = await access_rules.stored(cluster, body["access_rules"], owner)
    secret = body.get("secret") or secrets.token_urlsafe(_SECRET_BYTES)
    made = await _make(cluster, spec, secret, owner)
    return Response({"application_credential": {**_shown(request, cluster, made), "secret": secret}}, status=201)


def _spec(cluster: Cluster, body: Json, caller: Caller) -> Json:
    if not caller.project_id:
        raise _invalid("a token scoped to a project is needed.")
    if body.get("project_id", caller.project_id) != caller.project_id:
        raise _invalid("project_id is not the project of the token.")
    if body.get("system"):
        raise _invalid("system cannot be honoured here.")
    spec: Json = {
        "name": body["name"],
        "userId": caller.user_id,
        "projectId": caller.project_id,
        "roles": _roles(cluster, body, caller),
    }
    for key in ("description", "unrestricted"):
        if body.get(key) is not None:
            spec[key] = body[key]
    if body.get("expires_at"):
        spec["expiresAt"] = expiry(body["expires_at"])
    return spec


def _roles(cluster: Cluster, body: Json, caller: Caller) -> list[str]:
    """Return the roles asked for with all they imply, or all of the token's."""
    asked = [lookup.role_asked(cluster, one) for one in body.get("roles") or ()]
    wanted = roleset.implied(cluster, asked) if asked else caller.roles
    if not wanted <= caller.roles:
        raise _invalid("Cannot create an application credential with unassigned role")
    return roleset.ordered(cluster, wanted)


def _taken(name: str) -> Conflict:
    return Conflict(
        f"Conflict occurred attempting to store application_credential - Duplicate entry found with name {name}."
    )


async def _make(cluster: Cluster, spec: Json, secret: str, owner: Json) -> Json:
    """Create object, hash and bindings, all as Dicot, owned by the object, which goes if one of them fails."""
    credential_id = names.derived_hex(names.new_id())
    hashed = await authenticator.of(cluster).hasher.hash(secret)
    wanted = manifest.application_credential(credential_id, spec)
    meta = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    wanted["metadata"]["ownerReferences"] = [reference]
    try:
        made = await cluster.client.create(APPLICATION_CREDENTIALS, wanted)
    except kube.AlreadyExists:
        raise _taken(spec["name"]) from None
    namespace = cluster.config.system_namespace
    try:
        await passwords.write(cluster.client, namespace, "application-credential", credential_id, hashed, made)
        await bindings.keep(cluster, made)
    except BaseException:
        await _remove(cluster, made)
        raise
    cluster.cache(APPLICATION_CREDENTIALS).learn(made)
    return made


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a credential: every token made from it is refused from the next request on."""
    _check_owner(request)
    _check_unrestricted(request, cluster)
    await _remove(cluster, _found(request, cluster))
    return Response(status=204)


async def _remove(cluster: Cluster, credential: Json) -> None:
    """Delete the credential first, which ends its tokens; then what it acted by."""
    meta = credential["metadata"]
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(APPLICATION_CREDENTIALS, meta["name"], uid=meta["uid"])
    cluster.cache(APPLICATION_CREDENTIALS).forget(meta["uid"])
    await bindings.remove(cluster, credential)
