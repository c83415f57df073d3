"""Nova v2.1: servers are KubeVirt VirtualMachines, flavors are cluster instancetypes."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.microversion import Range
from dicot.api.route import Route, Service
from dicot.cluster import by_id, labelled
from dicot.compute import (
    aggregates,
    assisted_snapshots,
    availability_zones,
    console_auth_tokens,
    extensions,
    extra_specs,
    flavor_access,
    flavors,
    hypervisors,
    images,
    instance_actions,
    interfaces,
    keypairs,
    limits,
    migrations,
    network_proxies,
    quota_class_sets,
    quota_sets,
    remote_consoles,
    removed,
    server_external_events,
    server_groups,
    server_ips,
    server_metadata,
    server_migrations,
    server_security_groups,
    server_tags,
    servers,
    services,
    simple_tenant_usage,
    usage_audit_log,
    versions,
    volume_attachments,
)
from dicot.compute.kinds import AGGREGATES, SERVER_GROUPS
from dicot.compute.server_groups import lookup as groups
from dicot.compute.servers.beside import by_machine
from dicot.kube.cache import Watched
from dicot.kube.kinds import (
    CLUSTER_INSTANCETYPES,
    NODES,
    RESOURCE_QUOTAS,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOTS,
)

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *flavors.ROUTES,
    *flavor_access.ROUTES,
    *extra_specs.ROUTES,
    *keypairs.ROUTES,
    *limits.ROUTES,
    *quota_sets.ROUTES,
    *quota_class_sets.ROUTES,
    *availability_zones.ROUTES,
    *aggregates.ROUTES,
    *assisted_snapshots.ROUTES,
    *usage_audit_log.ROUTES,
    *server_external_events.ROUTES,
    *extensions.ROUTES,
    *hypervisors.ROUTES,
    *images.ROUTES,
    *network_proxies.ROUTES,
    *server_groups.ROUTES,
    *simple_tenant_usage.ROUTES,
    *servers.ROUTES,
    *server_metadata.ROUTES,
    *server_tags.ROUTES,
    *server_ips.ROUTES,
    *server_security_groups.ROUTES,
    *volume_attachments.ROUTES,
    *interfaces.ROUTES,
    *instance_actions.ROUTES,
    *migrations.ROUTES,
    *server_migrations.ROUTES,
    *services.ROUTES,
    *removed.ROUTES,
    *remote_consoles.ROUTES,
    *console_auth_tokens.ROUTES,
)

SERVICE = Service(
    name="compute",
    root="/compute",
    version="/v2.1",
    legacy="/v2",
    catalog=(("compute", "nova"),),
    routes=ROUTES,
    envelope=errors.fault,
    lost=errors.glance,
    lacks_method=404,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
    microversions=Range("compute", versions.OLDEST, versions.NEWEST, "X-OpenStack-Nova-API-Version"),
    project_in_path=True,
    malformed="Malformed request body",
    fault_type="application/json; charset=UTF-8",
    other_type="Unsupported Content-Type",
    request_id_headers=("x-openstack-request-id", "x-compute-request-id"),
)

WATCHED: tuple[Watched, ...] = (
    Watched(VIRTUAL_MACHINES, indexes={"id": by_id("server"), "server-group": groups.member_of}),
    Watched(VOLUME_SNAPSHOTS, indexes={"server": labelled("server")}, optional=True),
    Watched(SERVER_GROUPS, indexes={"id": by_id("server-group")}),
    Watched(AGGREGATES),
    Watched(VIRTUAL_MACHINE_INSTANCES),
    Watched(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, indexes={"machine": by_machine}),
    Watched(NODES),
    Watched(RESOURCE_QUOTAS),
    Watched(CLUSTER_INSTANCETYPES, indexes={"flavor": flavors.flavor_ids}),
)
