"""Images: CDI DataSources, with a DataVolume of the same name once there is data.

| Image | DataSource |
|---|---|
| id | label `dicot.io/image-id`, else `metadata.uid` |
| name | annotation `dicot.io/name`; of a DataSource made by kubectl its own name |
| owner | the project whose namespace it is in; none for those of the image namespace |
| visibility | annotation `image.dicot.io/visibility`, and the RoleBinding `<name>-readers` that makes it hold; public in the image namespace |
| status, size, virtual_size | of its DataVolume, claim or VolumeSnapshot; see `status` |
| checksum, os_hash_value, size | annotations `md5`, `sha512`, `size`: of the bytes received |
| disk_format, container_format, min_disk, min_ram, protected, os_hidden | annotations |
| tags, properties | annotations, as JSON |
| created_at, updated_at | `creationTimestamp`, the newest time in `managedFields` |
| os_distro, os_version | also the label `instancetype.kubevirt.io/default-preference`, where the cluster has that preference |
| locations, stores | not shown |
"""  # noqa: E501

from __future__ import annotations

from dicot.api.route import Route
from dicot.image.images import handlers
from dicot.image.images.facts import ImageFacts, facts, usable
from dicot.image.images.lookup import find

__all__ = ["ROUTES", "ImageFacts", "facts", "find", "usable"]

_ONE = "/images/{image_id}"

ROUTES = (
    Route(method="GET", path="/images", handler=handlers.index, policy="get_images"),
    Route(method="POST", path="/images", handler=handlers.create, policy="add_image"),
    Route(method="DELETE", path="/images", handler=handlers.delete_none, policy="delete_image"),
    Route(method="GET", path=_ONE, handler=handlers.show, policy="get_image"),
    Route(method="PATCH", path=_ONE, handler=handlers.update, policy="modify_image", raw=True),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy="delete_image"),
)
