"""The launcher pods of an instance: the one its guest runs in, and one more while it moves to another node.

Pure.
"""

from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.objects import labels, name_of, uid_of
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import PODS, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS

MIGRATION_JOB = "kubevirt.io/migrationJobUID"
MIGRATION_JOB_NAME = "kubevirt.io/migrationJobName"
ENDED = ("Succeeded", "Failed")


def pods_of(vmi: Json, world: World) -> list[Json]:
    """Find every launcher pod of the instance, also those that it has moved away from."""
    return world.children(PODS, uid_of(vmi))


def pod_of(vmi: Json, world: World) -> Json | None:
    """Find the launcher pod that the guest runs in, or will."""
    node = (vmi.get("status") or {}).get("nodeName")
    target = state(vmi).get("targetPod") if moving(vmi) and not moved(vmi) else None
    found = [pod for pod in pods_of(vmi, world) if name_of(pod) != target]
    here = [pod for pod in found if pod["spec"].get("nodeName") == node] if node else found
    first = [pod for pod in here if MIGRATION_JOB not in labels(pod)] if not node else here
    running = [pod for pod in first if not final(pod)] or first
    return max(running, key=lambda pod: pod["metadata"].get("creationTimestamp", ""), default=None)


def target_of(migration: Json, vmi: Json, world: World) -> Json | None:
    """Find the pod that a migration has made for its target."""
    uid = uid_of(migration)
    return next((pod for pod in pods_of(vmi, world) if labels(pod).get(MIGRATION_JOB) == uid), None)


def state(vmi: Json) -> Json:
    """Read status.migrationState of the latest migration, {} if there was none."""
    return (vmi.get("status") or {}).get("migrationState") or {}


def moving(vmi: Json) -> bool:
    """Say whether a migration has been handed over to the nodes and has not ended there."""
    return bool(state(vmi).get("migrationUid")) and not state(vmi).get("completed")


def moved(vmi: Json) -> bool:
    """Say whether the guest runs on the target of its latest migration."""
    known = state(vmi)
    return bool(known.get("endTimestamp")) and not known.get("failed")


def migrations_of(vmi: Json, world: World) -> list[Json]:
    """Find the migration objects that name the instance."""
    entry = f"vmi/{vmi['metadata']['namespace']}/{name_of(vmi)}"
    return world.find(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, entry)


def under_way(vmi: Json, world: World) -> Json | None:
    """Find the instance's migration that has not ended."""
    return next((one for one in migrations_of(vmi, world) if not ended(one)), None)


def ended(migration: Json) -> bool:
    """Say whether the migration has succeeded or failed."""
    return (migration.get("status") or {}).get("phase") in ENDED
