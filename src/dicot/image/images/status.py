"""The status of an image, from what Kubernetes shows of its data. Pure.

| Glance | Kubernetes |
|---|---|
| queued | nothing holds data yet; or the attempt failed, also while CDI tries to fetch it again |
| saving | the DataVolume receives an upload, or is cloned from a server's disk; the snapshot is being taken |
| uploading | the data came, or comes, by `/stage`: annotated `image.dicot.io/staged: "true"` until it is imported |
| importing | the DataVolume fetches from elsewhere |
| active | the DataVolume Succeeded; a bound claim without DataVolume; a snapshot readyToUse |
| deactivated | active, and annotated `image.dicot.io/deactivated: "true"` |
"""

from __future__ import annotations

from typing import Any

from dicot.image.images import spelling
from dicot.image.images.evidence import Evidence

Json = dict[str, Any]

CLAIM_NOT_VALID, EXCEEDED_QUOTA = "ErrClaimNotValid", "ErrExceededQuota"
"""Reasons of CDI's condition Bound: it made no claim and will not until something else changes."""
_FETCHED = frozenset({"http", "s3", "gcs", "registry", "imageio", "vddk"})


def status(evidence: Evidence) -> str:
    """Return the status that Glance would give."""
    found = _of_data(evidence)
    if found in {"saving", "active"} and spelling.flag(evidence.source, spelling.STAGED):
        return "uploading"
    if found == "active" and spelling.flag(evidence.source, spelling.DEACTIVATED):
        return "deactivated"
    return found


def _of_data(evidence: Evidence) -> str:
    if evidence.snapshot is not None:
        return _of_snapshot(evidence.snapshot)
    if evidence.volume is not None:
        return _of_volume(evidence.volume)
    claim = evidence.claim
    if claim is None or claim["metadata"].get("deletionTimestamp"):
        return "queued"
    return "active" if (claim.get("status") or {}).get("phase") == "Bound" else "saving"


def _of_snapshot(snapshot: Json) -> str:
    state = snapshot.get("status") or {}
    if state.get("error"):
        return "queued"
    return "active" if state.get("readyToUse") else "saving"


def _of_volume(volume: Json) -> str:
    if given_up(volume):
        return "queued"
    if (volume.get("status") or {}).get("phase") == "Succeeded":
        return "active"
    return "importing" if _is_fetched(volume) else "saving"


def _is_fetched(volume: Json) -> bool:
    return bool(_FETCHED & set(volume["spec"].get("source") or ()))


def given_up(volume: Json) -> bool:
    """Tell whether a DataVolume will not be the image's data: it is being deleted, or has failed."""
    return bool(volume["metadata"].get("deletionTimestamp")) or failure(volume) is not None


def failure(volume: Json) -> str | None:
    """Return why a DataVolume has failed, None if it has not.

    CDI fetches again and again what it could not fetch, and forgets the error each time. An import that failed once
    has failed until it succeeds: else whether an image may be filled by other means would change by the second.
    """
    state = volume.get("status") or {}
    conditions: dict[str, Json] = {one["type"]: one for one in state.get("conditions") or ()}
    running, bound = conditions.get("Running", {}), conditions.get("Bound", {})
    if state.get("phase") == "Failed" or running.get("reason") == "Error":
        return str(running.get("message") or "the DataVolume failed")
    if state.get("restartCount") and state.get("phase") != "Succeeded" and _is_fetched(volume):
        return "the data could not be fetched; CDI tries again"
    if bound.get("reason") in {CLAIM_NOT_VALID, EXCEEDED_QUOTA}:
        return str(bound.get("message") or bound["reason"])
    return None


def over_quota(volume: Json) -> bool:
    """Tell whether a DataVolume has no claim because the namespace's quota does not allow it."""
    conditions = (volume.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Bound" and one.get("reason") == EXCEEDED_QUOTA for one in conditions)
