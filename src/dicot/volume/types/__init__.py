"""Volume types: Kubernetes StorageClasses.

| Type | StorageClass |
|---|---|
| id, name | `metadata.uid`, `metadata.name` |
| description | annotation `dicot.io/description` |
| extra_specs multiattach | annotation `dicot.io/multiattach`, where CDI's StorageProfile makes shared block claims |
| extra_specs RESKEY:availability_zones | `allowedTopologies` by zone |
| extra_specs provisioner, volumeBindingMode | the fields of that name, for administrators |
| the default type | annotation `storageclass.kubevirt.io/is-default-virt-class`, else the cluster's own default |
| create, update, delete, access, encryption, QoS | 403: the administrator of the storage makes StorageClasses |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.volume.types import handlers

_READ = "volume_extension:type_get"
_MANAGE = (
    ("POST", "/types", "volume_extension:type_create"),
    ("PUT", "/types/{type_id}", "volume_extension:type_update"),
    ("DELETE", "/types/{type_id}", "volume_extension:type_delete"),
    ("POST", "/types/{type_id}/action", "volume_extension:volume_type_access:addProjectAccess"),
    ("POST", "/types/{type_id}/extra_specs", "volume_extension:types_extra_specs:create"),
    ("PUT", "/types/{type_id}/extra_specs/{key}", "volume_extension:types_extra_specs:update"),
    ("DELETE", "/types/{type_id}/extra_specs/{key}", "volume_extension:types_extra_specs:delete"),
    ("POST", "/types/{type_id}/encryption", "volume_extension:volume_type_encryption:create"),
)

ROUTES = (
    Route(method="GET", path="/types", handler=handlers.index, policy="volume_extension:type_get_all"),
    Route(method="GET", path="/types/default", handler=handlers.default, policy=_READ),
    Route(method="GET", path="/types/{type_id}", handler=handlers.show, policy=_READ),
    Route(
        method="GET",
        path="/types/{type_id}/extra_specs",
        handler=handlers.extra_specs,
        policy="volume_extension:types_extra_specs:index",
    ),
    Route(
        method="GET",
        path="/types/{type_id}/extra_specs/{key}",
        handler=handlers.extra_spec,
        policy="volume_extension:types_extra_specs:show",
    ),
    Route(
        method="GET",
        path="/types/{type_id}/os-volume-type-access",
        handler=handlers.access,
        policy="volume_extension:volume_type_access:get_all_for_type",
        rule=policy.cloud_admin,
    ),
    Route(
        method="GET",
        path="/types/{type_id}/encryption",
        handler=handlers.encryption,
        policy="volume_extension:volume_type_encryption:get",
        rule=policy.cloud_admin,
    ),
    *(
        Route(method=method, path=path, handler=handlers.refuse, policy=name, rule=policy.cloud_admin, raw=True)
        for method, path, name in _MANAGE
    ),
)
