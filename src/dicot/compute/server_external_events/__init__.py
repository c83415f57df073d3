"""Events that other services tell Nova of: looked at, and answered as Nova answers.

Nothing follows from them here. What they tell, that a port was plugged, a volume has grown or a host was switched on,
KubeVirt has noticed itself, and views are made of its objects.
"""

from __future__ import annotations

from typing import Any

from dicot.api import policy
from dicot.api.microversion import Change, Edit, History
from dicot.api.route import Route
from dicot.compute import parameters as p
from dicot.compute.server_external_events import handlers

Json = dict[str, Any]

_NAMES = p.words(
    "network-changed network-vif-plugged network-vif-unplugged network-vif-deleted volume-extended power-update "
    "accelerator-request-bound volume-reimaged"
)
_EVENT: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "enum": _NAMES},
        "server_uuid": p.UUID,
        "status": {"type": "string", "enum": ["failed", "completed", "in-progress"]},
        "tag": {"type": "string", "maxLength": 255},
    },
    "required": ["name", "server_uuid"],
    "additionalProperties": False,
}
_CREATE: Json = {
    "type": "object",
    "properties": {"events": {"type": "array", "minItems": 1, "items": _EVENT}},
    "required": ["events"],
    "additionalProperties": False,
}


def _unknown(event: str) -> Edit:
    def edit(body: Json) -> None:
        name = body["properties"]["events"]["items"]["properties"]["name"]
        name["enum"] = [one for one in name["enum"] if one != event]

    return edit


HISTORY = History(
    {"create": _CREATE},
    Change("2.93", "A volume has got another image.", create=_unknown("volume-reimaged")),
    Change("2.82", "An accelerator was bound.", create=_unknown("accelerator-request-bound")),
    Change("2.76", "A host was switched on or off.", create=_unknown("power-update")),
    Change("2.51", "A volume has grown.", create=_unknown("volume-extended")),
)

ROUTES = (
    Route(
        method="POST",
        path="/os-server-external-events",
        handler=handlers.create,
        policy="os_compute_api:os-server-external-events:create",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="create",
    ),
)
