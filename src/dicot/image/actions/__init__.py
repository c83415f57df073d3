"""Actions of an image: its data is closed to users (`image.dicot.io/deactivated: "true"`) and opened again."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.image.actions import handlers

__all__ = ["ROUTES"]

_PATH = "/images/{image_id}/actions"

ROUTES = (
    Route(method="POST", path=f"{_PATH}/deactivate", handler=handlers.deactivate, policy="deactivate", raw=True),
    Route(method="POST", path=f"{_PATH}/reactivate", handler=handlers.reactivate, policy="reactivate", raw=True),
)
