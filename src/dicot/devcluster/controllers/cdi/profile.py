"""What CDI notes of each StorageClass, as stages: a StorageProfile, and the overhead of its file systems.

Pure.
"""

from datetime import datetime

from dicot.devcluster.controllers.cdi.manifest import DEFAULT_OVERHEAD
from dicot.devcluster.controllers.kubevirt.storage.source import snapshot_class
from dicot.devcluster.controllers.objects import deleting, name_of, owner_reference, stamp
from dicot.devcluster.controllers.stage import Create, Effect, Patch, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import CDI_CONFIGS, CDIS, STORAGE_PROFILES

LABELS = {
    "app": "containerized-data-importer",
    "app.kubernetes.io/component": "storage",
    "app.kubernetes.io/managed-by": "cdi-controller",
    "cdi.kubevirt.io": "",
}


def _unprofiled(storage_class: Json, world: World) -> bool:
    return not deleting(storage_class) and world.get(STORAGE_PROFILES, name_of(storage_class)) is None


def _profile(storage_class: Json, world: World, now: datetime) -> list[Effect]:
    """Write the profile of a provisioner that CDI does not know: it recommends nothing."""
    metadata: Json = {"name": name_of(storage_class), "labels": LABELS}
    cdi = world.get(CDIS, "cdi")
    if cdi is not None:
        metadata["ownerReferences"] = [owner_reference(CDIS, cdi)]
    body: Json = {
        "apiVersion": STORAGE_PROFILES.api_version,
        "kind": STORAGE_PROFILES.kind,
        "metadata": metadata,
        "spec": {},
    }
    unknown = {
        "lastHeartbeatTime": stamp(now),
        "lastTransitionTime": stamp(now),
        "message": "Provisioner is not recognized",
        "reason": "UnrecognizedProvisioner",
        "status": "False",
        "type": "Recognized",
    }
    state: Json = {
        "cloneStrategy": "snapshot",
        "conditions": [unknown],
        "dataImportCronSourceFormat": "pvc",
        "provisioner": storage_class["provisioner"],
        "storageClass": name_of(storage_class),
    }
    snapshots = snapshot_class(name_of(storage_class), world)
    if snapshots is not None:
        state["snapshotClass"] = snapshots
    return [Create(STORAGE_PROFILES, body, status=state)]


def _overheads(world: World) -> Json:
    config = world.get(CDI_CONFIGS, "config") or {}
    return ((config.get("status") or {}).get("filesystemOverhead") or {}).get("storageClass") or {}


def _unnoted(storage_class: Json, world: World) -> bool:
    known = world.get(CDI_CONFIGS, "config") is not None
    return known and not deleting(storage_class) and name_of(storage_class) not in _overheads(world)


def _note(storage_class: Json, _world: World, _now: datetime) -> list[Effect]:
    changes = {"filesystemOverhead": {"storageClass": {name_of(storage_class): DEFAULT_OVERHEAD}}}
    return [Patch(CDI_CONFIGS, "config", "", {"status": changes}, "status")]


STAGES: Stages = (
    Stage("it has no StorageProfile: make it", _unprofiled, _profile, after_s=0.05),
    Stage("its overhead is not noted: note it", _unnoted, _note),
)
