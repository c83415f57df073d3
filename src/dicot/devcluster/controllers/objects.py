"""Reading and writing the parts that all Kubernetes objects share: owners, conditions, times, quantities.

Pure. Never changes an object it is given.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from dicot.kube import Json
from dicot.kube.kinds import Kind

_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_QUANTITY = re.compile(r"^([+-]?[0-9.]+)(m|[kMGTPE]i?|Ki|[eE][+-]?[0-9]+)?$")


def quantity(text: object) -> float:
    """Read a Kubernetes quantity ("2Gi", "500m", 3) as a number; raise ValueError if it is none."""
    match = _QUANTITY.match(str(text))
    if match is None:
        raise ValueError(f"quantities must match the regular expression: {text!r}")
    number, unit = float(match[1]), match[2] or ""
    if unit == "m":
        return number / 1000
    if unit[:1] in ("e", "E") and len(unit) > 1 and unit != "Ei":
        return number * 10 ** int(unit[1:])
    return number * _UNITS[unit]


def size_bytes(text: object) -> int:
    """Read a quantity of storage or memory as whole bytes."""
    exact = re.match(r"^([0-9]+)([kMGTPE]i?|Ki)?$", str(text))
    if exact is not None:
        return int(exact[1]) * _UNITS[exact[2] or ""]
    return int(quantity(text))


def suffix() -> str:
    """Choose five letters as the API server does for generateName."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def stamp(now: datetime) -> str:
    """Write a time as Kubernetes does, in whole seconds of UTC."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Read a Kubernetes time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def name_of(obj: Json) -> str:
    """Name the object."""
    return obj["metadata"]["name"]


def namespace_of(obj: Json) -> str:
    """Name the object's namespace; "" for a cluster-wide one."""
    return obj["metadata"].get("namespace", "")


def uid_of(obj: Json) -> str:
    """Say the object's uid."""
    return obj["metadata"]["uid"]


def deleting(obj: Json) -> bool:
    """Say whether the object is being deleted."""
    return "deletionTimestamp" in obj["metadata"]


def annotations(obj: Json) -> dict[str, str]:
    """Read the annotations, {} if there are none."""
    return obj["metadata"].get("annotations") or {}


def labels(obj: Json) -> dict[str, str]:
    """Read the labels, {} if there are none."""
    return obj["metadata"].get("labels") or {}


def finalizers(obj: Json) -> list[str]:
    """Read the finalizers, [] if there are none."""
    return obj["metadata"].get("finalizers") or []


def controller_of(obj: Json) -> Json | None:
    """Find the owner reference of the controller."""
    return next((ref for ref in obj["metadata"].get("ownerReferences") or [] if ref.get("controller")), None)


def owned_by(obj: Json, owner: Json) -> bool:
    """Say whether `owner` controls the object."""
    ref = controller_of(obj)
    return ref is not None and ref["uid"] == uid_of(owner)


def owner_reference(kind: Kind, owner: Json) -> Json:
    """Write the reference of a controlling owner."""
    return {
        "apiVersion": kind.api_version,
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": kind.kind,
        "name": name_of(owner),
        "uid": uid_of(owner),
    }


def get_condition(obj: Json, type_: str) -> Json:
    """Read one condition of the object's status, {} if it is not there."""
    conditions = (obj.get("status") or {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == type_), {})


def is_true(obj: Json, type_: str) -> bool:
    """Say whether a condition is there and True."""
    return get_condition(obj, type_).get("status") == "True"


def condition(type_: str, value: bool, now: datetime, reason: str = "", message: str = "") -> Json:
    """Write a condition in KubeVirt's shape; empty reason and message are left out as there."""
    body: Json = {
        "lastProbeTime": None,
        "lastTransitionTime": stamp(now),
        "status": "True" if value else "False",
        "type": type_,
    }
    if reason:
        body["reason"] = reason
    if message:
        body["message"] = message
    return body


def probed(one: Json) -> Json:
    """Say that a condition was looked at when it changed, as KubeVirt does of what is not well."""
    return {**one, "lastProbeTime": one["lastTransitionTime"]}


def with_conditions(current: Iterable[Json], *news: Json) -> list[Json]:
    """Put conditions in place of those of the same type; the time stays where nothing but the time differs."""
    result = list(current)
    for new in news:
        index = next((i for i, old in enumerate(result) if old["type"] == new["type"]), None)
        if index is None:
            result.append(new)
        elif not _same(result[index], new):
            result[index] = new
    return result


def without_conditions(current: Iterable[Json], *types: str) -> list[Json]:
    """Leave out the conditions of these types."""
    return [one for one in current if one["type"] not in types]


def _same(one: Json, other: Json) -> bool:
    keys = ("status", "reason", "message")
    return all(one.get(key) == other.get(key) for key in keys)
