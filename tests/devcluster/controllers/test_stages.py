"""Stages as pure functions: an object and a world in, the name of the stage and its effects out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dicot.devcluster.controllers import kubeovn_addresses, stage
from dicot.devcluster.controllers.cdi import claim, datavolume
from dicot.devcluster.controllers.kubevirt import rules, run_strategy, scheduling, vm, vmi
from dicot.devcluster.controllers.objects import quantity, size_bytes
from dicot.devcluster.controllers.plays import INDEXES, WEIGHTS
from dicot.devcluster.controllers.stage import Change, Create, Delete, Event, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import machine

NOW = datetime(2026, 11, 22, 7, 14, 20, tzinfo=UTC)
Json = dict[str, Any]


def made(kind: K.Kind, name: str, body: Json, version: int = 1, **metadata: Any) -> Json:
    meta: Json = {"name": name, "uid": f"uid-{kind.plural}-{name}", "resourceVersion": str(version), "generation": 1}
    if kind.namespaced:
        meta["namespace"] = "lab"
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {**meta, **metadata}, **body}


def world(*objects: tuple[K.Kind, Json]) -> World:
    result = World(INDEXES, WEIGHTS)
    for kind, obj in objects:
        result.learn(kind, obj)
    return result


def play(stages: Stages, obj: Json, known: World) -> tuple[str, list[Any]]:
    found = stage.first(stages, obj, known)
    return ("", []) if found is None else (found.name, found.then(obj, known, NOW))


TAKEN = {
    "finalizers": ["kubevirt.io/virtualMachineControllerFinalize"],
    "annotations": {
        "kubevirt.io/latest-observed-api-version": "v1",
        "kubevirt.io/storage-observed-api-version": "v1",
    },
}
NO_INSTANCE = {
    "lastProbeTime": "2026-11-22T07:14:20Z", "lastTransitionTime": "2026-11-22T07:14:20Z",
    "message": "VMI does not exist", "reason": "VMINotExists", "status": "False", "type": "Ready",
}  # fmt: skip
STOPPED = {"printableStatus": "Stopped", "conditions": [NO_INSTANCE]}


def test_a_new_machine_is_taken_charge_of_then_said_to_be_stopped() -> None:
    new = made(K.VIRTUAL_MACHINES, "vm1", {"spec": machine("Manual")})
    name, effects = play(vm.STAGES, new, world())
    assert name == "new: take charge of it"
    assert effects == [Change({"metadata": TAKEN})]
    taken = made(K.VIRTUAL_MACHINES, "vm1", {"spec": machine("Manual")}, **TAKEN)
    assert play(vm.STAGES, taken, world())[1] == [Change({"status": {"printableStatus": "Stopped"}}, "status")]
    born = {**taken, "status": {"printableStatus": "Stopped"}}
    assert play(vm.STAGES, born, world())[1] == [Change({"status": {"conditions": [NO_INSTANCE]}}, "status")]
    assert play(vm.STAGES, {**taken, "status": STOPPED}, world()) == ("", [])


def test_a_start_request_makes_a_revision_an_instance_and_an_event() -> None:
    wanted = {**STOPPED, "stateChangeRequests": [{"action": "Start"}]}
    name, effects = play(
        vm.STAGES, made(K.VIRTUAL_MACHINES, "vm1", {"spec": machine("Manual"), "status": wanted}, **TAKEN), world()
    )
    assert name == "shall run and does not: start it"
    revision, instance, event = effects
    assert isinstance(revision, Create)
    assert revision.body["metadata"]["name"] == "revision-start-vm-uid-virtualmachines-vm1-1"
    assert isinstance(instance, Create)
    body = instance.body
    assert body["metadata"]["finalizers"] == [
        "kubevirt.io/virtualMachineControllerFinalize", "kubevirt.io/foregroundDeleteVirtualMachine",
    ]  # fmt: skip
    assert body["metadata"]["annotations"]["kubevirt.io/vm-generation"] == "1"
    assert body["spec"]["domain"]["cpu"] == {
        "cores": 1,
        "sockets": 1,
        "threads": 1,
        "model": "host-model",
        "maxSockets": 4,
    }
    assert event == Event(
        "SuccessfulCreate", "Started the virtual machine by creating the new virtual machine instance vm1"
    )


def instance(phase: str, **status: Any) -> Json:
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "vm1", "controller": True}
    owner["uid"] = "uid-virtualmachines-vm1"
    body = {"spec": machine()["template"]["spec"], "status": {"phase": phase, **status}}
    return made(K.VIRTUAL_MACHINE_INSTANCES, "vm1", body, ownerReferences=[owner])


@pytest.mark.parametrize(
    ("strategy", "phase", "requests", "starts", "stops"),
    [
        ("Always", None, [], True, False),
        ("Always", "Succeeded", [], True, True),
        ("Halted", None, [], False, False),
        ("Halted", "Running", [], False, True),
        ("Manual", None, [], False, False),
        ("Manual", "Succeeded", [], False, False),
        ("Manual", "Running", [{"action": "Stop", "uid": "uid-virtualmachineinstances-vm1"}], False, True),
        ("Manual", "Running", [{"action": "Stop", "uid": "another"}], False, False),
        ("RerunOnFailure", None, [], True, False),
        ("RerunOnFailure", "Succeeded", [], True, True),
        ("RerunOnFailure", "Failed", [], True, True),
        ("Once", "Succeeded", [], True, False),
    ],
)
def test_run_strategies(strategy: str, phase: str | None, requests: list[Json], starts: bool, stops: bool) -> None:
    body = {"spec": machine(strategy), "status": {"stateChangeRequests": requests}}
    one = made(K.VIRTUAL_MACHINES, "vm1", body)
    assert run_strategy.wants_start(one) == starts
    assert (phase is not None and run_strategy.wants_stop(one, instance(phase))) == stops


def test_a_machine_that_ran_once_is_not_started_again_by_rerun_on_failure() -> None:
    one = made(K.VIRTUAL_MACHINES, "vm1", {"spec": machine(), "status": {"runStrategy": "RerunOnFailure"}})
    assert not run_strategy.wants_start(one)


def test_fulfilled_requests_go_one_by_one() -> None:
    asked = [{"action": "Stop", "uid": "uid-virtualmachineinstances-vm1"}, {"action": "Start"}]
    one = made(K.VIRTUAL_MACHINES, "vm1", {"spec": machine("Manual"), "status": {"stateChangeRequests": asked}})
    assert run_strategy.remaining_requests(one, instance("Running")) == asked
    assert run_strategy.remaining_requests(one, None) == asked[1:]
    fresh = {**instance("Pending"), "metadata": {**instance("Pending")["metadata"], "uid": "fresh"}}
    assert run_strategy.remaining_requests(one, fresh) == []


def test_an_instance_waits_for_a_missing_claim_with_the_recorded_words() -> None:
    waiting = instance("Pending")
    waiting["spec"] = {**waiting["spec"], "volumes": [{"name": "r", "persistentVolumeClaim": {"claimName": "gone"}}]}
    name, (change, event) = play(vmi.STAGES, waiting, world())
    assert name == "a claim does not exist: say so"
    text = "PVC lab/gone does not exist, waiting for it to appear"
    said = {c["type"]: (c["status"], c["reason"], c["message"]) for c in change.patch["status"]["conditions"]}
    assert said == {
        "Ready": ("False", "PodNotExists", "virt-launcher pod has not yet been scheduled"),
        "PodScheduled": ("False", "Unschedulable", text),
        "Synchronized": ("False", "FailedPvcNotFound", text),
    }
    assert event == Event("FailedPvcNotFound", text)


def test_a_pod_that_fits_nowhere_says_so_in_the_schedulers_words() -> None:
    size = {"cpu": "4", "memory": "1Gi"}
    nodes = [
        made(K.NODES, name, {"spec": {}, "status": {"allocatable": size}}, labels={"kubevirt.io/schedulable": "true"})
        for name in ("node01", "node02")
    ]
    asked = {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}
    body = {"spec": {"containers": [asked], "nodeSelector": {"kubevirt.io/schedulable": "true"}}}
    launcher = made(K.PODS, "p", body, labels={"kubevirt.io": "virt-launcher"})
    known = world(*((K.NODES, node) for node in nodes))
    assert scheduling.placement(launcher, known) == (
        None,
        "0/2 nodes are available: 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are "
        "available: 2 Preemption is not helpful for scheduling.",
    )


def test_a_claim_is_bound_and_a_volume_reclaimed() -> None:
    storage = made(K.STORAGE_CLASSES, "fast", {"provisioner": "p", "volumeBindingMode": "Immediate"})
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "storageClassName": "fast"}
    pending = made(K.PERSISTENT_VOLUME_CLAIMS, "c", {"spec": spec, "status": {"phase": "Pending"}})
    name, effects = play(claim.STAGES, pending, world((K.STORAGE_CLASSES, storage)))
    assert name == "unprovisioned: name who shall provision it"
    pending["metadata"]["annotations"] = effects[0].patch["metadata"]["annotations"]
    name, effects = play(claim.STAGES, pending, world((K.STORAGE_CLASSES, storage)))
    assert name == "unprovisioned: provision and bind it"
    volume, bound = effects[0], effects[-1]
    assert volume.body["metadata"]["name"] == "pvc-uid-persistentvolumeclaims-c"
    assert bound.patch["status"]["phase"] == "Bound"
    kept = made(K.PERSISTENT_VOLUMES, "v", volume.body | {"metadata": {}, "status": {"phase": "Bound"}})
    kept["metadata"] = {"name": "v", "uid": "v", "resourceVersion": "1"}
    kept["spec"]["persistentVolumeReclaimPolicy"] = "Delete"
    assert play(claim.VOLUME_STAGES, kept, world((K.PERSISTENT_VOLUME_CLAIMS, pending)))[0] == ""
    assert isinstance(play(claim.VOLUME_STAGES, kept, world())[1][0], Delete)


def test_a_data_volume_without_access_modes_says_why() -> None:
    spec = {
        "source": {"blank": {}},
        "storage": {"storageClassName": "odd", "resources": {"requests": {"storage": "1"}}},
    }
    _, (change,) = play(datavolume.STAGES, made(K.DATA_VOLUMES, "noam", {"spec": spec}), world())
    said = [(c["type"], c["status"], c.get("reason"), c.get("message")) for c in change.patch["status"]["conditions"]]
    text = "no accessMode specified in StorageProfile odd"
    assert said == [
        ("Bound", "False", "ErrClaimNotValid", text),
        ("Ready", "False", "ErrClaimNotValid", text),
        ("Running", "False", None, None),
    ]


def test_addresses_are_chosen_as_asked_or_the_first_free_one() -> None:
    spec = {"cidrBlock": "10.1.0.0/29", "gateway": "10.1.0.1", "excludeIps": ["10.1.0.1..10.1.0.2"]}
    subnet = made(K.KUBEOVN_SUBNETS, "s", {"spec": spec})
    ip = made(K.KUBEOVN_IPS, "taken.lab", {"spec": {"subnet": "s", "v4IpAddress": "10.1.0.3"}})
    known, reserved = world((K.KUBEOVN_SUBNETS, subnet), (K.KUBEOVN_IPS, ip)), kubeovn_addresses.Reserved()
    reserved.add("s/10.1.0.4")
    assert kubeovn_addresses.choose(subnet, "", known, reserved) == ["10.1.0.5"]
    assert kubeovn_addresses.choose(subnet, "10.1.0.2", known, reserved) == ["10.1.0.2"]
    with pytest.raises(kubeovn_addresses.NoAddress, match=r"10\.1\.0\.3 of subnet s is in use"):
        kubeovn_addresses.choose(subnet, "10.1.0.3", known, reserved)
    assert kubeovn_addresses.choose(subnet, "", known, reserved) == ["10.1.0.6"]
    with pytest.raises(kubeovn_addresses.NoAddress, match="no free address"):
        kubeovn_addresses.choose(subnet, "", known, reserved)


def test_the_world_never_goes_backwards() -> None:
    known = world()
    new = made(K.PODS, "p", {"spec": {"nodeName": "n2"}}, version=5)
    assert known.learn(K.PODS, new)
    assert not known.learn(K.PODS, made(K.PODS, "p", {"spec": {"nodeName": "n1"}}, version=4))
    assert known.find(K.PODS, "n2") == [new]
    known.forget(K.PODS, new)
    assert not known.learn(K.PODS, new)
    assert (known.get(K.PODS, "p", "lab"), known.find(K.PODS, "n2")) == (None, [])


def test_every_stage_has_a_name_of_its_own() -> None:
    from dicot.devcluster.controllers.plays import PLAYS

    for kind, stages in PLAYS.items():
        names = [one.name for one in stages]
        assert len(names) == len(set(names)), kind


def test_quantities() -> None:
    assert [quantity(text) for text in ("500m", "2Ki", "1e3", 4)] == [0.5, 2048.0, 1000.0, 4.0]
    assert (size_bytes("1Gi"), size_bytes("71135396")) == (2**30, 71135396)
    with pytest.raises(ValueError, match="regular expression"):
        quantity("lots")


def test_rules_accept_a_plain_machine() -> None:
    assert rules.check(machine()["template"]) == []
