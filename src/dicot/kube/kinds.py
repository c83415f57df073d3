"""The kinds of Kubernetes objects that Dicot speaks of, and the paths they are served under.

Data only. Kinds that Dicot itself defines live with the service that owns them.
"""

from urllib.parse import quote

import msgspec

from dicot.kube.errors import Invalid


class Kind(msgspec.Struct, frozen=True, cache_hash=True):
    """One kind of object: its group ("" is core), version, plural as in URLs, kind as in manifests."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Say it as manifests do: "v1" or "kubevirt.io/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """Say it as a CRD is named: "virtualmachines.kubevirt.io"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Build the URL path of the collection, one object, or its subresource; raise Invalid for an impossible name.

        An empty name is refused rather than left out: DELETE on a collection deletes everything in it.
        """
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace is not None and self.namespaced:
            parts += ["namespaces", _segment(namespace)]
        elif namespace is None and self.namespaced and name is not None:
            raise Invalid(f"{self.kind} is namespaced: {name!r} needs a namespace", status=400, reason="BadRequest")
        parts.append(self.plural)
        if name is not None:
            parts.append(_segment(name))
        if subresource is not None:
            parts.append(quote(subresource, safe="/"))
        return "/" + "/".join(parts)


def _segment(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "%" in name:
        raise Invalid(f"invalid name {name!r}: not a path segment", status=400, reason="BadRequest")
    return quote(name, safe=":")


# Core
NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
NODES = Kind("", "v1", "nodes", "Node", namespaced=False)
PODS = Kind("", "v1", "pods", "Pod")
SECRETS = Kind("", "v1", "secrets", "Secret")
CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap")
SERVICES = Kind("", "v1", "services", "Service")
EVENTS = Kind("", "v1", "events", "Event")
PERSISTENT_VOLUME_CLAIMS = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
PERSISTENT_VOLUMES = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
RESOURCE_QUOTAS = Kind("", "v1", "resourcequotas", "ResourceQuota")
LIMIT_RANGES = Kind("", "v1", "limitranges", "LimitRange")
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount")

# Groups that every cluster has
CONTROLLER_REVISIONS = Kind("apps", "v1", "controllerrevisions", "ControllerRevision")
DAEMON_SETS = Kind("apps", "v1", "daemonsets", "DaemonSet")
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment")
TOKEN_REVIEWS = Kind("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced=False)
SELF_SUBJECT_REVIEWS = Kind("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)
SUBJECT_ACCESS_REVIEWS = Kind(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)
SELF_SUBJECT_ACCESS_REVIEWS = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
NETWORK_POLICIES = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
ROLES = Kind("rbac.authorization.k8s.io", "v1", "roles", "Role")
ROLE_BINDINGS = Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLES = Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = Kind(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
STORAGE_CLASSES = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
CSI_DRIVERS = Kind("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False)
CUSTOM_RESOURCE_DEFINITIONS = Kind(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)

# KubeVirt. Of its instancetypes only v1beta1 is served, also by 1.9.
VIRTUAL_MACHINES = Kind("kubevirt.io", "v1", "virtualmachines", "VirtualMachine")
VIRTUAL_MACHINE_INSTANCES = Kind("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance")
VIRTUAL_MACHINE_INSTANCE_MIGRATIONS = Kind(
    "kubevirt.io", "v1", "virtualmachineinstancemigrations", "VirtualMachineInstanceMigration"
)
KUBEVIRTS = Kind("kubevirt.io", "v1", "kubevirts", "KubeVirt")
CLUSTER_INSTANCETYPES = Kind(
    "instancetype.kubevirt.io",
    "v1beta1",
    "virtualmachineclusterinstancetypes",
    "VirtualMachineClusterInstancetype",
    namespaced=False,
)
CLUSTER_PREFERENCES = Kind(
    "instancetype.kubevirt.io",
    "v1beta1",
    "virtualmachineclusterpreferences",
    "VirtualMachineClusterPreference",
    namespaced=False,
)
INSTANCETYPES = Kind("instancetype.kubevirt.io", "v1beta1", "virtualmachineinstancetypes", "VirtualMachineInstancetype")
PREFERENCES = Kind("instancetype.kubevirt.io", "v1beta1", "virtualmachinepreferences", "VirtualMachinePreference")
VM_SNAPSHOTS = Kind("snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots", "VirtualMachineSnapshot")
VM_SNAPSHOT_CONTENTS = Kind(
    "snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshotcontents", "VirtualMachineSnapshotContent"
)
VM_RESTORES = Kind("snapshot.kubevirt.io", "v1beta1", "virtualmachinerestores", "VirtualMachineRestore")
VM_CLONES = Kind("clone.kubevirt.io", "v1beta1", "virtualmachineclones", "VirtualMachineClone")
VM_EXPORTS = Kind("export.kubevirt.io", "v1beta1", "virtualmachineexports", "VirtualMachineExport")
VM_POOLS = Kind("pool.kubevirt.io", "v1beta1", "virtualmachinepools", "VirtualMachinePool")
MIGRATION_POLICIES = Kind(
    "migrations.kubevirt.io", "v1alpha1", "migrationpolicies", "MigrationPolicy", namespaced=False
)

# Where start, stop, console and the like are served; only good for `path`, they hold no objects.
VIRTUAL_MACHINE_CALLS = Kind("subresources.kubevirt.io", "v1", "virtualmachines", "VirtualMachine")
VIRTUAL_MACHINE_INSTANCE_CALLS = Kind(
    "subresources.kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance"
)

# CDI and CSI snapshots
DATA_VOLUMES = Kind("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume")
DATA_SOURCES = Kind("cdi.kubevirt.io", "v1beta1", "datasources", "DataSource")
DATA_IMPORT_CRONS = Kind("cdi.kubevirt.io", "v1beta1", "dataimportcrons", "DataImportCron")
STORAGE_PROFILES = Kind("cdi.kubevirt.io", "v1beta1", "storageprofiles", "StorageProfile", namespaced=False)
CDI_CONFIGS = Kind("cdi.kubevirt.io", "v1beta1", "cdiconfigs", "CDIConfig", namespaced=False)
CDIS = Kind("cdi.kubevirt.io", "v1beta1", "cdis", "CDI", namespaced=False)
UPLOAD_TOKEN_REQUESTS = Kind("upload.cdi.kubevirt.io", "v1beta1", "uploadtokenrequests", "UploadTokenRequest")
VOLUME_SNAPSHOTS = Kind("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot")
VOLUME_SNAPSHOT_CLASSES = Kind(
    "snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", "VolumeSnapshotClass", namespaced=False
)
VOLUME_SNAPSHOT_CONTENTS = Kind(
    "snapshot.storage.k8s.io", "v1", "volumesnapshotcontents", "VolumeSnapshotContent", namespaced=False
)

# Networks
NETWORK_ATTACHMENT_DEFINITIONS = Kind(
    "k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition"
)
KUBEOVN_VPCS = Kind("kubeovn.io", "v1", "vpcs", "Vpc", namespaced=False)
KUBEOVN_SUBNETS = Kind("kubeovn.io", "v1", "subnets", "Subnet", namespaced=False)
KUBEOVN_IPS = Kind("kubeovn.io", "v1", "ips", "IP", namespaced=False)
KUBEOVN_VIPS = Kind("kubeovn.io", "v1", "vips", "Vip", namespaced=False)
KUBEOVN_IP_POOLS = Kind("kubeovn.io", "v1", "ippools", "IPPool", namespaced=False)
KUBEOVN_SECURITY_GROUPS = Kind("kubeovn.io", "v1", "security-groups", "SecurityGroup", namespaced=False)
KUBEOVN_EIPS = Kind("kubeovn.io", "v1", "ovn-eips", "OvnEip", namespaced=False)
KUBEOVN_FIPS = Kind("kubeovn.io", "v1", "ovn-fips", "OvnFip", namespaced=False)
KUBEOVN_SNAT_RULES = Kind("kubeovn.io", "v1", "ovn-snat-rules", "OvnSnatRule", namespaced=False)
KUBEOVN_DNAT_RULES = Kind("kubeovn.io", "v1", "ovn-dnat-rules", "OvnDnatRule", namespaced=False)
KUBEOVN_QOS_POLICIES = Kind("kubeovn.io", "v1", "qos-policies", "QoSPolicy", namespaced=False)
KUBEOVN_VLANS = Kind("kubeovn.io", "v1", "vlans", "Vlan", namespaced=False)
KUBEOVN_PROVIDER_NETWORKS = Kind("kubeovn.io", "v1", "provider-networks", "ProviderNetwork", namespaced=False)
