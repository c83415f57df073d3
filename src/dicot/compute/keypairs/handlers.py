"""Handlers of keypairs: gather, decide, act."""

from __future__ import annotations

import asyncio
from typing import Any

from dicot import names
from dicot.api import paging
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.keypairs import certificates, changes, ssh, store, view
from dicot.compute.keypairs.manifest import Keypair

Json = dict[str, Any]

KEYPAIRS_MAX = 100
"""Keypairs of one user, as in Nova."""
SSH = "ssh"
PUBLIC_KEY_BYTES_MAX = 65535
"""As much as Nova's column holds."""


def _owner(request: Request, asked: str) -> str:
    """Return whose keypairs are meant; only an administrator may mean another's."""
    caller = request.caller
    if asked and asked != caller.user_id and not caller.cloud_admin:
        assert request.route is not None
        raise Forbidden(request.service.forbidden(request.route))
    return asked or caller.user_id


def _owner_asked(request: Request) -> str:
    return _owner(request, next(iter(request.asked_all("user_id")), ""))


async def index(request: Request, cluster: Cluster) -> Response:
    """List a user's keypairs by name."""
    page, more = paging.page(
        request,
        await store.every(cluster, _owner_asked(request)),
        lambda keypair: keypair.name,
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"Marker {marker} could not be found."),
    )
    body: Json = {"keypairs": [view.brief(one) for one in page]}
    if more:
        body["keypairs_links"] = [{"rel": "next", "href": paging.next_link(request, "/os-keypairs", page[-1].name)}]
    return Response(body)


async def create(request: Request, cluster: Cluster) -> Response:
    """Import a public key or, for clients older than 2.92 that send none, make a pair."""
    asked = request.body["keypair"]
    user_id = _owner(request, asked.get("user_id") or "")
    if not names.may_be_label(user_id):
        raise BadRequest(f"User {user_id} could not be found.")
    if len(await store.every(cluster, user_id)) >= KEYPAIRS_MAX:
        raise Forbidden("Quota exceeded, too many key pairs.")
    kind, private_key, public_key = asked.get("type", SSH), "", asked.get("public_key")
    if public_key is None:
        private_key, public_key = await asyncio.to_thread(_generate, kind, user_id)
    known_by = _fingerprint(kind, public_key)
    made = await store.write(
        cluster, Keypair(name=asked["name"], public_key=public_key, fingerprint=known_by, type=kind, user_id=user_id)
    )
    status = 200 if request.before(changes.SAYS_WHAT_IT_DID) else 201
    return Response({"keypair": view.created(made, private_key)}, status=status)


def _generate(kind: str, user_id: str) -> tuple[str, str]:
    if kind == SSH:
        return ssh.generate()
    try:
        return certificates.generate(user_id)
    except ValueError as error:
        raise BadRequest(f"Keypair data is invalid: no certificate can be made for user {user_id}") from error


def _fingerprint(kind: str, public_key: str) -> str:
    if len(public_key.encode()) > PUBLIC_KEY_BYTES_MAX:
        raise BadRequest(f"Keypair data is invalid: the public key is longer than {PUBLIC_KEY_BYTES_MAX} bytes")
    try:
        return ssh.fingerprint(public_key) if kind == SSH else certificates.fingerprint(public_key)
    except ValueError as error:
        what = "fingerprint" if kind == SSH else "X509 fingerprint"
        raise BadRequest(f"Keypair data is invalid: failed to generate {what}") from error


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one keypair of a user."""
    return Response({"keypair": view.keypair(await store.read(cluster, _owner_asked(request), request.params["name"]))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a keypair; servers made with it keep theirs."""
    await store.remove(cluster, _owner_asked(request), request.params["name"])
    return Response(status=202 if request.before(changes.SAYS_WHAT_IT_DID) else 204)
