"""Quotas: a project's limits are its ResourceQuota `dicot-network`; see `dicot.network.limits`."""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.network.quotas import handlers

ROUTES = (
    Route(method="GET", path="/quotas", handler=handlers.index, policy="get_quota", rule=policy.cloud_admin),
    Route(method="GET", path="/quotas/{id}", handler=handlers.show, policy="get_quota"),
    Route(method="GET", path="/quotas/{id}/default", handler=handlers.default, policy="get_quota"),
    Route(method="GET", path="/quotas/{id}/details", handler=handlers.details, policy="get_quota"),
    Route(method="PUT", path="/quotas/{id}", handler=handlers.update, policy="update_quota", rule=policy.cloud_admin),
    Route(
        method="DELETE", path="/quotas/{id}", handler=handlers.delete, policy="delete_quota", rule=policy.cloud_admin
    ),
)
