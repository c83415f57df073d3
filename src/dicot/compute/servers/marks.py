"""The annotations in which a VirtualMachine carries what Nova knows of a server and KubeVirt has no field for. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.compute import annotated

Json = dict[str, Any]

METADATA = "dicot.io/metadata"
TAGS = "dicot.io/tags"
FLAVOR = "dicot.io/flavor"
"""The flavor as it was when the server was created or resized: JSON of id, name, vcpus, ram, disk, ..."""
IMAGE = "dicot.io/image-id"
IMAGE_PROPERTIES = "dicot.io/image-properties"
KEY_NAME = "dicot.io/key-name"
USER_ID = "dicot.io/user-id"
RESERVATION = "dicot.io/reservation-id"
LAUNCH_INDEX = "dicot.io/launch-index"
ZONE = "dicot.io/availability-zone"
"""The zone that was asked for: Nova's pinned_availability_zone."""
HOSTNAME = "dicot.io/hostname"
"""The host name that was asked for, where it is more than the one label that KubeVirt takes."""
HINTS = "dicot.io/scheduler-hints"
DISK_CONFIG = "dicot.io/disk-config"
ACCESS_IPV4 = "dicot.io/access-ipv4"
ACCESS_IPV6 = "dicot.io/access-ipv6"
LOCKED = "dicot.io/locked"
"""Who locked the server and why: JSON of by (owner or admin) and reason."""
ACTIONS = "dicot.io/actions"
"""What was done to the server: a JSON list, newest last."""
SHELVED = "dicot.io/shelved"
RESCUED = "dicot.io/rescue"
"""What is to be undone of a rescue: JSON of image and secret."""
RESIZED = "dicot.io/resize"
REBUILT = "dicot.io/rebuild"
DECLARED = "dicot.io/declared-state"
"""`error`, where an administrator has declared the server to be in error."""

ACTIONS_MAX = 20


_PLAIN = (str, int, float, type(None))


class Flavor(msgspec.Struct, frozen=True):
    """A flavor as it was when the server got it. `instancetype` names what it was made of."""

    id: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int
    swap: int
    original_name: str
    extra_specs: dict[str, str]
    instancetype: str


class Lock(msgspec.Struct, frozen=True):
    """Who locked a server (owner or admin) and why."""

    by: str = ""
    reason: str | None = None


write = annotated.encoded


def flavor(vm: Json) -> Flavor | None:
    """Return the flavor that the server got."""
    return annotated.decoded(vm, FLAVOR, Flavor)


class Resize(msgspec.Struct, frozen=True):
    """A resize that is neither confirmed nor reverted: the flavor that the server had before."""

    flavor: Flavor


def resized_from(vm: Json) -> Flavor | None:
    """Return the flavor that a server had before a resize that is neither confirmed nor reverted."""
    found = annotated.decoded(vm, RESIZED, Resize)
    return found.flavor if found is not None else None


class Rescue(msgspec.Struct, frozen=True):
    """A rescue: the image that was booted, and the Secret of passwords that the server had before, "" for none."""

    image: str = ""
    secret: str = ""


def rescue(vm: Json) -> Rescue:
    """Return what is to be undone of a rescue."""
    return annotated.decoded(vm, RESCUED, Rescue) or Rescue()


def lock(vm: Json) -> Lock | None:
    """Return the server's lock; whatever the annotation says, it locks."""
    return (annotated.decoded(vm, LOCKED, Lock) or Lock()) if LOCKED in names.annotations_of(vm) else None


def metadata(vm: Json) -> dict[str, str]:
    """Return the server's metadata."""
    return annotated.texts(vm, METADATA)


def tags(vm: Json) -> list[str]:
    """Return the server's tags."""
    return annotated.strings(vm, TAGS)


def image_properties(vm: Json) -> dict[str, str]:
    """Return the properties that the server's image had."""
    return annotated.texts(vm, IMAGE_PROPERTIES)


def hints(vm: Json) -> Json:
    """Return the scheduler hints that the server was created with."""
    return {key: value for key, value in (annotated.decoded(vm, HINTS, Json) or {}).items() if is_hint(value)}


def is_hint(value: Any) -> bool:
    """Tell whether a scheduler hint is plain, or a list of what is plain: nobody needs more, and views stay shallow."""
    parts = value if isinstance(value, list) else [value]
    return all(isinstance(one, _PLAIN) for one in parts)


def actions(vm: Json) -> list[Json]:
    """Return what was done to the server, oldest first: texts by name, `action` among them."""
    return [one for one in annotated.decoded(vm, ACTIONS, list[dict[str, str | None]]) or () if one.get("action")]


def last_action(vm: Json) -> str:
    """Name what was done last; "" if nothing is known."""
    done = actions(vm)
    return done[-1]["action"] if done else ""


def with_action(vm: Json, action: Json) -> str:
    """Spell the list of actions with one more; the oldest goes when there are too many."""
    return write([*actions(vm), action][-ACTIONS_MAX:])
