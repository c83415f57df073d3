"""The CustomResourceDefinitions of KubeVirt, CDI, CSI snapshots, Kube-OVN and Multus, written from one table.

Data and its expansion only. Kinds that `schemas` knows have KubeVirt's own structural schemas; others keep unknown
fields.
"""

from typing import Any

import msgspec

from dicot.devcluster.crds import schemas
from dicot.kube import Json

Column = tuple[str, str, str] | tuple[str, str, str, str]
"""Name, type, JSON path, and a description where there is one."""

APPROVED = "https://github.com/kubernetes-csi/external-snapshotter/pull/814"
AGE = ("Age", "date", ".metadata.creationTimestamp")
_SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.labelSelector",
}


class Custom(msgspec.Struct, frozen=True):
    """One custom resource; `stored` is the version that is kept, "" for the first."""

    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    short: str = ""
    namespaced: bool = True
    status: bool = True
    columns: tuple[Column, ...] = ()
    fields: str = "spec status"
    stored: str = ""
    deprecated: tuple[tuple[str, str], ...] = ()
    categories: str = ""
    scale: bool = False


def _condition(name: str) -> str:
    return f".status.conditions[?(@.type=='{name}')].status"


_KV = ("v1", "v1alpha3")
_OLD = ("v1alpha1", "v1beta1")
_PHASE = ("Phase", "string", ".status.phase")
_SOURCE = (("SourceKind", "string", ".spec.source.kind"), ("SourceName", "string", ".spec.source.name"))
_READY_TO_USE = ("ReadyToUse", "boolean", ".status.readyToUse")
_CREATED = (("CreationTime", "date", ".status.creationTime"), ("Error", "string", ".status.error.message"))
_OLD_KUBEVIRT = (("v1alpha3", "kubevirt.io/v1alpha3 is now deprecated and will be removed in a future release."),)
_OLD_PRESETS = tuple(
    (one, f"kubevirt.io/{one} VirtualMachineInstancePresets is now deprecated and will be removed in v2.")
    for one in _KV
)
_OLD_EXPORT = (("v1beta1", "export.kubevirt.io/v1beta1 VirtualMachineExport is now deprecated and will be removed in a "
                           "future version."),)  # fmt: skip


def _replicated(what: str, ready: str) -> tuple[Column, ...]:
    return (
        ("Desired", "integer", ".spec.replicas", f"Number of desired {what}"),
        ("Current", "integer", ".status.replicas", f"Number of managed and not final or deleted {what}"),
        ("Ready", "integer", ".status.readyReplicas", f"Number of managed {what} which are ready to {ready}"),
        AGE,
    )


KUBEVIRT = (
    Custom("kubevirt.io", _KV, "KubeVirt", "kubevirts", "kv kvs", columns=(AGE, _PHASE), deprecated=_OLD_KUBEVIRT,
           categories="all"),
    Custom("kubevirt.io", _KV, "VirtualMachine", "virtualmachines", "vm vms", deprecated=_OLD_KUBEVIRT,
           categories="all", columns=(
        AGE, ("Status", "string", ".status.printableStatus", "Human Readable Status"),
        ("Ready", "string", _condition("Ready")))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstance", "virtualmachineinstances", "vmi vmis", status=False,
           deprecated=_OLD_KUBEVIRT, categories="all", columns=(
        AGE, _PHASE, ("IP", "string", ".status.interfaces[0].ipAddress"), ("NodeName", "string", ".status.nodeName"),
        ("Ready", "string", _condition("Ready")), ("Live-Migratable", "string", _condition("LiveMigratable")),
        ("Paused", "string", _condition("Paused")))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstanceMigration", "virtualmachineinstancemigrations", "vmim vmims",
           deprecated=_OLD_KUBEVIRT, categories="all", columns=(
        (*_PHASE, "The current phase of VM instance migration"),
        ("VMI", "string", ".spec.vmiName", "The name of the VMI to perform the migration on"))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstanceReplicaSet", "virtualmachineinstancereplicasets", "vmirs vmirss",
           deprecated=_OLD_KUBEVIRT, categories="all", scale=True,
           columns=_replicated("VirtualMachineInstances", "receive traffic")),
    Custom("kubevirt.io", _KV, "VirtualMachineInstancePreset", "virtualmachineinstancepresets", "vmipreset vmipresets",
           status=False, stored="v1alpha3", deprecated=_OLD_PRESETS, categories="all"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineInstancetype", "virtualmachineinstancetypes",
           "vminstancetype vminstancetypes vmf vmfs", status=False, categories="all"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineClusterInstancetype",
           "virtualmachineclusterinstancetypes", "vmclusterinstancetype vmclusterinstancetypes vmcf vmcfs",
           namespaced=False, status=False),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachinePreference", "virtualmachinepreferences",
           "vmpref vmprefs vmp vmps", status=False, categories="all"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineClusterPreference",
           "virtualmachineclusterpreferences", "vmcp vmcps", namespaced=False, status=False),
    Custom("snapshot.kubevirt.io", _OLD, "VirtualMachineSnapshot", "virtualmachinesnapshots", "vmsnapshot vmsnapshots",
           stored="v1beta1", categories="all", columns=(*_SOURCE, _PHASE, _READY_TO_USE, *_CREATED)),
    Custom("snapshot.kubevirt.io", _OLD, "VirtualMachineSnapshotContent", "virtualmachinesnapshotcontents",
           "vmsnapshotcontent vmsnapshotcontents", stored="v1beta1", categories="all",
           columns=(_READY_TO_USE, *_CREATED)),
    Custom("snapshot.kubevirt.io", _OLD, "VirtualMachineRestore", "virtualmachinerestores", "vmrestore vmrestores",
           stored="v1beta1", categories="all", columns=(
        ("TargetKind", "string", ".spec.target.kind"), ("TargetName", "string", ".spec.target.name"),
        ("Complete", "boolean", ".status.complete"), ("RestoreTime", "date", ".status.restoreTime"))),
    Custom("clone.kubevirt.io", _OLD, "VirtualMachineClone", "virtualmachineclones", "vmclone vmclones",
           stored="v1beta1", categories="all", columns=(
        _PHASE, ("SourceVirtualMachine", "string", ".spec.source.name"),
        ("TargetVirtualMachine", "string", ".spec.target.name"))),
    Custom("export.kubevirt.io", ("v1beta1", "v1"), "VirtualMachineExport", "virtualmachineexports",
           "vmexport vmexports", stored="v1", deprecated=_OLD_EXPORT, categories="all", columns=(*_SOURCE, _PHASE)),
    Custom("pool.kubevirt.io", _OLD, "VirtualMachinePool", "virtualmachinepools", "vmpool vmpools", stored="v1beta1",
           categories="all", scale=True, columns=_replicated("VirtualMachines", "receive traffic")),
    Custom("migrations.kubevirt.io", ("v1alpha1",), "MigrationPolicy", "migrationpolicies", namespaced=False),
    Custom("backup.kubevirt.io", ("v1alpha1",), "VirtualMachineBackup", "virtualmachinebackups", "vmbackup vmbackups",
           categories="all", columns=(*_SOURCE, ("Type", "string", ".status.type"),
                                      ("CheckpointName", "string", ".status.checkpointName"))),
    Custom("backup.kubevirt.io", ("v1alpha1",), "VirtualMachineBackupTracker", "virtualmachinebackuptrackers",
           "vmbackuptracker vmbackuptrackers", categories="all", columns=(
        *_SOURCE, ("LatestCheckpoint", "string", ".status.latestCheckpoint.name"),
        ("CheckpointTime", "date", ".status.latestCheckpoint.creationTime"))),
    Custom("plugin.kubevirt.io", ("v1alpha1",), "Plugin", "plugins", namespaced=False, status=False),
)  # fmt: skip

CDI = (
    Custom("cdi.kubevirt.io", ("v1beta1",), "CDI", "cdis", "cdi", namespaced=False, columns=(AGE, _PHASE)),
    Custom("cdi.kubevirt.io", ("v1beta1",), "CDIConfig", "cdiconfigs", namespaced=False),
    Custom("cdi.kubevirt.io", ("v1beta1",), "DataVolume", "datavolumes", "dv dvs", columns=(
        _PHASE, ("Progress", "string", ".status.progress"), ("Restarts", "integer", ".status.restartCount"), AGE)),
    Custom("cdi.kubevirt.io", ("v1beta1",), "DataSource", "datasources", "das"),
    Custom("cdi.kubevirt.io", ("v1beta1",), "DataImportCron", "dataimportcrons", "dic dics"),
    Custom("cdi.kubevirt.io", ("v1beta1",), "StorageProfile", "storageprofiles", namespaced=False),
    Custom("cdi.kubevirt.io", ("v1beta1",), "ObjectTransfer", "objecttransfers", "ot ots", namespaced=False),
    Custom("snapshot.storage.k8s.io", ("v1",), "VolumeSnapshot", "volumesnapshots", "vs", columns=(
        ("ReadyToUse", "boolean", ".status.readyToUse"),
        ("SourcePVC", "string", ".spec.source.persistentVolumeClaimName"),
        ("RestoreSize", "string", ".status.restoreSize"), AGE)),
    Custom("snapshot.storage.k8s.io", ("v1",), "VolumeSnapshotClass", "volumesnapshotclasses", "vsclass vsclasses",
           namespaced=False, status=False, fields="driver deletionPolicy parameters"),
    Custom("snapshot.storage.k8s.io", ("v1",), "VolumeSnapshotContent", "volumesnapshotcontents", "vsc vscs",
           namespaced=False),
)  # fmt: skip


def _ovn(kind: str, plural: str, short: str = "", *, status: bool = True) -> Custom:
    return Custom("kubeovn.io", ("v1",), kind, plural, short, namespaced=False, status=status)


NETWORK = (
    _ovn("Vpc", "vpcs"),
    _ovn("Subnet", "subnets", "subnet"),
    _ovn("IP", "ips", "ip", status=False),
    _ovn("Vip", "vips", "vip"),
    _ovn("IPPool", "ippools", "ippool"),
    _ovn("SecurityGroup", "security-groups", "sg"),
    _ovn("OvnEip", "ovn-eips", "oeip"),
    _ovn("OvnFip", "ovn-fips", "ofip"),
    _ovn("OvnSnatRule", "ovn-snat-rules", "osnat"),
    _ovn("OvnDnatRule", "ovn-dnat-rules", "odnat"),
    _ovn("QoSPolicy", "qos-policies", "qos"),
    _ovn("Vlan", "vlans", "vlan"),
    _ovn("ProviderNetwork", "provider-networks"),
    Custom("k8s.cni.cncf.io", ("v1",), "NetworkAttachmentDefinition", "network-attachment-definitions",
           "net-attach-def", status=False),
)  # fmt: skip

ALL = (*KUBEVIRT, *CDI, *NETWORK)


def definition(one: Custom) -> Json:
    """Write the CustomResourceDefinition."""
    names: dict[str, Any] = {
        "kind": one.kind,
        "listKind": f"{one.kind}List",
        "plural": one.plural,
        "singular": one.kind.lower(),
    }
    if one.short:
        names["shortNames"] = one.short.split()
    if one.categories:
        names["categories"] = one.categories.split()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{one.plural}.{one.group}", **_approval(one.group)},
        "spec": {
            "group": one.group,
            "names": names,
            "scope": "Namespaced" if one.namespaced else "Cluster",
            "versions": [_version(one, version) for version in one.versions],
        },
    }


def _approval(group: str) -> Json:
    """Say who approved of a kind in one of Kubernetes' own groups: without it kube-apiserver refuses the definition."""
    return {"annotations": {"api-approved.kubernetes.io": APPROVED}} if group.endswith(".k8s.io") else {}


def _version(one: Custom, version: str) -> Json:
    subresources: Json = {**({"status": {}} if one.status else {}), **({"scale": _SCALE} if one.scale else {})}
    warning = dict(one.deprecated).get(version)
    return {
        "name": version,
        "served": True,
        "storage": version == (one.stored or one.versions[0]),
        **({"deprecated": True, "deprecationWarning": warning} if warning else {}),
        "schema": {"openAPIV3Schema": schemas.of_kind(one.kind) or _open(one)},
        **({"subresources": subresources} if subresources else {}),
        **({"additionalPrinterColumns": [_column(*column) for column in one.columns]} if one.columns else {}),
    }


def _open(one: Custom) -> Json:
    keep = {"x-kubernetes-preserve-unknown-fields": True}
    fields: Json = {
        name: {"type": "object", **keep} if one.fields == "spec status" else keep for name in one.fields.split()
    }
    return {"type": "object", "properties": fields}


def _column(name: str, kind: str, path: str, description: str = "") -> Json:
    body = {"name": name, "type": kind, "jsonPath": path}
    return {**body, "description": description} if description else body


def definitions() -> list[Json]:
    """Write all CustomResourceDefinitions."""
    return [definition(one) for one in ALL]
