"""What ports accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, UNSET, Attribute, Attributes, text

ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": text("name"),
    "description": text("description"),
    "network_id": Attribute(field="networkId", convert=values.uuid, put=False),
    "mac_address": Attribute(field="macAddress", default=UNSET, convert=values.mac),
    "admin_state_up": Attribute(field="adminStateUp", default=True, convert=values.boolean),
    "fixed_ips": Attribute(field="fixedIps", default=UNSET, convert=values.fixed_ips),
    "device_id": text("deviceId"),
    "device_owner": text("deviceOwner"),
    "security_groups": Attribute(field="securityGroups", default=UNSET, convert=values.uuids_list),
    "port_security_enabled": Attribute(field="portSecurityEnabled", default=UNSET, convert=values.boolean),
    "allowed_address_pairs": Attribute(field="allowedAddressPairs", default=[], convert=values.address_pairs),
    "binding:vnic_type": Attribute(field="vnicType", default="normal", convert=values.one_of("normal")),
    "binding:profile": Attribute(field="profile", default={}, convert=values.mapping, admin=True),
    "binding:host_id": Attribute(field="hostId", default="", convert=values.text(255), admin=True),
    "binding:vif_type": READ_ONLY,
    "binding:vif_details": READ_ONLY,
    "status": READ_ONLY,
    "ip_allocation": READ_ONLY,
    "tags": READ_ONLY,
}
