"""Interfaces plugged and unplugged while the guest runs, and links that go up and down."""

from typing import Any

from dicot.devcluster.controllers.objects import get_condition
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench
from tests.devcluster.controllers.test_migration import MIGRATIONS, movable, running
from tests.devcluster.controllers.test_resize import restart_message, update_of
from tests.devcluster.controllers.timelines import listening

Json = dict[str, Any]
FIRST = {"name": "default", "masquerade": {}}
POD = {"name": "default", "pod": {}}
BLUE = {"name": "blue", "multus": {"networkName": f"{NAMESPACE}/blue"}}


async def edit(bench: Bench, nics: list[Json], networks: list[Json]) -> None:
    spec = {"domain": {"devices": {"interfaces": nics}}, "networks": networks}
    await bench.client.patch(K.VIRTUAL_MACHINES, "m1", {"spec": {"template": {"spec": spec}}}, NAMESPACE)


async def plugged(bench: Bench) -> Json:
    """Plug a second interface into a running machine; the instance that has it is the result."""
    subnet = {"cidrBlock": "10.8.0.0/24", "vpc": "ovn-cluster", "provider": f"blue.{NAMESPACE}.ovn"}
    await bench.create(K.KUBEOVN_SUBNETS, "blue", subnet)
    await bench.until_status(K.KUBEOVN_SUBNETS, "blue", lambda s: s.get("v4availableIPs") == 253)
    await running(bench)
    await edit(bench, [FIRST, {"name": "blue", "bridge": {}}], [POD, BLUE])
    return await update_of(bench, "m1")


async def test_an_interface_is_plugged_by_a_migration(bench: Bench) -> None:
    async with listening(bench) as heard:
        vmi = await plugged(bench)
    tracks = heard.tracks
    assert tracks["vmi condition MigrationRequired"] == [
        "False(AutoMigrationPending)",
        "True(AutoMigrationDueToLiveUpdate)",
        "-",
    ]
    assert tracks["vmim phase"][-1] == "Succeeded"
    assert [one["name"] for one in vmi["status"]["interfaces"]] == ["default", "blue"]
    blue = vmi["status"]["interfaces"][1]
    assert (blue["ipAddress"], blue["linkState"], blue["podInterfaceName"]) == ("10.8.0.2", "up", "net1")
    assert len((await bench.client.list(MIGRATIONS, NAMESPACE))[0]) == 1
    assert restart_message(await bench.get(K.VIRTUAL_MACHINES, "m1")) is None


async def test_an_absent_interface_leaves_the_guest_and_both_specs(bench: Bench) -> None:
    await plugged(bench)
    await edit(bench, [FIRST, {"name": "blue", "bridge": {}, "state": "absent"}], [POD, BLUE])

    async def forgotten() -> Json | None:
        vm, vmi = await bench.get(K.VIRTUAL_MACHINES, "m1"), await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "m1")
        shown = [vmi["status"]["interfaces"], vm["spec"]["template"]["spec"]["networks"], vmi["spec"]["networks"]]
        return vm if [len(one) for one in shown] == [1, 1, 1] else None

    vm = await bench.until(forgotten, "a machine without the interface")
    assert restart_message(vm) is None
    assert len((await bench.client.list(MIGRATIONS, NAMESPACE))[0]) == 1


async def test_an_absent_interface_of_a_stopped_machine_is_forgotten(bench: Bench) -> None:
    spec = movable("Halted")
    inner = spec["template"]["spec"]
    inner["domain"]["devices"]["interfaces"].append({"name": "blue", "bridge": {}, "state": "absent"})
    inner["networks"].append(BLUE)
    await bench.create(K.VIRTUAL_MACHINES, "m1", spec)

    async def forgotten() -> bool:
        vm = await bench.get(K.VIRTUAL_MACHINES, "m1")
        return vm["spec"]["template"]["spec"]["networks"] == [POD]

    await bench.until(forgotten, "a template without the interface")


async def test_what_was_there_at_the_start_and_is_taken_out_needs_a_restart(bench: Bench) -> None:
    spec = movable()
    spec["template"]["spec"]["domain"]["devices"]["interfaces"].append({"name": "blue", "bridge": {}})
    spec["template"]["spec"]["networks"].append(BLUE)
    await running(bench, "m1", spec)
    await edit(bench, [FIRST], [POD])  # without having been absent
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "m1", lambda s: "RestartRequired" in str(s["conditions"]))
    assert restart_message(vm) == "a non-live-updatable field was changed in the template spec"
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "m1")
    assert len(vmi["status"]["interfaces"]) == 2


async def test_links_go_down_and_up_without_a_restart(bench: Bench) -> None:
    await running(bench)
    for state in ("down", "up"):
        await edit(bench, [{**FIRST, "state": state}], [POD])
        await bench.until_status(
            K.VIRTUAL_MACHINE_INSTANCES, "m1", lambda s, now=state: s["interfaces"][0]["linkState"] == now
        )
        assert restart_message(await bench.get(K.VIRTUAL_MACHINES, "m1")) is None
    assert not get_condition(await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "m1"), "MigrationRequired")
