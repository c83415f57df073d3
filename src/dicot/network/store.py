"""Finding, writing and deleting the custom resources that Neutron's objects are: who sees what, and whose turn it is.

Knows no resource in particular. Writes go out as the user.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden, PreconditionFailed
from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.cluster import RETRIES, Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import NAMESPACES, Kind
from dicot.network import limits, projected, ranges
from dicot.network.kinds import FLOATING_IPS, NETWORKS
from dicot.network.resources import ADDRESS_SCOPE, NETWORK, PORT, SECURITY_GROUP, SUBNET, SUBNET_POOL, Resource

Json = dict[str, Any]
Decide = Callable[[Json], Awaitable[Json]]

FINALIZER = "network.dicot.io/settled"
"""On objects that stand for something cluster-scoped, which no ownerReference can clean up."""


def alive(obj: Json) -> bool:
    """Tell whether an object is not being deleted: one that is, is gone for OpenStack."""
    return "deletionTimestamp" not in obj["metadata"]


def identity(resource: Resource, obj: Json) -> str:
    """Return the id of an object."""
    return names.identity_of(obj, resource.noun)


def namespace_of(obj: Json) -> str:
    """Return the namespace an object lives in, or is shown as if it lived in."""
    return obj["metadata"]["namespace"]


def project_of(cluster: Cluster, namespace: str) -> str:
    """Return the project id of a namespace; "" for Dicot's own."""
    found = cluster.cache(NAMESPACES).get(namespace)
    return names.project_id(found) if found is not None and names.is_project(found) else ""


def namespace_for(cluster: Cluster, caller: Caller, project_id: str) -> str:
    """Return the namespace of the project that is to own a new object."""
    if project_id == caller.project_id and caller.namespace:
        return caller.namespace
    raw = project_id
    if re.fullmatch(r"[0-9a-f]{32}", raw):
        uid = f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"
        found = cluster.cache(NAMESPACES).by_uid(uid)
        if found is not None and names.is_project(found):
            return found["metadata"]["name"]
    raise BadRequest(f"Project {project_id} could not be found.")


def sees(cluster: Cluster, caller: Caller, resource: Resource, obj: Json) -> bool:
    """Tell whether the caller may know of an object."""
    if caller.cloud_admin or namespace_of(obj) == caller.namespace:
        return True
    if resource is NETWORK:
        return is_common(obj)
    if resource in POOLED:
        return bool(ways_common(obj))
    if resource is SUBNET:
        network = network_of(cluster, obj["spec"]["networkId"])
        return network is not None and is_common(network) and namespace_of(network) == namespace_of(obj)
    return False


COMMON = ("shared", "external")
"""In what ways a network is everybody's to see; subnet pools and address scopes may be shared."""
POOLED = (SUBNET_POOL, ADDRESS_SCOPE)


def granted(obj: Json, way: str) -> bool:
    """Tell whether an object is what its spec says, for everybody (`shared`, `external`, `isDefault`).

    Any member may write a Network that says it is shared; its status, which Dicot alone writes (for an administrator),
    must say so too.
    """
    return bool(obj["spec"].get(way)) and way in obj.get("status", {}).get("open", ())


def ways_common(obj: Json) -> tuple[str, ...]:
    """Return in what ways an object is everybody's."""
    return tuple(way for way in COMMON if granted(obj, way))


def may_use(common: Json, obj: Json) -> bool:
    """Tell whether an object may stand on a pool or scope: of its own project, or shared. Anyone may write any id."""
    return namespace_of(common) == namespace_of(obj) or granted(common, "shared")


async def grant(cluster: Cluster, caller: Caller, resource: Resource, obj: Json, ways: tuple[str, ...]) -> Json:
    """Grant, in its status, what an object says of itself for everybody; to non-administrators nothing new."""
    have = obj.get("status", {}).get("open", [])
    wanted = [way for way in ways if obj["spec"].get(way) and (caller.cloud_admin or way in have)]
    if wanted == have:
        return obj
    name, namespace = obj["metadata"]["name"], namespace_of(obj)
    patch = {"metadata": {"resourceVersion": obj["metadata"]["resourceVersion"]}, "status": {"open": wanted}}
    changed = await cluster.client.patch(resource.kind, name, patch, namespace, subresource="status")
    cluster.cache(resource.kind).learn(changed)
    return changed


def is_common(network: Json) -> bool:
    """Tell whether a network is everybody's to see: shared or external."""
    return projected.is_projected(network) or bool(ways_common(network))


def _oldest(cluster: Cluster, resource: Resource, wanted: str) -> Json | None:
    """Return the object of an id, whoever owns it. Ids are labels, which anyone may copy: the original is older."""
    found = cluster.cache(resource.kind).find("id", wanted)
    if not found:
        return _projected(cluster, resource, wanted)
    return found[0] if len(found) == 1 else min(found, key=lambda one: one["metadata"]["creationTimestamp"])


def network_of(cluster: Cluster, network_id: str) -> Json | None:
    """Return a network by id from the cache, whoever owns it."""
    return _oldest(cluster, NETWORK, network_id)


def subnets_of(cluster: Cluster, network_id: str) -> list[Json]:
    """Return the subnets of a network, whoever owns it, oldest first: in its namespace, and with real addresses."""
    network = network_of(cluster, network_id)
    if network is None:
        return []
    if projected.is_projected(network):
        found = [one for one in projected.objects(cluster, SUBNET) if one["spec"]["networkId"] == network_id]
    else:
        found = _subnets_in(cluster, network)
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], identity(SUBNET, one)))


def _subnets_in(cluster: Cluster, network: Json) -> list[Json]:
    found = cluster.cache(SUBNET.kind).find("network", identity(NETWORK, network))
    home = namespace_of(network)
    return [one for one in found if alive(one) and namespace_of(one) == home and ranges.is_sound(one["spec"])]


def subnet_of(cluster: Cluster, subnet_id: str) -> Json | None:
    """Return a subnet by id from the cache, whoever owns it."""
    return _oldest(cluster, SUBNET, subnet_id)


def floating_ips_of(cluster: Cluster, port: Json) -> list[Json]:
    """Return the floating IPs of a port's project that lead to it."""
    found = cluster.cache(FLOATING_IPS).find("port", identity(PORT, port))
    return [one for one in found if alive(one) and namespace_of(one) == namespace_of(port)]


def _projected(cluster: Cluster, resource: Resource, wanted: str) -> Json | None:
    return next((one for one in projected.objects(cluster, resource) if identity(resource, one) == wanted), None)


async def find(cluster: Cluster, caller: Caller, resource: Resource, wanted: str) -> Json:
    """Return an object that the caller may know of; 404 in Neutron's words otherwise."""
    cached = [one for one in cluster.cache(resource.kind).find("id", wanted) if alive(one)]
    seen = [one for one in cached if sees(cluster, caller, resource, one)]
    if seen:
        # Ids are labels, which anyone may copy: one's own object wins, then the oldest.
        home = caller.namespace
        return min(seen, key=lambda one: (namespace_of(one) != home, one["metadata"]["creationTimestamp"]))
    found = await cluster.find(caller, resource.kind, resource.noun, wanted, None)
    found = found or _projected(cluster, resource, wanted)
    if found is None or not alive(found) or not sees(cluster, caller, resource, found):
        raise resource.missing(wanted)
    return found


def visible(cluster: Cluster, caller: Caller, resource: Resource) -> list[Json]:
    """Return every object that the caller may know of."""
    cache = cluster.cache(resource.kind)
    if caller.cloud_admin:
        found = [*cache.all(), *projected.objects(cluster, resource)]
    else:
        found = [
            *cache.find("namespace", caller.namespace),
            *_common(cluster, caller, resource),
            *projected.objects(cluster, resource, caller.namespace),
        ]
    return [one for one in found if alive(one)]


def _common(cluster: Cluster, caller: Caller, resource: Resource) -> list[Json]:
    """Return what other projects share with everybody: networks, and the subnets of such."""
    if resource in POOLED:
        shared = cluster.cache(resource.kind).find("common", "shared")
        return [one for one in shared if namespace_of(one) != caller.namespace]
    if resource not in (NETWORK, SUBNET):
        return []
    networks = [one for one in common_networks(cluster) if namespace_of(one) != caller.namespace]
    if resource is NETWORK:
        return networks
    return [subnet for one in networks for subnet in _subnets_in(cluster, one)]


def common_networks(cluster: Cluster, kind: str = "") -> list[Json]:
    """Return the written networks that are everybody's to see: shared ones, external ones, or both."""
    cache = cluster.cache(NETWORKS)
    found = [one for way in ([kind] if kind else COMMON) for one in cache.find("common", way)]
    unique = {one["metadata"]["uid"]: one for one in found if alive(one)}
    return list(unique.values())


def group_of(cluster: Cluster, group_id: str) -> Json | None:
    """Return a security group by id, written or not."""
    return _oldest(cluster, SECURITY_GROUP, group_id)


async def own(cluster: Cluster, caller: Caller, resource: Resource, wanted: str, verb: str) -> Json:
    """Return an object that the caller may change; 404 or, where it may at least be seen, 403."""
    obj = await find(cluster, caller, resource, wanted)
    if not caller.cloud_admin and namespace_of(obj) != caller.namespace:
        raise Forbidden(f"rule:{verb}_{resource.name} is disallowed by policy", kind="PolicyNotAuthorized")
    return obj


def refuse_projected(resource: Resource, obj: Json) -> None:
    """Refuse to change what only shows an object of the cluster."""
    if projected.is_projected(obj):
        where = names.annotations_of(obj)[projected.MARK]
        raise Conflict(f"{resource.noun} {identity(resource, obj)} shows {where}: change it with kubectl.")


def manifest(resource: Resource, spec: Json, *, wanted: str = "", finalizers: tuple[str, ...] = ()) -> Json:
    """Make the custom resource of a new object. Its name tells what the user called it."""
    made = wanted or names.new_id()
    kept = {key: value for key, value in spec.items() if value is not None}
    meta: Json = {
        "name": names.object_name(spec.get("name") or resource.noun),
        "labels": {**names.MANAGED_BY, names.id_label(resource.noun): made},
    }
    if finalizers:
        meta["finalizers"] = list(finalizers)
    return {"apiVersion": resource.kind.api_version, "kind": resource.kind.kind, "metadata": meta, "spec": kept}


async def add(cluster: Cluster, caller: Caller, resource: Resource, body: Json, namespace: str) -> Json:
    """Create an object within the project's quota; 409 OverQuota beyond it."""
    limits.check(cluster, namespace, resource.noun)
    try:
        return await cluster.create(caller, resource.kind, body, namespace)
    except kube.QuotaExceeded as error:
        raise limits.over(resource.noun) from error


async def change(
    cluster: Cluster, caller: Caller, resource: Resource, wanted: str, decide: Decide, *, request: Request | None = None
) -> Json:
    """Change an object's spec by the merge patch that `decide` makes of it; decided anew if it changed meanwhile."""
    for attempt in range(RETRIES):
        obj = await own(cluster, caller, resource, wanted, "update")
        if attempt:
            obj = await cluster.reread(caller, resource.kind, obj)
        if request is not None:
            expect_revision(request, obj)
        patch = await decide(obj)
        if not patch:
            return obj
        try:
            return await write(cluster, caller, resource.kind, obj, patch)
        except kube.Conflict:
            continue
    raise Conflict(f"{resource.noun} {wanted} keeps changing. Try again.")


async def write(cluster: Cluster, caller: Caller, kind: Kind, obj: Json, spec: Json) -> Json:
    """Merge a patch into the spec of exactly this version of an object; kube.Conflict if it has changed."""
    body = {"metadata": {"resourceVersion": obj["metadata"]["resourceVersion"]}, "spec": replacing(obj["spec"], spec)}
    return await cluster.patch(caller, kind, obj["metadata"]["name"], body, namespace_of(obj))


def replacing(old: Json, new: Json) -> Json:
    """Make a merge patch that replaces objects instead of merging into them."""
    return {
        key: {**dict.fromkeys(old[key]), **value}
        if isinstance(value, dict) and isinstance(old.get(key), dict)
        else value
        for key, value in new.items()
    }


async def remove(cluster: Cluster, caller: Caller, kind: Kind, obj: Json) -> None:
    """Delete an object; reads no longer find it when this returns."""
    await cluster.delete(caller, kind, obj)
    if not obj["metadata"].get("finalizers"):
        cluster.cache(kind).forget(obj["metadata"]["uid"])


def revision(obj: Json) -> int:
    """Return the revision number: Kubernetes counts the changes of a spec as `metadata.generation`."""
    return obj["metadata"].get("generation", 1)


_REVISION = re.compile(r'"?revision_number=([^",]*)"?')


def expect_revision(request: Request, obj: Json) -> None:
    """Keep If-Match: 412 if it names another revision."""
    wanted = _REVISION.findall(request.http.headers.get("if-match", ""))
    if not wanted:
        return
    if len(wanted) > 1:
        raise BadRequest("Bad if-match request: Multiple revision_number etags are not supported.", kind="BadRequest")
    if not wanted[0].isdecimal():
        sentence = "Bad if-match request: Revision number etag must be in the format of revision_number=<int>."
        raise BadRequest(sentence, kind="BadRequest")
    if int(wanted[0]) != revision(obj):
        raise PreconditionFailed(
            f"Constrained to {wanted[0]}, but current revision is {revision(obj)}",
            kind="RevisionNumberConstraintFailed",
        )


async def settle_removed(
    cluster: Cluster, caller: Caller, resource: Resource, obj: Json, settle: Callable[[Cluster, Json], Awaitable[None]]
) -> None:
    """Let a driver clean up behind a deleted object that waits for it, as it is now in Kubernetes."""
    meta = obj["metadata"]
    if not meta.get("finalizers"):
        await settle(cluster, obj)
        return
    try:
        now = await cluster.reread(caller, resource.kind, obj)
    except kube.NotFound:
        cluster.cache(resource.kind).forget(meta["uid"])
        return
    await settle(cluster, now)
