"""The projects above and below one, as `GET /v3/projects/{project_id}` shows them when it is asked to."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.identity import callers, namespaces
from dicot.identity.listing import flag
from dicot.identity.projects import view

Json = dict[str, Any]


def asked_for(request: Request, cluster: Cluster, namespace: Json) -> Json:
    """Return the keys `parents` and `subtree`; of lists, what the caller has a role in."""
    body: Json = {}
    for key in ("parents", "subtree"):
        as_list, as_ids = flag(request, f"{key}_as_list"), flag(request, f"{key}_as_ids")
        if as_list and as_ids:
            raise BadRequest(f"Cannot use {key}_as_list and {key}_as_ids query params at the same time.")
        if as_list:
            body[key] = _list(request, cluster, _others(cluster, namespace, key))
        elif as_ids:
            ids = _above(cluster, namespace) if key == "parents" else _below(cluster, names.project_id(namespace), ())
            body[key] = ids
    return body


def _others(cluster: Cluster, namespace: Json, key: str) -> list[Json]:
    if key == "parents":
        return namespaces.ancestors(cluster, namespace)
    return namespaces.descendants(cluster, names.project_id(namespace))


def _list(request: Request, cluster: Cluster, found: list[Json]) -> list[Json]:
    subjects = callers.subjects_of(cluster, request.caller)
    everywhere = callers.roles_in_system(cluster, subjects)
    mine = [
        one for one in found if everywhere or callers.roles_in_namespace(cluster, one["metadata"]["name"], subjects)
    ]
    return [{"project": view.project(one, request.url("/projects"))} for one in mine]


def _above(cluster: Cluster, namespace: Json) -> Json:
    """Nest the ids of the projects above, and of the domain: the farther, the deeper."""
    ids: Json | None = None
    for identity in (
        namespaces.domain_id(namespace),
        *(names.project_id(one) for one in reversed(namespaces.ancestors(cluster, namespace))),
    ):
        ids = {identity: ids}
    assert ids is not None
    return ids


def _below(cluster: Cluster, project_id: str, seen: tuple[str, ...]) -> Json | None:
    ids = [names.project_id(one) for one in namespaces.children(cluster, project_id)]
    return {one: _below(cluster, one, (*seen, project_id)) for one in ids if one not in seen} or None
