"""What networks accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, UNSET, Attribute, Attributes, text

MTU_DEFAULT = 1400
"""What Geneve leaves of an Ethernet frame on Kube-OVN."""

ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": text("name"),
    "description": text("description"),
    "admin_state_up": Attribute(field="adminStateUp", default=True, convert=values.boolean),
    "mtu": Attribute(field="mtu", default=UNSET, convert=values.integer(68, 65535)),
    "shared": Attribute(field="shared", default=False, convert=values.boolean, admin=True),
    "router:external": Attribute(field="external", default=False, convert=values.boolean, admin=True),
    "is_default": Attribute(field="isDefault", default=False, convert=values.boolean, admin=True),
    "port_security_enabled": Attribute(field="portSecurityEnabled", default=True, convert=values.boolean),
    "availability_zone_hints": Attribute(
        field="availabilityZoneHints", default=[], put=False, convert=values.empty_list("a choice of zones")
    ),
    "provider:network_type": Attribute(
        field="networkType", default=UNSET, convert=values.text(32), admin=True, put=False
    ),
    "provider:physical_network": Attribute(
        field="physicalNetwork", default=UNSET, convert=values.text(128), admin=True, put=False
    ),
    "provider:segmentation_id": Attribute(
        field="segmentationId", default=UNSET, convert=values.integer(0, 2**24), admin=True, put=False
    ),
    "status": READ_ONLY,
    "subnets": READ_ONLY,
    "availability_zones": READ_ONLY,
    "l2_adjacency": READ_ONLY,
    "ipv4_address_scope": READ_ONLY,
    "ipv6_address_scope": READ_ONLY,
    "tags": READ_ONLY,
}
