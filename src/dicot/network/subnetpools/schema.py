"""What subnet pools accept, as data."""

from __future__ import annotations

from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, UNSET, Attribute, Attributes, text

ATTRIBUTES: Attributes = {
    **STANDARD,
    "name": Attribute(field="name", convert=values.named(255)),
    "description": text("description"),
    "prefixes": Attribute(field="prefixes", convert=values.cidrs),
    "ip_version": Attribute(field="ipVersion", default=UNSET, post=False, put=False),
    "min_prefixlen": Attribute(field="minPrefixlen", default=UNSET, convert=values.non_negative),
    "max_prefixlen": Attribute(field="maxPrefixlen", default=UNSET, convert=values.non_negative),
    "default_prefixlen": Attribute(field="defaultPrefixlen", default=UNSET, convert=values.non_negative),
    "default_quota": Attribute(field="defaultQuota", default=UNSET, convert=values.non_negative),
    "address_scope_id": Attribute(field="addressScopeId", default=None, convert=values.uuid_or_none),
    "is_default": Attribute(field="isDefault", default=False, convert=values.boolean, admin=True),
    "shared": Attribute(field="shared", default=False, convert=values.boolean, admin=True, put=False),
    "tags": READ_ONLY,
}
