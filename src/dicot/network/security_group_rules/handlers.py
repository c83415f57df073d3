"""Handlers of security group rules: each is an entry of its group, changed with the group's version as the lock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dicot import names
from dicot.api.errors import Conflict, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import attributes, limits, listing, store
from dicot.network.drivers.choice import of as driver_of
from dicot.network.resources import SECURITY_GROUP
from dicot.network.security_group_rules import rules
from dicot.network.security_group_rules.schema import ATTRIBUTES
from dicot.network.security_groups import view
from dicot.network.security_groups.handlers import writable

Json = dict[str, Any]

NAME, COLLECTION, PATH = "security_group_rule", "security_group_rules", "/security-group-rules"


def _visible(cluster: Cluster, caller: Caller) -> list[tuple[Json, Json]]:
    """Return every rule the caller may know of, with its group."""
    groups = store.visible(cluster, caller, SECURITY_GROUP)
    return [(group, rule) for group in groups for rule in group["spec"].get("rules", [])]


def _shown(cluster: Cluster, group: Json, rule: Json) -> Json:
    return view.rule(group, rule, project_id=store.project_of(cluster, store.namespace_of(group)))


def _find(cluster: Cluster, caller: Caller, rule_id: str) -> tuple[Json, Json]:
    for group, rule in _visible(cluster, caller):
        if rule["id"] == rule_id:
            return group, rule
    raise _missing(rule_id)


def _missing(rule_id: str) -> NotFound:
    return NotFound(f"Security group rule {rule_id} does not exist", kind="SecurityGroupRuleNotFound")


async def index(request: Request, cluster: Cluster) -> Response:
    """List rules."""
    views = [_shown(cluster, group, rule) for group, rule in _visible(cluster, request.caller)]
    return listing.answer(request, views, COLLECTION, PATH, ATTRIBUTES)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one rule."""
    group, rule = _find(cluster, request.caller, request.params["id"])
    return Response({NAME: listing.fields(request, _shown(cluster, group, rule))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one rule or several."""
    caller = request.caller
    given, several = attributes.objects(request.body, NAME, COLLECTION)
    wishes = [attributes.for_create(ATTRIBUTES, one, caller, NAME) for one in given]
    for wish in wishes:
        rules.check(wish)
    made: list[tuple[Json, Json]] = []
    try:
        for wish in wishes:
            one = await _make(cluster, caller, wish)
            made.append(one)
    except BaseException:
        for group, rule in reversed(made):
            await _remove(cluster, caller, store.identity(SECURITY_GROUP, group), rule["id"])
        raise
    views = [_shown(cluster, group, rule) for group, rule in made]
    return Response({COLLECTION: views} if several else {NAME: views[0]}, status=201)


async def _make(cluster: Cluster, caller: Caller, wish: Json) -> tuple[Json, Json]:
    group_id = wish["security_group_id"]
    if wish["remote_address_group_id"] is not None:
        raise NotFound(
            f"Address group {wish['remote_address_group_id']} could not be found.", kind="AddressGroupNotFound"
        )
    if wish["remote_group_id"] is not None:
        await store.find(cluster, caller, SECURITY_GROUP, wish["remote_group_id"])
    group = await writable(cluster, caller, group_id)
    kept = {key: value for key, value in attributes.spec(ATTRIBUTES, wish).items() if value is not None}
    driver_of(cluster).check_rule(cluster, caller, {}, kept)
    limits.check(cluster, store.namespace_of(group), NAME)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rule = {"id": names.new_id(), **kept, "createdAt": now}

    async def decide(obj: Json) -> Json:
        for other in obj["spec"].get("rules", []):
            if rules.same(other, rule):
                raise Conflict(
                    f"Security group rule already exists. Rule id is {other['id']}.", kind="SecurityGroupRuleExists"
                )
        return {"rules": [*obj["spec"].get("rules", []), rule]}

    changed = await store.change(cluster, caller, SECURITY_GROUP, group_id, decide)
    try:
        await driver_of(cluster).settle(cluster, changed)
    except BaseException:
        await _remove(cluster, caller, group_id, rule["id"])
        raise
    return changed, rule


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a rule's description; nothing else of a rule changes."""
    group, _ = _find(cluster, request.caller, request.params["id"])
    given = attributes.single(request.body, NAME)
    wish = attributes.for_update(ATTRIBUTES, given, request.caller, NAME)
    group = await writable(cluster, request.caller, store.identity(SECURITY_GROUP, group))

    async def decide(obj: Json) -> Json:
        return {
            "rules": [{**one, **wish} if one["id"] == request.params["id"] else one for one in obj["spec"]["rules"]]
        }

    group_id = store.identity(SECURITY_GROUP, group)
    changed = await store.change(cluster, request.caller, SECURITY_GROUP, group_id, decide)
    for rule in changed["spec"]["rules"]:
        if rule["id"] == request.params["id"]:
            return Response({NAME: _shown(cluster, changed, rule)})
    raise _missing(request.params["id"])


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete one rule."""
    group, rule = _find(cluster, request.caller, request.params["id"])
    group = await writable(cluster, request.caller, store.identity(SECURITY_GROUP, group))
    await _remove(cluster, request.caller, store.identity(SECURITY_GROUP, group), rule["id"])
    return Response(status=204)


async def _remove(cluster: Cluster, caller: Caller, group_id: str, rule_id: str) -> None:
    async def decide(obj: Json) -> Json:
        return {"rules": [one for one in obj["spec"].get("rules", []) if one["id"] != rule_id]}

    changed = await store.change(cluster, caller, SECURITY_GROUP, group_id, decide)
    await driver_of(cluster).settle(cluster, changed)
