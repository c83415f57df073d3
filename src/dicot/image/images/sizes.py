"""How large an image is: the bytes that were received, and the disk within. Pure."""

from __future__ import annotations

from typing import Any

from dicot.image.images import spelling
from dicot.image.images.evidence import Evidence
from dicot.image.images.status import status
from dicot.kube.quantity import whole_bytes

Json = dict[str, Any]


def size(evidence: Evidence) -> int | None:
    """Return the bytes received; of data that did not come through Dicot, what its claim holds. None before."""
    received = spelling.number(evidence.source, spelling.SIZE)
    if received is not None or status(evidence) not in {"active", "deactivated"}:
        return received
    return _held(evidence)


def virtual_bytes(evidence: Evidence) -> int | None:
    """Return the size of the disk within, in bytes, or None if it is not known yet."""
    told = spelling.number(evidence.source, spelling.VIRTUAL_SIZE)
    return told if told is not None else _held(evidence)


def _held(evidence: Evidence) -> int | None:
    if evidence.snapshot is not None:
        quantity = (evidence.snapshot.get("status") or {}).get("restoreSize")
    else:
        quantity = _requested(evidence.volume) or ((evidence.claim or {}).get("status") or {}).get("capacity", {}).get(
            "storage"
        )
    return whole_bytes(quantity) if quantity else None


def _requested(volume: Json | None) -> str | None:
    """Return what a DataVolume asked for: unlike its claim's capacity, without the file system's overhead."""
    spec = (volume or {}).get("spec") or {}
    asked = (spec.get("storage") or {}).get("resources") or {}
    return (asked.get("requests") or {}).get("storage")
