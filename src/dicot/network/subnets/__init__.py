"""Subnets: the custom resource Subnet, in its network's namespace.

| Subnet | `network.dicot.io/v1alpha1` Subnet |
|---|---|
| id | label `dicot.io/subnet-id`, else `metadata.uid` |
| name, description, tags | `spec.name`, `spec.description`, `spec.tags` |
| network_id, ip_version, cidr, gateway_ip | `spec.networkId`, `spec.ipVersion`, `spec.cidr`, `spec.gatewayIp` |
| allocation_pools, dns_nameservers, host_routes | `spec.allocationPools`, `spec.dnsNameservers`, `spec.hostRoutes` |
| enable_dhcp, ipv6_ra_mode, ipv6_address_mode | `spec.enableDhcp`, `spec.ipv6RaMode`, `spec.ipv6AddressMode` |
| addresses in use | one IPAddress each, see `dicot.network.addresses` |
"""

from __future__ import annotations

from dicot.network.resources import SUBNET
from dicot.network.routing import crud
from dicot.network.subnets import handlers

ROUTES = crud(
    SUBNET,
    index=handlers.index,
    show=handlers.show,
    create=handlers.create,
    update=handlers.update,
    delete=handlers.delete,
)
