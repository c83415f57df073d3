"""What `kubectl get` shows of the built-in kinds: columns, and one function for each kind that fills them. Pure.

They follow pkg/printers/internalversion/printers.go. A kind without an entry has its name and age.
"""

from collections.abc import Callable
from typing import Any

from dicot.devcluster.apiserver.durations import since
from dicot.devcluster.apiserver.podstatus import pod_cells
from dicot.devcluster.apiserver.resources import Resource

Json = dict[str, Any]
Cells = Callable[[Json, float], list[Any]]
NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
_TYPES = {"#": "integer", "?": "boolean"}


def _age(body: Json, now: float) -> str:
    return since(body["metadata"].get("creationTimestamp"), now)


def _name(body: Json) -> str:
    return body["metadata"]["name"]


def columns(resource: Resource) -> list[tuple[str, str, int]]:
    """Return the name, type and priority of each column after the first."""
    text, _ = _PRINTED.get(resource.bucket if resource.kept_as is None else ("", resource.plural), _PLAIN)
    found: list[tuple[str, str, int]] = []
    for name in text.split("|"):
        bare = name.strip("*#?")
        found.append((bare, _TYPES.get(name.strip("*")[-1], "string"), int(name.endswith("*"))))
    return found


def cells(resource: Resource, body: Json, now: float) -> list[Any]:
    """Fill a row."""
    _, fill = _PRINTED.get(resource.bucket if resource.kept_as is None else ("", resource.plural), _PLAIN)
    return fill(body, now)


def _plain(body: Json, now: float) -> list[Any]:
    return [_name(body), _age(body, now)]


def _created(body: Json, _now: float) -> list[Any]:
    return [_name(body), body["metadata"].get("creationTimestamp")]


def _labels(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def _selector(selector: Json | None) -> str:
    if not selector:
        return NONE
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for e in selector.get("matchExpressions") or ():
        values = ",".join(sorted(e.get("values") or ()))
        forms = {"In": f"{e['key']} in ({values})", "NotIn": f"{e['key']} notin ({values})", "Exists": e["key"]}
        parts.append(forms.get(e["operator"], f"!{e['key']}"))
    return ",".join(parts) or NONE


def _containers(template: Json | None) -> list[str]:
    listed = ((template or {}).get("spec") or {}).get("containers") or ()
    return [",".join(c["name"] for c in listed), ",".join(c.get("image", "") for c in listed)]


def _node(body: Json, now: float) -> list[Any]:
    status, spec = body.get("status") or {}, body.get("spec") or {}
    ready = next((c["status"] for c in status.get("conditions") or () if c["type"] == "Ready"), "")
    text = {"True": "Ready", "": "Unknown"}.get(ready, "NotReady") + (
        ",SchedulingDisabled" if spec.get("unschedulable") else ""
    )
    labels: dict[str, str] = body["metadata"].get("labels") or {}
    prefix = "node-role.kubernetes.io/"
    roles = {key.removeprefix(prefix) for key in labels if key.startswith(prefix)} | (
        {labels["kubernetes.io/role"]} if labels.get("kubernetes.io/role") else set()
    )
    addresses = {a["type"]: a["address"] for a in reversed(status.get("addresses") or [])}
    info = status.get("nodeInfo") or {}
    wide = [info.get(key) or UNKNOWN for key in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    return [_name(body), text, ",".join(sorted(roles)) or NONE, _age(body, now), info.get("kubeletVersion", ""),
            addresses.get("InternalIP", NONE), addresses.get("ExternalIP", NONE), *wide]  # fmt: skip


def _service(body: Json, now: float) -> list[Any]:
    spec = body.get("spec") or {}
    ports = ",".join(
        f"{p['port']}{':' + str(p['nodePort']) if p.get('nodePort') else ''}/{p.get('protocol', 'TCP')}"
        for p in spec.get("ports") or ()
    )
    kind = spec.get("type", "ClusterIP")
    outside = ",".join(spec.get("externalIPs") or ())
    if kind == "LoadBalancer":
        given = ((body.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        outside = ",".join(i.get("ip") or i.get("hostname") or "" for i in given) or outside or "<pending>"
    if kind == "ExternalName":
        outside = spec.get("externalName", "")
    address = spec.get("clusterIP") or NONE
    return [_name(body), kind, address, outside or NONE, ports or NONE, _age(body, now), _labels(spec.get("selector"))]


def _claim(body: Json, now: float) -> list[Any]:
    spec, status, meta = body.get("spec") or {}, body.get("status") or {}, body["metadata"]
    phase = "Terminating" if meta.get("deletionTimestamp") else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    size = (status.get("capacity") or {}).get("storage", "") if bound else ""
    modes = _modes(status.get("accessModes")) if bound else ""
    return [_name(body), phase, spec.get("volumeName", ""), size, modes, spec.get("storageClassName", ""),
            spec.get("volumeAttributesClassName") or UNSET, _age(body, now), spec.get("volumeMode", UNSET)]  # fmt: skip


def _volume(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    claim = spec.get("claimRef")
    owner = f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""
    phase = "Terminating" if body["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [_name(body), (spec.get("capacity") or {}).get("storage", ""), _modes(spec.get("accessModes")),
            spec.get("persistentVolumeReclaimPolicy", ""), phase, owner, spec.get("storageClassName", ""),
            spec.get("volumeAttributesClassName") or UNSET, status.get("reason", ""), _age(body, now),
            spec.get("volumeMode", UNSET)]  # fmt: skip


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(modes: list[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def _storage_class(body: Json, now: float) -> list[Any]:
    marked = (body["metadata"].get("annotations") or {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    name = _name(body) + (" (default)" if marked else "")
    grows = "true" if body.get("allowVolumeExpansion") else "false"
    return [name, body.get("provisioner", ""), body.get("reclaimPolicy", "Delete"),
            body.get("volumeBindingMode", "Immediate"), grows, _age(body, now)]  # fmt: skip


def _event(body: Json, now: float) -> list[Any]:
    series, about = body.get("series") or {}, body.get("involvedObject") or {}
    source = body.get("source") or {}
    first = body.get("firstTimestamp") or body.get("eventTime")
    last = series.get("lastObservedTime") or body.get("lastTimestamp") or first
    count = series.get("count") or body.get("count") or 1
    target = about.get("kind", "").lower() + (f"/{about['name']}" if about.get("name") else "")
    told = ", ".join(part for part in (source.get("component"), source.get("host")) if part)
    told = told or ", ".join(p for p in (body.get("reportingComponent"), body.get("reportingInstance")) if p)
    return [since(last, now), body.get("type", ""), body.get("reason", ""), target, about.get("fieldPath", ""), told,
            (body.get("message") or "").strip(), since(first, now), count, _name(body)]  # fmt: skip


def _quota(body: Json, now: float) -> list[Any]:
    status = body.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    spelled: dict[bool, list[str]] = {True: [], False: []}
    for key in sorted(hard):
        spelled[key.startswith("limits.")].append(f"{key}: {used.get(key, '0')}/{hard[key]}")
    return [_name(body), ", ".join(spelled[False]), ", ".join(spelled[True]), _age(body, now)]


def _binding(body: Json, now: float) -> list[Any]:
    subjects: list[Json] = body.get("subjects") or []
    by_kind = [", ".join(s["name"] for s in subjects if s.get("kind") == kind) for kind in ("User", "Group")]
    accounts = ", ".join(f"{s.get('namespace', '')}/{s['name']}" for s in subjects if s["kind"] == "ServiceAccount")
    return [_name(body), f"{body['roleRef']['kind']}/{body['roleRef']['name']}", _age(body, now), *by_kind, accounts]


def _revision(body: Json, now: float) -> list[Any]:
    owner = next((o for o in body["metadata"].get("ownerReferences") or () if o.get("controller")), None)
    group = owner["apiVersion"].rpartition("/")[0] if owner else ""
    named = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}" if owner else NONE
    return [_name(body), named, body.get("revision", 0), _age(body, now)]


def _deployment(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [_name(body), ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0), _age(body, now),
            *_containers(spec.get("template")), _selector(spec.get("selector"))]  # fmt: skip


def _replica_set(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    return [_name(body), spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0),
            _age(body, now), *_containers(spec.get("template")), _selector(spec.get("selector"))]  # fmt: skip


def _stateful_set(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [_name(body), ready, _age(body, now), *_containers(spec.get("template"))]


def _daemon_set(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    keys = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
            "numberAvailable")  # fmt: skip
    where = _labels(((spec.get("template") or {}).get("spec") or {}).get("nodeSelector"))
    return [_name(body), *(status.get(key, 0) for key in keys), where, _age(body, now),
            *_containers(spec.get("template")), _selector(spec.get("selector"))]  # fmt: skip


def _budget(body: Json, now: float) -> list[Any]:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    least, most = (str(spec.get(key, "N/A")) for key in ("minAvailable", "maxUnavailable"))
    return [_name(body), least, most, status.get("disruptionsAllowed", 0), _age(body, now)]


def _data(*keys: str) -> Callable[[Json], int]:
    return lambda body: sum(len(body.get(key) or {}) for key in keys)


_counted = _data("data", "binaryData")
_CREATED = ("Name|Created At", _created)
_PLAIN: tuple[str, Cells] = ("Name|Age", _plain)
_WIDE_TEMPLATE = "Containers*|Images*|Selector*"
_RBAC = "rbac.authorization.k8s.io"
_BINDINGS: tuple[str, Cells] = ("Name|Role|Age|Users*|Groups*|ServiceAccounts*", _binding)
_PRINTED: dict[tuple[str, str], tuple[str, Cells]] = {
    ("", "configmaps"): ("Name|Data|Age", lambda b, now: [_name(b), _counted(b), _age(b, now)]),
    ("", "events"): ("Last Seen|Type|Reason|Object|Subobject*|Source*|Message|First Seen*|Count*|Name*", _event),
    ("", "limitranges"): _CREATED,
    ("", "namespaces"): (
        "Name|Status|Age", lambda b, now: [_name(b), (b.get("status") or {}).get("phase", ""), _age(b, now)]),
    ("", "nodes"): (
        "Name|Status|Roles|Age|Version|Internal-IP*|External-IP*|OS-Image*|Kernel-Version*|Container-Runtime*", _node),
    ("", "persistentvolumeclaims"): (
        "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*", _claim),
    ("", "persistentvolumes"): (
        "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age"
        "|VolumeMode*", _volume),
    ("", "pods"): ("Name|Ready|Status|Restarts|Age|IP*|Node*|Nominated Node*|Readiness Gates*",
                   lambda b, now: pod_cells(b, _age(b, now), now)),
    ("", "resourcequotas"): ("Name|Request|Limit|Age", _quota),
    ("", "secrets"): ("Name|Type|Data|Age",
                      lambda b, now: [_name(b), b.get("type", "Opaque"), _counted(b), _age(b, now)]),
    ("", "serviceaccounts"): (
        "Name|Secrets|Age", lambda b, now: [_name(b), len(b.get("secrets") or ()), _age(b, now)]),
    ("", "services"): ("Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*", _service),
    ("apiextensions.k8s.io", "customresourcedefinitions"): _CREATED,
    ("apps", "controllerrevisions"): ("Name|Controller|Revision|Age", _revision),
    ("apps", "daemonsets"): (
        f"Name|Desired#|Current#|Ready#|Up-to-date#|Available#|Node Selector|Age|{_WIDE_TEMPLATE}", _daemon_set),
    ("apps", "deployments"): (f"Name|Ready|Up-to-date|Available|Age|{_WIDE_TEMPLATE}", _deployment),
    ("apps", "replicasets"): (f"Name|Desired#|Current#|Ready#|Age|{_WIDE_TEMPLATE}", _replica_set),
    ("apps", "statefulsets"): ("Name|Ready|Age|Containers*|Images*", _stateful_set),
    ("coordination.k8s.io", "leases"): (
        "Name|Holder|Age", lambda b, now: [_name(b), (b.get("spec") or {}).get("holderIdentity", ""), _age(b, now)]),
    ("networking.k8s.io", "networkpolicies"): (
        "Name|Pod-Selector|Age",
        lambda b, now: [_name(b), _selector((b.get("spec") or {}).get("podSelector")), _age(b, now)]),
    ("policy", "poddisruptionbudgets"): (
        "Name|Min Available|Max Unavailable|Allowed Disruptions#|Age", _budget),
    (_RBAC, "clusterrolebindings"): _BINDINGS,
    (_RBAC, "clusterroles"): _CREATED,
    (_RBAC, "rolebindings"): _BINDINGS,
    (_RBAC, "roles"): _CREATED,
    ("storage.k8s.io", "storageclasses"): (
        "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age", _storage_class),
}  # fmt: skip
