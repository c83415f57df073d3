"""How an OpenStack id, project or name is spelt in Kubernetes. The only place that knows.

Labels hold ids, annotations hold what has no field of its own, object names are readable. No I/O.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from typing import Any

Json = dict[str, Any]

NAME = "dicot.io/name"
"""Annotation: the display name, as the user wrote it."""
DESCRIPTION = "dicot.io/description"
PROJECT = "dicot.io/project"
"""Label of a namespace that is an OpenStack project."""
MANAGED_BY = {"app.kubernetes.io/managed-by": "dicot"}
"""Label of what Dicot made: a hint to readers, never a condition."""

_SPACE = uuid.UUID("6f1c1a52-6f2f-5b0e-9a51-3c7e5d0f2b11")
_SLUG_MAX = 40


def id_label(noun: str) -> str:
    """Return the label that holds the id of a server, volume, image, ..."""
    return f"dicot.io/{noun}-id"


def new_id() -> str:
    """Make a UUID, spelt as Nova, Cinder, Glance and Neutron spell it."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """Derive the id of something that has no object of its own: the same parts, the same id."""
    return str(uuid.uuid5(_SPACE, "/".join(parts)))


def derived_hex(*parts: str) -> str:
    """Derive an id as Keystone spells it: 32 hexadecimal digits."""
    return uuid.uuid5(_SPACE, "/".join(parts)).hex


def is_uuid(text: str) -> bool:
    """Tell whether this is a UUID, with dashes or without."""
    try:
        return uuid.UUID(text).hex == text.lower().replace("-", "")
    except ValueError:
        return False


def slug(text: str, most: int = _SLUG_MAX) -> str:
    """Make a DNS label out of a display name: lower case, digits, dashes, no dots; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    label = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-")
    if not label:
        return "x"
    return label if label[0].isalpha() else f"x-{label}"[:most].strip("-")


def object_name(display: str) -> str:
    """Make a readable, unique name for an object: slug and eight random digits, at most 49 characters."""
    return f"{slug(display)}-{secrets.token_hex(4)}"


def may_be_label(text: str) -> bool:
    """Tell whether Kubernetes takes the text as a label's value, and it is not empty."""
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", text, re.ASCII) is not None


def labels_of(obj: Json) -> dict[str, str]:
    """Return an object's labels, empty if it has none."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Json) -> dict[str, str]:
    """Return an object's annotations, empty if it has none."""
    return obj["metadata"].get("annotations") or {}


_DIGITS_MAX = 18


def whole(text: str) -> int | None:
    """Read a whole number out of an annotation, None if it is none: anyone may write annotations, of any length."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def identity_of(obj: Json, noun: str) -> str:
    """Return the OpenStack id of an object: its label if Dicot gave it one, else its uid.

    A clone of a virtual machine has its original's labels and firmware of its own: it is another server.
    """
    given = labels_of(obj).get(id_label(noun))
    if not given or (noun == "server" and _firmware(obj) not in ("", given)):
        return obj["metadata"]["uid"]
    return given


def _firmware(vm: Json) -> str:
    """Return the UUID that the guest sees; KubeVirt gives each clone a new one."""
    template = vm.get("spec", {}).get("template") or {}
    domain = (template.get("spec") or {}).get("domain") or {}
    return (domain.get("firmware") or {}).get("uuid") or ""


def display_name(obj: Json) -> str:
    """Return the name to show: the annotation, else the Kubernetes name."""
    return annotations_of(obj).get(NAME, obj["metadata"]["name"])


def given_name(obj: Json, noun: str) -> str | None:
    """Return the name to show of what may have none: None if Dicot made it without; else as `display_name`."""
    made_here = id_label(noun) in labels_of(obj)
    return annotations_of(obj).get(NAME) if made_here else display_name(obj)


def project_id(namespace: Json) -> str:
    """Return a namespace's project id: its uid without dashes, so that a namesake made later is another project."""
    return namespace["metadata"]["uid"].replace("-", "")


def project_group(project_id: str) -> str:
    """Name the Kubernetes group that everyone who acts in a project is in, so that a binding can name a project."""
    return f"dicot:project:{project_id}"


def is_project(namespace: Json) -> bool:
    """Tell whether a namespace is an OpenStack project."""
    return labels_of(namespace).get(PROJECT) == "true"
