"""Extensions: computed from what the driver can do, so that clients see the truth."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.extensions import handlers

ROUTES = (
    Route(method="GET", path="/extensions", handler=handlers.index, policy="get_extension"),
    Route(method="GET", path="/extensions/{id}", handler=handlers.show, policy="get_extension"),
)
