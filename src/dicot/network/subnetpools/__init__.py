"""Subnet pools: the custom resource SubnetPool.

| Subnet pool | `network.dicot.io/v1alpha1` SubnetPool |
|---|---|
| id | label `dicot.io/subnetpool-id`, else `metadata.uid` |
| project_id | the namespace |
| name, description, tags | `spec.name`, `spec.description`, `spec.tags` |
| prefixes, ip_version | `spec.prefixes`, `spec.ipVersion` |
| min_, max_, default_prefixlen | `spec.minPrefixlen`, `spec.maxPrefixlen`, `spec.defaultPrefixlen` |
| default_quota, address_scope_id | `spec.defaultQuota`, `spec.addressScopeId` |
| shared, is_default | `spec.shared`, `spec.isDefault`, as far as `status.open` grants them |
| what is given out | the Subnets with this `spec.subnetPoolId`; while they are made, `status.reserved` |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.resources import SUBNET_POOL
from dicot.network.routing import crud
from dicot.network.subnetpools import handlers

ROUTES = (
    *crud(
        SUBNET_POOL,
        index=handlers.index,
        show=handlers.show,
        create=handlers.create,
        update=handlers.update,
        delete=handlers.delete,
    ),
    Route(method="PUT", path="/subnetpools/{id}/add_prefixes", handler=handlers.add_prefixes, policy="add_prefixes"),
    Route(
        method="PUT",
        path="/subnetpools/{id}/remove_prefixes",
        handler=handlers.remove_prefixes,
        policy="remove_prefixes",
    ),
)
