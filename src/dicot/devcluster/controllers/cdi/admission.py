"""CDI's webhooks, and what the API server itself does to claims: defaults, no shrinking.

A DataVolume that clones out of another namespace is admitted only if its creator may read the source there.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from dicot.devcluster.controllers.cdi import manifest
from dicot.devcluster.controllers.cdi.source import clone_source
from dicot.devcluster.controllers.denial import Cause, denied, forbidden, invalid, not_imitated
from dicot.devcluster.controllers.objects import quantity, size_bytes
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import STORAGE_CLASSES, Kind

WEBHOOK = "datavolume-validate.cdi.kubevirt.io"
SOURCES = ("http", "s3", "gcs", "registry", "pvc", "upload", "blank", "imageio", "vddk", "snapshot")
CLONES = ("pvc", "snapshot")
NOT_IMITATED = ("s3", "gcs", "imageio", "vddk")
MayClone = Callable[[Any, str, str], bool]


def data_volume_problems(spec: Json) -> list[Cause]:
    """List what CDI refuses of a DataVolume's spec; the first one counts."""
    path = "spec.Storage" if "storage" in spec else "spec.PVC"
    if "pvc" in spec and "storage" in spec:
        text = "Duplicate storage definition, both target storage and target pvc defined"
        return [Cause(text, "spec.PVC.Storage")]
    if "source" not in spec and "sourceRef" not in spec:
        text = "Data volume should have either Source or SourceRef, or be externally populated"
        return [Cause(text, "spec.source")]
    source = spec.get("source") or {}
    if len(source) > 1:
        return [Cause("Multiple Data volume sources", "spec.source")]
    if "source" in spec and (not source or next(iter(source)) not in SOURCES):
        return [Cause("Missing Data volume source", "spec.source")]
    url = (source.get("http") or {}).get("url")
    if url is not None and not (urlsplit(url).scheme and urlsplit(url).netloc):
        return [Cause(f"spec.source Invalid source URL: {url}", "spec.source.HTTP.url")]
    part = spec.get("storage") or spec.get("pvc") or {}
    size = ((part.get("resources") or {}).get("requests") or {}).get("storage")
    field = f"{path}.resources.requests.size"
    if size is None:
        clones = "sourceRef" in spec or any(key in source for key in CLONES)
        return [] if clones else [Cause("Storage size is missing", field)]
    if quantity(size) <= 0:
        return [Cause("Storage size can't be equal or less than zero", field)]
    return []


class _Stored:
    """Looks objects up where the API server keeps them: newer than what the controllers have heard of."""

    def __init__(self, review: Any) -> None:
        self._review = review

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        return self._review.get(kind.group, kind.plural, namespace, name)


def data_volumes(may_clone: MayClone) -> Callable[[Any], None]:
    """Make the hook that validates DataVolumes."""

    def validate(review: Any) -> None:
        if review.operation == "DELETE" or review.subresource:
            return
        spec = review.object.get("spec") or {}
        if review.old is not None:
            if review.old.get("spec") != spec:
                raise denied(
                    WEBHOOK, [Cause("Cannot update DataVolume Spec", "DataVolume.Spec", "FieldValueDuplicate")],
                    separator="  ", reason="",
                )  # fmt: skip
            return
        problems = data_volume_problems(spec)
        if problems:
            raise denied(WEBHOOK, problems, separator="  ", reason="")
        for kind in NOT_IMITATED:
            if kind in (spec.get("source") or {}):
                raise not_imitated(f"DataVolumes from {kind}: there is nothing that they could be read from")
        source = clone_source(spec, review.namespace, _Stored(review))
        if source is None or source.namespace == review.namespace:
            return
        if not may_clone(review.user, source.namespace, source.name):
            text = (
                f"User {review.user.username} has insufficient permissions in clone source namespace {source.namespace}"
            )
            raise forbidden("datavolumes.cdi.kubevirt.io", review.name, text)

    return validate


def claim_defaults(world: World) -> Callable[[Any], None]:
    """Make the hook that gives a claim its class and its volume mode."""

    def mutate(review: Any) -> None:
        if review.operation != "CREATE":
            return
        claim = review.object
        spec = claim.setdefault("spec", {})
        if "storageClassName" not in spec:
            default = manifest.default_class(world)
            if default:
                spec["storageClassName"] = default
        spec.setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")

    return mutate


def claim_changes(world: World) -> Callable[[Any], None]:
    """Make the hook that lets claims grow where their class allows it, and never shrink."""

    def validate(review: Any) -> None:
        if review.operation != "UPDATE" or review.subresource or review.old is None:
            return
        old, new = (one["spec"]["resources"]["requests"]["storage"] for one in (review.old, review.object))
        if size_bytes(new) == size_bytes(old):
            return
        if size_bytes(new) < size_bytes(old):
            text = "Forbidden: field can not be less than previous value"
            cause = Cause(text, "spec.resources.requests.storage", "FieldValueForbidden")
            raise invalid("PersistentVolumeClaim", review.name, "PersistentVolumeClaim", cause)
        found = world.get(STORAGE_CLASSES, review.object["spec"].get("storageClassName") or "")
        if found is None or not found.get("allowVolumeExpansion"):
            text = (
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
                "support resize"
            )
            raise forbidden("persistentvolumeclaims", review.name, text)

    return validate
