"""Write src/dicot/devcluster/apiserver/kinds.json: the fields of Kubernetes' built-in kinds and their types.

Facts only, read from the source text of the package lightkube-models, which is generated from Kubernetes' OpenAPI
document. `python scripts/kinds.py` rewrites the file; a test compares.
"""

import ast
import importlib.metadata
import json
from pathlib import Path

OUTPUT = Path(__file__).parent.parent / "src" / "dicot" / "devcluster" / "apiserver" / "kinds.json"
ROOTS = {
    "admissionregistration_v1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration"
    " ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions_v1": "CustomResourceDefinition",
    "apiregistration_v1": "APIService",
    "apps_v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authentication_v1": "SelfSubjectReview TokenRequest TokenReview",
    "authorization_v1": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "autoscaling_v1": "Scale",
    "autoscaling_v2": "HorizontalPodAutoscaler",
    "batch_v1": "CronJob Job",
    "certificates_v1": "CertificateSigningRequest",
    "coordination_v1": "Lease",
    "core_v1": "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume"
    " PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    "discovery_v1": "EndpointSlice",
    "events_v1": "Event",
    "flowcontrol_v1": "FlowSchema PriorityLevelConfiguration",
    "meta_v1": "DeleteOptions Status",
    "networking_v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node_v1": "RuntimeClass",
    "policy_v1": "Eviction PodDisruptionBudget",
    "rbac_v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource_v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "scheduling_v1": "PriorityClass",
    "storage_v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
}
PLAIN = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "Any": "any", "datetime": "time"}
ALIASES = {
    "meta.v1.Time": "time", "meta.v1.MicroTime": "time", "resource.Quantity": "quantity",
    "util_intstr.IntOrString": "int-or-string", "runtime.RawExtension": "any", "meta.v1.FieldsV1": "any",
    "apiextensions.v1.JSON": "any", "apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "apiextensions.v1.JSONSchemaPropsOrBool": "any", "apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}  # fmt: skip
# The package says of every map only that it is one: what those hold that do not hold text.
MAPS = dict.fromkeys(
    ["allocatable", "allocatedResources", "capacity", "default", "defaultRequest", "hard", "limits", "max",
     "maxLimitRequestRatio", "min", "overhead", "podFixed", "requests", "used"],
    "{quantity}",
) | {
    "properties": "{apiextensions.v1.JSONSchemaProps}", "patternProperties": "{apiextensions.v1.JSONSchemaProps}",
    "definitions": "{apiextensions.v1.JSONSchemaProps}", "dependencies": "{any}", "extra": "{[string]}",
    "attributes": "{any}",
}  # fmt: skip

Fields = dict[str, str]


class Source:
    """The modules of lightkube-models, read on demand."""

    def __init__(self) -> None:
        files = importlib.metadata.files("lightkube-models") or []
        self.paths = {Path(f).stem: f.locate() for f in files if Path(f).parent.name == "models"}
        self.trees: dict[str, dict[str, ast.stmt]] = {}

    def find(self, module: str, name: str) -> ast.stmt:
        """Return a class, or an assignment that gives a type another name."""
        if module not in self.trees:
            named: dict[str, ast.stmt] = {}
            for node in ast.parse(Path(str(self.paths[module])).read_text()).body:
                if isinstance(node, ast.ClassDef):
                    named[node.name] = node
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    named[node.targets[0].id] = node
            self.trees[module] = named
        return self.trees[module][name]


def qualified(module: str, name: str) -> str:
    """Spell a type's name: `core.v1.Pod`."""
    return f"{module.replace('_v', '.v')}.{name}" if module != "util_intstr" else f"{module}.{name}"


def spelled(node: ast.expr, module: str, field: str) -> str:
    """Spell a type: `string`, `[core.v1.Container]`, `{quantity}`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inner = spelled(node.slice, module, field)
        return inner if node.value.id == "Optional" else f"[{inner}]"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        name = qualified(node.value.id, node.attr)
    elif isinstance(node, ast.Name):
        if node.id == "dict":
            return "{any}" if module == "resource_v1" else MAPS.get(field, "{string}")
        if node.id in PLAIN:
            return PLAIN[node.id]
        name = qualified(module, node.id)
    else:
        raise ValueError(ast.dump(node))
    return ALIASES.get(name) or name


def struct_or_other(source: Source, text: str) -> str:
    """Spell a type that is only another name for a plain one (`= str`, `= dict`) as that one."""
    bare = text.strip("[]{}")
    if "." not in bare:
        return text
    package, _, name = bare.rpartition(".")
    node = source.find(package.replace(".v", "_v"), name)
    if isinstance(node, ast.ClassDef):
        return text
    value = node.value if isinstance(node, ast.Assign) else None
    plain = PLAIN.get(value.id, "any") if isinstance(value, ast.Name) else "any"
    return text.replace(bare, plain)


def fields_of(source: Source, module: str, name: str) -> Fields:
    """Return the fields of a struct; `!` marks those that are required."""
    node = source.find(module, name)
    if not isinstance(node, ast.ClassDef):
        raise TypeError(f"{module}.{name} is no struct")
    found: Fields = {}
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            annotation = item.annotation
            if isinstance(annotation, ast.Constant):
                annotation = ast.parse(annotation.value, mode="eval").body
            json_name = json_name_of(item) or item.target.id
            text = struct_or_other(source, spelled(annotation, module, json_name))
            found[json_name] = text + ("" if item.value is not None else "!")
    return dict(sorted(found.items()))


def json_name_of(item: ast.AnnAssign) -> str:
    """Return the JSON name of a field whose Python name differs."""
    if isinstance(item.value, ast.Call):
        for keyword in item.value.keywords:
            if keyword.arg == "metadata":
                return ast.literal_eval(keyword.value)["json"]
    return ""


def kinds() -> dict[str, Fields]:
    """Return the fields of every kind and of all that they are made of."""
    source, found = Source(), dict[str, Fields]()
    wanted = [(module, name) for module, names in ROOTS.items() for name in names.split()]
    while wanted:
        module, name = wanted.pop()
        key = qualified(module, name)
        if key in found:
            continue
        found[key] = fields_of(source, module, name)
        for text in found[key].values():
            bare = text.strip("[]{}!")
            if "." in bare:
                package, _, struct = bare.rpartition(".")
                wanted.append((package.replace(".v", "_v"), struct))
    return dict(sorted(found.items()))


def text() -> str:
    """Return what the file should hold: one struct in a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in kinds().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    OUTPUT.write_text(text())
