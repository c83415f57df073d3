"""Finding images in the caches, and deciding who may know of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.image.images import spelling
from dicot.image.images.evidence import Evidence
from dicot.kube.kinds import (
    DATA_SOURCES,
    DATA_VOLUMES,
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    ROLE_BINDINGS,
    VOLUME_SNAPSHOTS,
    Kind,
)

Json = dict[str, Any]

READERS_SUFFIX = "-readers"
_NAME_MAX = 63 - len(READERS_SUFFIX)


async def find(cluster: Cluster, caller: Caller, image_id: str) -> Json:
    """Return the DataSource that is this image, if the caller may know of it; NotFound in Glance's words."""
    cached = [one for one in cluster.cache(DATA_SOURCES).find("id", image_id) if visible(cluster, caller, one)]
    if cached:
        # Ids are labels, which anyone may copy: one's own object wins, then the oldest.
        return min(cached, key=lambda one: (not owns(caller, one), one["metadata"].get("creationTimestamp", "")))
    found = await cluster.find(caller, DATA_SOURCES, "image", image_id, None)
    if found is None or not visible(cluster, caller, found):
        raise NotFound(f"No image found with ID {image_id}")
    return found


def gather(cluster: Cluster, source: Json) -> Evidence:
    """Put together what is known of an image."""
    kind, namespace, name = data_of(cluster, source)
    is_claim = kind == "pvc"
    return Evidence(
        source=source,
        volume=_optional(cluster, DATA_VOLUMES, name, namespace) if is_claim else None,
        claim=cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(name, namespace) if is_claim else None,
        snapshot=_optional(cluster, VOLUME_SNAPSHOTS, name, namespace) if kind == "snapshot" else None,
        owner=owner(cluster, source),
        visibility=visibility(cluster, source),
    )


def data_of(cluster: Cluster, source: Json) -> tuple[str, str, str]:
    """Return what holds the data, as `spelling.origin` does; empty if it is not the image's to show.

    Anyone may write a DataSource that names a claim of another project. What lies beside it is its own, what lies in
    the image namespace is everyone's; for anything else only an administrator of the cloud's images can speak.
    """
    kind, namespace, name = spelling.origin(source)
    home, images = source["metadata"]["namespace"], cluster.config.image_namespace
    return (kind, namespace, name) if home == images or namespace in {home, images} else ("", "", "")


def _optional(cluster: Cluster, kind: Kind, name: str, namespace: str) -> Json | None:
    cache = cluster.cache(kind)
    return cache.get(name, namespace) if cache.available else None


def owner(cluster: Cluster, source: Json) -> str | None:
    """Return the id of the project whose namespace holds the image, None for the cloud's own images."""
    namespace = cluster.cache(NAMESPACES).get(source["metadata"]["namespace"])
    return names.project_id(namespace) if namespace is not None and names.is_project(namespace) else None


def readers_name(source: Json) -> str:
    """Name the Role and the RoleBinding that open an image to others."""
    name = str(source["metadata"]["name"])
    if len(name) > _NAME_MAX:
        name = f"{name[: _NAME_MAX - 9]}-{zlib.crc32(name.encode()):08x}"
    return name + READERS_SUFFIX


def visibility(cluster: Cluster, source: Json) -> str:
    """Return the visibility that holds.

    Everything in the image namespace is public. Elsewhere an annotation alone does not make an image public, as any
    member of a project can write one: the RoleBinding, which only Dicot writes, must say so too.
    """
    meta = source["metadata"]
    if meta["namespace"] == cluster.config.image_namespace:
        return "public"
    asked = spelling.text(source, spelling.VISIBILITY)
    if asked == "public" and not _made_public(cluster, source):
        return "private"
    return asked if asked in spelling.VISIBILITIES else "private"


def _made_public(cluster: Cluster, source: Json) -> bool:
    binding = cluster.cache(ROLE_BINDINGS).get(readers_name(source), source["metadata"]["namespace"])
    return binding is not None and spelling.text(binding, spelling.VISIBILITY) == "public"


def visible(cluster: Cluster, caller: Caller, source: Json) -> bool:
    """Tell whether the caller may know of an image."""
    meta = source["metadata"]
    if meta.get("deletionTimestamp") or not _is_image(cluster, source):
        return False
    if caller.cloud_admin or owns(caller, source):
        return True
    holds = visibility(cluster, source)
    return holds in {"public", "community"} or (holds == "shared" and caller.project_id in spelling.members(source))


def owns(caller: Caller, source: Json) -> bool:
    """Tell whether the image is in the caller's own project."""
    return bool(caller.namespace) and source["metadata"]["namespace"] == caller.namespace


def _is_image(cluster: Cluster, source: Json) -> bool:
    return source["metadata"]["namespace"] == cluster.config.image_namespace or owner(cluster, source) is not None


def by_visibility(source: Json) -> Iterable[str]:
    """Index a DataSource by the visibility it asks for."""
    asked = spelling.text(source, spelling.VISIBILITY)
    return (asked,) if asked else ()


def all_visible(cluster: Cluster, caller: Caller) -> list[Json]:
    """Return every DataSource that the caller may know of, in no promised order."""
    cache = cluster.cache(DATA_SOURCES)
    if caller.cloud_admin:
        found = cache.all()
    else:
        found = [
            *cache.find("namespace", cluster.config.image_namespace),
            *(cache.find("namespace", caller.namespace) if caller.namespace else ()),
            *(one for asked in ("public", "community", "shared") for one in cache.find("visibility", asked)),
        ]
    unique = {one["metadata"]["uid"]: one for one in found}
    return [one for one in unique.values() if visible(cluster, caller, one)]
