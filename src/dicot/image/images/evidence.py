"""What is known of one image, put together from Kubernetes' objects. Pure: a shape, and nothing that fills it."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.image.images import spelling

Json = dict[str, Any]


class Evidence(msgspec.Struct, frozen=True):
    """An image as Kubernetes knows it: its DataSource and what that leads to; `owner` is a project id or None."""

    source: Json
    volume: Json | None
    claim: Json | None
    snapshot: Json | None
    owner: str | None
    visibility: str

    @property
    def id(self) -> str:
        """Return the image's id."""
        return spelling.identity(self.source)

    @property
    def namespace(self) -> str:
        """Return where the DataSource is."""
        return str(self.source["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """Return the DataSource's Kubernetes name."""
        return str(self.source["metadata"]["name"])
