"""The life of a launcher pod, as stages: the scheduler, the network plug-in and the kubelet in one.

Pure but for Secrets, which are asked for when the pod starts. Room on a node is judged for each pod alone.
"""

from datetime import datetime

from dicot.devcluster.controllers import kubeovn_addresses
from dicot.devcluster.controllers.kubevirt import manifest
from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    annotations,
    controller_of,
    get_condition,
    labels,
    name_of,
    namespace_of,
    stamp,
)
from dicot.devcluster.controllers.stage import Change, Effect, Event, Patch, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import AlreadyExists, Invalid, KubeError, NotFound
from dicot.kube.kinds import (
    DATA_VOLUMES,
    KUBEOVN_IPS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    SECRETS,
    STORAGE_CLASSES,
    VIRTUAL_MACHINE_INSTANCES,
)

SELECTED_NODE = "volume.kubernetes.io/selected-node"
LAUNCHER = "virt-launcher"


def _launcher(pod: Json) -> bool:
    return labels(pod).get("kubevirt.io") == LAUNCHER


def _vmi_of(pod: Json, world: World) -> Json | None:
    owner = controller_of(pod)
    return world.get(VIRTUAL_MACHINE_INSTANCES, owner["name"], namespace_of(pod)) if owner is not None else None


def claims_of(pod: Json, world: World) -> list[Json]:
    """Find the claims that the pod mounts, those that exist."""
    sources = (volume.get("persistentVolumeClaim") for volume in pod["spec"].get("volumes") or [])
    names = [source["claimName"] for source in sources if source is not None]
    found = (world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(pod)) for name in names)
    return [one for one in found if one is not None]


def waits_for_consumer(claim: Json, world: World) -> bool:
    """Say whether the claim's class binds only when a pod needs it."""
    storage_class = world.get(STORAGE_CLASSES, claim["spec"].get("storageClassName") or "")
    return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"


def placement(pod: Json, world: World) -> tuple[Json | None, str]:
    """Choose a node with the fewest pods; or say why none will do, as kube-scheduler words it."""
    nodes = sorted(world.all(NODES), key=name_of)
    if any(phase(one) != "Bound" and not waits_for_consumer(one, world) for one in claims_of(pod, world)):
        return None, f"0/{len(nodes)} nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    reasons: dict[str, int] = {}
    fitting = []
    for node in nodes:
        reason = _why_not(pod, node)
        if reason is None:
            fitting.append(node)
        else:
            reasons[reason] = reasons.get(reason, 0) + 1
    if fitting:
        return min(fitting, key=lambda node: len(world.find(PODS, name_of(node)))), ""
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    tail = f"preemption: 0/{len(nodes)} nodes are available: {len(nodes)} Preemption is not helpful for scheduling."
    return None, f"0/{len(nodes)} nodes are available: {why}. no new claims to deallocate, {tail}"


def _why_not(pod: Json, node: Json) -> str | None:
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels(node).get(key) != value for key, value in selector.items()) or not _matches_affinity(pod, node):
        return "node(s) didn't match Pod's node affinity/selector"
    requests = pod["spec"]["containers"][0].get("resources", {}).get("requests") or {}
    lacking = manifest.fits(requests, node["status"]["allocatable"])
    return f"Insufficient {lacking[0]}" if lacking else None


def _matches_affinity(pod: Json, node: Json) -> bool:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms")
    if not terms:
        return True
    return any(all(_holds(one, node) for one in term.get("matchExpressions") or []) for term in terms)


def _holds(expression: Json, node: Json) -> bool:
    value, values = labels(node).get(expression["key"]), expression.get("values") or []
    tests = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return tests.get(expression["operator"], False)


def _unplaced(pod: Json, world: World) -> bool:
    if not _launcher(pod) or pod["spec"].get("nodeName") or final(pod):
        return False
    node, why = placement(pod, world)
    return node is not None or get_condition(pod, "PodScheduled").get("message") != why


def _place(pod: Json, world: World, now: datetime) -> list[Effect]:
    node, why = placement(pod, world)
    if node is None:
        new = _condition("PodScheduled", now, "Unschedulable", why)
        return status({"conditions": [new]}, Event("FailedScheduling", why, "Warning", "default-scheduler"))
    name = name_of(node)
    selected = {"metadata": {"annotations": {SELECTED_NODE: name}}}
    binds: list[Effect] = [
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), selected)
        for claim in claims_of(pod, world)
        if phase(claim) != "Bound" and SELECTED_NODE not in annotations(claim)
    ]
    message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {name}"
    return [
        *binds,
        Change({"spec": {"nodeName": name}, "metadata": {"labels": {"kubevirt.io/nodeName": name}}}),
        *status({"conditions": [_condition("PodScheduled", now)], "startTime": stamp(now)}),
        Event("Scheduled", message, component="default-scheduler"),
    ]


def _condition(type_: str, now: datetime, reason: str = "", message: str = "") -> Json:
    body: Json = {"type": type_, "status": "False" if reason else "True", "lastProbeTime": None}
    body["lastTransitionTime"] = stamp(now)
    return {**body, "reason": reason, "message": message} if reason else body


def _may_start(pod: Json, world: World) -> bool:
    if not _launcher(pod) or not pod["spec"].get("nodeName") or phase(pod) != "Pending":
        return False
    vmi = _vmi_of(pod, world)
    if vmi is None or "deletionTimestamp" in vmi["metadata"]:
        return False
    claims = claims_of(pod, world)
    filling = (world.get(DATA_VOLUMES, name_of(claim), namespace_of(claim)) for claim in claims)
    bound = all(phase(claim) == "Bound" for claim in claims)
    return bound and all(phase(one) == "Succeeded" for one in filling if one is not None)


def secrets_of(spec: Json) -> list[str]:
    """List the Secrets without which the pod cannot start: cloud-init data and access credentials."""
    found = []
    for volume in spec.get("volumes") or []:
        for key in ("cloudInitConfigDrive", "cloudInitNoCloud"):
            source = volume.get(key) or {}
            references = (source.get("secretRef"), source.get("networkDataSecretRef"))
            found += [reference["name"] for reference in references if reference]
    for credential in spec.get("accessCredentials") or []:
        for key in ("sshPublicKey", "userPassword"):
            secret = ((credential.get(key) or {}).get("source") or {}).get("secret")
            if secret:
                found.append(secret["secretName"])
    return found


def _run(pod: Json, world: World, now: datetime) -> list[Effect]:
    vmi = _vmi_of(pod, world)
    node = world.get(NODES, pod["spec"]["nodeName"])
    if vmi is None or node is None:
        return []

    async def prepare(machinery: Machinery) -> None:
        for name in secrets_of(vmi["spec"]):
            await machinery.client.get(SECRETS, name, namespace_of(pod))
        await _plug(vmi, name_of(node), machinery)

    names = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    host = next((one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP"), "")
    ready = [_condition(name, now) for name in names]
    unpaused = {**_condition("kubevirt.io/virtual-machine-unpaused", now), "reason": "NotPaused"}
    changes = {"phase": "Running", "conditions": [unpaused, *ready], "hostIP": host, "hostIPs": [{"ip": host}]}
    return [Run(prepare), *status(changes), Event("Started", "Container started", component="kubelet")]


async def _plug(vmi: Json, node: str, machinery: Machinery) -> None:
    """Give each interface its address, recorded in an IP object."""
    try:
        wanted = kubeovn_addresses.allocate(vmi, node, machinery.world, machinery.reserved)
    except kubeovn_addresses.NoAddress as error:
        raise Invalid(str(error), reason="FailedCreatePodSandBox") from error
    for body in wanted:
        try:
            new = await machinery.client.create(KUBEOVN_IPS, body)
        except AlreadyExists:
            new = await machinery.client.patch(KUBEOVN_IPS, body["metadata"]["name"], {"spec": body["spec"]})
        finally:
            for ip in body["spec"]["ipAddress"].split(","):
                machinery.reserved.discard(kubeovn_addresses.entry(body["spec"]["subnet"], ip))
        machinery.world.learn(KUBEOVN_IPS, new)


def _stuck(pod: Json, _world: World, _now: datetime, error: KubeError) -> list[Effect]:
    if isinstance(error, NotFound):
        message = f"MountVolume.SetUp failed for volume: {error.message}"
        return [Event("FailedMount", message, "Warning", "kubelet")]
    return [Event("FailedCreatePodSandBox", error.message, "Warning", "kubelet")]


def _has_no_ip(pod: Json, world: World) -> bool:
    if not _launcher(pod) or phase(pod) != "Running" or (pod.get("status") or {}).get("podIP"):
        return False
    return bool(_pod_ips(pod, world))


def _pod_ips(pod: Json, world: World) -> list[str]:
    vmi = _vmi_of(pod, world)
    network: Json = {"pod": {}}
    return list(kubeovn_addresses.of_interface(vmi, network, world).ips) if vmi is not None else []


def _show_ip(pod: Json, world: World, _now: datetime) -> list[Effect]:
    ips = _pod_ips(pod, world)
    return status({"podIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]})


def _outlived(pod: Json, world: World) -> bool:
    vmi = _vmi_of(pod, world)
    return _launcher(pod) and not final(pod) and final(vmi)


def _complete(pod: Json, world: World, now: datetime) -> list[Effect]:
    vmi = _vmi_of(pod, world)
    ends = [_condition(name, now, "PodCompleted", "") for name in ("Ready", "ContainersReady")]
    return status({"phase": phase(vmi) if vmi is not None else "Succeeded", "conditions": ends})


STAGES: Stages = (
    Stage("the guest has ended: the pod is complete", _outlived, _complete, after_s=0.05),
    Stage("on no node: look for one", _unplaced, _place, after_s=0.02),
    Stage("everything it mounts is there: start it", _may_start, _run, after_s=0.3, on_error=_stuck),
    Stage("its address is not shown", _has_no_ip, _show_ip),
)
