"""What address scopes accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, UNSET, Attribute, Attributes, text

ATTRIBUTES: Attributes = {
    "id": READ_ONLY,
    "tenant_id": Attribute(default=UNSET, put=False),
    "project_id": Attribute(default=UNSET, put=False),
    "name": text("name"),
    "shared": Attribute(field="shared", default=False, convert=values.boolean, admin=True),
    "ip_version": Attribute(field="ipVersion", convert=values.ip_version, put=False),
}
