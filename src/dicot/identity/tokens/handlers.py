"""Handlers of tokens: issue, validate, check, revoke."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import ApiError, Forbidden, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.api.token import Payload
from dicot.cluster import Cluster
from dicot.identity import authenticator, callers, grants, people, roleset, trusted
from dicot.identity.access_rules.view import brief
from dicot.identity.catalog.entries import catalog
from dicot.identity.kinds import ACCESS_RULES, REVOKED_TOKENS
from dicot.identity.listing import flag
from dicot.identity.times import stamp
from dicot.identity.tokens import guard, view
from dicot.identity.tokens.methods import Person, prove
from dicot.identity.tokens.scope import Scope, asked_for
from dicot.identity.trusts import handlers as trusts
from dicot.kube import errors as kube

Json = dict[str, Any]

SUBJECT = "x-subject-token"
EXPIRED_WINDOW_S = 48 * 3600
"""How long after its end a token can still be shown with `allow_expired`: Keystone's allow_expired_window."""


async def create(request: Request, cluster: Cluster) -> Response:
    """Issue a token to whom the request proves to be."""
    auth = request.body["auth"]
    async with guard.counted(request, cluster, *guard.users_of(cluster, auth["identity"])):
        person = await prove(cluster, auth["identity"])
    scope = asked_for(cluster, person, auth)
    if scope.trust_id:
        _scoped(cluster, person, scope)  # what would be refused is no use of the trust
        await _use(cluster, scope.trust_id)
    return issued(request, cluster, person, scope)


def issued(request: Request, cluster: Cluster, person: Person, scope: Scope, status: int = 201) -> Response:
    """Answer with a token for whoever has proved to be who, in this scope."""
    payload, caller = _scoped(cluster, person, scope)
    body = view.token(payload, caller, _facts(request, cluster, payload, caller))
    token = authenticator.of(cluster).keyring.sealer.seal(payload)
    return Response({"token": body}, status=status, headers={"X-Subject-Token": token})


async def _use(cluster: Cluster, trust_id: str) -> None:
    trust = trusted.find(cluster, trust_id)
    if trust is None:
        raise callers.refused()
    await trusts.use(cluster, trust)


def _facts(request: Request, cluster: Cluster, payload: Payload, caller: Caller) -> view.Facts:
    wanted = not any(key == "nocatalog" for key, _ in request.query)
    entries = authenticator.of(cluster).catalog
    return view.Facts(
        user_domain=people.domain_view(cluster, caller.user_domain_id),
        project_domain=people.domain_view(cluster, caller.project_domain_id),
        domain=people.domain_view(cluster, caller.domain_id),
        credential=_credential(cluster, payload.application_credential_id),
        catalog=catalog(entries, request.prefix, caller.project_id) if wanted else None,
        roles=roleset.brief(cluster, caller.roles),
        trust=_trust(cluster, payload.trust_id),
    )


def _credential(cluster: Cluster, credential_id: str) -> Json | None:
    found = people.application_credential(cluster, credential_id) if credential_id else None
    if found is None:
        return None
    restricted = not found["spec"].get("unrestricted", False)
    shown: Json = {"id": credential_id, "name": people.name_of(found), "restricted": restricted}
    if "accessRules" in found["spec"]:
        rules = cluster.cache(ACCESS_RULES)
        shown["access_rules"] = [brief(rule) for one in found["spec"]["accessRules"] for rule in rules.find("id", one)]
    return shown


def _trust(cluster: Cluster, trust_id: str) -> Json | None:
    found = trusted.find(cluster, trust_id) if trust_id else None
    if found is None:
        return None
    trustor, trustee = trusted.user_ids(found)
    return {
        "id": trust_id,
        "trustor_user": {"id": trustor},
        "trustee_user": {"id": trustee},
        "impersonation": found["spec"]["impersonation"],
    }


def _scoped(cluster: Cluster, person: Person, scope: Scope) -> tuple[Payload, Caller]:
    """Make what the token will say; whoever has no role in the scope gets none, or an unscoped one if that will do."""
    now = time.time()
    lasting = now + cluster.config.token_lifetime_s
    payload = Payload(
        user_id=person.user_id,
        methods=person.methods,
        audit_ids=(_audit_id(), *person.chain),
        issued_at=now,
        expires_at=min(lasting, person.until) if person.until is not None else lasting,
        project_id=scope.project_id,
        domain_id=scope.domain_id,
        system=scope.system,
        application_credential_id=person.credential_id,
        kube_user=person.kube_user,
        kube_groups=person.kube_groups,
        trust_id=scope.trust_id,
    )
    try:
        return payload, callers.caller(cluster, payload)
    except ApiError:
        if not scope.optional:
            raise
    unscoped = msgspec.structs.replace(payload, project_id="")
    return unscoped, callers.caller(cluster, unscoped)


def _audit_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def _subject(request: Request, cluster: Cluster, *, revoking: bool = False) -> tuple[Payload, Caller]:
    """Return the token that is asked about: one's own, or anybody's for those who validate tokens.

    Only administrators revoke other people's: Keystone's identity:revoke_token knows no service and no reader.
    """
    text = request.http.headers.get(SUBJECT, "")
    payload = authenticator.of(cluster).open(text) if text else None
    if payload is None:
        raise NotFound("Could not recognize Fernet token" if text else "Failed to validate token")
    caller = request.caller
    own = payload.user_id == caller.user_id or payload.audit_ids[0] == caller.token_id
    validates = not revoking and (grants.SERVICE in caller.roles or _system_reader(caller))
    if not (own or caller.cloud_admin or validates):
        assert request.route is not None
        raise Forbidden(request.service.forbidden(request.route))
    try:
        return payload, callers.caller(cluster, _as_if_valid(payload) if _allows_expired(request, payload) else payload)
    except ApiError as error:
        if error.status != 401:
            raise
        raise NotFound("Failed to validate token") from error


def _allows_expired(request: Request, payload: Payload) -> bool:
    """Tell whether a token that ended a while ago will do: a service that finishes what was begun in time asks so."""
    reading = request.http.method in {"GET", "HEAD"}
    return reading and flag(request, "allow_expired") and time.time() - payload.expires_at < EXPIRED_WINDOW_S


def _as_if_valid(payload: Payload) -> Payload:
    return msgspec.structs.replace(payload, expires_at=max(payload.expires_at, time.time() + 1))


def _system_reader(caller: Caller) -> bool:
    return caller.system and grants.READER in caller.roles


async def show(request: Request, cluster: Cluster) -> Response:
    """Validate a token: what it says, as things are now."""
    payload, subject = _subject(request, cluster)
    body = view.token(payload, subject, _facts(request, cluster, payload, subject))
    return Response({"token": body}, headers={"X-Subject-Token": request.http.headers[SUBJECT]})


async def check(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether a token is valid."""
    _subject(request, cluster)
    return Response(headers={"X-Subject-Token": request.http.headers[SUBJECT]})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Revoke a token: every replica refuses it from the next request on."""
    payload, _ = _subject(request, cluster, revoking=True)
    body = revocation(payload)
    try:
        created = await cluster.client.create(REVOKED_TOKENS, body)
    except kube.AlreadyExists:
        return Response(status=204)
    cluster.cache(REVOKED_TOKENS).learn(created)
    return Response(status=204)


def revocation(payload: Payload) -> Json:
    """Return the object that says so; it holds no secret, and is pruned when the token would have ended."""
    audit_id = payload.audit_ids[0]
    return {
        "apiVersion": REVOKED_TOKENS.api_version,
        "kind": REVOKED_TOKENS.kind,
        "metadata": {"name": hashlib.sha256(audit_id.encode()).hexdigest()[:40], "labels": dict(names.MANAGED_BY)},
        "spec": {"auditId": audit_id, "userId": payload.user_id, "expiresAt": stamp(payload.expires_at)},
    }
