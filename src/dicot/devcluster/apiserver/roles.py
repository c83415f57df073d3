"""ClusterRoles: the aggregated ones, and those that every cluster is born with."""

from typing import Any

from dicot.devcluster.apiserver.rbac import CLUSTER_ROLES, GROUP
from dicot.devcluster.apiserver.selectors import label_selector_matches
from dicot.devcluster.apiserver.store import Record, Store

Json = dict[str, Any]
_API = f"{GROUP}/v1"
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_BOOTSTRAP = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]


def aggregated(store: Store) -> list[tuple[Record, Json]]:
    """Return the aggregated ClusterRoles whose rules are not what their selectors say, with what they should be."""
    every = list(store.scan(CLUSTER_ROLES))
    found: list[tuple[Record, Json]] = []
    for record in every:
        selectors = (record.body.get("aggregationRule") or {}).get("clusterRoleSelectors")
        if not selectors:
            continue
        rules: list[Json] = []
        for other in every:
            labels = other.body["metadata"].get("labels") or {}
            if other is not record and any(label_selector_matches(s, labels) for s in selectors):
                rules += [rule for rule in other.body.get("rules") or () if rule not in rules]
        if rules != (record.body.get("rules") or []):
            found.append((record, {**record.body, "rules": rules}))
    return found


def _role(name: str, rules: list[Json], labels: dict[str, str] | None = None) -> Json:
    return {
        "apiVersion": _API,
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {**_BOOTSTRAP, **(labels or {})}},
        "rules": rules,
    }


def _gathering(name: str) -> Json:
    selectors = [{"matchLabels": {f"{_AGGREGATE}{name}": "true"}}]
    labels = {"edit": {f"{_AGGREGATE}admin": "true"}, "view": {f"{_AGGREGATE}edit": "true"}}.get(name, {})
    return {**_role(name, [], labels), "aggregationRule": {"clusterRoleSelectors": selectors}}


def _rule(verbs: list[str], groups: str, resources: str) -> Json:
    return {
        "verbs": verbs,
        "apiGroups": ["" if g == "core" else g for g in groups.split()],
        "resources": resources.split(),
    }


def _paths(*urls: str) -> Json:
    return {"verbs": ["get"], "nonResourceURLs": list(urls)}


def _binding(name: str, role: str, *groups: str) -> Json:
    subjects = [{"kind": "Group", "apiGroup": GROUP, "name": group} for group in groups]
    return {
        "apiVersion": _API,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "labels": dict(_BOOTSTRAP)},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    }


_VIEWED = (
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods serviceaccounts services"
    " services/status events limitranges namespaces namespaces/status pods/log pods/status resourcequotas"
    " resourcequotas/status"
)
_EDITED = "configmaps events persistentvolumeclaims pods secrets serviceaccounts services"
_APPS = "daemonsets deployments replicasets statefulsets"

ROLES: tuple[Json, ...] = (
    _role("cluster-admin", [_rule(["*"], "*", "*"), {"verbs": ["*"], "nonResourceURLs": ["*"]}]),
    _role("system:discovery", [_paths("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi",
                                      "/openapi/*", "/readyz", "/version", "/version/")]),
    _role("system:basic-user", [
        _rule(["create"], "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
        _rule(["create"], "authentication.k8s.io", "selfsubjectreviews"),
    ]),
    _role("system:public-info-viewer", [_paths("/healthz", "/livez", "/readyz", "/version", "/version/")]),
    _gathering("admin"),
    _gathering("edit"),
    _gathering("view"),
    _role("system:aggregate-to-admin", [
        _rule(["create"], "authorization.k8s.io", "localsubjectaccessreviews"),
        _rule([*_READ, *_WRITE], GROUP, "rolebindings roles"),
    ], {f"{_AGGREGATE}admin": "true"}),
    _role("system:aggregate-to-edit", [
        _rule(_READ, "core", "secrets"),
        _rule(_WRITE, "core", _EDITED),
        _rule(["create"], "core", "serviceaccounts/token pods/eviction"),
        _rule(["impersonate"], "core", "serviceaccounts"),
        _rule(_WRITE, "apps", _APPS),
        _rule(_WRITE, "batch", "cronjobs jobs"),
        _rule(_WRITE, "networking.k8s.io", "ingresses networkpolicies"),
        _rule(_WRITE, "policy", "poddisruptionbudgets"),
        _rule([*_READ, *_WRITE], "coordination.k8s.io", "leases"),
    ], {f"{_AGGREGATE}edit": "true"}),
    _role("system:aggregate-to-view", [
        _rule(_READ, "core", _VIEWED),
        _rule(_READ, "apps", f"controllerrevisions {_APPS}"),
        _rule(_READ, "batch", "cronjobs jobs"),
        _rule(_READ, "discovery.k8s.io", "endpointslices"),
        _rule(_READ, "networking.k8s.io", "ingresses networkpolicies"),
        _rule(_READ, "policy", "poddisruptionbudgets"),
    ], {f"{_AGGREGATE}view": "true"}),
)  # fmt: skip

BINDINGS: tuple[Json, ...] = (
    _binding("cluster-admin", "cluster-admin", "system:masters"),
    _binding("system:discovery", "system:discovery", "system:authenticated"),
    _binding("system:basic-user", "system:basic-user", "system:authenticated"),
    _binding(
        "system:public-info-viewer", "system:public-info-viewer", "system:authenticated", "system:unauthenticated"
    ),
)
