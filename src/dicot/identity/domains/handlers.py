"""Handlers of domains: gather, decide, act."""

from __future__ import annotations

import re
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, namespaces, people, rules, unique
from dicot.identity.domains import manifest, view
from dicot.identity.domains.schema import KNOWN
from dicot.identity.kinds import DOMAINS, GROUPS, USERS
from dicot.identity.listing import collection
from dicot.identity.projects import handlers as projects
from dicot.identity.users import departure

Json = dict[str, Any]

FILTERS = ("name", "enabled")
_HEX = re.compile(r"[0-9a-f]{32}")


def shown(request: Request, domain: Json) -> Json:
    """Show a domain with its link."""
    return view.domain(domain, request.url("/domains"))


async def index(request: Request, cluster: Cluster) -> Response:
    """List domains: all of them, or the caller's own."""
    caller = request.caller
    found = [one for one in cluster.cache(DOMAINS).all() if rules.in_domain(caller, people.domain_id(one))]
    return collection(request, cluster, "domains", [shown(request, one) for one in found], FILTERS)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one domain: anyone may know the one that they or their project are in."""
    caller, domain_id = request.caller, request.params["domain_id"]
    if domain_id not in {caller.project_domain_id, caller.domain_id} and not rules.reads_all(caller):
        raise rules.refused(request)
    return Response({"domain": shown(request, lookup.domain(cluster, domain_id))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a domain."""
    body = request.body["domain"]
    explicit = body.get("explicit_domain_id")
    if explicit is not None and not _HEX.fullmatch(explicit):
        raise BadRequest("explicit_domain_id must be a valid 32-character hexadecimal string.")
    _check_free(cluster, body["name"])
    spec = {"enabled": True, **{key: value for key, value in manifest.spec(body, KNOWN).items() if value is not None}}
    domain_id = explicit or names.derived_hex(names.new_id())
    if people.domain(cluster, domain_id) is not None:
        raise _taken("id", domain_id)
    domain = await unique.create(
        cluster,
        request.caller,
        DOMAINS,
        manifest.domain(domain_id, spec),
        lambda there: people.name_of(there) == body["name"],
        _taken("name", body["name"]),
    )
    return Response({"domain": shown(request, domain)}, status=201)


def _check_free(cluster: Cluster, name: str) -> None:
    if people.domain_named(cluster, name) is not None:
        raise _taken("name", name)


def _taken(what: str, value: str) -> Conflict:
    return Conflict(
        "Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains "
        f"with the same {what}: {value}."
    )


async def update(request: Request, cluster: Cluster) -> Response:
    """Rename, describe, tag, enable or disable a domain; a disabled one shuts everyone in it out at once."""
    body, domain_id = request.body["domain"], request.params["domain_id"]
    domain = lookup.domain(cluster, domain_id)
    if body.get("id", domain_id) != domain_id:
        raise BadRequest("Cannot change domain ID")
    if body.get("name", people.name_of(domain)) != people.name_of(domain):
        _check_free(cluster, body["name"])
    patch = {"spec": manifest.spec(body, KNOWN)}
    changed = await cluster.patch(request.caller, DOMAINS, domain["metadata"]["name"], patch)
    return Response({"domain": {**shown(request, changed), "extra": changed["spec"].get("extra") or {}}})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a domain that is disabled, with its users, groups and projects; not if a project holds anything."""
    domain_id = request.params["domain_id"]
    domain = lookup.domain(cluster, domain_id)
    if domain_id == namespaces.DEFAULT_DOMAIN:
        raise Forbidden("The default domain cannot be deleted: every namespace that names no domain is in it.")
    if people.enabled(domain):
        raise Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    caller = request.caller
    inside = [one for one in namespaces.all_of(cluster) if namespaces.domain_id(one) == domain_id]
    for namespace in inside:
        await projects.check_empty(cluster, caller, namespace)
    for namespace in inside:
        await projects.remove(cluster, caller, namespace)
    for user in [one for one in cluster.cache(USERS).all() if people.domain_id_of(one) == domain_id]:
        await departure.of_user(cluster, caller, people.user_id_of(user))
        await cluster.delete(caller, USERS, user)
    for group in [one for one in cluster.cache(GROUPS).all() if people.domain_id_of(one) == domain_id]:
        await departure.of_subject(cluster, caller, departure.group_key(group))
        await cluster.delete(caller, GROUPS, group)
    await departure.of_place(cluster, caller, "domain", domain_id)
    await cluster.delete(caller, DOMAINS, domain)
    return Response(status=204)
