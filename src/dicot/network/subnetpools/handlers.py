"""Handlers of subnet pools: gather, decide, act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import answers, attributes, store, values
from dicot.network.answers import Served
from dicot.network.kinds import SUBNET_POOLS
from dicot.network.resources import SUBNET_POOL
from dicot.network.subnetpools import giving, prefixes, scoped, view
from dicot.network.subnetpools.schema import ATTRIBUTES

Json = dict[str, Any]

WAYS = ("shared", "isDefault")


def shown(cluster: Cluster, _: Caller, obj: Json) -> Json:
    """Gather what a subnet pool's view needs."""
    return view.subnetpool(
        obj,
        project_id=store.project_of(cluster, store.namespace_of(obj)),
        shared=store.granted(obj, "shared"),
        default=store.granted(obj, "isDefault"),
    )


SERVED = Served(SUBNET_POOL, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List subnet pools: the project's own and shared ones."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one subnet pool."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one subnet pool."""
    version = prefixes.version_of(wish["prefixes"])
    spec = {**attributes.spec(ATTRIBUTES, wish), "prefixes": prefixes.compact(wish["prefixes"]), "ipVersion": version}
    spec |= _bounds(spec)
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    body = store.manifest(SUBNET_POOL, spec)
    _check(cluster, spec, "")
    await scoped.check(cluster, caller, spec, store.identity(SUBNET_POOL, body), namespace)
    made = await store.add(cluster, caller, SUBNET_POOL, body, namespace)
    try:
        return await store.grant(cluster, caller, SUBNET_POOL, made, WAYS)
    except BaseException:
        await unmake(cluster, caller, made)
        raise


def _bounds(spec: Json) -> Json:
    """Spell out the lengths that a pool has when nobody says, for who reads it with kubectl."""
    least, most, usual = prefixes.bounds(spec)
    return {"minPrefixlen": least, "maxPrefixlen": most, "defaultPrefixlen": usual}


def _check(cluster: Cluster, spec: Json, pool_id: str) -> None:
    prefixes.check_bounds(spec)
    if not spec.get("isDefault"):
        return
    for other in cluster.cache(SUBNET_POOLS).all():
        if is_default(other, spec["ipVersion"]) and store.identity(SUBNET_POOL, other) != pool_id:
            values.invalid(
                "A default subnetpool for this IP family has already been set. Only one default may exist per IP family"
            )


def is_default(pool: Json, version: int) -> bool:
    """Tell whether subnets of an IP version are made from this pool when nobody says."""
    return store.alive(pool) and store.granted(pool, "isDefault") and pool["spec"]["ipVersion"] == version


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one subnet pool."""
    await store.remove(cluster, caller, SUBNET_POOL.kind, obj)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one subnet pool or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a subnet pool: its prefixes may only grow."""
    spec = attributes.spec(ATTRIBUTES, answers.wish(request, SERVED))

    async def decide(obj: Json) -> Json:
        have = prefixes.of(obj["spec"])
        if "prefixes" in spec and not prefixes.within(have, spec["prefixes"]):
            raise _illegal("Existing prefixes must be a subset of the new prefixes")
        return await _decided(cluster, request.caller, obj, spec)

    obj = await store.change(cluster, request.caller, SUBNET_POOL, request.params["id"], decide, request=request)
    obj = await store.grant(cluster, request.caller, SUBNET_POOL, obj, WAYS)
    return answers.one(request, cluster, SERVED, obj)


async def _decided(cluster: Cluster, caller: Caller, obj: Json, spec: Json) -> Json:
    """Check a changed pool as a whole; return the change."""
    pool_id = store.identity(SUBNET_POOL, obj)
    whole = {**obj["spec"], **spec}
    if "prefixes" in spec:
        prefixes.version_of([*whole["prefixes"], *prefixes.of(obj["spec"])])
        spec = {**spec, "prefixes": prefixes.compact(whole["prefixes"])}
    _check(cluster, whole, pool_id)
    await scoped.check_own(cluster, caller, obj)
    await scoped.check(cluster, caller, whole, pool_id, store.namespace_of(obj))
    return spec


def _illegal(reason: str) -> BadRequest:
    return BadRequest(f"Illegal update to prefixes: {reason}.", kind="IllegalSubnetPoolPrefixUpdate")


async def add_prefixes(request: Request, cluster: Cluster) -> Response:
    """Add prefixes to a pool."""
    return await _with_prefixes(request, cluster, lambda _, have, more: prefixes.compact([*have, *more]))


async def remove_prefixes(request: Request, cluster: Cluster) -> Response:
    """Take prefixes out of a pool, as far as nothing of them is given out."""

    def left(pool: Json, have: list[str], less: list[str]) -> list[str]:
        if prefixes.overlap(less, [cidr for cidr, _ in giving.given(cluster, pool).values()]):
            raise _illegal("One or more the prefixes to be removed is in use by a subnet.")
        return prefixes.without(have, less)

    return await _with_prefixes(request, cluster, left)


async def _with_prefixes(
    request: Request, cluster: Cluster, make_new: Callable[[Json, list[str], list[str]], list[str]]
) -> Response:
    asked = request.body.get("prefixes") if isinstance(request.body, dict) else None
    if not asked or not isinstance(asked, list):
        raise BadRequest("Request body contains invalid data")
    given = values.cidrs(asked, "prefixes")

    async def decide(obj: Json) -> Json:
        have = prefixes.of(obj["spec"])
        prefixes.version_of([*given, *have])
        new = make_new(obj, have, given)
        return {} if new == have else await _decided(cluster, request.caller, obj, {"prefixes": new})

    obj = await store.change(cluster, request.caller, SUBNET_POOL, request.params["id"], decide)
    return Response({"prefixes": prefixes.of(obj["spec"])})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a subnet pool; 400 while subnets are of it."""
    obj = await store.own(cluster, request.caller, SUBNET_POOL, request.params["id"], "delete")
    store.expect_revision(request, obj)
    if giving.given(cluster, obj):
        raise BadRequest(
            "Unable to delete subnet pool: Subnet pool has existing allocations.", kind="SubnetPoolDeleteError"
        )
    await unmake(cluster, request.caller, obj)
    return Response(status=204)
