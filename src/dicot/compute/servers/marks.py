"""The annotations in which a VirtualMachine carries what Nova knows of a server and KubeVirt has no field for. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names

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
RESIZED = "dicot.io/resize"
REBUILT = "dicot.io/rebuild"

ACTIONS_MAX = 20


def read(vm: Json, name: str, default: Any) -> Any:
    """Return the JSON in an annotation; the default if it is absent, or not JSON, for anyone may edit it."""
    text = names.annotations_of(vm).get(name)
    if text is None:
        return default
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return default
    return value if isinstance(value, type(default)) or default is None else default


def write(value: Any) -> str:
    """Spell a value for an annotation."""
    return msgspec.json.encode(value).decode()


def actions(vm: Json) -> list[Json]:
    """Return what was done to the server, oldest first."""
    return [one for one in read(vm, ACTIONS, []) if isinstance(one, dict) and "action" in one]


def last_action(vm: Json) -> str:
    """Name what was done last; "" if nothing is known."""
    done = actions(vm)
    return str(done[-1]["action"]) if done else ""


def with_action(vm: Json, action: Json) -> str:
    """Spell the list of actions with one more; the oldest goes when there are too many."""
    return write([*actions(vm), action][-ACTIONS_MAX:])
