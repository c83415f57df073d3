"""Agents and availability zones: there are no agents; the zones are those of the cluster's nodes.

| Zone | Node |
|---|---|
| name | label `topology.kubernetes.io/zone` |
| state | available while a ready node is in it |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.agents import handlers

ROUTES = (
    Route(method="GET", path="/agents", handler=handlers.index, policy="get_agent"),
    Route(method="GET", path="/availability_zones", handler=handlers.zones, policy="get_availability_zone"),
)
