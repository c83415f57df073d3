"""The built-in kinds, as data. Those that Dicot and its controllers never touch are left out and answer 404."""

from dicot.devcluster.apiserver.resources import Column, Resource

NAME = Column("Name", "string", ".metadata.name", format="name")
AGE = Column("Age", "date", ".metadata.creationTimestamp")
_STATUS = ("status",)


def _core(
    plural: str, kind: str, short: str = "", *, status: bool = False, namespaced: bool = True, extra: str = "",
    generation: bool = False, returns_deleted: bool = False, selectable: tuple[str, ...] = (),
) -> Resource:  # fmt: skip
    subresources = (*(_STATUS if status else ()), *extra.split())
    return Resource(
        group="", version="v1", plural=plural, kind=kind, namespaced=namespaced, singular=kind.lower(),
        short_names=tuple(short.split()), subresources=subresources, generation=generation,
        returns_deleted=returns_deleted, selectable=selectable, columns=(AGE,),
    )  # fmt: skip


def _grouped(
    group: str, plural: str, kind: str, short: str = "", *, version: str = "v1", namespaced: bool = True,
    status: bool = False, generation: bool = False, returns_deleted: bool = False,
) -> Resource:  # fmt: skip
    return Resource(
        group=group, version=version, plural=plural, kind=kind, namespaced=namespaced, singular=kind.lower(),
        short_names=tuple(short.split()), subresources=_STATUS if status else (), generation=generation,
        returns_deleted=returns_deleted, columns=(AGE,),
    )  # fmt: skip


_RBAC = "rbac.authorization.k8s.io"

BUILT_IN: tuple[Resource, ...] = (
    _core("configmaps", "ConfigMap", "cm"),
    _core("endpoints", "Endpoints", "ep"),
    _core("events", "Event", "ev", selectable=(
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "reason",
        "type", "source", "reportingComponent",
    )),
    _core("limitranges", "LimitRange", "limits"),
    _core("namespaces", "Namespace", "ns", status=True, namespaced=False, extra="finalize", returns_deleted=True,
          selectable=("status.phase",)),
    _core("nodes", "Node", "no", status=True, namespaced=False, selectable=("spec.unschedulable",)),
    _core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc", status=True, returns_deleted=True),
    _core("persistentvolumes", "PersistentVolume", "pv", status=True, namespaced=False, returns_deleted=True),
    _core("pods", "Pod", "po", status=True, extra="log eviction binding", returns_deleted=True, generation=True,
          selectable=("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                      "status.phase", "status.podIP")),
    _core("resourcequotas", "ResourceQuota", "quota", status=True, returns_deleted=True),
    _core("secrets", "Secret", selectable=("type",)),
    _core("serviceaccounts", "ServiceAccount", "sa", extra="token", returns_deleted=True),
    _core("services", "Service", "svc", status=True, returns_deleted=True,
          selectable=("spec.clusterIP", "spec.type")),
    _grouped("apps", "controllerrevisions", "ControllerRevision"),
    _grouped("apps", "daemonsets", "DaemonSet", "ds", status=True, generation=True),
    _grouped("apps", "deployments", "Deployment", "deploy", status=True, generation=True),
    _grouped("apps", "replicasets", "ReplicaSet", "rs", status=True, generation=True),
    _grouped("apps", "statefulsets", "StatefulSet", "sts", status=True, generation=True),
    _grouped("batch", "cronjobs", "CronJob", "cj", status=True, generation=True),
    _grouped("batch", "jobs", "Job", status=True, generation=True),
    _grouped("coordination.k8s.io", "leases", "Lease"),
    _grouped("discovery.k8s.io", "endpointslices", "EndpointSlice", generation=True),
    _grouped("networking.k8s.io", "ingresses", "Ingress", "ing", status=True, generation=True),
    _grouped("networking.k8s.io", "networkpolicies", "NetworkPolicy", "netpol", generation=True),
    _grouped("policy", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", status=True, generation=True),
    _grouped(_RBAC, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    _grouped(_RBAC, "clusterroles", "ClusterRole", namespaced=False),
    _grouped(_RBAC, "rolebindings", "RoleBinding"),
    _grouped(_RBAC, "roles", "Role"),
    _grouped("scheduling.k8s.io", "priorityclasses", "PriorityClass", "pc", namespaced=False, generation=True),
    _grouped("storage.k8s.io", "csidrivers", "CSIDriver", namespaced=False, returns_deleted=True),
    _grouped("storage.k8s.io", "storageclasses", "StorageClass", "sc", namespaced=False, returns_deleted=True),
    _grouped("storage.k8s.io", "volumeattachments", "VolumeAttachment", namespaced=False, status=True,
             returns_deleted=True),
    _grouped("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd crds",
             namespaced=False, status=True, generation=True),
    _grouped("apiregistration.k8s.io", "apiservices", "APIService", namespaced=False, status=True),
    _grouped("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
             namespaced=False, generation=True),
    _grouped("admissionregistration.k8s.io", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
             namespaced=False, generation=True),
)  # fmt: skip


def _review(group: str, plural: str, kind: str, *, namespaced: bool = False) -> Resource:
    return Resource(
        group=group, version="v1", plural=plural, kind=kind, namespaced=namespaced, singular=kind.lower(),
        verbs=("create",), generation=False,
    )  # fmt: skip


REVIEWS: tuple[Resource, ...] = (
    _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    _review("authentication.k8s.io", "tokenreviews", "TokenReview"),
    _review("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True),
    _review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    _review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview"),
)

TOKEN_REQUEST = _review("authentication.k8s.io", "tokenrequests", "TokenRequest", namespaced=True)
