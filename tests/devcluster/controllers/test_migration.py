"""Guests that move between nodes, compared with the timelines and answers of a real KubeVirt."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dicot.devcluster.clock import ManualClock
from dicot.devcluster.controllers.objects import is_true
from dicot.kube import kinds as K
from dicot.kube.errors import KubeError
from tests.clusters import ON_KUBE
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank, machine, machine_with_disk
from tests.devcluster.controllers.timelines import compare, listening

Json = dict[str, Any]
FILE = "migration-timelines.json"
MIGRATIONS = K.VIRTUAL_MACHINE_INSTANCE_MIGRATIONS
KUBELET = "the kubelet pulls and creates nothing here: a container starts in one step"
KNOWN = {
    "event Pod Pulled": KUBELET,
    "event Pod Created": KUBELET,
    "event Pod Killing": KUBELET,
    "vm condition Ready": (flips := "in 4 of 6 recorded moves it is False for a moment, in 2 nobody looked in between"),
    "vmi condition Ready": flips,
    "event VirtualMachineInstance SyncFailed": "a race between virt-handler and a launcher that is not up yet",
}
POLICY = "policy/v1beta1" if ON_KUBE else "policy/v1"  # version 1 is of 1.22


def movable(strategy: str = "Always", **spec: Any) -> Json:
    body = machine(strategy, **spec)
    body["template"]["spec"]["evictionStrategy"] = "LiveMigrate"
    return body


async def running(bench: Bench, name: str = "m1", spec: Json | None = None) -> Json:
    """Start a machine, and wait until nothing about it changes any more; its instance is the result."""
    await bench.create(K.VIRTUAL_MACHINES, name, spec or movable())
    await bench.until_status(K.VIRTUAL_MACHINES, name, lambda s: s.get("ready") and "AgentConnected" in str(s))
    return await bench.get(K.VIRTUAL_MACHINE_INSTANCES, name)


async def ended(bench: Bench, name: str, phase: str = "Succeeded") -> Json:
    """Wait until the migration has ended and its finalizer is gone."""

    async def look() -> Json | None:
        found = await bench.get(MIGRATIONS, name)
        done = (found.get("status") or {}).get("phase") == phase and not found["metadata"].get("finalizers")
        return found if done else None

    return await bench.until(look, f"the end of migration {name}")


async def settled(bench: Bench, name: str = "m1") -> Json:
    """Wait until the instance shows what it runs as after a move, and its pods have followed."""

    async def look() -> Json | None:
        vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, name)
        pods, _ = await bench.client.list(K.PODS, NAMESPACE, labels=f"vm.kubevirt.io/name={name}")
        ready = [pod for pod in pods if is_true(pod, "Ready")]
        over = (
            vmi["status"].get("launcherContainerImageVersion")
            and not vmi["status"].get("evacuationNodeName")
            and is_true(vmi, "Ready")
        )
        return vmi if over and len(ready) == 1 else None

    return await bench.until(look, f"the rest of {name}")


async def migrate(bench: Bench, name: str, vmi: str = "m1", **spec: Any) -> Json:
    return await bench.create(MIGRATIONS, name, {"vmiName": vmi, **spec})


async def test_a_migration_goes_through_the_recorded_states(bench: Bench) -> None:
    before = await running(bench)
    async with listening(bench) as heard:
        made = await migrate(bench, "mig1")
        await ended(bench, "mig1")
        after = await settled(bench)
    compare("migration by object", heard, FILE, KNOWN)
    assert made["metadata"]["finalizers"] == ["kubevirt.io/migrationJobFinalize"]
    assert made["metadata"]["labels"] == {"kubevirt.io/vmi-name": "m1"}
    migration = await bench.get(MIGRATIONS, "mig1")
    state = migration["status"]["migrationState"]
    assert state == after["status"]["migrationState"]
    assert (state["sourceNode"], state["targetNode"]) == (before["status"]["nodeName"], after["status"]["nodeName"])
    assert state["sourceNode"] != state["targetNode"]
    assert after["metadata"]["labels"]["kubevirt.io/nodeName"] == state["targetNode"]
    assert "kubevirt.io/migrationTargetNodeName" not in after["metadata"]["labels"]
    assert sorted(after["status"]["activePods"].values()) == sorted([state["sourceNode"], state["targetNode"]])
    addresses = [vmi["status"]["interfaces"][0]["ipAddress"] for vmi in (before, after)]
    assert addresses[0] == addresses[1]  # as on Kube-OVN
    ip = await bench.client.get(K.KUBEOVN_IPS, f"m1.{NAMESPACE}")
    assert (ip["spec"]["nodeName"], ip["spec"]["v4IpAddress"]) == (state["targetNode"], addresses[1])


async def test_the_subresource_makes_a_migration(bench: Bench) -> None:
    await running(bench)
    async with listening(bench) as heard:
        await bench.call("m1", "migrate")
        (made,), _ = await bench.client.list(MIGRATIONS, NAMESPACE)
        await ended(bench, made["metadata"]["name"])
        await settled(bench)
    assert made["metadata"]["generateName"] == "kubevirt-migrate-vm-"
    compare("migrate subresource (back)", heard, FILE, KNOWN)


async def refused(bench: Bench, name: str, vmi: str) -> KubeError:
    with pytest.raises(KubeError) as caught:
        await migrate(bench, name, vmi)
    return caught.value


async def test_what_cannot_migrate_is_refused_as_recorded(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "rwo", blank(accessModes=["ReadWriteOnce"]))
    spec = machine_with_disk("rwo", "Always")
    spec["template"]["spec"]["evictionStrategy"] = "LiveMigrate"
    await running(bench, "rwo", spec)
    why = (
        "Cannot migrate VMI, Reason: DisksNotLiveMigratable, Message: cannot migrate VMI: PVC rwo is not shared, live "
        "migration requires that all PVCs must be shared (using ReadWriteMany access mode)"
    )
    denied = f'admission webhook "migration-create-validator.kubevirt.io" denied the request: {why}'
    error = await refused(bench, "m", "rwo")
    assert (error.status, error.message) == (400, denied)
    error = await bench.refused("rwo", "migrate")
    assert (error.status, error.message) == (500, f"Internal error occurred: {denied}")
    await bench.create(K.VIRTUAL_MACHINES, "m2", machine("Halted"))
    error = await refused(bench, "m", "m2")
    assert (error.status, error.message) == (400, _denied(f'the VMI "{NAMESPACE}/m2" does not exist'))
    assert (await bench.refused("m2", "migrate")).status == 404


def _denied(why: str) -> str:
    return f'admission webhook "migration-create-validator.kubevirt.io" denied the request: {why}'


async def test_a_bridge_to_the_pod_network_ties_a_guest_to_its_node_unless_allowed(bench: Bench) -> None:
    for name, notes in (("tied", {}), ("free", {"kubevirt.io/allow-pod-bridge-network-live-migration": "true"})):
        spec = movable()
        spec["template"]["metadata"]["annotations"] = notes
        spec["template"]["spec"]["domain"]["devices"]["interfaces"] = [{"name": "default", "bridge": {}}]
        vmi = await running(bench, name, spec)
        assert is_true(vmi, "LiveMigratable") == bool(notes)
    error = await refused(bench, "m", "tied")
    assert "Reason: InterfaceNotLiveMigratable, Message: cannot migrate VMI which does not use masquerade" in str(error)


async def unschedulable(bench: Bench, name: str) -> Json:
    """Begin a migration to a node that there is not; its waiting target is the result."""
    made = await migrate(bench, name, addedNodeSelector={"no": "where"})

    async def look() -> Json | None:
        labels = f"kubevirt.io/migrationJobUID={made['metadata']['uid']}"
        pods, _ = await bench.client.list(K.PODS, NAMESPACE, labels=labels)
        return next((pod for pod in pods if "Unschedulable" in str(pod["status"])), None)

    return await bench.until(look, "an unschedulable target")


async def test_a_target_that_fits_nowhere_waits_and_blocks_until_it_is_cancelled(bench: Bench) -> None:
    await running(bench)
    pod = await unschedulable(bench, "mig10")
    first = await bench.until_status(MIGRATIONS, "mig10", lambda s: s.get("phase") == "Scheduling")
    assert first["status"]["migrationState"].keys() == {"sourcePod"}
    why = _denied(
        f"in-flight migration detected. Active migration job ({first['metadata']['uid']}) is currently already in "
        "progress for VMI m1."
    )
    error = await refused(bench, "mig1b", "m1")
    assert (error.status, error.message) == (400, why)
    error = await bench.refused("m1", "migrate")
    assert (error.status, error.message) == (500, f"Internal error occurred: {why}")
    assert (await bench.get(K.VIRTUAL_MACHINES, "m1"))["status"]["printableStatus"] == "Running"
    await bench.client.delete(MIGRATIONS, "mig10", NAMESPACE)
    await bench.until_gone(MIGRATIONS, "mig10")
    await bench.until_gone(K.PODS, pod["metadata"]["name"])
    await migrate(bench, "mig11")
    await ended(bench, "mig11")


async def test_only_the_last_five_are_kept(bench: Bench) -> None:
    await running(bench)
    for number in range(7):
        await migrate(bench, f"mig{number}")
        await ended(bench, f"mig{number}")
        await settled(bench)

    async def five() -> bool:
        found, _ = await bench.client.list(MIGRATIONS, NAMESPACE)
        return len(found) == 5

    await bench.until(five, "five migrations")
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "m1")
    assert len(vmi["status"]["activePods"]) == 8


async def test_a_machine_that_stops_takes_its_migration_with_it(bench: Bench) -> None:
    await running(bench)
    await unschedulable(bench, "mig1")
    await bench.call("m1", "stop")
    await bench.until_stopped("m1")
    await ended(bench, "mig1", "Failed")
    assert (await bench.client.list(K.PODS, NAMESPACE))[0] == []
    events, _ = await bench.client.list(K.EVENTS, NAMESPACE)
    assert "Migration failed vmi shutdown during migration." in [event["message"] for event in events]


async def evicted(bench: Bench, pod: str) -> KubeError:
    body = {"apiVersion": POLICY, "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    with pytest.raises(KubeError) as caught:
        await bench.client.call("POST", K.PODS.path(NAMESPACE, pod, "eviction"), body=body)
    return caught.value


async def launcher(bench: Bench, name: str = "m1") -> Json:
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, name)
    pods, _ = await bench.client.list(K.PODS, NAMESPACE, labels=f"vm.kubevirt.io/name={name}")
    return next(pod for pod in pods if pod["spec"]["nodeName"] == vmi["status"]["nodeName"])


async def test_an_eviction_is_put_off_and_moves_the_guest(bench: Bench) -> None:
    before = await running(bench)
    pod = await launcher(bench)
    async with listening(bench) as heard:
        error = await evicted(bench, pod["metadata"]["name"])
        vmi = await bench.until_status(
            K.VIRTUAL_MACHINE_INSTANCES, "m1", lambda s: s.get("nodeName") != before["status"]["nodeName"]
        )
        vmi = await settled(bench)
        (migration,), _ = await bench.client.list(MIGRATIONS, NAMESPACE)
        await ended(bench, migration["metadata"]["name"])
    webhook = 'admission webhook "virt-launcher-eviction-interceptor.kubevirt.io" denied the request: '
    assert (error.status, error.message) == (429, f'{webhook}Eviction triggered evacuation of VMI "{NAMESPACE}/m1"')
    assert migration["metadata"]["name"].startswith("kubevirt-evacuation-")
    assert heard.tracks["vmi condition EvictionRequested"] == ["True(EvictionRequested)", "-"]
    assert heard.tracks["vm printableStatus"] == ["Running", "Migrating", "Running"]
    assert not vmi["status"].get("evacuationNodeName")


async def test_an_eviction_that_cannot_move_the_guest_is_refused_or_ends_it(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "rwo", blank(accessModes=["ReadWriteOnce"]))
    spec = machine_with_disk("rwo", "Always")
    spec["template"]["spec"]["evictionStrategy"] = "LiveMigrate"
    await running(bench, "rwo", spec)
    error = await evicted(bench, (await launcher(bench, "rwo"))["metadata"]["name"])
    assert error.status == 429
    assert error.message.endswith("VMI rwo is configured with an eviction strategy but is not live-migratable")


async def test_a_guest_without_an_eviction_strategy_ends_with_its_pod_and_comes_back(bench: Bench) -> None:
    vmi = await running(bench, "m1", machine("Always"))
    name = (await launcher(bench))["metadata"]["name"]
    body = {"apiVersion": POLICY, "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    await bench.client.call("POST", K.PODS.path(NAMESPACE, name, "eviction"), body=body)
    await bench.until_gone(K.PODS, name)

    async def another() -> bool:
        found, _ = await bench.client.list(K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE)
        return any(one["metadata"]["uid"] != vmi["metadata"]["uid"] for one in found)

    await bench.until(another, "a new instance")
    await bench.until_printable("m1", "Running")
    events, _ = await bench.client.list(K.EVENTS, NAMESPACE)
    assert {"ShuttingDown", "Stopped"} <= {event["reason"] for event in events}


async def test_a_drain_taint_empties_a_node_and_no_guest_comes_back(bench: Bench) -> None:
    for name in ("a", "b", "c"):
        spec = movable()
        spec["template"]["spec"]["nodeSelector"] = {"topology.kubernetes.io/zone": "zone-a"}
        await running(bench, name, spec)
    taint = {"key": "kubevirt.io/drain", "effect": "NoSchedule"}
    await bench.client.patch(K.NODES, "node01", {"spec": {"taints": [taint]}})
    for name in ("a", "b", "c"):
        await bench.until_status(K.VIRTUAL_MACHINE_INSTANCES, name, lambda s: s.get("nodeName") == "node03")
        await settled(bench, name)


async def test_an_evacuation_may_be_called_off(bench: Bench) -> None:
    spec = movable()
    spec["template"]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "node02"}
    await running(bench, "m1", spec)
    await evicted(bench, (await launcher(bench))["metadata"]["name"])
    await bench.until_status(K.VIRTUAL_MACHINES, "m1", lambda s: "EvictionRequested" in str(s.get("conditions")))
    await bench.call("m1", "evacuate/cancel")
    await bench.until_status(K.VIRTUAL_MACHINES, "m1", lambda s: "EvictionRequested" not in str(s.get("conditions")))


async def driven(bench: Bench, clock: ManualClock, look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Let time pass in small steps until there is something."""

    async def step() -> Any:
        await clock.advance(0.01)
        return await look()

    return await bench.until(step, what)


async def test_a_migration_that_is_cancelled_is_broken_off_as_recorded() -> None:
    clock = ManualClock(time.time())
    bench = await Bench.start(None, clock)

    async def phase(name: str, wanted: str) -> bool:
        return ((await bench.get(MIGRATIONS, name)).get("status") or {}).get("phase") == wanted

    async def agent() -> bool:
        found = await bench.get(K.VIRTUAL_MACHINES, "m1")
        return "AgentConnected" in str(found.get("status"))

    async def gone() -> bool:
        pods, _ = await bench.client.list(K.PODS, NAMESPACE)
        return not (await bench.client.list(MIGRATIONS, NAMESPACE))[0] and "Succeeded" in str(pods)

    await bench.create(K.VIRTUAL_MACHINES, "m1", movable())
    await driven(bench, clock, agent, "a guest agent")
    async with listening(bench) as heard:
        await migrate(bench, "mig9")
        await driven(bench, clock, lambda: phase("mig9", "PreparingTarget"), "a target")
        await bench.client.delete(MIGRATIONS, "mig9", NAMESPACE)
        await driven(bench, clock, gone, "the end of the migration")
    left_over = "the recorded machine had been marked for eviction before"
    known = {
        **KNOWN, "vm condition EvictionRequested": left_over, "vmi condition EvictionRequested": left_over,
        "pod 1 phase": "the recording ends while the target's containers are being stopped",
    }  # fmt: skip
    compare("cancelled migration", heard, FILE, known)
    state = (await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "m1"))["status"]["migrationState"]
    assert (state["abortStatus"], state["failureReason"]) == ("Succeeded", "Live migration has been aborted")
    await bench.stop()
