"""Links of Cinder: with the project in them where the client's own path had it. Pure."""

from __future__ import annotations

from typing import Any

from dicot.api.request import Request

Json = dict[str, Any]


def path(request: Request, rest: str) -> str:
    """Return a path below the version, with the project as the client wrote it (optional since 3.67)."""
    project = request.params.get("project_id")
    return f"/{project}{rest}" if project else rest


def of(request: Request, collection: str, identity: str) -> list[Json]:
    """Link to an object, with the version and without."""
    where = path(request, f"/{collection}/{identity}")
    return [
        {"rel": "self", "href": request.url(where)},
        {"rel": "bookmark", "href": request.root_url(where)},
    ]
