"""Handlers of a user's EC2 keys: `/v3/users/{user_id}/credentials/OS-EC2`."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from dicot.api.errors import Unauthorized
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, rules
from dicot.identity.credentials import store, view
from dicot.identity.credentials.handlers import EC2, check_primary, check_room
from dicot.identity.credentials.store import Credential
from dicot.identity.listing import wrapped

Json = dict[str, Any]

_KEY_BYTES = 16


def _check_owner(request: Request) -> None:
    """Refuse whoever is neither the user in the path, nor reads or rules everything."""
    caller = request.caller
    own = caller.user_id == request.params["user_id"]
    reads = request.http.method in {"GET", "HEAD"} and rules.reads_all(caller)
    if not (own or reads or caller.cloud_admin):
        raise rules.refused(request)


def _url(request: Request) -> str:
    return request.url(f"/users/{request.params['user_id']}/credentials/OS-EC2")


async def index(request: Request, cluster: Cluster) -> Response:
    """List a user's keys."""
    _check_owner(request)
    check_primary(request)
    lookup.user(cluster, request.params["user_id"])
    found = await store.listed(cluster, request.params["user_id"])
    keys = [view.ec2(one, _url(request)) for one in found if one.type.lower() == EC2]
    return wrapped(request, "credentials", sorted(keys, key=lambda one: str(one["access"])))


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a key for a project."""
    user_id, project_id = request.params["user_id"], request.body["tenant_id"]
    if request.caller.user_id != user_id and not request.caller.cloud_admin:
        raise rules.refused(request)
    lookup.user(cluster, user_id)
    lookup.project(cluster, project_id)
    check_primary(request)
    await check_room(cluster, user_id)
    access = secrets.token_hex(_KEY_BYTES)
    keys = {"access": access, "secret": secrets.token_hex(_KEY_BYTES), "trust_id": None}
    made = Credential(store.id_of_access(access), user_id, EC2, project_id, msgspec.json.encode(keys).decode())
    await store.create(cluster, made)
    return Response({"credential": view.ec2(made, _url(request))}, status=201)


async def _named(request: Request, cluster: Cluster) -> Credential:
    """Return the key of the path; it must be the user's."""
    caller, user_id = request.caller, request.params["user_id"]
    _check_owner(request)
    credential_id = store.id_of_access(request.params["access"])
    found = await store.find(cluster, credential_id)
    if found is None or found.user_id != user_id:
        raise lookup.absent("credential", credential_id)
    if found.type.lower() != EC2:
        raise Unauthorized("EC2 access key not found.")
    check_primary(request)
    assert caller.user_id == user_id or rules.reads_all(caller), "it was checked above"
    return found


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one key, with its secret."""
    return Response({"credential": view.ec2(await _named(request, cluster), _url(request))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a key."""
    await store.delete(cluster, await _named(request, cluster))
    return Response(status=204)
