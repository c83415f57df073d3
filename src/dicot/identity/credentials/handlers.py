"""Handlers of credentials of any type."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, rules
from dicot.identity.credentials import store, view
from dicot.identity.credentials.store import Credential
from dicot.identity.listing import collection

Json = dict[str, Any]

EC2 = "ec2"
MOST = 100
"""How many a user may have: each is a Secret in Dicot's namespace."""
DELEGATED = ("trust_id", "app_cred_id", "access_token_id")
"""What Keystone writes into the blob of a key that was made with a delegated token, which is refused by now."""


def check_primary(request: Request) -> None:
    """Refuse a token that stands for less than its user: a key would outlive the delegation."""
    caller = request.caller
    if caller.trust_id or rules.delegated_method(caller):
        action = "Delegated tokens cannot access credentials directly"
        raise Forbidden(f"You are not authorized to perform the requested action: {action}.")


async def index(request: Request, cluster: Cluster) -> Response:
    """List credentials: one's own, or everybody's for those who read everything."""
    own = "" if rules.reads_all(request.caller) else request.caller.user_id
    caller = request.caller
    hidden = bool(caller.trust_id) or rules.delegated_method(caller)
    url = request.url("/credentials")
    views = [view.credential(one, url) for one in await store.listed(cluster, own) if not hidden]
    return collection(request, cluster, "credentials", views, FILTERS)


FILTERS = ("user_id", "type")


async def _named(request: Request, cluster: Cluster) -> Credential:
    """Return the credential of the path: one's own, or anybody's for those who read or rule everything."""
    credential_id, caller = request.params["credential_id"], request.caller
    found = await store.find(cluster, credential_id)
    reads = request.http.method in {"GET", "HEAD"} and rules.reads_all(caller)
    if not (reads or caller.cloud_admin) and (found is None or found.user_id != caller.user_id):
        raise rules.refused(request)
    if found is None:
        raise lookup.absent("credential", credential_id)
    check_primary(request)
    return found


def _shown(request: Request, found: Credential) -> Json:
    return {"credential": view.credential(found, request.url("/credentials"))}


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one credential, with its secret."""
    return Response(_shown(request, await _named(request, cluster)))


async def create(request: Request, cluster: Cluster) -> Response:
    """Store a credential of oneself, or of anybody as an administrator."""
    body, caller = request.body["credential"], request.caller
    if caller.user_id != body["user_id"] and not caller.cloud_admin:
        raise rules.refused(request)
    check_primary(request)
    added = body.keys() - {"id", "blob", "project_id", "type", "user_id", "links"}
    if added:
        raise BadRequest(f"Invalid credential: {', '.join(sorted(added))} cannot be kept here.")
    made = Credential(
        id=names.derived_hex(names.new_id()),
        user_id=body["user_id"],
        type=body["type"],
        project_id=body.get("project_id"),
        blob=body["blob"],
    )
    if made.type.lower() == EC2:
        made = msgspec.structs.replace(made, id=store.id_of_access(keys_of(made.blob)["access"]))
    await check_room(cluster, made.user_id)
    await store.create(cluster, made)
    return Response(_shown(request, made), status=201)


async def check_room(cluster: Cluster, user_id: str) -> None:
    """Refuse one more credential than a user may have."""
    lookup.user(cluster, user_id)
    if len(await store.listed(cluster, user_id)) >= MOST:
        raise Forbidden(f"Unable to create additional credentials, maximum of {MOST} already exceeded for user.")


def keys_of(blob: str) -> Json:
    """Read the blob of an EC2 key; BadRequest in Keystone's words if it is none."""
    try:
        keys = msgspec.json.decode(blob)
    except msgspec.DecodeError:
        raise BadRequest("Invalid blob in credential") from None
    if not isinstance(keys, dict) or not keys:
        raise _missing("blob")
    if not isinstance(keys.get("access"), str):
        raise _missing("access")
    for key in DELEGATED:
        if keys.get(key) is not None:
            raise BadRequest(f"{key} can not be updated for credential")
    return keys


def _missing(attribute: str) -> BadRequest:
    return BadRequest(
        f"Expecting to find {attribute} in credential. The server could not comply with the request since it is either "
        "malformed or otherwise incorrect. The client is assumed to be in error."
    )


async def update(request: Request, cluster: Cluster) -> Response:
    """Put another blob in place of the old one; all else of a credential stays as it is."""
    found, blob = await _named(request, cluster), request.body["credential"]["blob"]
    if found.type.lower() == EC2:
        keys_of(blob)
    return Response(_shown(request, await store.change(cluster, found, blob)))


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a credential: what was signed with it is refused from then on."""
    await store.delete(cluster, await _named(request, cluster))
    return Response(status=204)
