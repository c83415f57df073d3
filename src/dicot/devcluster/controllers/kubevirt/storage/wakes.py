"""Which snapshots, restores, clones and exports a change concerns, and the indexes by which they are found.

Look-ups only.
"""

from collections.abc import Callable, Iterator

from dicot.devcluster.controllers.kubevirt.storage import snapshot
from dicot.devcluster.controllers.objects import controller_of, name_of, namespace_of
from dicot.devcluster.controllers.world import Index, Key
from dicot.kube import Json
from dicot.kube.kinds import (
    VIRTUAL_MACHINES,
    VM_CLONES,
    VM_EXPORTS,
    VM_RESTORES,
    VM_SNAPSHOT_CONTENTS,
    VM_SNAPSHOTS,
    VOLUME_SNAPSHOTS,
    Kind,
)

Finder = Callable[[Kind, str], Iterator[Key]]
MACHINE_USERS = (VM_SNAPSHOTS, VM_RESTORES, VM_CLONES, VM_EXPORTS)
SNAPSHOT_KINDS = (VM_SNAPSHOTS, VM_SNAPSHOT_CONTENTS, VM_RESTORES)
_ENTRIES = {"VirtualMachine": "machine", "VirtualMachineSnapshot": "machine-snapshot"}


def _index_snapshot(one: Json) -> Iterator[str]:
    yield f"machine/{namespace_of(one)}/{one['spec']['source']['name']}"


def _index_restore(one: Json) -> Iterator[str]:
    namespace = namespace_of(one)
    yield f"machine/{namespace}/{one['spec']['target']['name']}"
    yield f"machine-snapshot/{namespace}/{one['spec'].get('virtualMachineSnapshotName')}"
    for entry in (one.get("status") or {}).get("restores") or []:
        yield f"claim/{namespace}/{entry['persistentVolumeClaim']}"


def _index_clone(one: Json) -> Iterator[str]:
    namespace, state = namespace_of(one), one.get("status") or {}
    source, target = one["spec"].get("source") or {}, one["spec"].get("target") or {}
    yield f"{_ENTRIES.get(source.get('kind', ''))}/{namespace}/{source.get('name')}"
    yield f"machine/{namespace}/{target.get('name')}"
    if state.get("snapshotName"):
        yield f"machine-snapshot/{namespace}/{state['snapshotName']}"


def _index_export(one: Json) -> Iterator[str]:
    source = one["spec"]["source"]
    yield f"{_ENTRIES.get(source['kind'], 'claim')}/{namespace_of(one)}/{source['name']}"


INDEXES: dict[Kind, Index] = {
    VM_SNAPSHOTS: _index_snapshot,
    VM_RESTORES: _index_restore,
    VM_CLONES: _index_clone,
    VM_EXPORTS: _index_export,
}


def of_machine(one: Json, found: Finder) -> Iterator[Key]:
    """Say whom a change of a machine, or of its instance, concerns."""
    for kind in MACHINE_USERS:
        yield from found(kind, f"machine/{namespace_of(one)}/{name_of(one)}")


def of_claim(namespace: str, name: str, found: Finder) -> Iterator[Key]:
    """Say whom a change of a claim, or of a pod that uses it, concerns."""
    for kind in (VM_RESTORES, VM_EXPORTS):
        yield from found(kind, f"claim/{namespace}/{name}")
    for machine in found(VIRTUAL_MACHINES, f"claim/{namespace}/{name}"):
        for kind in (VM_SNAPSHOTS, VM_EXPORTS):
            yield from found(kind, f"machine/{namespace}/{machine[2]}")


def of_owned(one: Json) -> Iterator[Key]:
    """Say whom a change of a claim or VolumeSnapshot concerns because it was made for it."""
    owner, namespace = controller_of(one), namespace_of(one)
    kinds = {"VirtualMachineExport": VM_EXPORTS, "VirtualMachineSnapshotContent": VM_SNAPSHOT_CONTENTS}
    if owner is not None and owner["kind"] in kinds:
        yield (kinds[owner["kind"]], namespace, owner["name"])
    # A VolumeSnapshot stays until the claims that are made from it are there.
    yield (VOLUME_SNAPSHOTS, namespace, (one["spec"].get("dataSource") or {}).get("name", ""))


def of_snapshot(kind: Kind, one: Json, found: Finder) -> Iterator[Key]:
    """Say whom a change of a snapshot, of its content or of a restore concerns."""
    namespace = namespace_of(one)
    if kind == VM_SNAPSHOT_CONTENTS:
        yield (VM_SNAPSHOTS, namespace, one["spec"].get("virtualMachineSnapshotName") or "")
    elif kind == VM_RESTORES:
        owner = controller_of(one)
        yield (VM_CLONES, namespace, owner["name"] if owner is not None else "")
        yield from found(VM_RESTORES, f"machine/{namespace}/{one['spec']['target']['name']}")
    else:
        yield (VM_SNAPSHOT_CONTENTS, namespace, snapshot.content_name(one))
        yield from found(VM_SNAPSHOTS, f"machine/{namespace}/{one['spec']['source']['name']}")
        for user in (VM_RESTORES, VM_CLONES, VM_EXPORTS):
            yield from found(user, f"machine-snapshot/{namespace}/{name_of(one)}")
