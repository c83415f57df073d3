"""What security groups accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, Attribute, Attributes, text

ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": text("name"),
    "description": text("description"),
    "stateful": Attribute(field="stateful", default=True, convert=values.boolean),
    "shared": READ_ONLY,
    "security_group_rules": READ_ONLY,
    "tags": READ_ONLY,
}
