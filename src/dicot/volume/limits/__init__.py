"""Limits: the quotas of a project as absolute limits, with what is used."""

from __future__ import annotations

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.identity import projects
from dicot.volume import flags, quota


def namespace_of(cluster: Cluster, project_id: str) -> str:
    """Return the namespace of a project; 404 if there is none."""
    found = projects.find(cluster, project_id)
    if found is None:
        raise NotFound(f"Project {project_id} could not be found.")
    return str(found["metadata"]["name"])


def _namespace(request: Request, cluster: Cluster) -> str:
    asked = request.asked("project_id") or request.asked("tenant_id")
    if not asked or not request.caller.cloud_admin or request.before(flags.LIMITS_OF_OTHERS):
        return request.caller.namespace
    return namespace_of(cluster, asked)


async def index(request: Request, cluster: Cluster) -> Response:
    """Show the limits of the caller's project, to an administrator also of another."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    absolute = {
        "maxTotalVolumes": quotas["volumes"].limit,
        "maxTotalSnapshots": quotas["snapshots"].limit,
        "maxTotalVolumeGigabytes": quotas["gigabytes"].limit,
        "maxTotalBackups": quotas["backups"].limit,
        "maxTotalBackupGigabytes": quotas["backup_gigabytes"].limit,
        "totalVolumesUsed": quotas["volumes"].in_use,
        "totalGigabytesUsed": quotas["gigabytes"].in_use,
        "totalSnapshotsUsed": quotas["snapshots"].in_use,
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return Response({"limits": {"rate": [], "absolute": absolute}})


ROUTES = (Route(method="GET", path="/limits", handler=index, policy="limits_extension:used_limits"),)
