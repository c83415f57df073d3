"""Address scopes: the custom resource AddressScope.

| Address scope | `network.dicot.io/v1alpha1` AddressScope |
|---|---|
| id | label `dicot.io/address-scope-id`, else `metadata.uid` |
| project_id | the namespace |
| name, ip_version, shared | `spec.name`, `spec.ipVersion`, `spec.shared` |
| who sees it | `status.open`: holds `shared` when an administrator made it everybody's |
| which networks are in it | those whose subnets are of SubnetPools with this `spec.addressScopeId` |
"""

from __future__ import annotations

from dicot.network.address_scopes import handlers
from dicot.network.resources import ADDRESS_SCOPE
from dicot.network.routing import crud

ROUTES = crud(
    ADDRESS_SCOPE,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
