"""An image's data: `/images/{id}/file`.

| Glance | Kubernetes |
|---|---|
| upload | a DataVolume with `source.upload`, an UploadTokenRequest, and a stream to CDI's upload proxy |
| checksum, os_hash_value, size | of the bytes received, as annotations of the DataSource |
| download | a VirtualMachineExport of the claim, cut to the bytes received |

CDI keeps everything as raw, so that only what came as raw can be sent back as it was; the rest is refused.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.image.file import handlers

__all__ = ["ROUTES"]

ROUTES = (
    Route(method="PUT", path="/images/{image_id}/file", handler=handlers.update, policy="upload_image", raw=True),
    Route(method="PUT", path="/images/{image_id}/stage", handler=handlers.stage, policy="upload_image", raw=True),
    Route(
        method="GET",
        path="/images/{image_id}/file",
        handler=handlers.show,
        policy="download_image",
        rule=policy.member,
    ),
)
