"""What routers accept, as data."""

from __future__ import annotations

from typing import Any

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, Attribute, Attributes, text

Json = dict[str, Any]


def gateway(value: Any, name: str) -> Json | None:
    """Accept an external gateway: a network, perhaps addresses on it, and whether to translate."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        values.wrong(name, f"'{value}' is not a dictionary")
    unknown = set(value) - {"network_id", "enable_snat", "external_fixed_ips", "qos_policy_id"}
    if unknown:
        values.wrong(name, f"Unexpected keys supplied: {', '.join(sorted(unknown))}")
    if "network_id" not in value:
        values.wrong(name, "Expected keys not found: network_id")
    if value.get("qos_policy_id") is not None:
        values.wrong(name, "qos_policy_id is not supported by this cloud")
    clean: Json = {"network_id": values.uuid(value["network_id"], name)}
    if "enable_snat" in value:
        clean["enable_snat"] = values.boolean(value["enable_snat"], name)
    if "external_fixed_ips" in value:
        clean["external_fixed_ips"] = values.fixed_ips(value["external_fixed_ips"], name)
    return clean


ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": text("name"),
    "description": text("description"),
    "admin_state_up": Attribute(field="adminStateUp", default=True, convert=values.boolean),
    "external_gateway_info": Attribute(field="externalGatewayInfo", default=None, convert=gateway),
    "routes": Attribute(field="routes", default=[], convert=values.routes, post=False),
    "availability_zone_hints": Attribute(
        field="availabilityZoneHints", default=[], convert=values.empty_list("a choice of zones"), put=False
    ),
    "availability_zones": READ_ONLY,
    "status": READ_ONLY,
    "tags": READ_ONLY,
}
