"""Quota sets: ResourceQuotas of a project's namespace.

| Quota | ResourceQuota, `spec.hard` |
|---|---|
| volumes | `count/persistentvolumeclaims` (counts claims of images and local disks too) |
| gigabytes | `requests.storage` |
| snapshots | `count/volumesnapshots.snapshot.storage.k8s.io` |
| volumes_TYPE, gigabytes_TYPE | `TYPE.storageclass.storage.k8s.io/persistentvolumeclaims`, `.../requests.storage` |
| per_volume_gigabytes, backups, backup_gigabytes, groups | cannot be limited |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.route import Route
from dicot.volume.quota_sets import handlers

HISTORY = History(
    {
        "update": {
            "type": "object",
            "properties": {
                "quota_set": {
                    "type": "object",
                    "patternProperties": {
                        "^(force|id|tenant_id)$": {},
                        "^(?!force$|id$|tenant_id$)[a-zA-Z0-9-_:. ]{1,300}$": {
                            "type": ["integer", "string"],
                            "pattern": "^[0-9]+$",
                            "minimum": -1,
                            "maximum": 0x7FFFFFFF,
                        },
                    },
                    "additionalProperties": False,
                }
            },
            "required": ["quota_set"],
            "additionalProperties": False,
        }
    }
)

_ONE = "/os-quota-sets/{target_id}"
_UPDATE = "volume_extension:quotas:update"

ROUTES = (
    Route(method="GET", path=_ONE, handler=handlers.show, policy="volume_extension:quotas:show"),
    Route(method="GET", path=f"{_ONE}/defaults", handler=handlers.defaults, policy="volume_extension:quotas:show"),
    Route(
        method="PUT",
        path=_ONE,
        handler=handlers.update,
        policy=_UPDATE,
        rule=policy.cloud_admin,
        history=HISTORY,
        body="update",
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=handlers.delete,
        policy="volume_extension:quotas:delete",
        rule=policy.cloud_admin,
    ),
)
