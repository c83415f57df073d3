"""Tasks: Dicot has none, as it does nothing behind a request; what Glance shows of none."""

from __future__ import annotations

from dicot.api import policy
from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.image.images.lookup import find


async def index(request: Request, _: object) -> Response:
    """List no tasks."""
    return Response({"tasks": [], "first": "/v2/tasks", "schema": "/v2/schemas/tasks"})


async def show(request: Request, _: object) -> Response:
    """Find no task."""
    raise NotFound(f"No task found with ID {request.params['task_id']}")


async def of_image(request: Request, cluster: Cluster) -> Response:
    """List no tasks of an image that is there."""
    await find(cluster, request.caller, request.params["image_id"])
    return Response({"tasks": []})


ROUTES = (
    Route(method="GET", path="/tasks", handler=index, policy="tasks_api_access", rule=policy.cloud_admin),
    Route(method="GET", path="/tasks/{task_id}", handler=show, policy="tasks_api_access", rule=policy.cloud_admin),
    Route(method="GET", path="/images/{image_id}/tasks", handler=of_image, policy="get_tasks"),
)
