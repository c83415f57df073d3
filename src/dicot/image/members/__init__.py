"""Members of a shared image: projects it is offered to.

| Glance | Kubernetes |
|---|---|
| member_id, status, created_at, updated_at | the annotation `image.dicot.io/members` of the DataSource (JSON) |
| use of the image | a RoleBinding beside the DataSource lets the members' people and service accounts clone the data |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.image.members import handlers

__all__ = ["ROUTES"]

_PATH = "/images/{image_id}/members"

ROUTES = (
    Route(method="GET", path=_PATH, handler=handlers.index, policy="get_members"),
    Route(method="POST", path=_PATH, handler=handlers.create, policy="add_member"),
    Route(method="GET", path=f"{_PATH}/{{member_id}}", handler=handlers.show, policy="get_member"),
    Route(method="PUT", path=f"{_PATH}/{{member_id}}", handler=handlers.update, policy="modify_member"),
    Route(method="DELETE", path=f"{_PATH}/{{member_id}}", handler=handlers.delete, policy="delete_member"),
)
