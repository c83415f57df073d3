"""What Nova itself has removed and answers 410 at every microversion: cells, agents, cloudpipe, fping, and the rest.

Which these are is read in Nova's `api/openstack/compute/*.py`: every function marked `wsgi.removed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dicot.api.errors import Gone
from dicot.api.request import Request, Response
from dicot.api.route import Route

_EACH = ("GET", "PUT", "DELETE")
_REMOVED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/os-agents", ("GET", "POST")),
    ("/os-agents/{absent_id}", ("PUT", "DELETE")),
    ("/os-cells", ("GET", "POST")),
    ("/os-cells/capacities", ("GET",)),
    ("/os-cells/detail", ("GET",)),
    ("/os-cells/info", ("GET",)),
    ("/os-cells/sync_instances", ("POST",)),
    ("/os-cells/{absent_id}", _EACH),
    ("/os-cells/{absent_id}/capacities", ("GET",)),
    ("/os-certificates", ("POST",)),
    ("/os-certificates/{absent_id}", ("GET",)),
    ("/os-cloudpipe", ("GET", "POST")),
    ("/os-cloudpipe/{absent_id}", ("PUT",)),
    ("/os-fixed-ips/{absent_id}", ("GET",)),
    ("/os-floating-ip-dns", ("GET",)),
    ("/os-floating-ip-dns/{absent_id}", ("PUT", "DELETE")),
    ("/os-floating-ip-dns/{absent_id}/entries/{entry_id}", _EACH),
    ("/os-floating-ips-bulk", ("GET", "POST")),
    ("/os-floating-ips-bulk/{absent_id}", ("GET", "PUT")),
    ("/os-fping", ("GET",)),
    ("/os-fping/{absent_id}", ("GET",)),
    ("/os-networks", ("POST",)),
    ("/os-networks/add", ("POST",)),
    ("/os-networks/{network_id}", ("DELETE",)),
    ("/os-security-group-default-rules", ("GET", "POST")),
    ("/os-security-group-default-rules/{absent_id}", ("GET", "DELETE")),
    ("/os-tenant-networks", ("POST",)),
    ("/os-tenant-networks/{network_id}", ("DELETE",)),
    ("/servers/{server_id}/consoles", ("GET", "POST")),
    ("/servers/{server_id}/consoles/{absent_id}", ("GET", "DELETE")),
    ("/servers/{server_id}/os-virtual-interfaces", ("GET",)),
)
_ACTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/os-fixed-ips/{absent_id}/action", ("reserve", "unreserve")),
    (
        "/os-networks/{network_id}/action",
        ("associate_host", "disassociate", "disassociate_host", "disassociate_project"),
    ),
)


async def gone(_: Request, __: object) -> Response:
    """Say that this has been removed, in the words of webob, which are Nova's."""
    raise Gone("This resource is no longer available.  No forwarding address is given.")


def _routes() -> Iterator[Route]:
    for path, methods in _REMOVED:
        for method in methods:
            yield Route(method=method, path=path, handler=gone, policy="os_compute_api:removed", raw=True)
    for path, actions in _ACTIONS:
        for action in actions:
            yield Route(method="POST", path=path, handler=gone, policy="os_compute_api:removed", action=action)


ROUTES = tuple(_routes())
