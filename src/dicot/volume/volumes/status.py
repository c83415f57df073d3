"""The status of a volume: one table, evaluated from the top. Pure.

Two states are "available" though Kubernetes still waits: a claim that binds to storage only when a server comes
(WaitForFirstConsumer), and a file system that grows only when one mounts it. Clients would wait for ever.
"""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.kube.quantity import number
from dicot.volume import spelling
from dicot.volume.volumes.record import Use, Volume

Json = dict[str, Any]

PROMISE_S = 300
"""How long a volume stays reserved for a server that does not come to name it."""

_WAITING = frozenset({"WaitForFirstConsumer", "PendingPopulation"})
_REMOTE = frozenset({"http", "s3", "gcs", "registry", "imageio", "vddk"})
_RESIZING = frozenset({"Resizing", "FileSystemResizePending"})
_RESIZE_FAILED = frozenset({"ControllerResizeError", "NodeResizeError"})
_INFEASIBLE = frozenset({"ControllerResizeInfeasible", "NodeResizeInfeasible"})


def status(volume: Volume, *, fresh_promise: bool = True) -> str:
    """Tell a volume's status; `fresh_promise`: a promise not yet kept is younger than PROMISE_S."""
    for state, applies in _TABLE:
        if applies(volume):
            return state
    if filling := _filling(volume):
        return filling
    if attached := _attached(volume):
        return attached
    if volume.promised and fresh_promise:
        return "reserved"
    uploads = any(_is_upload(one) for one in volume.snapshots) or any(map(_is_cloning, volume.uploads))
    return "uploading" if uploads else "available"


def _deleting(volume: Volume) -> bool:
    objects = (volume.claim, volume.data_volume or {"metadata": {}})
    return any("deletionTimestamp" in one["metadata"] for one in objects)


def _awaiting_transfer(volume: Volume) -> bool:
    return spelling.TRANSFER in names.annotations_of(volume.claim)


def _failed(volume: Volume) -> bool:
    if volume.claim.get("status", {}).get("phase") == "Lost":
        return True
    if volume.data_volume is None or _phase(volume) == "Succeeded":
        return False
    found = _conditions(volume.data_volume)
    return (
        _phase(volume) == "Failed"
        or found.get("Running", {}).get("reason") == "Error"
        or found.get("Bound", {}).get("reason") == "ErrClaimNotValid"
    )


def _extending(volume: Volume) -> bool:
    claim = volume.claim
    if claim.get("status", {}).get("phase") != "Bound":
        return False
    waiting = {kind for kind, one in _conditions(claim).items() if one.get("status") == "True"} & _RESIZING
    if not volume.uses and "FileSystemResizePending" in waiting:
        return False
    capacity = claim["status"].get("capacity", {}).get("storage", 0)
    requested = claim["spec"].get("resources", {}).get("requests", {}).get("storage", 0)
    return bool(waiting) or number(requested) > number(capacity)


def _error_extending(volume: Volume) -> bool:
    claim = volume.claim
    failed = {kind for kind, one in _conditions(claim).items() if one.get("status") == "True"} & _RESIZE_FAILED
    states = (claim.get("status", {}).get("allocatedResourceStatuses") or {}).values()
    return bool(failed) or bool(_INFEASIBLE & set(states))


_TABLE = (
    ("deleting", _deleting),
    ("awaiting-transfer", _awaiting_transfer),
    ("error", _failed),
    ("error_extending", _error_extending),
    ("extending", _extending),
)


def _filling(volume: Volume) -> str:
    """Tell what a volume that is not complete yet is waiting for; "" if it is complete, or waits for a server."""
    plan = volume.data_volume
    if plan is None:
        bound = volume.claim.get("status", {}).get("phase", "Pending") == "Bound"
        return "" if bound or _binds_late(volume) else "creating"
    phase = _phase(volume)
    if phase == "Succeeded" or phase in _WAITING:
        return ""
    source = plan["spec"].get("source") or {}
    downloads = "sourceRef" in plan["spec"] or bool(source.keys() & _REMOTE)
    return "downloading" if downloads and phase else "creating"


def _binds_late(volume: Volume) -> bool:
    return (volume.storage_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer"


def _attached(volume: Volume) -> str:
    states = {use_state(use) for use in volume.uses}
    return next((state for state in ("in-use", "attaching", "detaching") if state in states), "")


def use_state(use: Use) -> str:
    """Tell how far one server has come with a volume: attaching, in-use or detaching.

    Only a machine that runs plugs disks in and out; one that starts or is stopped has what its specification says.
    """
    if use.vm is None:
        return "detaching"
    report = use.reported
    running = (use.vmi or {}).get("status", {}).get("phase") == "Running"
    if not running:
        return "in-use"
    if report.get("phase") in {"Detaching", "UnMountedFromPod"}:
        return "detaching"
    plugged = report.get("phase") == "Ready" or bool(report.get("target")) or ("hotplugVolume" not in report and report)
    return "in-use" if plugged else "attaching"


def _is_upload(snapshot: Json) -> bool:
    ready = (snapshot.get("status") or {}).get("readyToUse", False)
    return names.id_label("image") in names.labels_of(snapshot) and not ready


def _is_cloning(image: Json) -> bool:
    phase = (image.get("status") or {}).get("phase")
    return phase not in {"Succeeded", "Failed"} and "deletionTimestamp" not in image["metadata"]


def _phase(volume: Volume) -> str:
    return str(((volume.data_volume or {}).get("status") or {}).get("phase") or "")


def _conditions(obj: Json) -> dict[str, Json]:
    return {one["type"]: one for one in (obj.get("status") or {}).get("conditions") or ()}
