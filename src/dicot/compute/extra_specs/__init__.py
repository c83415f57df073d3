"""Extra specs of flavors: annotation `flavor.dicot.io/extra-specs` (JSON) of the cluster instancetype.

What of them means something to KubeVirt is in the instancetype's spec as well; `dicot.compute.flavors.compiled` says
how. All others are kept as they are.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.extra_specs import handlers
from dicot.compute.extra_specs.changes import HISTORY

_POLICY = "os_compute_api:os-flavor-extra-specs"
_PATH = "/flavors/{flavor_id}/os-extra_specs"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        history=HISTORY,
        query="show",
    ),
    Route(
        method="POST",
        path=_PATH,
        handler=handlers.create,
        policy=f"{_POLICY}:create",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="create",
    ),
    Route(
        method="GET",
        path=f"{_PATH}/{{key}}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
    ),
    Route(
        method="PUT",
        path=f"{_PATH}/{{key}}",
        handler=handlers.update,
        policy=f"{_POLICY}:update",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="update",
    ),
    Route(
        method="DELETE",
        path=f"{_PATH}/{{key}}",
        handler=handlers.delete,
        policy=f"{_POLICY}:delete",
        rule=policy.cloud_admin,
    ),
)
