"""Handlers of trusts. Dicot itself writes them: nobody else may say whose a trust is."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import RETRIES, Cluster
from dicot.identity import callers, grants, lookup, people, roleset, rules, trusted
from dicot.identity.kinds import TRUSTS
from dicot.identity.listing import collection
from dicot.identity.roles import view as role_view
from dicot.identity.times import expiry
from dicot.identity.trusts import manifest, redelegation, view
from dicot.kube import errors as kube
from dicot.kube.kinds import ROLE_BINDINGS

Json = dict[str, Any]

MOST = 1000
"""How many a user may have made: each is an object that every replica holds in memory."""


def refused(action: str) -> Forbidden:
    """Make Keystone's 403 of an action."""
    return Forbidden(f"You are not authorized to perform the requested action: {action}.")


def _check_delegated(request: Request) -> None:
    """Refuse a token that stands for less than its user: a trust made with it could stand for more."""
    if rules.delegated_method(request.caller):
        raise refused("Delegated tokens cannot manage trusts.")


def _roles(request: Request, cluster: Cluster, trust: Json) -> list[Json]:
    url = request.url("/roles")
    found = roleset.ordered(cluster, trust["spec"].get("roles") or ())
    return [role_view.role(role, roleset.made(cluster, role), url) for role in found]


def _shown(request: Request, cluster: Cluster, trust: Json) -> Json:
    return view.trust(trust, _roles(request, cluster, trust), request.url("/OS-TRUST/trusts"))


def _readable(request: Request, cluster: Cluster) -> Json:
    """Return the trust of the path; to others than its two users, and those who read everything, 403."""
    trust = _found(request, cluster)
    if request.caller.user_id not in trusted.user_ids(trust) and not rules.reads_all(request.caller):
        raise rules.refused(request)
    _check_delegated(request)
    return trust


def _found(request: Request, cluster: Cluster) -> Json:
    """Return a trust that can still be used; NotFound otherwise, whoever asks, as in Keystone."""
    trust = trusted.find(cluster, request.params["trust_id"])
    if trust is None or trust["spec"].get("remainingUses") == 0:
        raise lookup.absent("trust", request.params["trust_id"])
    return trust


async def index(request: Request, cluster: Cluster) -> Response:
    """List trusts: those of a trustor or trustee, or all of them."""
    trustor, trustee = request.asked("trustor_user_id"), request.asked("trustee_user_id")
    own = request.caller.user_id == (trustor or trustee)
    if not own and not rules.reads_all(request.caller):
        raise rules.refused(request)
    _check_delegated(request)
    if trustor or trustee:
        found = cluster.cache(TRUSTS).find("user", trustor or trustee)
        found = [one for one in found if trusted.user_ids(one)[0 if trustor else 1] == (trustor or trustee)]
    else:
        found = cluster.cache(TRUSTS).all()
    living = [one for one in found if trusted.find(cluster, trusted.id_of(one)) is not None]
    url = request.url("/OS-TRUST/trusts")
    return collection(request, cluster, "trusts", [view.brief(one, url) for one in living])


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one trust."""
    return Response({"trust": _shown(request, cluster, _readable(request, cluster))})


async def roles(request: Request, cluster: Cluster) -> Response:
    """List the roles that a trust delegates."""
    trust = _readable(request, cluster)
    url = request.url(f"/OS-TRUST/trusts/{request.params['trust_id']}")
    return Response({"roles": _roles(request, cluster, trust), "links": view.roles_links(url)})


async def role(request: Request, cluster: Cluster) -> Response:
    """Show one of the roles that a trust delegates."""
    role_id = request.params["role_id"]
    found = [one for one in _roles(request, cluster, _readable(request, cluster)) if one["id"] == role_id]
    if not found:
        raise lookup.absent("role", role_id)
    return Response({"role": found[0]})


async def create(request: Request, cluster: Cluster) -> Response:
    """Delegate some of one's roles in a project to another user."""
    body, caller = request.body["trust"], request.caller
    if caller.user_id != body["trustor_user_id"]:
        raise rules.refused(request)
    _check_delegated(request)
    if people.user(cluster, caller.user_id) is None:
        raise refused(
            "people whom only Kubernetes knows cannot delegate their roles: nobody can tell when they lose them"
        )
    if body.get("project_id") and not body.get("roles"):
        raise refused("At least one role should be specified")
    lookup.user(cluster, body["trustee_user_id"])
    if len(cluster.cache(TRUSTS).find("user", caller.user_id)) >= MOST:
        raise Forbidden(f"Unable to create additional trusts, maximum of {MOST} already exceeded for user.")
    spec = _spec(cluster, caller, body)
    made = await _make(cluster, spec)
    return Response({"trust": _shown(request, cluster, made)}, status=201)


def _spec(cluster: Cluster, caller: Caller, body: Json) -> Json:
    """Decide what is delegated; what was itself delegated can only become less."""
    asked = [lookup.role_asked(cluster, one) for one in body.get("roles") or ()]
    spec: Json = {
        "trustorUserId": caller.user_id,
        "trusteeUserId": body["trustee_user_id"],
        "impersonation": body["impersonation"],
        "roles": roleset.ordered(cluster, asked),
        "redelegationCount": redelegation.count(body) if not caller.trust_id else 0,
    }
    if body.get("project_id"):
        spec["projectId"] = body["project_id"]
    if body.get("expires_at") is not None:
        spec["expiresAt"] = expiry(body["expires_at"])
    if body.get("remaining_uses") is not None:
        spec["remainingUses"] = body["remaining_uses"]
    line = trusted.line(cluster, caller.trust_id) if caller.trust_id else []
    origin = line[-1]["spec"]["trustorUserId"] if line else caller.user_id
    _check_roles(cluster, spec, origin)
    if body.get("redelegated_trust_id") and body["redelegated_trust_id"] != caller.trust_id:
        raise BadRequest("redelegated_trust_id is not the trust of the token.")
    if not line:
        return spec
    below, *_ = [redelegation.below(body, spec, above["spec"]) for above in line]
    return {**below, "redelegatedTrustId": caller.trust_id}


def _check_roles(cluster: Cluster, spec: Json, trustor_id: str) -> None:
    """Refuse roles that whoever delegates them does not have in the project."""
    if "projectId" not in spec:
        return
    namespace = lookup.project(cluster, spec["projectId"])
    have = callers.roles_of_user(cluster, trustor_id, namespace)
    for one in spec["roles"]:
        if one not in have:
            raise lookup.absent("role", grants.role_id(one))


async def _make(cluster: Cluster, spec: Json) -> Json:
    """Create the trust, then what it acts by; without the latter it goes again."""
    made = await cluster.client.create(TRUSTS, manifest.trust(names.derived_hex(names.new_id()), spec))
    try:
        if "projectId" in spec:
            namespace = lookup.project(cluster, spec["projectId"])["metadata"]["name"]
            for body in manifest.bindings(made, namespace):
                bound = await cluster.client.create(ROLE_BINDINGS, body, namespace)
                cluster.cache(ROLE_BINDINGS).learn(bound)
    except BaseException:
        await _remove(cluster, made)
        raise
    cluster.cache(TRUSTS).learn(made)
    return made


async def delete(request: Request, cluster: Cluster) -> Response:
    """Withdraw a trust and all that was redelegated from it: their tokens are refused from the next request on."""
    trust = _found(request, cluster)
    if request.caller.user_id != trusted.user_ids(trust)[0] and not request.caller.cloud_admin:
        raise rules.refused(request)
    _check_delegated(request)
    await withdraw(cluster, trust)
    return Response(status=204)


async def withdraw(cluster: Cluster, trust: Json) -> None:
    """Delete a trust with its bindings, and all that was redelegated from it."""
    left, found = [trust], {trust["metadata"]["uid"]: trust}
    while left:
        for one in trusted.redelegations(cluster, trusted.id_of(left.pop())):
            if one["metadata"]["uid"] not in found:
                found[one["metadata"]["uid"]] = one
                left.append(one)
    await asyncio.gather(*(_remove(cluster, one) for one in found.values()))


async def _remove(cluster: Cluster, trust: Json) -> None:
    """Delete the trust first, which ends its tokens; then its bindings, which Kubernetes would collect later."""
    meta = trust["metadata"]
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(TRUSTS, meta["name"], uid=meta["uid"])
    cluster.cache(TRUSTS).forget(meta["uid"])
    subject = grants.subject_keys(grants.trust_user(trusted.id_of(trust)), ())[0]
    for one in cluster.cache(ROLE_BINDINGS).find("subject", subject):
        bound = one["metadata"]
        with contextlib.suppress(kube.NotFound):
            await cluster.client.delete(ROLE_BINDINGS, bound["name"], bound["namespace"], uid=bound["uid"])
        cluster.cache(ROLE_BINDINGS).forget(bound["uid"])


async def use(cluster: Cluster, trust: Json) -> None:
    """Count one use of a trust that has a number of them; Forbidden if there is none left."""
    for attempt in range(1, RETRIES + 1):
        left = trust["spec"].get("remainingUses")
        if left is None:
            return
        if left <= 0:
            raise Forbidden(f"No remaining uses for trust: {trusted.id_of(trust)}.")
        meta = trust["metadata"]
        patch = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"remainingUses": left - 1}}
        try:
            cluster.cache(TRUSTS).learn(await cluster.client.patch(TRUSTS, meta["name"], patch))
            return
        except kube.Conflict:
            if attempt == RETRIES:
                raise
        trust = await cluster.look(TRUSTS, meta["name"])
