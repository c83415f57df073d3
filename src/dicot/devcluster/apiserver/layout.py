"""How values are put together, for field ownership: which lists are keyed, sets or atomic, which objects structs."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import kinds

Json = dict[str, Any]

# What the table of built-in kinds does not say, by struct and field: the keys of lists (x-kubernetes-list-map-keys).
_POD_LISTS = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name",
    "imagePullSecrets": "name", "hostAliases": "ip", "resourceClaims": "name", "schedulingGates": "name",
    "topologySpreadConstraints": "topologyKey whenUnsatisfiable",
}  # fmt: skip
_CONTAINER_LISTS = {
    "env": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath", "ports": "containerPort protocol",
}  # fmt: skip
_LISTS: dict[str, dict[str, str]] = {
    "meta.v1.ObjectMeta": {"ownerReferences": "uid"},
    "core.v1.PodSpec": _POD_LISTS,
    "core.v1.PodStatus": {"podIPs": "ip", "hostIPs": "ip", "resourceClaimStatuses": "name"},
    "core.v1.Container": _CONTAINER_LISTS,
    "core.v1.EphemeralContainer": _CONTAINER_LISTS,
    "core.v1.ResourceRequirements": {"claims": "name"},
    "core.v1.NodeStatus": {"addresses": "type"},
    "core.v1.ServiceSpec": {"ports": "port protocol"},
    "core.v1.ServiceAccount": {"secrets": "name"},
    "admissionregistration.v1.MutatingWebhookConfiguration": {"webhooks": "name"},
    "admissionregistration.v1.ValidatingWebhookConfiguration": {"webhooks": "name"},
}
_UNKEYED_CONDITIONS = frozenset({"batch.v1.JobStatus", "core.v1.ComponentStatus"})
# Sets (x-kubernetes-list-type: set).
_SETS = frozenset({("meta.v1.ObjectMeta", "finalizers"), ("core.v1.NodeSpec", "podCIDRs")})
# Structs and maps that are owned as a whole (x-kubernetes-map-type: atomic).
_ATOMIC = frozenset({
    "meta.v1.OwnerReference", "meta.v1.LabelSelector", "core.v1.LocalObjectReference", "core.v1.NodeSelector",
    "core.v1.NodeSelectorTerm", "core.v1.SecretKeySelector", "core.v1.ConfigMapKeySelector", "core.v1.FileKeySelector",
    "core.v1.ObjectFieldSelector", "core.v1.ResourceFieldSelector", "core.v1.ObjectReference",
    "core.v1.SecretReference", "core.v1.TypedLocalObjectReference", "core.v1.ScopedResourceSelectorRequirement",
    "core.v1.ScopeSelector", "core.v1.TopologySelectorTerm", "rbac.v1.RoleRef", "rbac.v1.Subject",
})  # fmt: skip
_ATOMIC_MAPS = frozenset({("core.v1.PodSpec", "nodeSelector"), ("core.v1.ServiceSpec", "selector"),
                          ("core.v1.ReplicationControllerSpec", "selector")})  # fmt: skip

# Fields that Go keeps as structs by value, which are always there; other structs are pointers, set or not.
_VALUES = frozenset({
    "spec", "status", "metadata", "template", "jobTemplate", "resources", "involvedObject", "source", "roleRef",
    "strategy", "updateStrategy", "state", "lastState", "loadBalancer", "nodeInfo", "daemonEndpoints",
    "kubeletEndpoint", "scaleTargetRef", "names", "acceptedNames",
})  # fmt: skip
_POINTERS = frozenset({
    ("core.v1.PodSpec", "resources"), ("core.v1.PodStatus", "resources"), ("core.v1.ContainerStatus", "resources"),
    ("core.v1.ReplicationControllerSpec", "template"),
})  # fmt: skip
_NOWHERE = ("", "")
# A key that is left out counts as its default.
_KEY_DEFAULTS = {"protocol": "TCP"}


class Layout(msgspec.Struct, frozen=True):
    """The layout of one value: of a custom resource by its schema, of a built-in kind and metadata by its type.

    `struct_field` says where a built-in kind's value stands.
    """

    schema: Json | None = None
    type: str = ""
    struct_field: tuple[str, str] = _NOWHERE
    root: bool = False

    def child(self, key: str) -> "Layout":
        """Return the layout of a field."""
        if self.root and key == "metadata":
            return Layout(type=kinds.META)
        if not self.type:
            schema = self.schema or {}
            extra = schema.get("additionalProperties")
            return Layout((schema.get("properties") or {}).get(key) or (extra if isinstance(extra, dict) else None))
        if self.type[0] == "{":
            return Layout(type=self.type[1:-1])
        known = kinds.field(self.type, key) if self._is_struct else ""
        return Layout(type=known or kinds.ANY, struct_field=(self.type, key))

    def item(self) -> "Layout":
        """Return the layout of a list's items."""
        if self.type:
            return Layout(type=self.type[1:-1] if self.type[0] == "[" else kinds.ANY)
        return Layout((self.schema or {}).get("items"))

    def keys(self) -> tuple[str, ...] | None:
        """Return a keyed list's keys; () for a set, None for an atomic list."""
        if self.type:
            return () if self.struct_field in _SETS else list_keys(*self.struct_field)
        kind = (self.schema or {}).get("x-kubernetes-list-type")
        if kind == "map":
            return tuple((self.schema or {}).get("x-kubernetes-list-map-keys") or ())
        return () if kind == "set" else None

    @property
    def atomic(self) -> bool:
        """Whether an object is owned as a whole."""
        if self.type:
            return self.type in _ATOMIC or self.type == kinds.ANY or self.struct_field in _ATOMIC_MAPS
        return (self.schema or {}).get("x-kubernetes-map-type") == "atomic"

    @property
    def struct(self) -> bool:
        """Whether an object is a struct of a built-in kind, which nobody owns as such."""
        if self.root or self.type == kinds.META:
            return self._is_struct
        return self._is_struct and self.struct_field[1] in _VALUES and self.struct_field not in _POINTERS

    @property
    def _is_struct(self) -> bool:
        return "." in self.type and self.type[0] not in "[{"

    @property
    def declared(self) -> bool:
        """Whether an object's fields are declared by name rather than being keys of a map."""
        return self.struct if self.type else bool((self.schema or {}).get("properties"))


def list_keys(struct: str, field: str) -> tuple[str, ...] | None:
    """Return the keys of a list in a built-in kind; None where its items have none."""
    if field == "conditions" and struct not in _UNKEYED_CONDITIONS and kinds.field(struct, field).startswith("["):
        return ("type",)
    named = _LISTS.get(struct, {}).get(field)
    return tuple(named.split()) if named else None


def item_key(item: Any, keys: tuple[str, ...]) -> str:
    """Return the path element of a list item."""
    if not keys:
        return "v:" + msgspec.json.encode(item).decode()
    named = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in keys} if isinstance(item, dict) else {}
    return "k:" + msgspec.json.encode(named).decode()
