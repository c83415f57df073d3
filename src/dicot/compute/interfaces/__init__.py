"""A server's network interfaces: the ports whose device it is.

| Attachment | Port |
|---|---|
| port_id, net_id, mac_addr | its id, `spec.networkId`, `spec.macAddress` |
| fixed_ips | `spec.fixedIps`, else what the instance reports |
| port_state | ACTIVE while the instance runs and has the interface |
| tag | `tag` of the machine's interface |
| attach | an entry in the machine's `networks` and `interfaces`; into a running guest only further interfaces |
| detach | both entries removed; of a running guest `state: absent`, which KubeVirt follows. A port made for it goes |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.interfaces import handlers
from dicot.compute.interfaces.changes import HISTORY

__all__ = ["ROUTES"]

_ALL = "/servers/{server_id}/os-interface"
_ONE = "/servers/{server_id}/os-interface/{port_id}"
_POLICY = "os_compute_api:os-attach-interfaces"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=handlers.index,
        policy=f"{_POLICY}:list",
        history=HISTORY,
        query="index",
        view="attachment",
        key="interfaceAttachments",
    ),
    Route(
        method="POST",
        path=_ALL,
        handler=handlers.create,
        policy=f"{_POLICY}:create",
        history=HISTORY,
        body="create",
        view="attachment",
        key="interfaceAttachment",
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
        view="attachment",
        key="interfaceAttachment",
    ),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy=f"{_POLICY}:delete"),
)
