"""Limits: the quotas of a project as absolute limits, with what is used. There are no rates."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Forbidden
from dicot.api.microversion import Change, Edit, History
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.compute import parameters as p
from dicot.compute import quota
from dicot.identity import namespaces

Json = dict[str, Any]

_POLICY = "os_compute_api:limits"
_OF_OTHERS = "os_compute_api:limits:other_project"


def _namespace(request: Request, cluster: Cluster) -> str:
    project, caller = request.asked("tenant_id"), request.caller
    if not project or project == caller.project_id:
        return caller.namespace
    if not caller.cloud_admin:
        raise Forbidden(f"Policy doesn't allow {_OF_OTHERS} to be performed.")
    found = namespaces.find(cluster, project)
    if found is None:
        raise BadRequest(f"Project ID {project} is not a valid project.")
    return str(found["metadata"]["name"])


async def index(request: Request, cluster: Cluster) -> Response:
    """Show the limits of the caller's project, to an administrator also of another."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    absolute = {
        "maxTotalCores": quotas["cores"].limit,
        "maxTotalInstances": quotas["instances"].limit,
        "maxTotalKeypairs": quotas["key_pairs"].limit,
        "maxServerMeta": quotas["metadata_items"].limit,
        "maxTotalRAMSize": quotas["ram"].limit,
        "maxServerGroups": quotas["server_groups"].limit,
        "maxServerGroupMembers": quotas["server_group_members"].limit,
        "totalRAMUsed": quotas["ram"].in_use,
        "totalCoresUsed": quotas["cores"].in_use,
        "totalInstancesUsed": quotas["instances"].in_use,
        "totalServerGroupsUsed": quotas["server_groups"].in_use,
    }
    return Response({"limits": {"rate": [], "absolute": absolute}})


def _with(**limits: int) -> Edit:
    return lambda view: view["absolute"].update(limits)


HISTORY = History(
    {"index": {"type": "object", "properties": {"tenant_id": p.TEXTS}, "additionalProperties": False}},
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate),
    Change("2.57", "Limits of injected files are gone.", limits=_with(maxPersonality=5, maxPersonalitySize=10240)),
    Change("2.39", "The limit of an image's metadata is Glance's.", limits=_with(maxImageMeta=quota.METADATA_ITEMS)),
    Change(
        "2.36",
        "Limits of networks are Neutron's.",
        limits=_with(
            maxTotalFloatingIps=-1,
            maxSecurityGroups=-1,
            maxSecurityGroupRules=-1,
            totalFloatingIpsUsed=0,
            totalSecurityGroupsUsed=0,
        ),
    ),
)

ROUTES = (
    Route(
        method="GET",
        path="/limits",
        handler=index,
        policy=_POLICY,
        history=HISTORY,
        query="index",
        view="limits",
        key="limits",
    ),
)
