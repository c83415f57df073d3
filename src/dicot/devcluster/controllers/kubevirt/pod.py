"""The life of a launcher pod, as stages: the scheduler, the network plug-in and the kubelet in one.

Pure but for Secrets, which are asked for when the pod starts. Where a pod goes is decided in scheduling.py.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from dicot.devcluster.controllers import kubeovn_addresses, node
from dicot.devcluster.controllers.kubevirt import launchers, scheduling
from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    annotations,
    controller_of,
    get_condition,
    is_true,
    labels,
    name_of,
    namespace_of,
    stamp,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import (
    Change,
    Delete,
    Effect,
    Event,
    Patch,
    Run,
    Stage,
    Stages,
    halted,
    status,
)
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
    VIRTUAL_MACHINE_INSTANCES,
)

SELECTED_NODE = "volume.kubernetes.io/selected-node"
LAUNCHER = "virt-launcher"


def _launcher(pod: Json) -> bool:
    return labels(pod).get("kubevirt.io") == LAUNCHER


def _vmi_of(pod: Json, world: World) -> Json | None:
    owner = controller_of(pod)
    return world.get(VIRTUAL_MACHINE_INSTANCES, owner["name"], namespace_of(pod)) if owner is not None else None


def _unplaced(pod: Json, world: World) -> bool:
    if not _launcher(pod) or pod["spec"].get("nodeName") or final(pod):
        return False
    chosen, why = scheduling.placement(pod, world)
    return chosen is not None or get_condition(pod, "PodScheduled").get("message") != why


def _place(pod: Json, world: World, now: datetime) -> list[Effect]:
    chosen, why = scheduling.placement(pod, world)
    if chosen is None:
        new = _condition("PodScheduled", now, "Unschedulable", why)
        return status({"conditions": [new]}, Event("FailedScheduling", why, "Warning", "default-scheduler"))
    name = name_of(chosen)
    selected = {"metadata": {"annotations": {SELECTED_NODE: name}}}
    binds: list[Effect] = [
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), selected)
        for claim in scheduling.claims_of(pod, world)
        if phase(claim) != "Bound" and SELECTED_NODE not in annotations(claim)
    ]
    message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {name}"
    return [
        *binds,
        Change({"metadata": {"labels": {"kubevirt.io/nodeName": name}}}),
        *status({"conditions": [_condition("PodScheduled", now)], "startTime": stamp(now)}),
        Run(_bind(pod, name)),
        Event("Scheduled", message, component="default-scheduler"),
    ]


def _bind(pod: Json, node: str) -> Callable[[Machinery], Awaitable[None]]:
    async def bind(machinery: Machinery) -> None:
        client, name, namespace = machinery.client, name_of(pod), namespace_of(pod)
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}}
        body["target"] = {"apiVersion": "v1", "kind": "Node", "name": node}
        await client.call("POST", PODS.path(namespace, name, "binding"), body=body)
        machinery.world.learn(PODS, await client.get(PODS, name, namespace))

    return bind


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
    claims = scheduling.claims_of(pod, world)
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
    host_name = pod["spec"]["nodeName"]
    if vmi is None or world.get(NODES, host_name) is None:
        return []

    async def prepare(machinery: Machinery) -> None:
        for name in secrets_of(vmi["spec"]):
            await machinery.client.get(SECRETS, name, namespace_of(pod))
        await _plug(vmi, host_name, machinery)

    host = node.address(host_name, world)
    conditions = _running_conditions(now, has_guest=launchers.MIGRATION_JOB not in labels(pod))
    changes = {"phase": "Running", "conditions": conditions, "hostIP": host, "hostIPs": [{"ip": host}]}
    return [Run(prepare), *status(changes), Event("Started", "Container started", component="kubelet")]


def _running_conditions(now: datetime, *, has_guest: bool) -> list[Json]:
    """Write the conditions of a pod that runs; one that waits for a guest from another node is not ready."""
    names = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = [_condition(name, now) for name in names]
    if has_guest:
        return [{**_condition("kubevirt.io/virtual-machine-unpaused", now), "reason": "NotPaused"}, *conditions]
    gate = 'corresponding condition of pod readiness gate "kubevirt.io/virtual-machine-unpaused" does not exist.'
    conditions[2] = _condition("Ready", now, "ReadinessGatesNotReady", gate)
    return conditions


async def _plug(vmi: Json, host_name: str, machinery: Machinery) -> None:
    """Give each interface its address, recorded in an IP object."""
    try:
        wanted = kubeovn_addresses.allocate(vmi, host_name, machinery.world, machinery.reserved)
    except kubeovn_addresses.NoAddress as error:
        raise Invalid(str(error), reason="FailedCreatePodSandBox") from error
    for body in wanted:
        try:
            new = await machinery.client.create(KUBEOVN_IPS, body)
        except AlreadyExists:
            patch = {"metadata": {"labels": body["metadata"]["labels"]}, "spec": body["spec"]}
            new = await machinery.client.patch(KUBEOVN_IPS, body["metadata"]["name"], patch)
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
    return _launcher(pod) and not final(pod) and (final(vmi) or _left_behind(pod, vmi))


def _left_behind(pod: Json, vmi: Json | None) -> bool:
    """Say whether a migration has ended without the guest in this pod: it has left it, or never came."""
    known = launchers.state(vmi) if vmi is not None else {}
    return bool(known.get("completed")) and name_of(pod) == known["targetPod" if known.get("failed") else "sourcePod"]


def _complete(pod: Json, world: World, now: datetime) -> list[Effect]:
    vmi = _vmi_of(pod, world)
    ends = [_condition(name, now, "PodCompleted", "") for name in ("Ready", "ContainersReady")]
    end = phase(vmi) if vmi is not None and final(vmi) else "Succeeded"
    return status({"phase": end, "conditions": ends})


def _has_got_guest(pod: Json, world: World) -> bool:
    vmi = _vmi_of(pod, world)
    if vmi is None or phase(pod) != "Running" or launchers.MIGRATION_JOB not in labels(pod) or is_true(pod, "Ready"):
        return False
    known = launchers.state(vmi)
    return bool(known.get("completed")) and not known.get("failed") and known["targetPod"] == name_of(pod)


def _get_ready(_pod: Json, _world: World, now: datetime) -> list[Effect]:
    return status({"conditions": _running_conditions(now, has_guest=True)})


def _stranded(pod: Json, world: World) -> bool:
    return node.is_lost(pod["spec"].get("nodeName"), world)


def _knows_of_loss(pod: Json, world: World) -> bool:
    """Say whether the cluster has given the pod's node up, and the pod does not show it."""
    host = world.get(NODES, pod["spec"].get("nodeName") or "")
    return host is not None and phase(pod) == "Running" and not node.is_ready(host) and is_true(pod, "Ready")


def _show_loss(pod: Json, _world: World, now: datetime) -> list[Effect]:
    new = with_conditions(pod["status"]["conditions"], {**_condition("Ready", now), "status": "False"})
    return status({"conditions": new}, Event("NodeNotReady", "Node is not ready", "Warning", "node-controller"))


def _is_found_again(pod: Json, world: World) -> bool:
    host, ready = world.get(NODES, pod["spec"].get("nodeName") or ""), get_condition(pod, "Ready")
    unknown = ready.get("status") == "False" and not ready.get("reason")
    return host is not None and phase(pod) == "Running" and node.is_ready(host) and unknown


def _show_again(pod: Json, _world: World, now: datetime) -> list[Effect]:
    return status({"conditions": with_conditions(pod["status"]["conditions"], _condition("Ready", now))})


def _is_deleted(pod: Json, _world: World) -> bool:
    return "deletionTimestamp" in pod["metadata"] and bool(pod["spec"].get("nodeName"))


def _end(pod: Json, _world: World, _now: datetime) -> list[Effect]:
    """Let a deleted pod go, as its kubelet does once its containers have ended."""
    return [Delete(PODS, name_of(pod), namespace_of(pod), uid_of(pod), grace_s=0)]


STAGES: Stages = (
    Stage("its node is given up: it is not ready", _knows_of_loss, _show_loss),
    halted("its node is dead", _stranded),
    Stage("it is deleted: the kubelet ends it", _is_deleted, _end, after_s=0.05),
    Stage("its node is back", _is_found_again, _show_again, after_s=0.05),
    Stage("the guest has ended: the pod is complete", _outlived, _complete, after_s=0.05),
    Stage("on no node: look for one", _unplaced, _place, after_s=0.02, alone=True),
    Stage("everything it mounts is there: start it", _may_start, _run, after_s=0.3, on_error=_stuck),
    Stage("its address is not shown", _has_no_ip, _show_ip),
    Stage("the guest has come: it is ready", _has_got_guest, _get_ready, after_s=0.05),
)
