"""Handlers of groups and of who is in them: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, namespaces, people, rules, unique
from dicot.identity.groups import manifest, view
from dicot.identity.groups.schema import KNOWN
from dicot.identity.kinds import GROUPS
from dicot.identity.listing import collection
from dicot.identity.users import departure
from dicot.identity.users import handlers as users

Json = dict[str, Any]

FILTERS = ("name", "domain_id")


def shown(request: Request, group: Json) -> Json:
    """Show a group with its link."""
    return view.group(group, request.url("/groups"))


def _readable(request: Request, cluster: Cluster) -> Json:
    group = people.group(cluster, request.params["group_id"])
    if not rules.reads_all(request.caller) and not (
        group and rules.in_domain(request.caller, people.domain_id_of(group))
    ):
        raise rules.refused(request)
    return lookup.group(cluster, request.params["group_id"])


async def index(request: Request, cluster: Cluster) -> Response:
    """List groups: all of them, or those of the caller's domain."""
    caller = request.caller
    found = [one for one in cluster.cache(GROUPS).all() if rules.in_domain(caller, people.domain_id_of(one))]
    return collection(request, cluster, "groups", [shown(request, one) for one in found], FILTERS)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one group."""
    return Response({"group": shown(request, _readable(request, cluster))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a group without members."""
    body = request.body["group"]
    domain_id = body.get("domain_id") or request.caller.domain_id or namespaces.DEFAULT_DOMAIN
    lookup.domain(cluster, domain_id)
    _check_free(cluster, domain_id, body["name"])
    spec = {key: value for key, value in manifest.spec(body, KNOWN).items() if value is not None}
    wanted = manifest.group(names.derived_hex(names.new_id()), {**spec, "domainId": domain_id, "members": []})
    place = f"{domain_id}/{body['name']}"
    group = await unique.create(
        cluster,
        request.caller,
        GROUPS,
        wanted,
        lambda there: place in people.by_domain_and_name(there),
        _taken(domain_id, body["name"]),
    )
    return Response({"group": shown(request, group)}, status=201)


def _check_free(cluster: Cluster, domain_id: str, name: str) -> None:
    if people.group_named(cluster, domain_id, name) is not None:
        raise _taken(domain_id, name)


def _taken(domain_id: str, name: str) -> Conflict:
    return Conflict(
        "Conflict occurred attempting to store group - Duplicate entry found with name "
        f"{name} at domain ID {domain_id}."
    )


async def update(request: Request, cluster: Cluster) -> Response:
    """Rename or describe a group."""
    body, group_id = request.body["group"], request.params["group_id"]
    group = lookup.group(cluster, group_id)
    domain_id = people.domain_id_of(group)
    if body.get("id", group_id) != group_id:
        raise BadRequest("Cannot change group ID")
    if body.get("domain_id", domain_id) != domain_id:
        raise BadRequest("Cannot change Domain ID")
    if body.get("name", people.name_of(group)) != people.name_of(group):
        _check_free(cluster, domain_id, body["name"])
    patch = {"spec": manifest.spec(body, KNOWN)}
    changed = await cluster.patch(request.caller, GROUPS, group["metadata"]["name"], patch)
    return Response({"group": {**shown(request, changed), "extra": changed["spec"].get("extra") or {}}})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a group with its role assignments."""
    group = lookup.group(cluster, request.params["group_id"])
    await departure.of_subject(cluster, request.caller, departure.group_key(group))
    await cluster.delete(request.caller, GROUPS, group)
    return Response(status=204)


async def of_user(request: Request, cluster: Cluster) -> Response:
    """List the groups that a user is in."""
    users.readable(request, cluster)
    found = people.groups_of(cluster, request.params["user_id"])
    return collection(request, cluster, "groups", [shown(request, one) for one in found], ("name",))


async def members(request: Request, cluster: Cluster) -> Response:
    """List the users in a group."""
    group = _readable(request, cluster)
    found = [people.user(cluster, user_id) for user_id in group["spec"].get("members") or ()]
    views = [users.shown(request, user) for user in found if user is not None and not users.asks_for_expiry(request)]
    return collection(request, cluster, "users", views, users.FILTERS)


async def check_member(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether a user is in a group; oneself may always ask."""
    user_id = request.params["user_id"]
    if request.caller.user_id != user_id:
        _readable(request, cluster)
    group = lookup.group(cluster, request.params["group_id"])
    lookup.user(cluster, user_id)
    if user_id not in (group["spec"].get("members") or ()):
        raise _no_member(request)
    return Response(status=204)


def _no_member(request: Request) -> NotFound:
    params = request.params
    return NotFound(f"User '{params['user_id']}' not found in group '{params['group_id']}'")


async def add_member(request: Request, cluster: Cluster) -> Response:
    """Put a user into a group: the roles of the group are the user's from the next request on."""
    user_id = request.params["user_id"]
    group = lookup.group(cluster, request.params["group_id"])
    lookup.user(cluster, user_id)

    def joined(members: list[str]) -> list[str]:
        return members if user_id in members else [*members, user_id]

    await departure.change_members(cluster, request.caller, group, joined)
    return Response(status=204)


async def remove_member(request: Request, cluster: Cluster) -> Response:
    """Take a user out of a group."""
    user_id = request.params["user_id"]
    group = lookup.group(cluster, request.params["group_id"])
    lookup.user(cluster, user_id)
    if user_id not in (group["spec"].get("members") or ()):
        raise _no_member(request)
    await departure.leave(cluster, request.caller, group, user_id)
    return Response(status=204)
