"""Handlers of projects: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup, namespaces, people, rules
from dicot.identity.assignments import inheritance
from dicot.identity.listing import collection, keeps
from dicot.identity.projects import family, manifest, view
from dicot.identity.projects.contents import contents
from dicot.identity.projects.schema import KNOWN
from dicot.identity.users import departure
from dicot.kube import errors as kube
from dicot.kube.kinds import NAMESPACES

Json = dict[str, Any]

FILTERS = ("name", "domain_id", "enabled", "parent_id", "is_domain")
DEPTH_MOST = 5
"""How deep a project may be below its domain: Keystone's max_project_tree_depth."""


def shown(request: Request, namespace: Json) -> Json:
    """Show a project with its link."""
    return view.project(namespace, request.url("/projects"))


def readable(request: Request, cluster: Cluster) -> Json:
    """Return the project in the path, if the caller may read it; 403 for what others may not know of."""
    caller, project_id = request.caller, request.params["project_id"]
    found = namespaces.find(cluster, project_id)
    own = caller.project_id == project_id
    if not own and not rules.reads_all(caller) and not (found and rules.in_domain(caller, namespaces.domain_id(found))):
        raise rules.refused(request)
    return lookup.project(cluster, project_id)


async def index(request: Request, cluster: Cluster) -> Response:
    """List projects: all of them, or those of the caller's domain."""
    caller = request.caller
    found = [one for one in namespaces.all_of(cluster) if rules.in_domain(caller, namespaces.domain_id(one))]
    views = [shown(request, one) for one in found]
    return collection(request, cluster, "projects", [one for one in views if _tagged(request, one)], FILTERS)


def _tagged(request: Request, project: Json) -> bool:
    """Tell whether the tags pass Keystone's four filters; each is a list with commas."""
    have: frozenset[str] = frozenset(project["tags"])
    for key, value in request.query:
        want = frozenset(value.split(","))
        passes = {
            "tags": want <= have,
            "tags-any": bool(want & have),
            "not-tags": not want <= have,
            "not-tags-any": not want & have,
        }
        if not passes.get(key, True):
            return False
    return True


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one project."""
    namespace = readable(request, cluster)
    return Response({"project": {**shown(request, namespace), **family.asked_for(request, cluster, namespace)}})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a namespace that is the new project."""
    body = request.body["project"]
    domain_id = body.get("domain_id") or request.caller.domain_id or namespaces.DEFAULT_DOMAIN
    _check_place(cluster, body, domain_id)
    _check_free(cluster, domain_id, body["name"])
    texts = {key: value for key, value in manifest.texts(body, KNOWN, {}).items() if value is not None}
    made = await _make(request, cluster, body, domain_id, texts)
    return Response({"project": shown(request, made)}, status=201)


def _check_place(cluster: Cluster, body: Json, domain_id: str) -> None:
    """Refuse what namespaces cannot be: domains; and what is too deep below, or in another domain than its parent."""
    if people.domain(cluster, domain_id) is None:
        raise BadRequest(f"Could not find domain: {domain_id}.")
    if body.get("is_domain"):
        raise Forbidden("A project that acts as a domain (is_domain) cannot be made here: POST /v3/domains instead.")
    parent = body.get("parent_id")
    if not parent or parent == domain_id:
        return
    above = namespaces.find(cluster, parent)
    if above is None:
        raise BadRequest(f"Could not find project: {parent}.")
    if namespaces.domain_id(above) != domain_id:
        raise BadRequest(
            f"Cannot create project, since it specifies its domain_id {domain_id}, but specifies a parent "
            f"in a different domain ({namespaces.domain_id(above)})."
        )
    if not namespaces.enabled(above):
        raise BadRequest(f"Cannot create project, since its parent {parent} is disabled.")
    if len(namespaces.ancestors(cluster, above)) + 1 >= DEPTH_MOST:
        raise Forbidden(f"Max hierarchy depth reached for {parent} branch.")


def _check_free(cluster: Cluster, domain_id: str, name: str) -> None:
    taken = namespaces.find_by_name(cluster, domain_id, name)
    if taken is not None:
        raise _taken(name, taken)


def _taken(name: str, namespace: Json) -> Conflict:
    return Conflict(
        "Conflict occurred attempting to store project - it is not permitted to have two projects with either the "
        f"same name or same id in the same domain: name is {name}, project id {names.project_id(namespace)}."
    )


async def _make(request: Request, cluster: Cluster, body: Json, domain_id: str, texts: dict[str, str]) -> Json:
    """Create the namespace under the first name that is free; two who create one project at once meet here."""
    for name in (*manifest.namespace_names(body["name"], domain_id), names.object_name(body["name"])):
        wanted = manifest.namespace(
            name,
            display=body["name"],
            domain_id=domain_id,
            parent_id=body.get("parent_id") or "",
            enabled=body.get("enabled", True),
            texts=texts,
        )
        try:
            return await _reached(cluster, request.caller, await cluster.create(request.caller, NAMESPACES, wanted))
        except kube.AlreadyExists:
            there = await cluster.as_user(request.caller).get(NAMESPACES, name)
            if f"{domain_id}/{body['name']}" in namespaces.by_project_name(there):
                raise _taken(body["name"], there) from None
    raise Conflict(f"Conflict occurred attempting to store project - no namespace name is free for {body['name']}.")


async def _reached(cluster: Cluster, caller: Caller, namespace: Json) -> Json:
    """Make the roles true that a new project inherits; without them it is taken back."""
    try:
        await inheritance.reach(cluster, caller, namespace)
    except BaseException:
        await cluster.client.delete(NAMESPACES, namespace["metadata"]["name"], uid=namespace["metadata"]["uid"])
        raise
    return namespace


async def store(cluster: Cluster, namespace: Json, patch: Json) -> Json:
    """Change a project's namespace, as Dicot itself.

    In Kubernetes a right to change namespaces that is bound in one namespace reaches that very namespace: nobody who
    rules but their own project may rename, enable or delete it behind Keystone's back, so nobody is given the right.
    """
    changed = await cluster.client.patch(NAMESPACES, namespace["metadata"]["name"], patch)
    cluster.cache(NAMESPACES).learn(changed)
    return changed


async def update(request: Request, cluster: Cluster) -> Response:
    """Rename, describe, tag, enable or disable a project."""
    body, project_id = request.body["project"], request.params["project_id"]
    namespace = lookup.project(cluster, project_id)
    now = shown(request, namespace)
    if body.get("id", project_id) != project_id:
        raise BadRequest("Cannot change project ID")
    if body.get("parent_id", now["parent_id"]) != now["parent_id"]:
        raise Forbidden("Update of `parent_id` is not allowed.")
    if body.get("domain_id", now["domain_id"]) != now["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    if body.get("is_domain"):
        raise BadRequest("Update of `is_domain` is not allowed.")
    if body.get("name", now["name"]) != now["name"]:
        _check_free(cluster, now["domain_id"], body["name"])
    _check_family(cluster, namespace, body)
    patch: Json = {"metadata": {"annotations": manifest.texts(body, KNOWN, view.added(namespace))}}
    if "enabled" in body:
        patch["metadata"]["labels"] = {namespaces.ENABLED: None if body["enabled"] else "false"}
    changed = await store(cluster, namespace, patch)
    return Response({"project": {**shown(request, changed), "extra": view.added(changed)}})


def _check_family(cluster: Cluster, namespace: Json, body: Json) -> None:
    """Refuse to disable a project above one that is enabled, and to enable one below one that is not."""
    project_id = names.project_id(namespace)
    if body.get("enabled") is False and any(map(namespaces.enabled, namespaces.descendants(cluster, project_id))):
        raise Forbidden(f"Cannot disable project {project_id} since its subtree contains enabled projects.")
    if body.get("enabled") and not all(map(namespaces.enabled, namespaces.ancestors(cluster, namespace))):
        raise Forbidden(f"Cannot enable project {project_id} since it has disabled parents")


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete an empty project; one that holds something is refused, since a namespace takes everything with it."""
    project_id = request.params["project_id"]
    namespace = lookup.project(cluster, project_id)
    if namespaces.children(cluster, project_id):
        raise Forbidden(
            f"Cannot delete the project {project_id} since it is not a leaf in the hierarchy. Use the cascade option "
            "if you want to delete a whole subtree."
        )
    await check_empty(cluster, request.caller, namespace)
    await remove(cluster, request.caller, namespace)
    return Response(status=204)


async def check_empty(cluster: Cluster, caller: Caller, namespace: Json) -> None:
    """Refuse to delete a project that holds anything of a tenant's, naming it."""
    held = await contents(cluster, caller, namespace["metadata"]["name"])
    if held:
        raise Conflict(
            f"Conflict occurred attempting to delete project - project {names.project_id(namespace)} is not empty, it "
            f"holds {', '.join(f'{count} {what}' for what, count in held.items())}. Delete them first."
        )


async def remove(cluster: Cluster, caller: Caller, namespace: Json) -> None:
    """Delete a project with the bindings that are about it."""
    meta = namespace["metadata"]
    await departure.of_place(cluster, caller, "project", names.project_id(namespace))
    left = await cluster.client.delete(NAMESPACES, meta["name"], uid=meta["uid"])
    if left.get("kind") == NAMESPACES.kind:
        cluster.cache(NAMESPACES).learn(left)
    else:
        cluster.cache(NAMESPACES).forget(meta["uid"])


def visible(request: Request, found: list[Json]) -> list[Json]:
    """Show projects that pass the filters, for lists that are not paged."""
    views = [shown(request, one) for one in found]
    return [one for one in views if keeps(request, one, FILTERS)]
