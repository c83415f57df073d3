"""Security group rules: entries of their SecurityGroup's `spec.rules`, found by id.

| Rule | `spec.rules[]` |
|---|---|
| id, direction, ethertype, protocol, description | the same |
| port_range_min, port_range_max | `portRangeMin`, `portRangeMax` |
| remote_ip_prefix, remote_group_id | `remoteIpPrefix`, `remoteGroupId` |
| created_at | `createdAt` |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.security_group_rules import handlers

_NAME = "security_group_rule"
_PATH = "/security-group-rules"

ROUTES = (
    Route(method="GET", path=_PATH, handler=handlers.index, policy=f"get_{_NAME}"),
    Route(method="POST", path=_PATH, handler=handlers.create, policy=f"create_{_NAME}"),
    Route(method="GET", path=f"{_PATH}/{{id}}", handler=handlers.show, policy=f"get_{_NAME}"),
    Route(method="PUT", path=f"{_PATH}/{{id}}", handler=handlers.update, policy=f"update_{_NAME}"),
    Route(method="DELETE", path=f"{_PATH}/{{id}}", handler=handlers.delete, policy=f"delete_{_NAME}"),
)
