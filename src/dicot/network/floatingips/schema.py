"""What floating IPs accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, UNSET, Attribute, Attributes, text

ATTRIBUTES: Attributes = {
    **STANDARD,
    "floating_ip_address": Attribute(
        field="floatingIpAddress", default=UNSET, convert=values.address_or_none, put=False, admin=True
    ),
    "subnet_id": Attribute(default=None, convert=values.uuid_or_none, put=False),
    "floating_network_id": Attribute(field="floatingNetworkId", convert=values.uuid, put=False),
    "router_id": READ_ONLY,
    "port_id": Attribute(field="portId", default=None, convert=values.uuid_or_none),
    "fixed_ip_address": Attribute(field="fixedIpAddress", default=None, convert=values.address_or_none),
    "description": text("description"),
    "status": READ_ONLY,
    "port_details": READ_ONLY,
    "tags": READ_ONLY,
}
