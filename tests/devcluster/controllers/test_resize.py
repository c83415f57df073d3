"""Machines that grow: instancetypes, sockets and memory changed while stopped and while running, as recorded."""

from typing import Any

import pytest

from dicot.devcluster.controllers.objects import get_condition
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench, blank, machine, machine_with_disk
from tests.devcluster.controllers.test_migration import KNOWN, MIGRATIONS, ended, movable, running, settled
from tests.devcluster.controllers.timelines import compare, listening

Json = dict[str, Any]
FILE = "instancetype-resize-timelines.json"
MEMORY_FILE = "memory-hotplug-live-timelines.json"
FLAVORS = {"rs.small": (1, "192Mi"), "rs.medium": (2, "256Mi"), "rs.huge": (3, "999Gi")}


async def flavored(bench: Bench, strategy: str = "Manual") -> None:
    """Make the recorded instancetypes, and a machine of the smallest."""
    for name, (vcpus, memory) in FLAVORS.items():
        await bench.create(K.CLUSTER_INSTANCETYPES, name, {"cpu": {"guest": vcpus}, "memory": {"guest": memory}})
    spec = machine(strategy, instancetype={"name": "rs.small"})
    spec["template"]["spec"]["domain"].pop("memory")
    await bench.create(K.VIRTUAL_MACHINES, "i1", spec)


async def edit(bench: Bench, name: str, domain: Json) -> None:
    await bench.client.patch(K.VIRTUAL_MACHINES, name, {"spec": {"template": {"spec": {"domain": domain}}}}, NAMESPACE)


async def resize(bench: Bench, flavor: str) -> None:
    patch = {"spec": {"instancetype": {"name": flavor, "revisionName": None}}}
    await bench.client.patch(K.VIRTUAL_MACHINES, "i1", patch, NAMESPACE)


async def update_of(bench: Bench, name: str) -> Json:
    """Wait for the end of the one migration that KubeVirt has begun by itself; the instance is the result."""

    async def look() -> Json | None:
        found, _ = await bench.client.list(MIGRATIONS, NAMESPACE)
        return found[-1] if found else None

    made = await bench.until(look, "a migration by KubeVirt itself")
    assert made["metadata"]["name"].startswith("kubevirt-workload-update-")
    await ended(bench, made["metadata"]["name"])
    return await settled(bench, name)


def restart_message(vm: Json) -> str | None:
    return get_condition(vm, "RestartRequired").get("message")


async def test_an_instancetype_changes_while_the_machine_is_stopped(bench: Bench) -> None:
    await flavored(bench)
    await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: "instancetypeRef" in s)
    async with listening(bench) as heard:
        await resize(bench, "rs.medium")
        vm = await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: s["instancetypeRef"]["name"] == "rs.medium")
    compare("resize while stopped", heard, FILE, {})
    names = [one["metadata"]["name"] for one in (await bench.client.list(K.CONTROLLER_REVISIONS, NAMESPACE))[0]]
    assert [name.split("-v1beta1-")[0] for name in names] == ["i1-rs.medium", "i1-rs.small"]
    assert vm["status"]["instancetypeRef"]["controllerRevisionRef"]["name"] == names[0]
    assert "revisionName" not in vm["spec"]["instancetype"]


async def test_an_instancetype_changes_while_the_machine_runs(bench: Bench) -> None:
    await flavored(bench, "Always")
    await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: s.get("ready") and "AgentConnected" in str(s))
    async with listening(bench) as heard:
        await resize(bench, "rs.medium")
        vmi = await update_of(bench, "i1")
        vm = await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: "HotVCPUChange" not in str(s["conditions"]))
    compare("running: change instancetype to rs.medium", heard, FILE, KNOWN)
    assert restart_message(vm) == (
        "memory updated in template spec. Memory-hotplug is not available for this VM configuration"
    )
    assert vm["status"]["observedGeneration"] == vm["metadata"]["generation"]
    assert vmi["status"]["currentCPUTopology"]["sockets"] == 2
    assert vmi["status"]["memory"] == {
        "guestAtBoot": "192Mi", "guestCurrent": "192Mi", "guestRequested": "192Mi", "memoryOverhead": "276Mi",
    }  # fmt: skip
    await bench.call("i1", "restart")
    vmi = await bench.until_status(
        K.VIRTUAL_MACHINE_INSTANCES, "i1", lambda s: (s.get("memory") or {}).get("guestAtBoot") == "256Mi"
    )
    await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: "RestartRequired" not in str(s["conditions"]))
    domain = vmi["spec"]["domain"]
    assert (domain["cpu"]["sockets"], domain["cpu"]["maxSockets"], domain["memory"]["guest"]) == (2, 8, "256Mi")


async def test_an_instancetype_whose_memory_no_node_has_is_half_taken_over(bench: Bench) -> None:
    await flavored(bench, "Always")
    await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: s.get("ready") and "AgentConnected" in str(s))
    async with listening(bench) as heard:
        await resize(bench, "rs.huge")
        vmi = await update_of(bench, "i1")
    compare("running: to an instancetype that no node can hold", heard, FILE, KNOWN)
    domain = vmi["spec"]["domain"]
    assert (domain["cpu"]["sockets"], domain["memory"]["guest"]) == (3, "192Mi")


async def test_an_instancetype_that_is_missing_is_said_and_the_machine_runs_on(bench: Bench) -> None:
    await flavored(bench, "Always")
    await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: s.get("ready"))
    await resize(bench, "gone")
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "i1", lambda s: "Failure" in str(s["conditions"]))
    assert get_condition(vm, "Failure")["reason"] == "FailedFindInstancetype"
    assert (vm["status"]["printableStatus"], vm["status"]["ready"]) == ("Running", True)


async def test_cores_need_a_restart_until_the_edit_is_undone(bench: Bench) -> None:
    spec = movable()
    spec["template"]["spec"]["domain"]["cpu"] = {"cores": 1, "sockets": 1}
    await running(bench, "i2", spec)
    async with listening(bench) as heard:
        await edit(bench, "i2", {"cpu": {"cores": 2}})
        vm = await bench.until_status(K.VIRTUAL_MACHINES, "i2", lambda s: "RestartRequired" in str(s["conditions"]))
    compare("cores 1 -> 2", heard, FILE, {})
    assert restart_message(vm) == "a non-live-updatable field was changed in the template spec"
    assert "reason" not in get_condition(vm, "RestartRequired")
    async with listening(bench) as heard:
        await edit(bench, "i2", {"cpu": {"cores": 1}})
        await bench.until_status(
            K.VIRTUAL_MACHINES,
            "i2",
            lambda s: "RestartRequired" not in str(s["conditions"]) and s["observedGeneration"] == 3,
        )
    compare("cores back to 1", heard, FILE, {})


async def test_sockets_are_plugged_by_a_migration(bench: Bench) -> None:
    await running(bench, "i2")
    async with listening(bench) as heard:
        await edit(bench, "i2", {"cpu": {"sockets": 2}})
        vmi = await update_of(bench, "i2")
    compare("sockets 1 -> 2", heard, FILE, KNOWN)
    assert (vmi["spec"]["domain"]["cpu"]["sockets"], vmi["status"]["currentCPUTopology"]["sockets"]) == (2, 2)
    vm = await bench.get(K.VIRTUAL_MACHINES, "i2")
    assert restart_message(vm) is None
    assert vm["status"]["observedGeneration"] < vm["metadata"]["generation"]


@pytest.mark.parametrize(
    ("sockets", "why"),
    [
        (9, "CPU sockets updated in template spec to a value higher than what's available"),
        (1, "Reduction of CPU socket count requires a restart"),
    ],
)
async def test_sockets_that_cannot_be_plugged_need_a_restart(bench: Bench, sockets: int, why: str) -> None:
    spec = movable()
    spec["template"]["spec"]["domain"]["cpu"] = {"sockets": 2}
    await running(bench, "i2", spec)
    await edit(bench, "i2", {"cpu": {"sockets": sockets}})
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "i2", lambda s: "RestartRequired" in str(s["conditions"]))
    assert restart_message(vm) == why
    assert (await bench.client.list(MIGRATIONS, NAMESPACE))[0] == []


async def test_a_machine_that_cannot_migrate_waits_for_its_sockets_for_ever(bench: Bench) -> None:
    await bench.create(K.DATA_VOLUMES, "rwo", blank(accessModes=["ReadWriteOnce"]))
    await running(bench, "rwo", machine_with_disk("rwo", "Always"))
    await edit(bench, "rwo", {"cpu": {"sockets": 2}})
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "rwo", lambda s: "HotVCPUChange" in str(s["conditions"]))
    assert restart_message(vm) is None
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "rwo")
    assert (vmi["spec"]["domain"]["cpu"]["sockets"], vmi["status"]["currentCPUTopology"]["sockets"]) == (2, 1)
    assert (await bench.client.list(MIGRATIONS, NAMESPACE))[0] == []


async def test_memory_is_plugged_by_a_migration_from_one_gibibyte_on(bench: Bench) -> None:
    spec = movable()
    spec["template"]["spec"]["domain"]["memory"] = {"guest": "1Gi"}
    vmi = await running(bench, "mm", spec)
    assert vmi["spec"]["domain"]["memory"] == {"guest": "1Gi", "maxGuest": "4Gi"}
    async with listening(bench) as heard:
        await edit(bench, "mm", {"memory": {"guest": "1536Mi"}})
        vmi = await update_of(bench, "mm")
    compare("memory 1Gi -> 1536Mi", heard, MEMORY_FILE, KNOWN)
    memory = vmi["status"]["memory"]
    assert (memory["guestAtBoot"], memory["guestRequested"], memory["guestCurrent"]) == ("1Gi", "1536Mi", "1536Mi")
    async with listening(bench) as heard:
        await edit(bench, "mm", {"memory": {"guest": "512Mi"}})
        vm = await bench.until_status(K.VIRTUAL_MACHINES, "mm", lambda s: "RestartRequired" in str(s["conditions"]))
    compare("memory shrink", heard, MEMORY_FILE, {})
    assert restart_message(vm) == (
        "memory hotplug not supported, Memory hotplug is only available for VMs with at least 1Gi of guest memory"
    )


async def test_small_memory_needs_a_restart(bench: Bench) -> None:
    await running(bench, "i2")
    async with listening(bench) as heard:
        await edit(bench, "i2", {"memory": {"guest": "1Gi"}})
        await bench.until_status(K.VIRTUAL_MACHINES, "i2", lambda s: "RestartRequired" in str(s["conditions"]))
    compare("memory.guest 192Mi -> 1Gi", heard, FILE, {})


async def test_where_it_may_run_is_taken_over_at_once(bench: Bench) -> None:
    await running(bench, "i2")
    spec = {"nodeSelector": {"kubernetes.io/hostname": "node03"}, "tolerations": [{"operator": "Exists"}]}
    await bench.client.patch(K.VIRTUAL_MACHINES, "i2", {"spec": {"template": {"spec": spec}}}, NAMESPACE)

    async def followed() -> Json | None:
        vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "i2")
        return vmi if vmi["spec"].get("nodeSelector") == spec["nodeSelector"] else None

    vmi = await bench.until(followed, "the new node selector")
    assert vmi["spec"]["tolerations"] == spec["tolerations"]
    assert restart_message(await bench.get(K.VIRTUAL_MACHINES, "i2")) is None
