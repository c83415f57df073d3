"""Hypervisors: the nodes that KubeVirt runs on.

| Hypervisor | Node |
|---|---|
| id, service.id | `metadata.uid`; a number out of it before 2.53; the service's id is derived from it |
| hypervisor_hostname, service.host | `metadata.name` |
| state, status | condition Ready and label `kubevirt.io/schedulable`; `spec.unschedulable` |
| hypervisor_type, hypervisor_version | QEMU; the kubelet's version as a number, for no node tells QEMU's |
| host_ip | `status.addresses`, InternalIP |
| vcpus, memory_mb, local_gb | `status.allocatable` |
| *_used, running_vms, servers | the instances on the node |
| cpu_info | `kubernetes.io/arch`, label `host-model-cpu.node.kubevirt.io/*` |
| uptime | nobody tells: null, and 501 where it was a call of its own |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.compute.hypervisors import handlers
from dicot.compute.hypervisors.changes import HISTORY

_POLICY = "os_compute_api:os-hypervisors"
_ONE = "/{hypervisor_id}"


def _route(path: str, handler: Handler, rule: str, query: str, view: str, key: str, *, until: str = "") -> Route:
    return Route(
        method="GET",
        path=f"/os-hypervisors{path}",
        handler=handler,
        policy=f"{_POLICY}:{rule}",
        rule=policy.cloud_admin,
        until=until,
        history=HISTORY,
        query=query,
        view=view,
        key=key,
    )


ROUTES = (
    _route("", handlers.index, "list", "index", "hypervisor", "hypervisors"),
    _route("/detail", handlers.detail, "list-detail", "index", "hypervisor", "hypervisors"),
    _route("/statistics", handlers.statistics, "statistics", "statistics", "", "", until="2.87"),
    _route(_ONE, handlers.show, "show", "show", "hypervisor", "hypervisor"),
    _route(f"{_ONE}/uptime", handlers.uptime, "uptime", "old", "hypervisor", "hypervisor", until="2.87"),
    _route(f"{_ONE}/search", handlers.search, "search", "old", "hypervisor", "hypervisors", until="2.52"),
    _route(f"{_ONE}/servers", handlers.servers, "servers", "old", "hypervisor", "hypervisors", until="2.52"),
)
