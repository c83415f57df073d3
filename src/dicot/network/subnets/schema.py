"""What subnets accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, UNSET, Attribute, Attributes, text

MODES = values.one_of("dhcpv6-stateful", "dhcpv6-stateless", "slaac", None)

ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": text("name"),
    "description": text("description"),
    "network_id": Attribute(field="networkId", convert=values.uuid, put=False),
    "ip_version": Attribute(field="ipVersion", convert=values.integer(4, 6), put=False),
    "cidr": Attribute(field="cidr", default=UNSET, convert=values.cidr, put=False),
    "subnetpool_id": Attribute(field="subnetPoolId", default=None, convert=values.uuid_or_none, put=False),
    "use_default_subnetpool": Attribute(default=False, convert=values.boolean, put=False),
    "prefixlen": Attribute(default=UNSET, convert=values.non_negative, put=False),
    "gateway_ip": Attribute(field="gatewayIp", default=UNSET, convert=values.address_or_none),
    "allocation_pools": Attribute(field="allocationPools", default=UNSET, convert=values.pools),
    "dns_nameservers": Attribute(field="dnsNameservers", default=[], convert=values.addresses),
    "host_routes": Attribute(field="hostRoutes", default=[], convert=values.routes),
    "enable_dhcp": Attribute(field="enableDhcp", default=True, convert=values.boolean),
    "ipv6_ra_mode": Attribute(field="ipv6RaMode", default=None, convert=MODES, put=False),
    "ipv6_address_mode": Attribute(field="ipv6AddressMode", default=None, convert=MODES, put=False),
    "service_types": Attribute(field="serviceTypes", default=[], convert=values.empty_list("a service type")),
    "router:external": READ_ONLY,
    "tags": READ_ONLY,
}
