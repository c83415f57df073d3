"""Floating IPs: the custom resource FloatingIP, in its project's namespace.

| Floating IP | `network.dicot.io/v1alpha1` FloatingIP |
|---|---|
| id | label `dicot.io/floatingip-id`, else `metadata.uid` |
| floating_network_id, floating_ip_address | `spec.floatingNetworkId`, `spec.floatingIpAddress` |
| port_id, fixed_ip_address, router_id | `spec.portId`, `spec.fixedIpAddress`, `spec.routerId` |
| status | ACTIVE once the driver has translated the address |
"""

from __future__ import annotations

from dicot.network.floatingips import handlers
from dicot.network.resources import FLOATING_IP
from dicot.network.routing import crud

ROUTES = crud(
    FLOATING_IP,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
