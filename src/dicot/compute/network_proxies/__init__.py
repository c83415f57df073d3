"""Networks, floating IPs and security groups as clients older than 2.36 ask Nova for them: Neutron's, in Nova's words.

| Nova | Neutron |
|---|---|
| os-networks, os-tenant-networks | networks: id and name; Nova shows nothing else of them either |
| os-floating-ip-pools | external networks |
| os-floating-ips | floating IPs; the pool is the external network |
| os-security-groups | security groups with their incoming rules |
| os-security-group-rules | incoming rules |
"""

from __future__ import annotations

from typing import Any

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.compute import parameters as p
from dicot.compute.network_proxies import floating_ips, networks, security_groups

Json = dict[str, Any]

_UNTIL = "2.35"
_TEXT: Json = {"type": "string", "minLength": 0, "maxLength": 255}


def _extensible(key: str, properties: Json, required: list[str]) -> Json:
    """Describe an object in an envelope, both of which Nova takes with more in them."""
    inner = {"type": "object", "properties": properties, "required": required, "additionalProperties": True}
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": True}


HISTORY = History(
    {
        "nothing": {},
        "any": p.ANY_QUERY,
        "groups": {
            "type": "object",
            "properties": {
                "limit": p.several(p.NON_NEGATIVE_INTEGER),
                "offset": p.several(p.NON_NEGATIVE_INTEGER),
                "all_tenants": p.TEXTS,
            },
            "additionalProperties": True,
        },
        "floating_ip": {"type": ["object", "null"], "properties": {"pool": {"type": ["string", "null"]}}},
        "group": _extensible("security_group", {"name": _TEXT, "description": _TEXT}, ["name", "description"]),
        "rule": _extensible(
            "security_group_rule",
            {
                "group_id": {"type": ["string", "null"], "format": "uuid"},
                "parent_group_id": p.UUID,
                **{key: Json() for key in ("to_port", "from_port", "ip_protocol", "cidr")},
            },
            ["parent_group_id"],
        ),
    }
)


def _route(
    method: str, path: str, handler: Handler, rule: str, *, contract: str = "", who: Rule | None = None
) -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        policy=f"os_compute_api:{rule}",
        rule=who,
        until=_UNTIL,
        history=HISTORY,
        body=contract if method in ("POST", "PUT") else "",
        query=contract if method == "GET" else "",
    )


_GROUP = "/os-security-groups/{id}"
ROUTES = (
    _route("GET", "/os-networks", networks.index, "os-networks:list", contract="nothing"),
    _route("GET", "/os-networks/{network_id}", networks.show, "os-networks:show", contract="nothing"),
    _route("GET", "/os-tenant-networks", networks.tenant_index, "os-tenant-networks:list", contract="nothing"),
    _route(
        "GET", "/os-tenant-networks/{network_id}", networks.tenant_show, "os-tenant-networks:show", contract="nothing"
    ),
    _route(
        "GET", "/os-floating-ip-pools", networks.pools, "os-floating-ip-pools", contract="any", who=policy.anyone
    ),
    _route("GET", "/os-floating-ips", floating_ips.index, "os-floating-ips:list", contract="nothing"),
    _route("POST", "/os-floating-ips", floating_ips.create, "os-floating-ips:create", contract="floating_ip"),
    _route("GET", "/os-floating-ips/{id}", floating_ips.show, "os-floating-ips:show", contract="nothing"),
    _route("DELETE", "/os-floating-ips/{id}", floating_ips.delete, "os-floating-ips:delete"),
    _route("GET", "/os-security-groups", security_groups.index, "os-security-groups:get", contract="groups"),
    _route("POST", "/os-security-groups", security_groups.create, "os-security-groups:create", contract="group"),
    _route("GET", _GROUP, security_groups.show, "os-security-groups:show", contract="any"),
    _route("PUT", _GROUP, security_groups.update, "os-security-groups:update", contract="group"),
    _route("DELETE", _GROUP, security_groups.delete, "os-security-groups:delete"),
    _route(
        "POST", "/os-security-group-rules", security_groups.create_rule, "os-security-groups:rule:create",
        contract="rule",
    ),
    _route(
        "DELETE", "/os-security-group-rules/{id}", security_groups.delete_rule, "os-security-groups:rule:delete"
    ),
)  # fmt: skip
