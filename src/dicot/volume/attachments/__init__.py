"""Attachments (since 3.27): derived from the virtual machines whose specification names a volume's claim.

| Attachment | Source |
|---|---|
| id | derived from the ids of volume and server |
| instance | the virtual machine's server id |
| status | `status.volumeStatus` of the running machine: attaching, attached, detaching |
| attached_at | annotation `dicot.io/attached-at` of the claim, else when the machine was made |
| create, update, complete, delete | 501: Nova's `os-volume_attachments` does it |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.volume.attachments import handlers

_SINCE = "3.27"
_ONE = "/attachments/{attachment_id}"

ROUTES = (
    Route(method="GET", path="/attachments", handler=handlers.index, policy="volume:attachment_list", since=_SINCE),
    Route(
        method="GET", path="/attachments/detail", handler=handlers.detail, policy="volume:attachment_list", since=_SINCE
    ),
    Route(method="GET", path=_ONE, handler=handlers.show, policy="volume:attachment_show", since=_SINCE),
    *(
        Route(method=method, path=path, handler=handlers.refuse, policy=name, since=since, raw=True)
        for method, path, name, since in (
            ("POST", "/attachments", "volume:attachment_create", _SINCE),
            ("PUT", _ONE, "volume:attachment_update", _SINCE),
            ("DELETE", _ONE, "volume:attachment_delete", _SINCE),
            ("POST", f"{_ONE}/action", "volume:attachment_complete", "3.44"),
        )
    ),
)
