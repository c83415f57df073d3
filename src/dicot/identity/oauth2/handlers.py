"""Handler of OAuth 2.0's token endpoint: keystone/api/os_oauth2.py, for clients with a secret."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any
from urllib.parse import parse_qs

from dicot.api.errors import ApiError
from dicot.api.middleware import BODY_BYTES_MAX, read_body
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import authenticator
from dicot.identity.tokens import guard
from dicot.identity.tokens import handlers as tokens
from dicot.identity.tokens.methods import prove
from dicot.identity.tokens.scope import asked_for

Json = dict[str, Any]

GRANT = "client_credentials"
FIELDS_MOST = 20
_FAILED = "Client authentication failed."


async def create(request: Request, cluster: Cluster) -> Response:
    """Issue the token of an application credential as an access token."""
    form = _form(await read_body(request.http, BODY_BYTES_MAX))
    grant = form.get("grant_type")
    if grant is None:
        return _error(400, "invalid_request", "The parameter grant_type is required.")
    if grant != GRANT:
        return _error(400, "unsupported_grant_type", f"The parameter grant_type {grant} is not supported.")
    client_id, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id or not secret:
        return _failed(request, _FAILED)
    identity = {
        "methods": ["application_credential"],
        "application_credential": {"id": client_id, "secret": secret},
    }
    try:
        return await _issued(request, cluster, identity)
    except ApiError as error:
        if error.status != 401:
            raise  # too many failures, or Kubernetes does not answer: nothing that OAuth has a word for
        return _failed(request, error.message)


async def _issued(request: Request, cluster: Cluster, identity: Json) -> Response:
    async with guard.counted(request, cluster, *guard.users_of(cluster, identity)):
        person = await prove(cluster, identity)
    token = tokens.issued(request, cluster, person, asked_for(cluster, person, {})).headers["X-Subject-Token"]
    payload = authenticator.of(cluster).open(token)
    assert payload is not None, "it was sealed a moment ago"
    lasts_s = round(payload.expires_at - time.time())
    return Response({"access_token": token, "token_type": "Bearer", "expires_in": lasts_s})


def _form(body: bytes) -> dict[str, str]:
    """Read a form; what is none has no fields."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        return {}
    return {key: values[0] for key, values in fields.items()}


def _basic(request: Request) -> tuple[str, str] | None:
    """Return name and secret of `Authorization: Basic`, None without it."""
    scheme, _, text = (request.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _failed(request: Request, description: str) -> Response:
    challenge = {"WWW-Authenticate": f'Keystone uri="{request.url()}"'}
    return _error(401, "invalid_client", description, challenge)


def _error(status: int, error: str, description: str, headers: dict[str, str] | None = None) -> Response:
    return Response({"error": error, "error_description": description}, status=status, headers=headers)
