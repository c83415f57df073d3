"""Making an image of a volume: a DataSource whose DataVolume clones the volume's claim."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image import cloning
from dicot.image.images import handlers as images
from dicot.image.images.spelling import identity
from dicot.volume import flags, listing, spelling, times
from dicot.volume.types import facts as type_facts
from dicot.volume.types import view as type_view
from dicot.volume.volumes import facts
from dicot.volume.volumes.handlers import state
from dicot.volume.volumes.manifest import of_volume
from dicot.volume.volumes.record import Volume

Json = dict[str, Any]

KEY = "os-volume_upload_image"
_GIB = 1024**3
_OWN = frozenset(
    {"checksum", "container_format", "disk_format", "image_id", "image_name", "min_disk", "min_ram", "name", "size"}
)
"""What a volume remembers of its image that is no property of the new one (Cinder's `glance_core_properties`)."""


async def upload_image(request: Request, cluster: Cluster) -> Response:
    """Make an image of a volume; it is active once the storage has cloned the claim.

    `force` is not heeded, as in a Cinder that has `enable_force_upload` off: a claim in use is not cloned.
    """
    volume = await facts.seek(cluster, request.caller, request.params["volume_id"])
    asked = request.body[KEY]
    wanted = _image(request, volume, asked)
    if wanted["visibility"] == "public" and not request.caller.cloud_admin:
        raise Forbidden("Policy doesn't allow volume_extension:volume_actions:upload_public to be performed.")
    _require_readable(volume)
    source = await images.register(cluster, request.caller, wanted, volume.namespace)
    try:
        size, content = volume.size_gib * _GIB, of_volume(volume.claim)["source"]
        await cloning.fill(cluster, request.caller, source, content, size, asked.get("disk_format", "raw"))
    except BaseException:
        await cloning.withdraw(cluster, request.caller, source)
        raise
    return Response({KEY: _told(cluster, volume, wanted, identity(source))}, status=202)


def _image(request: Request, volume: Volume, asked: Json) -> Json:
    """Return the image as Glance would be asked for it."""
    remembered = spelling.texts(volume.claim, spelling.IMAGE_METADATA)
    # Before it could be said here, the visibility was what Glance takes by default.
    default = "shared" if request.before(flags.UPLOAD_VISIBILITY) else "private"
    return {
        **{key: value for key, value in remembered.items() if key not in _OWN},
        "name": asked["image_name"],
        "disk_format": asked.get("disk_format", "raw"),
        "container_format": asked.get("container_format", "bare"),
        "visibility": asked.get("visibility", default),
        "protected": bool(listing.truth(str(asked.get("protected", "false")))),
    }


def _require_readable(volume: Volume) -> None:
    if state(volume) != "available":
        raise BadRequest(f"Invalid volume: Volume {volume.id} status must be available")
    if volume.claim.get("status", {}).get("phase") != "Bound":
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} gets its storage when it is first attached, and an image can be made "
            "of it only after that."
        )


def _told(cluster: Cluster, volume: Volume, image: Json, image_id: str) -> Json:
    kind = volume.storage_class
    return {
        "id": volume.id,
        "updated_at": times.updated(volume.claim),
        "status": "uploading",
        "display_description": names.annotations_of(volume.claim).get(names.DESCRIPTION),
        "size": volume.size_gib,
        "volume_type": type_view.volume_type(type_facts.describe(cluster, kind), sensitive=False) if kind else None,
        "image_id": image_id,
        "container_format": image["container_format"],
        "disk_format": image["disk_format"],
        "image_name": image["name"],
        "protected": image["protected"],
        "visibility": image["visibility"],
    }
