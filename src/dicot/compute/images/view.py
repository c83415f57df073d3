"""Glance's view of an image -> Nova's. Pure."""

from __future__ import annotations

from typing import Any

from dicot.api.request import Request

Json = dict[str, Any]

_STATUS = {
    "active": "ACTIVE",
    "queued": "SAVING",
    "saving": "SAVING",
    "deleted": "DELETED",
    "pending_delete": "DELETED",
    "killed": "ERROR",
}
_PROGRESS = {"queued": 25, "saving": 50, "active": 100}


def status(image: Json) -> str:
    """Name an image's status as Nova does."""
    return _STATUS.get(image["status"], "UNKNOWN")


def brief(request: Request, image: Json, _: dict[str, str]) -> Json:
    """Name an image, as the list without details does."""
    return {"id": image["id"], "name": image["name"], "links": _links(request, image["id"])}


def full(request: Request, image: Json, properties: dict[str, str]) -> Json:
    """Describe an image."""
    return {
        **brief(request, image, properties),
        "minRam": image["min_ram"],
        "minDisk": image["min_disk"],
        "metadata": properties,
        "created": image["created_at"],
        "updated": image["updated_at"],
        "status": status(image),
        "progress": _PROGRESS.get(image["status"], 0),
        "OS-EXT-IMG-SIZE:size": image["size"] or 0,
    }


def _links(request: Request, image_id: str) -> list[Json]:
    path = f"/images/{image_id}"
    return [
        {"rel": "self", "href": request.url(path)},
        {"rel": "bookmark", "href": request.root_url(path)},
        {
            "rel": "alternate",
            "type": "application/vnd.openstack.image",
            "href": f"{request.prefix}/image{path}",
        },
    ]
