"""Behaviours of Cinder, not shapes, that began at a microversion: asked by name. Pure."""

from __future__ import annotations

from dicot.api.microversion import Flag

UPLOAD_VISIBILITY = Flag("3.1", "An image made of a volume is private unless told otherwise.")
STRICT_BOOTABLE = Flag("3.2", "The filter `bootable` must be a boolean.")
IMAGE_FILTER = Flag("3.4", "Volumes are filtered by `glance_metadata`.")
ETAGS = Flag("3.15", "Metadata has an ETag, and If-Match is honoured.")
SNAPSHOT_METADATA_FILTER = Flag("3.22", "Snapshots are filtered by metadata.")
DELETE_FORCE = Flag("3.23", "Deleting a volume may be forced.")
SNAPSHOT_SORT_NAME = Flag("3.30", "Snapshots are sorted by name.")
STRICT_FILTERS = Flag("3.31", "A filter that is not configured is refused.")
LIKE_FILTERS = Flag("3.34", "`name~=x` finds a part of a name.")
SUMMARY_METADATA = Flag("3.36", "The summary tells all metadata.")
LIMITS_OF_OTHERS = Flag("3.39", "An administrator asks for the limits of another project.")
EXTEND_IN_USE = Flag("3.42", "A volume in use may be extended.")
COUNT = Flag("3.45", "`with_count` adds the number of all that fit.")
TYPE_FILTERS = Flag("3.52", "Types are filtered by extra specs.")
TIME_FILTERS = Flag("3.60", "Volumes are filtered by when they were created or changed.")
QUOTA_FILTER = Flag("3.65", "`consumes_quota` is a filter.")
SNAPSHOT_IN_USE = Flag("3.66", "A snapshot of a volume in use needs no force.")
