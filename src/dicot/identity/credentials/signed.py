"""Handlers of `POST /v3/ec2tokens` and `/v3/s3tokens`: a token for whoever signed a request with an EC2 key."""

from __future__ import annotations

import hmac
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from dicot.api.errors import NotFound, Unauthorized
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import callers
from dicot.identity.credentials import signature, store
from dicot.identity.credentials.handlers import EC2
from dicot.identity.credentials.store import Credential
from dicot.identity.times import parse
from dicot.identity.tokens import handlers as tokens
from dicot.identity.tokens.methods import Person
from dicot.identity.tokens.scope import Scope

Json = dict[str, Any]

METHOD = "ec2credential"
"""What Keystone calls it in tokens, so that they are known to stand for less than their user."""
VALID_S = 15 * 60
"""How long a signed request is good: Keystone's [credential] auth_ttl."""


async def create(request: Request, cluster: Cluster) -> Response:
    """Issue a token for the user and project of the key that signed the request."""
    asked = _asked(request)
    found = await _key(cluster, asked)
    _check_signature(found, asked)
    _check_time(asked)
    return _issued(request, cluster, found)


async def create_s3(request: Request, cluster: Cluster) -> Response:
    """Issue a token for the key that signed the text in `token`, as S3's clients do; without X-Subject-Token."""
    asked = _asked(request)
    found = await _key(cluster, asked)
    given = _given(asked)
    try:
        right, moment = signature.of_text(_secret(found), str(asked.get("token") or ""))
    except signature.Unreadable as error:
        raise Unauthorized(str(error)) from error
    if not hmac.compare_digest(right.encode(), given.encode()):
        raise Unauthorized("Credential signature mismatch")
    _check_time({"params": {"Timestamp": moment}})
    answer = _issued(request, cluster, found)
    return Response(answer.body)


def _asked(request: Request) -> Json:
    body = request.body
    asked: Json = body.get("credentials") or body.get("credential") or body.get("ec2Credentials") or {}
    if "access" not in asked:
        raise Unauthorized("EC2 Signature not supplied")
    return asked


async def _key(cluster: Cluster, asked: Json) -> Credential:
    found = await store.find(cluster, store.id_of_access(asked["access"]))
    if found is None or found.type != EC2 or not found.project_id:
        raise NotFound("EC2 access key not found.")
    return found


def _issued(request: Request, cluster: Cluster, found: Credential) -> Response:
    person = Person(user_id=found.user_id, methods=(METHOD,))
    return tokens.issued(request, cluster, person, Scope(project_id=found.project_id or ""), status=200)


def _secret(found: Credential) -> str:
    secret = msgspec.json.decode(found.blob).get("secret")
    if not isinstance(secret, str):
        raise callers.refused()
    return secret


def _given(asked: Json) -> str:
    given = asked.get("signature")
    if not given:
        raise Unauthorized("EC2 signature not supplied.")
    return str(given)


def _check_signature(found: Credential, asked: Json) -> None:
    given, secret = _given(asked), _secret(found)
    host = str(asked.get("host") or "")
    # Some clients leave the port out of what they sign.
    hosts = (host, host.rpartition(":")[0]) if ":" in host else (host,)
    try:
        right = [signature.of(secret, {**asked, "host": one}) for one in hosts]
    except signature.Unreadable as error:
        raise Unauthorized(str(error)) from error
    same = [hmac.compare_digest(one.encode(), given.encode()) for one in right]
    if not any(same):
        raise Unauthorized("Invalid EC2 signature.")


def _check_time(asked: Json) -> None:
    """Refuse what was signed long ago; a request without a time was meant to have none."""
    params, headers = asked.get("params") or {}, asked.get("headers") or {}
    text = params.get("Timestamp") or headers.get("X-Amz-Date") or params.get("X-Amz-Date")
    if not text:
        return
    try:
        signed_at = _moment(str(text))
    except ValueError as error:
        raise Unauthorized(f"Credential timestamp is invalid: {error}") from error
    if time.time() > signed_at + VALID_S:
        raise Unauthorized("Credential is expired")


def _moment(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return parse(text)
