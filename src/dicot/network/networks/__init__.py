"""Networks: the custom resource Network, and the cluster's external network as it is.

| Network | `network.dicot.io/v1alpha1` Network |
|---|---|
| id | label `dicot.io/network-id`, else `metadata.uid` |
| project_id | the namespace |
| name, description, tags | `spec.name`, `spec.description`, `spec.tags` |
| admin_state_up, shared, mtu | `spec.adminStateUp`, `spec.shared`, `spec.mtu` |
| port_security_enabled | `spec.portSecurityEnabled` |
| router:external, is_default | `spec.external`, `spec.isDefault` |
| who sees it | `status.open`: in what ways (shared, external) an administrator made it everybody's |
| subnets | the Subnets that name it |
| revision_number | `metadata.generation` |
"""

from __future__ import annotations

from dicot.network.networks import handlers
from dicot.network.resources import NETWORK
from dicot.network.routing import crud

ROUTES = crud(
    NETWORK,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
