"""Handlers of access rules; they are made with the application credentials that name them."""

from __future__ import annotations

import contextlib
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, people, rules
from dicot.identity.access_rules import manifest, view
from dicot.identity.kinds import ACCESS_RULES
from dicot.identity.listing import collection
from dicot.kube import errors as kube

Json = dict[str, Any]

FILTERS = ("service", "path", "method")
MOST = 1000
"""How many a user may have: each is an object that every replica holds in memory."""


def of_user(cluster: Cluster, user_id: str) -> list[Json]:
    """Return a user's access rules."""
    return cluster.cache(ACCESS_RULES).find("user", user_id)


def found(cluster: Cluster, user_id: str, rule_id: str) -> Json:
    """Return a user's rule of an id; NotFound in Keystone's words."""
    for one in cluster.cache(ACCESS_RULES).find("id", rule_id):
        if one["spec"]["userId"] == user_id:
            return one
    raise lookup.absent("Access Rule", rule_id)


async def stored(cluster: Cluster, asked: list[Json], owner: Json) -> list[str]:
    """Make the rules that a new application credential names, unless there are equal ones; return their ids."""
    user_id = people.user_id_of(owner)
    if len(of_user(cluster, user_id)) + len(asked) > MOST:
        raise Forbidden(f"Unable to create additional access rules, maximum of {MOST} already exceeded for user.")
    return [await _stored(cluster, one, user_id, owner) for one in asked]


async def _stored(cluster: Cluster, asked: Json, user_id: str, owner: Json) -> str:
    if "id" in asked and cluster.cache(ACCESS_RULES).find("id", asked["id"]):
        return names.identity_of(found(cluster, user_id, asked["id"]), "access-rule")
    if not {"service", "method", "path"} <= asked.keys():
        raise lookup.absent("Access Rule", asked["id"]) if "id" in asked else _incomplete()
    wanted = manifest.access_rule(asked, user_id, owner)
    with contextlib.suppress(kube.AlreadyExists):
        cluster.cache(ACCESS_RULES).learn(await cluster.client.create(ACCESS_RULES, wanted))
    return names.identity_of(wanted, "access-rule")


def _incomplete() -> BadRequest:
    return BadRequest("Invalid application credential: an access rule needs service, method and path.")


def _check_owner(request: Request) -> None:
    """Refuse whoever is neither the user in the path, nor reads everything."""
    caller = request.caller
    own = caller.user_id == request.params["user_id"]
    reads = request.http.method in {"GET", "HEAD"} and rules.reads_all(caller)
    if not (own or reads or caller.cloud_admin):
        raise rules.refused(request)
    rules.check_lasting(caller)


async def index(request: Request, cluster: Cluster) -> Response:
    """List a user's rules."""
    _check_owner(request)
    url = request.url("/access_rules")
    mine = [view.access_rule(one, url) for one in of_user(cluster, request.params["user_id"])]
    return collection(request, cluster, "access_rules", mine, FILTERS)


def _named(request: Request, cluster: Cluster) -> Json:
    _check_owner(request)
    return found(cluster, request.params["user_id"], request.params["access_rule_id"])


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one rule."""
    return Response({"access_rule": view.access_rule(_named(request, cluster), request.url("/access_rules"))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a rule that no application credential names."""
    rule, user_id = _named(request, cluster), request.params["user_id"]
    rule_id = request.params["access_rule_id"]
    used = people.application_credentials_of(cluster, user_id)
    if any(rule_id in (one["spec"].get("accessRules") or ()) for one in used):
        raise Forbidden("May not delete access rule in use")
    meta = rule["metadata"]
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(ACCESS_RULES, meta["name"], uid=meta["uid"])
    cluster.cache(ACCESS_RULES).forget(meta["uid"])
    return Response(status=204)
