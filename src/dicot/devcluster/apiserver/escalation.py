"""RBAC's own guard: nobody grants rights they do not have, unless they hold the verbs `escalate` or `bind`."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from dicot.devcluster.apiserver import rbac
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import forbidden, not_found
from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]
_ROLES = ("roles", "clusterroles")


def check_escalation(api: Api, user: User, resource: Resource, body: Json, old: Json | None) -> None:
    """Refuse (403) a role or binding that grants more than the user has."""
    if resource.group != rbac.GROUP or rbac.MASTERS in user.groups:
        return
    name, namespace = body["metadata"].get("name", ""), body["metadata"].get("namespace", "")
    if resource.plural in _ROLES:
        if old is not None and old.get("rules") == body.get("rules"):
            return
        ask = Ask("escalate", rbac.GROUP, resource.plural, name=name, namespace=namespace)
        rules: list[Json] = body.get("rules") or []
    else:
        if old is not None and _granted(old) == _granted(body):
            return
        ref = body["roleRef"]
        plural = "clusterroles" if ref["kind"] == "ClusterRole" else "roles"
        ask = Ask("bind", rbac.GROUP, plural, name=ref["name"], namespace=namespace)
        _require_role(api, plural, ref["name"], namespace)
        rules = rbac.rules_of(api.store, ref, namespace)
    if rbac.decide(api.store, user, ask)[0]:
        return
    missing = _missing(api, user, rules, namespace)
    if missing:
        raise forbidden(resource, name, _sentence(user, missing))


def _granted(body: Json) -> tuple[object, object]:
    return body.get("subjects"), body.get("roleRef")


def _require_role(api: Api, plural: str, name: str, namespace: str) -> None:
    role = api.registry.of_bucket((rbac.GROUP, plural))
    assert role is not None
    if api.find(role, namespace, name) is None:
        raise not_found(role, name)


def _missing(api: Api, user: User, rules: list[Json], namespace: str) -> list[Json]:
    held = [grant.rule for grant in rbac.grants(api.store, user, namespace)]
    return [rule for rule in rules if not all(_covered(held, single) for single in _singles(rule))]


def _singles(rule: Json) -> Iterator[Json]:
    for verb, url in product(rule.get("verbs") or (), rule.get("nonResourceURLs") or ()):
        yield {"verbs": [verb], "nonResourceURLs": [url]}
    names = [[name] for name in rule.get("resourceNames") or ()] or [[]]
    parts = (rule.get("verbs") or (), rule.get("apiGroups") or (), rule.get("resources") or (), names)
    for verb, group, resource, named in product(*parts):
        yield {"verbs": [verb], "apiGroups": [group], "resources": [resource], "resourceNames": named}


def _covered(held: list[Json], single: Json) -> bool:
    return any(_covers(rule, single) for rule in held)


def _covers(rule: Json, single: Json) -> bool:
    if not _has(rule, "verbs", single["verbs"][0]):
        return False
    if "nonResourceURLs" in single:
        wanted = single["nonResourceURLs"][0]
        return any(u in ("*", wanted) or (u.endswith("*") and wanted.startswith(u[:-1]))
                   for u in rule.get("nonResourceURLs") or ())  # fmt: skip
    resource: str = single["resources"][0]
    sub = resource.partition("/")[2]
    listed = rule.get("resources") or ()
    if not ("*" in listed or resource in listed or (sub and f"*/{sub}" in listed)):
        return False
    names = rule.get("resourceNames")
    return _has(rule, "apiGroups", single["apiGroups"][0]) and (
        not names or bool(single["resourceNames"] and single["resourceNames"][0] in names)
    )


def _has(rule: Json, part: str, wanted: str) -> bool:
    listed = rule.get(part) or ()
    return wanted in listed or "*" in listed


def _sentence(user: User, missing: list[Json]) -> str:
    groups = " ".join(f'"{group}"' for group in user.groups)
    shown = "\n".join(_compact(rule) for rule in missing)
    who = f'user "{user.username}" (groups=[{groups}])'
    return f"{who} is attempting to grant RBAC permissions not currently held:\n{shown}"


def _compact(rule: Json) -> str:
    parts = (("APIGroups", "apiGroups"), ("Resources", "resources"), ("ResourceNames", "resourceNames"),
             ("NonResourceURLs", "nonResourceURLs"), ("Verbs", "verbs"))  # fmt: skip
    shown = (f"{label}:[{' '.join(_quoted(item) for item in rule[key])}]" for label, key in parts if rule.get(key))
    return "{" + ", ".join(shown) + "}"


def _quoted(item: str) -> str:
    return f'"{item}"'
