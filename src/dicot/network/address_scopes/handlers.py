"""Handlers of address scopes: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import answers, attributes, store
from dicot.network.address_scopes import view
from dicot.network.address_scopes.schema import ATTRIBUTES
from dicot.network.answers import Served
from dicot.network.kinds import SUBNET_POOLS
from dicot.network.resources import ADDRESS_SCOPE

Json = dict[str, Any]

WAYS = ("shared",)


def shown(cluster: Cluster, _: Caller, obj: Json) -> Json:
    """Gather what an address scope's view needs."""
    project_id = store.project_of(cluster, store.namespace_of(obj))
    return view.address_scope(obj, project_id=project_id, shared=store.granted(obj, "shared"))


SERVED = Served(ADDRESS_SCOPE, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List address scopes: the project's own and shared ones."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one address scope."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one address scope."""
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    body = store.manifest(ADDRESS_SCOPE, attributes.spec(ATTRIBUTES, wish))
    made = await store.add(cluster, caller, ADDRESS_SCOPE, body, namespace)
    try:
        return await store.grant(cluster, caller, ADDRESS_SCOPE, made, WAYS)
    except BaseException:
        await unmake(cluster, caller, made)
        raise


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one address scope."""
    await store.remove(cluster, caller, ADDRESS_SCOPE.kind, obj)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one address scope or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change an address scope; one that is shared stays so."""
    spec = attributes.spec(ATTRIBUTES, answers.wish(request, SERVED))
    wanted = request.params["id"]

    async def decide(obj: Json) -> Json:
        if store.granted(obj, "shared") and not spec.get("shared", True):
            raise BadRequest(
                f"Unable to update address scope {wanted} : Shared address scope can't be unshared.",
                kind="AddressScopeUpdateError",
            )
        return spec

    obj = await store.change(cluster, request.caller, ADDRESS_SCOPE, wanted, decide)
    obj = await store.grant(cluster, request.caller, ADDRESS_SCOPE, obj, WAYS)
    return answers.one(request, cluster, SERVED, obj)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete an address scope; 409 while subnet pools are in it."""
    obj = await store.own(cluster, request.caller, ADDRESS_SCOPE, request.params["id"], "delete")
    scope_id = store.identity(ADDRESS_SCOPE, obj)
    if any(store.may_use(obj, one) for one in cluster.cache(SUBNET_POOLS).find("scope", scope_id)):
        raise Conflict(
            f"Unable to complete operation on address scope {scope_id}. There are one or more subnet pools in use on "
            "the address scope.",
            kind="AddressScopeInUse",
        )
    await unmake(cluster, request.caller, obj)
    return Response(status=204)
