"""Projects: namespaces labelled `dicot.io/project=true`.

| Project | Namespace |
|---|---|
| id | `metadata.uid` without dashes |
| name | annotation `dicot.io/name`, else `metadata.name` |
| domain_id | label `dicot.io/domain-id`, else `default` |
| parent_id | label `dicot.io/parent-id`, else the domain |
| description | annotation `dicot.io/description` |
| enabled | label `dicot.io/enabled`, false only if it says so |
| tags, added attributes | annotations `dicot.io/tags`, `dicot.io/extra` (JSON) |
| options | none: refused |
| is_domain | always false |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.namespaces import find
from dicot.identity.projects import handlers, schema, tags

__all__ = ["ROUTES", "find"]

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE, "tags": schema.PUT_TAGS})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method,
        path=f"/projects{path}",
        handler=handler,
        policy=f"identity:{name}",
        rule=rule,
        history=HISTORY,
        body=body,
    )


_ONE, _TAGS, _TAG = "/{project_id}", "/{project_id}/tags", "/{project_id}/tags/{value}"

ROUTES = (
    _route("GET", "", handlers.index, "list_projects", rules.reads_domain),
    _route("POST", "", handlers.create, "create_project", policy.cloud_admin, "create"),
    _route("GET", _ONE, handlers.show, "get_project", policy.anyone),
    _route("PATCH", _ONE, handlers.update, "update_project", policy.cloud_admin, "update"),
    _route("DELETE", _ONE, handlers.delete, "delete_project", policy.cloud_admin),
    _route("GET", _TAGS, tags.index, "list_project_tags", policy.anyone),
    _route("PUT", _TAGS, tags.replace, "update_project_tags", policy.cloud_admin, "tags"),
    _route("DELETE", _TAGS, tags.clear, "delete_project_tags", policy.cloud_admin),
    _route("GET", _TAG, tags.show, "get_project_tag", policy.anyone),
    _route("PUT", _TAG, tags.add, "create_project_tag", policy.cloud_admin),
    _route("DELETE", _TAG, tags.remove, "delete_project_tag", policy.cloud_admin),
)
