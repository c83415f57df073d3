"""A server's volumes: claims in the `volumes` of its VirtualMachine that are Cinder volumes.

| Attachment | VirtualMachine |
|---|---|
| volumeId | label `dicot.io/volume-id` of the claim, else its uid |
| device | `status.volumeStatus[].target` of the instance |
| tag | `tag` of the disk |
| delete_on_termination | the claim's DataVolume (or the claim) names the machine as its owner |
| attachment_id, bdm_uuid | derived from volume and server |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.volume_attachments import handlers
from dicot.compute.volume_attachments.changes import HISTORY

__all__ = ["ROUTES"]

_ALL = "/servers/{server_id}/os-volume_attachments"
_ONE = "/servers/{server_id}/os-volume_attachments/{volume_id}"
_POLICY = "os_compute_api:os-volumes-attachments"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        history=HISTORY,
        query="index",
        view="attachment",
        key="volumeAttachments",
    ),
    Route(
        method="POST",
        path=_ALL,
        handler=handlers.create,
        policy=f"{_POLICY}:create",
        history=HISTORY,
        body="create",
        view="created",
        key="volumeAttachment",
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
        view="attachment",
        key="volumeAttachment",
    ),
    Route(method="PUT", path=_ONE, handler=handlers.update, policy=f"{_POLICY}:update", history=HISTORY, body="update"),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy=f"{_POLICY}:delete"),
)
