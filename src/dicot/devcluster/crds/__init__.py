"""The CustomResourceDefinitions of KubeVirt, CDI, CSI snapshots, Kube-OVN and Multus, written from one table.

Data and its expansion only. Schemas keep unknown fields: what KubeVirt would refuse is refused by its admission.
"""

from typing import Any

import msgspec

from dicot.kube import Json

AGE = ("Age", "date", ".metadata.creationTimestamp")


class Custom(msgspec.Struct, frozen=True):
    """One custom resource; the first of `versions` is the stored one."""

    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    short: str = ""
    namespaced: bool = True
    status: bool = True
    columns: tuple[tuple[str, str, str], ...] = ()
    fields: str = "spec status"
    required: str = ""


def _condition(name: str) -> str:
    return f".status.conditions[?(@.type=='{name}')].status"


_KV = ("v1", "v1alpha3")
_SNAP = ("v1beta1", "v1alpha1")
_PHASE = ("Phase", "string", ".status.phase")
_SOURCE = (("SourceKind", "string", ".spec.source.kind"), ("SourceName", "string", ".spec.source.name"))

KUBEVIRT = (
    Custom("kubevirt.io", _KV, "KubeVirt", "kubevirts", "kv kvs", columns=(AGE, _PHASE)),
    Custom("kubevirt.io", _KV, "VirtualMachine", "virtualmachines", "vm vms", columns=(
        AGE, ("Status", "string", ".status.printableStatus"), ("Ready", "string", _condition("Ready")))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstance", "virtualmachineinstances", "vmi vmis", status=False, columns=(
        AGE, _PHASE, ("IP", "string", ".status.interfaces[0].ipAddress"), ("NodeName", "string", ".status.nodeName"),
        ("Ready", "string", _condition("Ready")), ("Live-Migratable", "string", _condition("LiveMigratable")),
        ("Paused", "string", _condition("Paused")))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstanceMigration", "virtualmachineinstancemigrations", "vmim vmims",
           columns=(_PHASE, ("VMI", "string", ".spec.vmiName"))),
    Custom("kubevirt.io", _KV, "VirtualMachineInstanceReplicaSet", "virtualmachineinstancereplicasets", "vmirs vmirss"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineInstancetype", "virtualmachineinstancetypes",
           "vminstancetype vminstancetypes vmf vmfs", status=False, required="cpu memory"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineClusterInstancetype",
           "virtualmachineclusterinstancetypes", "vmclusterinstancetype vmclusterinstancetypes vmcf vmcfs",
           namespaced=False, status=False, required="cpu memory"),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachinePreference", "virtualmachinepreferences",
           "vmpref vmprefs vmp vmps", status=False),
    Custom("instancetype.kubevirt.io", ("v1beta1",), "VirtualMachineClusterPreference",
           "virtualmachineclusterpreferences", "vmcp vmcps", namespaced=False, status=False),
    Custom("snapshot.kubevirt.io", _SNAP, "VirtualMachineSnapshot", "virtualmachinesnapshots",
           "vmsnapshot vmsnapshots", columns=(*_SOURCE, _PHASE, ("ReadyToUse", "boolean", ".status.readyToUse"))),
    Custom("snapshot.kubevirt.io", _SNAP, "VirtualMachineSnapshotContent", "virtualmachinesnapshotcontents",
           "vmsnapshotcontent vmsnapshotcontents"),
    Custom("snapshot.kubevirt.io", _SNAP, "VirtualMachineRestore", "virtualmachinerestores", "vmrestore vmrestores"),
    Custom("clone.kubevirt.io", _SNAP, "VirtualMachineClone", "virtualmachineclones", "vmclone vmclones"),
    Custom("export.kubevirt.io", ("v1", "v1beta1"), "VirtualMachineExport", "virtualmachineexports",
           "vmexport vmexports", columns=(*_SOURCE, _PHASE)),
    Custom("pool.kubevirt.io", _SNAP, "VirtualMachinePool", "virtualmachinepools", "vmpool vmpools"),
    Custom("migrations.kubevirt.io", ("v1alpha1",), "MigrationPolicy", "migrationpolicies", namespaced=False),
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
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{one.plural}.{one.group}"},
        "spec": {
            "group": one.group,
            "names": names,
            "scope": "Namespaced" if one.namespaced else "Cluster",
            "versions": [_version(one, version) for version in one.versions],
        },
    }


def _version(one: Custom, version: str) -> Json:
    keep = {"x-kubernetes-preserve-unknown-fields": True}
    fields: Json = {
        name: {"type": "object", **keep} if one.fields == "spec status" else keep for name in one.fields.split()
    }
    if one.required:
        fields["spec"] |= {"required": one.required.split()}
    columns = [{"name": name, "type": kind, "jsonPath": path} for name, kind, path in one.columns]
    return {
        "name": version,
        "served": True,
        "storage": version == one.versions[0],
        "schema": {"openAPIV3Schema": {"type": "object", "properties": fields}},
        **({"subresources": {"status": {}}} if one.status else {}),
        **({"additionalPrinterColumns": columns} if columns else {}),
    }


def definitions() -> list[Json]:
    """Write all CustomResourceDefinitions."""
    return [definition(one) for one in ALL]
