"""Extensions: those of Cinder's that work here, and no others. Data only."""

from __future__ import annotations

from dicot.api.request import Request, Response
from dicot.api.route import Route

_KNOWN = (
    ("VolumeImageMetadata", "os-vol-image-meta", "Show image metadata associated with the volume.", "2012-12-07"),
    ("UsedLimits", "os-used-limits", "Provide data on limited resources that are being used.", "2013-10-03"),
    ("AdminActions", "os-admin-actions", "Enable admin actions.", "2012-08-25"),
    ("TypesExtraSpecs", "os-types-extra-specs", "Type extra specs support.", "2011-08-24"),
    ("Quotas", "os-quota-sets", "Quota management support.", "2011-08-08"),
    ("VolumeActions", "os-volume-actions", "Enable volume actions.", "2012-05-31"),
    ("AvailabilityZones", "os-availability-zone", "Describe Availability Zones.", "2013-06-27"),
    ("VolumeTypeAccess", "os-volume-type-access", "Volume type access support.", "2014-06-26"),
    ("Services", "os-services", "Services support.", "2012-10-28"),
    (
        "ExtendedSnapshotAttributes",
        "os-extended-snapshot-attributes",
        "Extended SnapshotAttributes support.",
        "2012-06-19",
    ),
    ("VolumeHostAttribute", "os-vol-host-attr", "Expose host as an attribute of a volume.", "2011-11-03"),
    ("SchedulerStats", "scheduler-stats", "Scheduler stats support.", "2014-09-07"),
    (
        "VolumeMigStatusAttribute",
        "os-vol-mig-status-attr",
        "Expose migration_status as an attribute of a volume.",
        "2013-08-08",
    ),
    (
        "VolumeTenantAttribute",
        "os-vol-tenant-attr",
        "Expose the internal project_id as an attribute of a volume.",
        "2011-11-03",
    ),
)
EXTENSIONS: list[dict[str, object]] = [
    {"name": name, "alias": alias, "description": what, "updated": f"{day}T00:00:00+00:00", "links": list[str]()}
    for name, alias, what, day in _KNOWN
]


async def index(_: Request, __: object) -> Response:
    """List the extensions."""
    return Response({"extensions": EXTENSIONS})


ROUTES = (Route(method="GET", path="/extensions", handler=index, policy="volume:extensions"),)
