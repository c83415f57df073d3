"""How an image is spelt in a DataSource: its labels and annotations, read without judging them. Pure.

What has a field of its own in Kubernetes is not repeated here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names

Json = dict[str, Any]

PREFIX = "image.dicot.io/"
VISIBILITY = f"{PREFIX}visibility"
MEMBERS = f"{PREFIX}members"
"""JSON: project id -> {status, created_at, updated_at}."""
PROTECTED = f"{PREFIX}protected"
HIDDEN = f"{PREFIX}hidden"
DEACTIVATED = f"{PREFIX}deactivated"
DISK_FORMAT = f"{PREFIX}disk-format"
CONTAINER_FORMAT = f"{PREFIX}container-format"
MIN_DISK_GB = f"{PREFIX}min-disk-gb"
MIN_RAM_MIB = f"{PREFIX}min-ram-mib"
PROPERTIES = f"{PREFIX}properties"
"""JSON: what the image's owner says of it, name -> text."""
TAGS = f"{PREFIX}tags"
"""JSON: a list."""
SIZE = f"{PREFIX}size"
"""Bytes received."""
VIRTUAL_SIZE = f"{PREFIX}virtual-size"
"""Bytes of the disk within."""
STORED_AS = f"{PREFIX}received-as"
"""The format that the data had when it came; everything is kept as raw."""
STAGED = f"{PREFIX}staged"
"""The data came by `/stage`, and waits to be imported."""
CHECKSUM = f"{PREFIX}md5"
HASH_VALUE = f"{PREFIX}sha512"

PREFERENCE = "instancetype.kubevirt.io/default-preference"
"""KubeVirt's label: the preference of machines made from this source."""

VISIBILITIES = ("community", "public", "private", "shared")


def text(source: Json, key: str) -> str | None:
    """Return an annotation, or None."""
    return names.annotations_of(source).get(key)


def number(source: Json, key: str) -> int | None:
    """Return an annotation that is a whole number, or None if it is none (anyone may write annotations)."""
    return names.whole(names.annotations_of(source).get(key, ""))


def flag(source: Json, key: str) -> bool:
    """Tell whether an annotation says true."""
    return names.annotations_of(source).get(key) == "true"


def mapping(source: Json, key: str) -> dict[str, Any]:
    """Return an annotation that is a JSON object, empty if it is none."""
    value = _decoded(source, key)
    return value if isinstance(value, dict) else {}


def properties(source: Json) -> dict[str, str]:
    """Return the image's own properties."""
    return {
        name: value if isinstance(value, str) else str(value) for name, value in mapping(source, PROPERTIES).items()
    }


def tags(source: Json) -> list[str]:
    """Return the image's tags."""
    value = _decoded(source, TAGS)
    return [str(one) for one in value] if isinstance(value, list) else []


def members(source: Json) -> dict[str, Json]:
    """Return the projects that the image is shared with: {status, created_at, updated_at} by project id."""
    return {name: value for name, value in mapping(source, MEMBERS).items() if isinstance(value, dict)}


def encoded(value: Any) -> str:
    """Spell a list or an object for an annotation."""
    return msgspec.json.encode(value).decode()


def _decoded(source: Json, key: str) -> Any:
    value = names.annotations_of(source).get(key)
    if not value:
        return None
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):  # the latter of thousands of brackets
        return None


def made_here(source: Json) -> bool:
    """Tell whether the image was made through Glance's API."""
    return names.id_label("image") in names.labels_of(source)


def display_name(source: Json) -> str | None:
    """Return the image's name: None if it was made without one; of what kubectl made, the object's name."""
    return names.given_name(source, "image")


def identity(source: Json) -> str:
    """Return the image's id."""
    return names.identity_of(source, "image")


def origin(source: Json) -> tuple[str, str, str]:
    """Return what holds the data, as (`pvc` or `snapshot`, namespace, name); empty if the source names nothing.

    A source that points at another source says in its status where that one ends.
    """
    spec = source["spec"].get("source") or {}
    if "dataSource" in spec:
        spec = (source.get("status") or {}).get("source") or {}
    for kind in ("pvc", "snapshot"):
        if spec.get(kind):
            place = spec[kind]
            return kind, place.get("namespace") or source["metadata"]["namespace"], place["name"]
    return "", "", ""
