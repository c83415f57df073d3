"""The ClusterRoles that KubeVirt and CDI bring, which aggregate into view, edit and admin, and who is bound to what.

Data only; KubeVirt 1.9 and CDI 1.66 are imitated.
"""

from dicot.kube import Json

RBAC = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")
WRITE = ("get", "delete", "create", "update", "patch", "list", "watch")
EVERYTHING = (*WRITE, "deletecollection")

_GUEST_READ = ("guestosinfo", "filesystemlist", "userlist", "sev/fetchcertchain", "sev/querylaunchmeasurement")
_GUEST_OPEN = ("console", "vnc", "portforward", "usbredir", *_GUEST_READ)
_GUEST_CALLS = (
    "pause", "unpause", "addvolume", "removevolume", "freeze", "unfreeze", "softreboot", "reset",
    "sev/setupsession", "sev/injectlaunchsecret", "evacuate/cancel",
)  # fmt: skip
_MACHINE_CALLS = ("start", "stop", "restart", "addvolume", "removevolume", "memorydump", "evacuate/cancel")
_MACHINES = (
    "virtualmachines", "virtualmachineinstances", "virtualmachineinstancepresets", "virtualmachineinstancereplicasets",
)  # fmt: skip
_OWNED = (
    ("snapshot.kubevirt.io", ("virtualmachinesnapshots", "virtualmachinesnapshotcontents", "virtualmachinerestores")),
    ("backup.kubevirt.io", ("virtualmachinebackups", "virtualmachinebackuptrackers")),
    ("export.kubevirt.io", ("virtualmachineexports",)),
    ("clone.kubevirt.io", ("virtualmachineclones",)),
    ("instancetype.kubevirt.io", (
        "virtualmachineinstancetypes", "virtualmachineclusterinstancetypes", "virtualmachinepreferences",
        "virtualmachineclusterpreferences")),
    ("pool.kubevirt.io", ("virtualmachinepools",)),
)  # fmt: skip
_CALLS = "subresources.kubevirt.io"


def _rule(group: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> Json:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def _role(name: str, rules: list[Json], into: str = "") -> Json:
    metadata: Json = {"name": name}
    if into:
        metadata["labels"] = {f"{RBAC}/aggregate-to-{into}": "true"}
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}


def _of(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}/{name}" for name in names)


def _writer(verbs: tuple[str, ...], extra: tuple[str, ...]) -> list[Json]:
    instances = "virtualmachineinstances"
    return [
        _rule(_CALLS, _of(instances, (*_GUEST_OPEN, *extra)), ("get",)),
        _rule(_CALLS, _of(instances, _GUEST_CALLS), ("update",)),
        _rule(_CALLS, _of("virtualmachines", ("expand-spec", "portforward", "objectgraph")), ("get",)),
        _rule(_CALLS, _of("virtualmachines", _MACHINE_CALLS), ("update",)),
        _rule(_CALLS, ("expand-vm-spec",), ("update",)),
        _rule("kubevirt.io", _MACHINES, verbs),
        _rule("kubevirt.io", ("virtualmachineinstancemigrations",), READ),
        *(_rule(group, resources, verbs) for group, resources in _OWNED),
        _rule("migrations.kubevirt.io", ("migrationpolicies",), READ),
    ]


def _viewer() -> list[Json]:
    return [
        _rule("kubevirt.io", ("kubevirts",), ("get", "list")),
        _rule(_CALLS, ("virtualmachines/expand-spec", *_of("virtualmachineinstances", _GUEST_READ)), ("get",)),
        _rule(_CALLS, ("expand-vm-spec",), ("update",)),
        _rule("kubevirt.io", (*_MACHINES, "virtualmachineinstancemigrations"), READ),
        *(_rule(group, resources, READ) for group, resources in _OWNED),
        _rule("migrations.kubevirt.io", ("migrationpolicies",), READ),
    ]


def _kubevirt() -> list[Json]:
    migrate = [
        _rule(_CALLS, ("virtualmachines/migrate",), ("update",)),
        _rule("kubevirt.io", ("virtualmachineinstancemigrations",), EVERYTHING),
    ]
    default = [
        _rule("kubevirt.io", ("kubevirts",), ("get", "list")),
        _rule(_CALLS, ("version", "guestfs", "healthz"), ("get", "list")),
    ]
    types = ("virtualmachineclusterinstancetypes", "virtualmachineclusterpreferences")
    return [
        _role("kubevirt.io:admin", _writer(EVERYTHING, ("vnc/screenshot",)), "admin"),
        _role("kubevirt.io:edit", [*_writer(WRITE, ()), _rule("kubevirt.io", ("kubevirts",), ("get", "list"))], "edit"),
        _role("kubevirt.io:view", _viewer(), "view"),
        _role("kubevirt.io:migrate", migrate),
        _role("kubevirt.io:default", default),
        _role("instancetype.kubevirt.io:view", [_rule("instancetype.kubevirt.io", types, READ)]),
    ]


def _cdi() -> list[Json]:
    group = "cdi.kubevirt.io"
    kinds = ("datavolumes", "dataimportcrons", "datasources", "volumeimportsources", "volumeuploadsources",
             "volumeclonesources")  # fmt: skip
    writer = [
        _rule(group, kinds, ("*",)),
        _rule(group, ("datavolumes/source",), ("create",)),
        _rule("upload.cdi.kubevirt.io", ("uploadtokenrequests",), ("*",)),
    ]
    viewer = [_rule(group, (*kinds, "cdiconfigs", "storageprofiles"), READ)]
    config = [_rule(group, ("cdiconfigs", "storageprofiles"), READ)]
    sourcer = [_rule(group, ("datavolumes/source",), ("create",))]
    return [
        _role("cdi.kubevirt.io:admin", writer, "admin"),
        _role("cdi.kubevirt.io:edit", writer, "edit"),
        _role("cdi.kubevirt.io:view", viewer, "view"),
        _role("cdi.kubevirt.io:config-reader", config),
        _role("cdi.kubevirt.io:clone-sourcer", sourcer),
    ]


def _snapshots() -> list[Json]:
    group = "snapshot.storage.k8s.io"
    return [
        _role("snapshot.storage.k8s.io:edit", [_rule(group, ("volumesnapshots",), EVERYTHING)], "edit"),
        _role("snapshot.storage.k8s.io:view", [_rule(group, ("volumesnapshots",), READ)], "view"),
    ]


def roles() -> list[Json]:
    """Write the ClusterRoles."""
    reader = [_rule("cdi.kubevirt.io", ("datasources",), READ)]
    return [*_kubevirt(), *_cdi(), *_snapshots(), _role("devcluster:image-reader", reader)]


def _binding(kind: str, name: str, role: str, groups: tuple[str, ...], namespace: str = "") -> Json:
    metadata: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    subjects = [{"apiGroup": RBAC, "kind": "Group", "name": group} for group in groups]
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "roleRef": reference, "subjects": subjects}


def bindings(images: str) -> list[Json]:
    """Bind everyone to what KubeVirt and CDI let everyone do, and to read and clone out of the namespace `images`."""
    everyone = ("system:authenticated",)
    cloners = ("system:authenticated", "system:serviceaccounts")
    return [
        _binding("ClusterRoleBinding", "kubevirt.io:default", "kubevirt.io:default", everyone),
        _binding("ClusterRoleBinding", "instancetype.kubevirt.io:view", "instancetype.kubevirt.io:view", everyone),
        _binding("ClusterRoleBinding", "cdi.kubevirt.io:config-reader", "cdi.kubevirt.io:config-reader", everyone),
        _binding("RoleBinding", "public-images-clone", "cdi.kubevirt.io:clone-sourcer", cloners, images),
        _binding("RoleBinding", "public-images-read", "devcluster:image-reader", cloners, images),
    ]
