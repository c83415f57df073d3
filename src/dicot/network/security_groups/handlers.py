"""Handlers of security groups, and the default group's passage from seen to written."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.network import answers, attributes, limits, projected, store
from dicot.network.answers import Served
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import PORTS, SECURITY_GROUPS
from dicot.network.resources import SECURITY_GROUP
from dicot.network.security_groups import view
from dicot.network.security_groups.schema import ATTRIBUTES

Json = dict[str, Any]


def shown(cluster: Cluster, _: Caller, obj: Json) -> Json:
    """Gather what a group's view needs."""
    return view.group(obj, project_id=store.project_of(cluster, store.namespace_of(obj)))


SERVED = Served(SECURITY_GROUP, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List security groups."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one security group."""
    return await answers.show(request, cluster, SERVED)


async def make(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    """Create one group that lets everything out and nothing in."""
    _refuse_default_name(wish)
    driver = driver_of(cluster)
    namespace = store.namespace_for(cluster, caller, wish["project_id"])
    limits.check(cluster, namespace, "security_group_rule", 2)
    out = [{"id": names.new_id(), "direction": "egress", "ethertype": ethertype} for ethertype in ("IPv4", "IPv6")]
    spec = {**attributes.spec(ATTRIBUTES, wish), "rules": out}
    body = store.manifest(SECURITY_GROUP, spec, finalizers=driver.finalizers)
    made = await store.add(cluster, caller, SECURITY_GROUP, body, namespace)
    try:
        await driver.settle(cluster, made)
    except BaseException:
        await unmake(cluster, caller, made)
        raise
    return made


async def unmake(cluster: Cluster, caller: Caller, obj: Json) -> None:
    """Delete one group and what stands behind it."""
    await store.remove(cluster, caller, SECURITY_GROUPS, obj)
    await store.settle_removed(cluster, caller, SECURITY_GROUP, obj, driver_of(cluster).settle)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one group or several."""
    return await answers.create(request, cluster, SERVED, make, unmake)


def _refuse_default_name(wish: Json) -> None:
    if wish.get("name", "").lower() == projected.DEFAULT:
        raise Conflict("Default security group already exists.", kind="SecurityGroupDefaultAlreadyExists")


async def written(cluster: Cluster, caller: Caller, obj: Json) -> Json:
    """Return the group as an object of the cluster: the default group is written by whoever first changes it."""
    if not projected.is_projected(obj):
        return obj
    meta = obj["metadata"]
    driver = driver_of(cluster)
    body: Json = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {"name": meta["name"], "labels": {**names.MANAGED_BY, **meta["labels"]}},
        "spec": obj["spec"],
    }
    if driver.finalizers:
        body["metadata"]["finalizers"] = list(driver.finalizers)
    try:
        made = await cluster.create(caller, SECURITY_GROUPS, body, meta["namespace"])
    except kube.AlreadyExists:
        made = await cluster.reread(caller, SECURITY_GROUPS, body | {"metadata": meta})
    await driver.settle(cluster, made)
    return made


async def writable(cluster: Cluster, caller: Caller, group_id: str) -> Json:
    """Return a group that the caller may change, written if it was not."""
    obj = await store.own(cluster, caller, SECURITY_GROUP, group_id, "update")
    return await written(cluster, caller, obj)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a group; the default group keeps its name."""
    wish = answers.wish(request, SERVED)
    obj = await writable(cluster, request.caller, request.params["id"])
    if obj["metadata"]["name"] == projected.DEFAULT and "name" in wish and wish["name"] != projected.DEFAULT:
        raise Conflict("Updating default security group not allowed.", kind="SecurityGroupCannotUpdateDefault")
    if obj["metadata"]["name"] != projected.DEFAULT:
        _refuse_default_name(wish)
    spec = attributes.spec(ATTRIBUTES, wish)

    async def decide(_: Json) -> Json:
        return spec

    changed = await store.change(cluster, request.caller, SECURITY_GROUP, request.params["id"], decide, request=request)
    await driver_of(cluster).settle(cluster, changed)
    return answers.one(request, cluster, SERVED, changed)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a group; 409 while a port has it, and always for the default group."""
    obj = await store.own(cluster, request.caller, SECURITY_GROUP, request.params["id"], "delete")
    if obj["metadata"]["name"] == projected.DEFAULT and not request.caller.cloud_admin:
        raise Conflict(
            "Insufficient rights for removing default security group.", kind="SecurityGroupCannotRemoveDefault"
        )
    group_id = store.identity(SECURITY_GROUP, obj)
    users = cluster.cache(PORTS).find("security-group", group_id)
    if any(store.alive(port) and store.namespace_of(port) == store.namespace_of(obj) for port in users):
        raise Conflict(f"Security Group {group_id} in use.", kind="SecurityGroupInUse")
    store.expect_revision(request, obj)
    if not projected.is_projected(obj):
        await unmake(cluster, request.caller, obj)
    return Response(status=204)


def named(cluster: Cluster, namespace: str, wanted: str) -> list[Json]:
    """Return a project's groups of that id or, if there is none, of that name."""
    own = [one for one in cluster.cache(SECURITY_GROUPS).find("namespace", namespace) if store.alive(one)]
    default = projected.default_group(cluster, namespace)
    if default is not None and projected.is_projected(default):
        own.append(default)
    by_id = [one for one in own if store.identity(SECURITY_GROUP, one) == wanted]
    return by_id or [one for one in own if one["spec"].get("name", one["metadata"]["name"]) == wanted]
