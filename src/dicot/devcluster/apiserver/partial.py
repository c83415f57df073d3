"""PartialObjectMetadata: objects reduced to their metadata."""

from typing import Any

Json = dict[str, Any]
_META = "meta.k8s.io/v1"


def partial_object(body: Json) -> Json:
    """Reduce one object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": body["metadata"]}


def partial_list(bodies: list[Json], metadata: Json) -> Json:
    """Reduce a collection."""
    items = [partial_object(body) for body in bodies]
    return {"kind": "PartialObjectMetadataList", "apiVersion": _META, "metadata": metadata, "items": items}
