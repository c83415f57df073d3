"""Logging in under a limit: what a login is counted under, before anything is proved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from dicot.api.errors import ApiError
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.identity import attempts, authenticator, people
from dicot.identity.tokens.methods import user_of

Json = dict[str, Any]

_EXEMPT = "ignore_lockout_failure_attempts"


def counted(request: Request, cluster: Cluster, *users: str) -> AbstractAsyncContextManager[None]:
    """Count a login of these users from the request's address."""
    config = cluster.config
    address = attempts.address_of(request.http.scope, config.trusted_proxies)
    keys = [(f"user {user}", config.failed_logins_per_user) for user in dict.fromkeys(users)]
    limits = [(f"address {address}", config.failed_logins_per_address), *keys]
    return authenticator.of(cluster).attempts.counted(limits)


def users_of(cluster: Cluster, identity: Json) -> Iterator[str]:
    """Return under which users a login is counted: also under names that nobody has, for nobody is to learn that."""
    for method, part in (("password", "user"), ("totp", "user")):
        asked = (identity.get(method) or {}).get(part)
        if method in identity["methods"] and asked:
            yield from _user(cluster, asked)
    asked = identity.get("application_credential")
    if "application_credential" in identity["methods"] and asked:
        yield f"credential {_short(asked.get('id') or [asked.get('name'), asked.get('user')])}"


def _user(cluster: Cluster, asked: Json) -> Iterator[str]:
    try:
        user = user_of(cluster, asked)
    except ApiError:  # it will be refused for what it lacks
        return
    if user is None:
        yield f"unknown {_short([asked.get('id'), asked.get('name'), asked.get('domain')])}"
    elif not (user["spec"].get("options") or {}).get(_EXEMPT):
        yield people.user_id_of(user)


def _short(asked: Any) -> str:
    """Return something of one length for whatever was asked: what is remembered is bounded."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:32]
