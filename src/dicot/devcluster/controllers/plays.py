"""Which stages each kind is played by, whom a change wakes, and which indexes that takes.

Data and look-ups only.
"""

from collections.abc import Callable, Iterable, Iterator

from dicot.devcluster.controllers import export, kubeovn, kubeovn_addresses, node, snapshot
from dicot.devcluster.controllers.cdi import claim, datasource, datavolume, profile
from dicot.devcluster.controllers.kubevirt import launchers, migration, pod, scheduling, vm, vmi
from dicot.devcluster.controllers.kubevirt.storage import clone as machine_clone
from dicot.devcluster.controllers.kubevirt.storage import content, restore
from dicot.devcluster.controllers.kubevirt.storage import snapshot as machine_snapshot
from dicot.devcluster.controllers.kubevirt.storage import wakes as storage_wakes
from dicot.devcluster.controllers.kubevirt.volumes import claims, phase, template_spec
from dicot.devcluster.controllers.objects import controller_of, get_condition, name_of, namespace_of
from dicot.devcluster.controllers.player import Wakes
from dicot.devcluster.controllers.stage import Stages
from dicot.devcluster.controllers.world import Index, Key, Weight, World
from dicot.kube import Json
from dicot.kube.kinds import (
    CDI_CONFIGS,
    CDIS,
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    CONTROLLER_REVISIONS,
    DATA_SOURCES,
    DATA_VOLUMES,
    INSTANCETYPES,
    KUBEOVN_DNAT_RULES,
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_IPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    KUBEOVN_VPCS,
    KUBEVIRTS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    PREFERENCES,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VM_CLONES,
    VM_EXPORTS,
    VM_RESTORES,
    VM_SNAPSHOT_CONTENTS,
    VM_SNAPSHOTS,
    VOLUME_SNAPSHOT_CLASSES,
    VOLUME_SNAPSHOT_CONTENTS,
    VOLUME_SNAPSHOTS,
    Kind,
)

PLAYS: dict[Kind, Stages] = {
    VIRTUAL_MACHINES: vm.STAGES,
    VIRTUAL_MACHINE_INSTANCES: vmi.STAGES,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS: migration.STAGES,
    PODS: pod.STAGES,
    NODES: node.STAGES,
    PERSISTENT_VOLUME_CLAIMS: claim.STAGES,
    PERSISTENT_VOLUMES: claim.VOLUME_STAGES,
    DATA_VOLUMES: datavolume.STAGES,
    STORAGE_CLASSES: profile.STAGES,
    DATA_SOURCES: datasource.STAGES,
    VOLUME_SNAPSHOTS: snapshot.STAGES,
    VM_EXPORTS: export.STAGES,
    VM_SNAPSHOTS: machine_snapshot.STAGES,
    VM_SNAPSHOT_CONTENTS: content.STAGES,
    VM_RESTORES: restore.STAGES,
    VM_CLONES: machine_clone.STAGES,
    **kubeovn.PLAYS,
}
LOOKED_AT: tuple[Kind, ...] = (
    CONTROLLER_REVISIONS,
    CDIS,
    STORAGE_PROFILES,
    CDI_CONFIGS,
    KUBEVIRTS,
    NAMESPACES,
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    INSTANCETYPES,
    PREFERENCES,
    VOLUME_SNAPSHOT_CLASSES,
    VOLUME_SNAPSHOT_CONTENTS,
)


def _claim_entry(namespace: str, name: str) -> str:
    return f"claim/{namespace}/{name}"


def _index_vm(one: Json) -> Iterator[str]:
    for name in claims(template_spec(one)):
        yield _claim_entry(namespace_of(one), name)
    for field in ("instancetype", "preference"):
        if (one["spec"].get(field) or {}).get("name"):
            yield f"{field}/{one['spec'][field]['name']}"


def _index_vmi(one: Json) -> Iterator[str]:
    yield from (_claim_entry(namespace_of(one), name) for name in claims(one["spec"]))
    if (one.get("status") or {}).get("nodeName"):
        yield f"node/{one['status']['nodeName']}"


def _index_migration(one: Json) -> Iterator[str]:
    yield f"vmi/{namespace_of(one)}/{one['spec']['vmiName']}"
    if (one.get("status") or {}).get("phase") == "Pending":
        yield "migration/Pending"


def _index_pod(one: Json) -> Iterator[str]:
    if one["spec"].get("nodeName"):
        yield one["spec"]["nodeName"]
        if scheduling.is_placed_apart(one):
            yield scheduling.PLACED_APART
    elif phase(one) == "Pending" and get_condition(one, "PodScheduled").get("status") == "False":
        yield "refused"  # those that no node was sought for yet need no waking: they are under way
    for volume in one["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            yield _claim_entry(namespace_of(one), volume["persistentVolumeClaim"]["claimName"])


def _index_data_source(one: Json) -> Iterator[str]:
    source = (one.get("spec") or {}).get("source") or {}
    for kind in ("pvc", "snapshot"):
        if kind in source:
            yield _claim_entry(source[kind].get("namespace") or namespace_of(one), source[kind]["name"])


def _index_data_volume(one: Json) -> Iterator[str]:
    spec = one["spec"]
    yield from _index_data_source(one)
    if "sourceRef" in spec:
        yield f"datasource/{spec['sourceRef'].get('namespace') or namespace_of(one)}/{spec['sourceRef']['name']}"


def _index_snapshot(one: Json) -> Iterator[str]:
    name = one["spec"]["source"].get("persistentVolumeClaimName")
    if name:
        yield _claim_entry(namespace_of(one), name)


def _index_claim(one: Json) -> Iterator[str]:
    for key in ("dataSource", "dataSourceRef"):
        if one["spec"].get(key):
            yield _claim_entry(namespace_of(one), one["spec"][key]["name"])


def _index_rule(one: Json) -> Iterator[str]:
    for key in ("ovnEip", "ipName", "vpcSubnet"):
        if one["spec"].get(key):
            yield f"{key}/{one['spec'][key]}"


INDEXES: dict[Kind, Index] = {
    VIRTUAL_MACHINES: _index_vm,
    VIRTUAL_MACHINE_INSTANCES: _index_vmi,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS: _index_migration,
    PODS: _index_pod,
    DATA_SOURCES: _index_data_source,
    DATA_VOLUMES: _index_data_volume,
    VOLUME_SNAPSHOTS: _index_snapshot,
    PERSISTENT_VOLUME_CLAIMS: _index_claim,
    **storage_wakes.INDEXES,
    KUBEOVN_IPS: kubeovn_addresses.index,
    KUBEOVN_EIPS: kubeovn.eip_index,
    KUBEOVN_FIPS: _index_rule,
    KUBEOVN_DNAT_RULES: _index_rule,
    KUBEOVN_SNAT_RULES: _index_rule,
}
WEIGHTS: dict[Kind, Weight] = {
    PODS: scheduling.weigh,
    KUBEOVN_IPS: kubeovn_addresses.weigh,
    KUBEOVN_EIPS: kubeovn.weigh_eip,
}
CLAIM_USERS = (
    VIRTUAL_MACHINES,
    VIRTUAL_MACHINE_INSTANCES,
    PODS,
    DATA_SOURCES,
    DATA_VOLUMES,
    VOLUME_SNAPSHOTS,
    PERSISTENT_VOLUME_CLAIMS,
)
Finder = Callable[[Kind, str], Iterator[Key]]
RULES = (KUBEOVN_FIPS, KUBEOVN_DNAT_RULES, KUBEOVN_SNAT_RULES)


def _of_pod(one: Json, found: Finder) -> Iterator[Key]:
    owner, job = controller_of(one), migration.job_of(one)
    if owner is not None:
        yield (VIRTUAL_MACHINE_INSTANCES, namespace_of(one), owner["name"])
    if job is not None:
        yield (VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, namespace_of(one), job)
    if one["spec"].get("nodeName"):  # its going or coming may make room, or company
        yield from found(PODS, "refused")
    for volume in one["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            claim_name = volume["persistentVolumeClaim"]["claimName"]
            yield (PERSISTENT_VOLUME_CLAIMS, namespace_of(one), claim_name)
            yield from storage_wakes.of_claim(namespace_of(one), claim_name, found)


def _of_migration(one: Json, found: Finder) -> Iterator[Key]:
    yield (VIRTUAL_MACHINE_INSTANCES, namespace_of(one), one["spec"]["vmiName"])
    yield from found(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, f"vmi/{namespace_of(one)}/{one['spec']['vmiName']}")
    if launchers.ended(one):
        yield from found(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, "migration/Pending")


def _of_node(one: Json, found: Finder, nodes: dict[str, list[object]]) -> Iterable[Key]:
    """Wake whom a node carries, and who waits for one; a heartbeat concerns nobody."""
    here, now = name_of(one), node.shown(one)
    if nodes.get(here) == now:
        return ()
    nodes[here] = now
    return [*found(PODS, here), *found(VIRTUAL_MACHINE_INSTANCES, f"node/{here}"), *found(PODS, "refused")]


def wakes(world: World) -> Wakes:
    """Make the function that says which other objects a change of one concerns."""

    nodes: dict[str, list[object]] = {}

    def found(kind: Kind, entry: str) -> Iterator[Key]:
        return ((kind, namespace_of(one), name_of(one)) for one in world.find(kind, entry))

    def every(kind: Kind) -> Iterator[Key]:
        return ((kind, namespace_of(one), name_of(one)) for one in world.all(kind))

    def of_machine(one: Json) -> Iterator[Key]:
        place = (namespace_of(one), name_of(one))
        yield (VIRTUAL_MACHINES, *place)
        yield (VIRTUAL_MACHINE_INSTANCES, *place)
        yield from found(KUBEOVN_IPS, f"machine/{place[0]}/{place[1]}")
        yield from storage_wakes.of_machine(one, found)
        yield from found(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, f"vmi/{place[0]}/{place[1]}")

    def of_claim(one: Json) -> Iterator[Key]:
        entry = _claim_entry(namespace_of(one), name_of(one))
        yield (DATA_VOLUMES, namespace_of(one), name_of(one))
        yield (PERSISTENT_VOLUMES, "", one["spec"].get("volumeName") or "")
        for kind in CLAIM_USERS:
            yield from found(kind, entry)
        yield from storage_wakes.of_claim(namespace_of(one), name_of(one), found)
        yield from storage_wakes.of_owned(one)
        owner = controller_of(one)
        if owner is not None and owner["kind"] == "VirtualMachine":
            yield (VIRTUAL_MACHINES, namespace_of(one), owner["name"])

    def of_network(kind: Kind, one: Json) -> Iterator[Key]:
        key = {KUBEOVN_EIPS: "ovnEip", KUBEOVN_IPS: "ipName", KUBEOVN_SUBNETS: "vpcSubnet"}[kind]
        for rule in RULES:
            yield from found(rule, f"{key}/{name_of(one)}")
        if kind == KUBEOVN_SUBNETS:
            yield from every(KUBEOVN_VPCS)
            yield from every(KUBEOVN_EIPS)
        else:
            yield (KUBEOVN_SUBNETS, "", (one["spec"].get("subnet") or one["spec"].get("externalSubnet") or "external"))

    def of(kind: Kind, one: Json) -> Iterable[Key]:
        if kind in (VIRTUAL_MACHINES, VIRTUAL_MACHINE_INSTANCES):
            pods = ((PODS, namespace_of(p), name_of(p)) for p in world.children(PODS, one["metadata"]["uid"]))
            return [*of_machine(one), *pods]
        if kind == PODS:
            return _of_pod(one, found)
        if kind == VIRTUAL_MACHINE_INSTANCE_MIGRATIONS:
            return _of_migration(one, found)
        if kind in (PERSISTENT_VOLUME_CLAIMS, DATA_VOLUMES, VOLUME_SNAPSHOTS):
            return of_claim(one)
        if kind in storage_wakes.SNAPSHOT_KINDS:
            return storage_wakes.of_snapshot(kind, one, found)
        if kind == DATA_SOURCES:
            return found(DATA_VOLUMES, f"datasource/{namespace_of(one)}/{name_of(one)}")
        if kind in (CLUSTER_INSTANCETYPES, INSTANCETYPES):
            return found(VIRTUAL_MACHINES, f"instancetype/{name_of(one)}")
        if kind in (CLUSTER_PREFERENCES, PREFERENCES):
            return found(VIRTUAL_MACHINES, f"preference/{name_of(one)}")
        if kind == NODES:
            return _of_node(one, found, nodes)
        if kind in (STORAGE_CLASSES, STORAGE_PROFILES):
            return [*every(PERSISTENT_VOLUME_CLAIMS), *every(DATA_VOLUMES)]
        if kind == VOLUME_SNAPSHOT_CLASSES:
            return every(VOLUME_SNAPSHOTS)
        if kind in (KUBEOVN_EIPS, KUBEOVN_IPS, KUBEOVN_SUBNETS):
            return of_network(kind, one)
        return ()

    return of
