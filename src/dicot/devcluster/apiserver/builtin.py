"""The built-in kinds that are served, as data: every stable one of Kubernetes 1.36. Most are only kept."""

from dicot.devcluster.apiserver.resources import ALL_VERBS, Resource

RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_EXTENSIONS = "api-extensions"
_STATUS = "status"
_SCALE = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
_UNCOLLECTED = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")


def _kind(
    group: str, plural: str, kind: str, short: str = "", *, version: str = "v1", sub: str = "", also: str = "",
    cluster: bool = False, generation: bool = False, returns: bool = False, scale: bool = False,
    selectable: tuple[str, ...] = (), verbs: tuple[str, ...] = ALL_VERBS, kept_as: tuple[str, str] | None = None,
) -> Resource:  # fmt: skip
    """Describe a kind. `also`: its category; `returns`: a deletion answers with the object; `kept_as`: `conversion`."""
    return Resource(
        group=group, version=version, plural=plural, kind=kind, namespaced=not cluster, singular=kind.lower(),
        short_names=tuple(short.split()), categories=tuple(also.split()), subresources=tuple(sub.split()),
        verbs=verbs, scale=_SCALE if scale else None, selectable=selectable, generation=generation,
        returns_deleted=returns, kept_as=kept_as,
    )  # fmt: skip


def _workload(group: str, plural: str, kind: str, short: str = "", *, scale: bool = True) -> Resource:
    return _kind(group, plural, kind, short, also="all", sub=_STATUS, generation=True, scale=scale)


def _autoscaler(version: str) -> Resource:
    return _kind("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", version=version,
                 also="all", sub=_STATUS, kept_as=("autoscaling", "v2"))  # fmt: skip


_INVOLVED = tuple(f"involvedObject.{key}" for key in ("kind", "namespace", "name", "uid", "apiVersion",
                                                      "resourceVersion", "fieldPath"))  # fmt: skip
_REGARDING = tuple(f"regarding.{key}" for key in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion",
                                                  "fieldPath"))  # fmt: skip
_POD_FIELDS = ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
               "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName")  # fmt: skip

_CORE: tuple[Resource, ...] = (
    _kind("", "bindings", "Binding", verbs=("create",)),
    _kind("", "componentstatuses", "ComponentStatus", "cs", cluster=True, verbs=("get", "list")),
    _kind("", "configmaps", "ConfigMap", "cm"),
    _kind("", "endpoints", "Endpoints", "ep"),
    _kind("", "events", "Event", "ev",
          selectable=(*_INVOLVED, "reason", "reportingComponent", "source", "type")),
    _kind("", "limitranges", "LimitRange", "limits"),
    _kind("", "namespaces", "Namespace", "ns", cluster=True, sub="finalize status", returns=True,
          selectable=("status.phase",), verbs=_UNCOLLECTED),
    _kind("", "nodes", "Node", "no", cluster=True, sub="proxy status", selectable=("spec.unschedulable",)),
    _kind("", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", sub=_STATUS, returns=True),
    _kind("", "persistentvolumes", "PersistentVolume", "pv", cluster=True, sub=_STATUS, returns=True),
    _kind("", "pods", "Pod", "po", also="all", returns=True, generation=True, selectable=_POD_FIELDS,
          sub="attach binding ephemeralcontainers eviction exec log portforward proxy resize status"),
    _kind("", "podtemplates", "PodTemplate", returns=True, generation=True),
    _workload("", "replicationcontrollers", "ReplicationController", "rc"),
    _kind("", "resourcequotas", "ResourceQuota", "quota", sub=_STATUS, returns=True),
    _kind("", "secrets", "Secret", selectable=("type",)),
    _kind("", "serviceaccounts", "ServiceAccount", "sa", sub="token", returns=True),
    _kind("", "services", "Service", "svc", also="all", sub="proxy status", returns=True,
          selectable=("spec.clusterIP", "spec.type")),
)  # fmt: skip

_EXTENDING: tuple[Resource, ...] = (
    _kind(_ADMISSION, "mutatingadmissionpolicies", "MutatingAdmissionPolicy", cluster=True, also=_EXTENSIONS,
          generation=True),
    _kind(_ADMISSION, "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", cluster=True,
          also=_EXTENSIONS, generation=True),
    _kind(_ADMISSION, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", cluster=True, also=_EXTENSIONS,
          generation=True),
    _kind(_ADMISSION, "validatingadmissionpolicies", "ValidatingAdmissionPolicy", cluster=True, also=_EXTENSIONS,
          sub=_STATUS, generation=True),
    _kind(_ADMISSION, "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", cluster=True,
          also=_EXTENSIONS, generation=True),
    _kind(_ADMISSION, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", cluster=True,
          also=_EXTENSIONS, generation=True),
    _kind("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "crd crds", cluster=True,
          also=_EXTENSIONS, sub=_STATUS, generation=True),
    _kind("apiregistration.k8s.io", "apiservices", "APIService", cluster=True, also=_EXTENSIONS, sub=_STATUS),
)  # fmt: skip

_GROUPED: tuple[Resource, ...] = (
    _kind("apps", "controllerrevisions", "ControllerRevision"),
    _workload("apps", "daemonsets", "DaemonSet", "ds", scale=False),
    _workload("apps", "deployments", "Deployment", "deploy"),
    _workload("apps", "replicasets", "ReplicaSet", "rs"),
    _workload("apps", "statefulsets", "StatefulSet", "sts"),
    _autoscaler("v2"),
    _autoscaler("v1"),
    _workload("batch", "cronjobs", "CronJob", "cj", scale=False),
    _workload("batch", "jobs", "Job", scale=False),
    _kind("certificates.k8s.io", "certificatesigningrequests", "CertificateSigningRequest", "csr", cluster=True,
          sub="approval status", selectable=("spec.signerName",)),
    _kind("coordination.k8s.io", "leases", "Lease"),
    _kind("discovery.k8s.io", "endpointslices", "EndpointSlice", generation=True),
    _kind("events.k8s.io", "events", "Event", "ev", kept_as=("", "v1"),
          selectable=(*_REGARDING, "reason", "reportingController", "type")),
    _kind("flowcontrol.apiserver.k8s.io", "flowschemas", "FlowSchema", cluster=True, sub=_STATUS, generation=True),
    _kind("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "PriorityLevelConfiguration", cluster=True,
          sub=_STATUS, generation=True),
    _kind("networking.k8s.io", "ingressclasses", "IngressClass", cluster=True, generation=True),
    _kind("networking.k8s.io", "ingresses", "Ingress", "ing", sub=_STATUS, generation=True),
    _kind("networking.k8s.io", "ipaddresses", "IPAddress", "ip", cluster=True),
    _kind("networking.k8s.io", "networkpolicies", "NetworkPolicy", "netpol", generation=True),
    _kind("networking.k8s.io", "servicecidrs", "ServiceCIDR", cluster=True, sub=_STATUS),
    _kind("node.k8s.io", "runtimeclasses", "RuntimeClass", cluster=True),
    _kind("policy", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", sub=_STATUS, generation=True),
    _kind(RBAC, "clusterrolebindings", "ClusterRoleBinding", cluster=True),
    _kind(RBAC, "clusterroles", "ClusterRole", cluster=True),
    _kind(RBAC, "rolebindings", "RoleBinding"),
    _kind(RBAC, "roles", "Role"),
    _kind("resource.k8s.io", "deviceclasses", "DeviceClass", cluster=True, generation=True),
    _kind("resource.k8s.io", "resourceclaims", "ResourceClaim", sub=_STATUS),
    _kind("resource.k8s.io", "resourceclaimtemplates", "ResourceClaimTemplate"),
    _kind("resource.k8s.io", "resourceslices", "ResourceSlice", cluster=True, generation=True),
    _kind("scheduling.k8s.io", "priorityclasses", "PriorityClass", "pc", cluster=True, generation=True),
    _kind("storage.k8s.io", "csidrivers", "CSIDriver", cluster=True, returns=True),
    _kind("storage.k8s.io", "csinodes", "CSINode", cluster=True, returns=True),
    _kind("storage.k8s.io", "csistoragecapacities", "CSIStorageCapacity"),
    _kind("storage.k8s.io", "storageclasses", "StorageClass", "sc", cluster=True, returns=True),
    _kind("storage.k8s.io", "volumeattachments", "VolumeAttachment", cluster=True, sub=_STATUS, returns=True),
    _kind("storage.k8s.io", "volumeattributesclasses", "VolumeAttributesClass", "vac", cluster=True, returns=True),
)  # fmt: skip

BUILT_IN = (*_CORE, *_EXTENDING, *_GROUPED)


def _review(group: str, plural: str, kind: str, *, namespaced: bool = False) -> Resource:
    return _kind(group, plural, kind, cluster=not namespaced, verbs=("create",))


REVIEWS: tuple[Resource, ...] = (
    _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    _review("authentication.k8s.io", "tokenreviews", "TokenReview"),
    _review("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True),
    _review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    _review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview"),
)

# Discovery lists the groups by the priority that kube-aggregator gives them, and all others after these.
GROUPS = (
    "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling",
    "batch", "certificates.k8s.io", "networking.k8s.io", "policy", RBAC, "storage.k8s.io", _ADMISSION,
    "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io",
    "resource.k8s.io", "flowcontrol.apiserver.k8s.io",
)  # fmt: skip

TOKEN_REQUEST = _review("authentication.k8s.io", "tokenrequests", "TokenRequest", namespaced=True)
