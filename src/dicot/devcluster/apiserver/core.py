"""What the built-in kinds default and refuse, one function each. Only what Dicot and its controllers can come upon."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from dicot.devcluster.apiserver import absent, quantities, rules
from dicot.devcluster.apiserver.decode import cannot_be_handled
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import Cause, forbidden_field, invalid_value, required, unsupported_value

Json = dict[str, Any]
Bucket = tuple[str, str]
RBAC = "rbac.authorization.k8s.io"


def _namespace(body: Json) -> None:
    name = body["metadata"].get("name", "")
    body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name


def _new_namespace(body: Json) -> None:
    body["spec"] = {**(body.get("spec") or {}), "finalizers": ["kubernetes"]}
    body["status"] = {"phase": "Active"}


def _claim(body: Json) -> None:
    spec = body.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")


def _new_claim(body: Json) -> None:
    finalizers = body["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pvc-protection" not in finalizers:
        finalizers.append("kubernetes.io/pvc-protection")
    _pending(body)


def _pending(body: Json) -> None:
    body["status"] = {"phase": "Pending"}


def _volume(body: Json) -> None:
    body.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    body["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")


def _secret(body: Json) -> None:
    data = body.setdefault("data", {}) if body.get("data") or body.get("stringData") else {}
    for key, value in (body.pop("stringData", None) or {}).items():
        data[key] = base64.b64encode(value.encode()).decode()
    body.setdefault("type", "Opaque")


def _pod(body: Json) -> None:
    spec = body.setdefault("spec", {})
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("terminationGracePeriodSeconds", 30)


def _new_pod(body: Json) -> None:
    body["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _storage_class(body: Json) -> None:
    body.setdefault("reclaimPolicy", "Delete")
    body.setdefault("volumeBindingMode", "Immediate")


def _service(body: Json) -> None:
    spec = body.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])


def _new_service(body: Json) -> None:
    load_balancer: Json = {}
    body["status"] = {"loadBalancer": load_balancer}


def _binding(body: Json) -> None:
    body.get("roleRef", {}).setdefault("apiGroup", RBAC)
    for subject in body.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", RBAC)


def _empty_status(body: Json) -> None:
    status: Json = {}
    body["status"] = status


def _crd(body: Json) -> None:
    spec = body.setdefault("spec", {})
    names = spec.setdefault("names", {})
    names.setdefault("singular", str(names.get("kind", "")).lower())
    names.setdefault("listKind", f"{names.get('kind', '')}List")
    spec.setdefault("conversion", {"strategy": "None"})


_DEFAULTS: dict[Bucket, Callable[[Json], None]] = {
    ("", "namespaces"): _namespace,
    ("", "persistentvolumeclaims"): _claim,
    ("", "persistentvolumes"): _volume,
    ("", "pods"): _pod,
    ("", "secrets"): _secret,
    ("", "services"): _service,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _crd,
    ("storage.k8s.io", "storageclasses"): _storage_class,
    (RBAC, "clusterrolebindings"): _binding,
    (RBAC, "rolebindings"): _binding,
}


def _new_crd(body: Json) -> None:
    body["metadata"].setdefault("finalizers", []).append("customresourcecleanup.apiextensions.k8s.io")


_ON_CREATE: dict[Bucket, Callable[[Json], None]] = {
    ("", "namespaces"): _new_namespace,
    ("", "persistentvolumeclaims"): _new_claim,
    ("", "persistentvolumes"): _pending,
    ("", "pods"): _new_pod,
    ("", "resourcequotas"): _empty_status,
    ("", "services"): _new_service,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _new_crd,
}


def default(resource: Resource, body: Json) -> None:
    """Fill in the defaults of the built-in kind, which the writer then owns."""
    if resource.bucket in _DEFAULTS:
        _DEFAULTS[resource.bucket](body)


def prepare(resource: Resource, body: Json) -> None:
    """Set what the server sets on creation in objects of the built-in kind, which nobody owns."""
    if resource.bucket in _ON_CREATE:
        _ON_CREATE[resource.bucket](body)


def check_types(resource: Resource, body: Json) -> None:
    """Refuse (400) values that cannot be decoded into the built-in kind: base64, quantities."""
    if resource.bucket == ("", "secrets"):
        _check_base64(resource, body)
    for part in _quantity_maps(resource, body):
        for value in (part or {}).values():
            if quantities.parse(value) is None:
                why = f"quantities must match the regular expression '^{quantities.PATTERN.pattern}$'"
                raise cannot_be_handled(resource, why)


def _check_base64(resource: Resource, body: Json) -> None:
    for value in (body.get("data") or {}).values():
        try:
            base64.b64decode(value or "", validate=True)
        except binascii.Error:
            bad = next((i for i, c in enumerate(value) if not (c.isascii() and (c.isalnum() or c in "+/="))), 0)
            raise cannot_be_handled(resource, f"illegal base64 data at input byte {bad}") from None


def _quantity_maps(resource: Resource, body: Json) -> list[Json | None]:
    spec = body.get("spec") or {}
    if resource.plural == "persistentvolumeclaims":
        resources = spec.get("resources") or {}
        return [resources.get("requests"), resources.get("limits")]
    if resource.plural == "persistentvolumes":
        return [spec.get("capacity")]
    return [spec.get("hard")] if resource.plural == "resourcequotas" else []


def causes(resource: Resource, body: Json, old: Json | None) -> list[Cause]:
    """Return what is wrong with an object of a built-in kind."""
    check = _CHECKS.get(resource.bucket)
    return check(body, old) if check else []


def _claim_causes(body: Json, old: Json | None) -> list[Cause]:
    spec = body["spec"]
    found: list[Cause] = []
    if not spec.get("accessModes"):
        found.append(required("spec.accessModes", "at least 1 access mode is required"))
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if asked is None:
        found.append(required("spec.resources[storage]"))
    elif (quantities.parse(asked) or 0) <= 0:
        found.append(invalid_value("spec.resources[storage]", asked, "must be greater than zero"))
    return found + (_claim_update_causes(spec, old["spec"], old) if old and not found else [])


_CLAIM_IMMUTABLE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def _claim_update_causes(spec: Json, old: Json, whole: Json) -> list[Cause]:
    bound = (whole.get("status") or {}).get("phase") == "Bound"
    fixed = {**spec, "resources": old.get("resources"), "volumeAttributesClassName": None}
    before = {**old, "volumeAttributesClassName": None}
    for late in ("volumeName", "storageClassName"):
        if late not in old:
            fixed.pop(late, None)
    if fixed != before:
        return [forbidden_field("spec", _CLAIM_IMMUTABLE)]
    new_size, old_size = (quantities.parse(s["resources"]["requests"]["storage"]) or 0 for s in (spec, old))
    if new_size < old_size:
        why = "field can not be less than previous value"
        return [forbidden_field("spec.resources.requests.storage", why)]
    if new_size > old_size and not bound:
        return [forbidden_field("spec", _CLAIM_IMMUTABLE)]
    return []


def _secret_causes(body: Json, old: Json | None) -> list[Cause]:
    if old and body["type"] != old["type"]:
        return [invalid_value("type", body["type"], "field is immutable")]
    return _frozen_causes(body, old)


def _frozen_causes(body: Json, old: Json | None) -> list[Cause]:
    if old and old.get("immutable") and (body.get("data") != old.get("data") or not body.get("immutable")):
        return [forbidden_field("data", "field is immutable when `immutable` is set")]
    return []


def _binding_causes(body: Json, old: Json | None) -> list[Cause]:
    ref = body.get("roleRef") or {}
    found: list[Cause] = []
    if not ref.get("name"):
        found.append(required("roleRef.name"))
    if old and ref != old["roleRef"]:
        found.append(invalid_value("roleRef", ref, "cannot change roleRef"))
    for index, subject in enumerate(body.get("subjects") or ()):
        field = f"subjects[{index}]"
        if not subject.get("name"):
            found.append(required(f"{field}.name"))
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            found.append(required(f"{field}.namespace"))
    return found


def _role_causes(body: Json, _old: Json | None) -> list[Cause]:
    found: list[Cause] = []
    for index, rule in enumerate(body.get("rules") or ()):
        field = f"rules[{index}]"
        if not rule.get("verbs"):
            found.append(required(f"{field}.verbs", "verbs must contain at least one value"))
        if not rule.get("nonResourceURLs"):
            if not rule.get("apiGroups"):
                why = "resource rules must supply at least one api group"
                found.append(required(f"{field}.apiGroups", why))
            if not rule.get("resources"):
                found.append(required(f"{field}.resources", "resource rules must supply at least one resource"))
    return found


def _definition_causes(body: Json, _old: Json | None) -> list[Cause]:
    spec = body["spec"]
    names: Json = spec["names"]
    found = [required(f"spec.{key}") for key in ("group", "scope", "versions") if not spec.get(key)]
    found += [required(f"spec.names.{key}") for key in ("plural", "kind") if not names.get(key)]
    if spec.get("scope") not in (None, "Namespaced", "Cluster"):
        found.append(unsupported_value("spec.scope", spec["scope"], ["Cluster", "Namespaced"]))
    versions: list[Json] = spec.get("versions") or []
    found += [required(f"spec.versions[{i}].name") for i, version in enumerate(versions) if not version.get("name")]
    if sum(bool(version.get("storage")) for version in versions) != 1:
        why = "must have exactly one version marked as storage version"
        found.append(invalid_value("spec.versions", [v.get("name", "") for v in versions], why))
    name, wanted = body["metadata"]["name"], f"{names.get('plural')}.{spec.get('group')}"
    if not found and name != wanted:
        found.append(invalid_value("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    for path, rule in absent.rules_of(body) if rules.available() else ():
        wrong = rules.complaint(rule.get("rule", ""))
        if wrong:
            found.append(invalid_value(f"{path}.rule", rule.get("rule", ""), wrong))
    return found


def _pod_causes(body: Json, old: Json | None) -> list[Cause]:
    if old is None and not body["spec"].get("containers"):
        return [required("spec.containers")]
    return []


_CHECKS: dict[Bucket, Callable[[Json, Json | None], list[Cause]]] = {
    ("", "persistentvolumeclaims"): _claim_causes,
    ("", "secrets"): _secret_causes,
    ("", "configmaps"): _frozen_causes,
    ("", "pods"): _pod_causes,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _definition_causes,
    (RBAC, "clusterrolebindings"): _binding_causes,
    (RBAC, "rolebindings"): _binding_causes,
    (RBAC, "clusterroles"): _role_causes,
    (RBAC, "roles"): _role_causes,
}
