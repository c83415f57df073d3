"""Where pods go: room in sum, company kept and avoided, taints and cordons; and what the loss of a node looks like."""

import time
from typing import Any

from dicot.devcluster.clock import ManualClock
from dicot.devcluster.controllers.kubevirt.scheduling import placement
from dicot.devcluster.controllers.node import LOST
from dicot.devcluster.controllers.objects import get_condition
from dicot.devcluster.controllers.world import World
from dicot.kube import kinds as K
from dicot.kube.errors import KubeError
from tests.devcluster.controllers.bench import NAMESPACE, Bench, machine
from tests.devcluster.controllers.test_migration import driven, running
from tests.devcluster.controllers.test_stages import made, world
from tests.devcluster.controllers.timelines import compare, listening

Json = dict[str, Any]
VMI_CALLS = K.VIRTUAL_MACHINE_INSTANCE_CALLS
NO_VICTIMS = "No preemption victims found for incoming pod"
NOT_HELPFUL = "Preemption is not helpful for scheduling"


def node(name: str, zone: str = "a", cpu: str = "4", **spec: Any) -> tuple[K.Kind, Json]:
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
    body = {"spec": spec, "status": {"allocatable": {"cpu": cpu, "memory": "64Gi", "pods": "10"}}}
    return K.NODES, made(K.NODES, name, body, labels=labels)


def pod(name: str, on: str = "", cpu: str = "1", group: str = "", **spec: Any) -> tuple[K.Kind, Json]:
    asked = {"containers": [{"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]}
    body = {"spec": {**asked, **({"nodeName": on} if on else {}), **spec}, "status": {"phase": "Pending"}}
    return K.PODS, made(K.PODS, name, body, labels={"group": group} if group else {})


def together(group: str, key: str = "kubernetes.io/hostname", *, apart: bool = False, soft: bool = False) -> Json:
    """Write the affinity of a server group."""
    term = {"labelSelector": {"matchLabels": {"group": group}}, "topologyKey": key}
    kind = "podAntiAffinity" if apart else "podAffinity"
    if soft:
        weighed = [{"weight": 100, "podAffinityTerm": term}]
        return {kind: {"preferredDuringSchedulingIgnoredDuringExecution": weighed}}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def place(known: World, new: tuple[K.Kind, Json]) -> str:
    """Name the chosen node, or say why there is none."""
    chosen, why = placement(new[1], known)
    return chosen["metadata"]["name"] if chosen is not None else why


def nowhere(count: int, why: str, preemption: str) -> str:
    available = f"0/{count} nodes are available"
    return f"{available}: {why}. no new claims to deallocate, preemption: {available}: {preemption}."


def test_room_is_counted_in_sum_over_the_pods_that_have_not_ended() -> None:
    known = world(node("n1"), pod("a", "n1", cpu="2"), pod("b", "n1", cpu="1500m"))
    assert place(known, pod("c", cpu="500m")) == "n1"
    assert place(known, pod("c")) == nowhere(1, "1 Insufficient cpu", f"1 {NO_VICTIMS}")
    assert place(known, pod("c", cpu="5")) == nowhere(1, "1 Insufficient cpu", f"1 {NOT_HELPFUL}")
    ended = pod("a", "n1", cpu="2")[1]
    ended = {**ended, "metadata": {**ended["metadata"], "resourceVersion": "2"}, "status": {"phase": "Succeeded"}}
    known.learn(K.PODS, ended)
    assert place(known, pod("c")) == "n1"
    known.forget(K.PODS, pod("b", "n1")[1])
    assert place(known, pod("c", cpu="4")) == "n1"


def test_too_many_pods_are_too_many() -> None:
    known = world(node("n1", cpu="400"), *(pod(f"p{number}", "n1", cpu="1m") for number in range(10)))
    assert place(known, pod("c")) == nowhere(1, "1 Too many pods", f"1 {NO_VICTIMS}")


def test_pods_go_where_the_fewest_are() -> None:
    known = world(node("n1"), node("n2"), pod("a", "n1"))
    assert place(known, pod("b")) == "n2"


def test_cordons_and_taints_keep_pods_away_unless_tolerated() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    known = world(node("n1", unschedulable=True), node("n2", taints=[taint]))
    why = "1 node(s) had untolerated taint(s), 1 node(s) were unschedulable"
    assert place(known, pod("a")) == nowhere(2, why, f"2 {NOT_HELPFUL}")
    for toleration in (
        {"key": "gpu", "operator": "Exists"},
        {"operator": "Exists", "effect": "NoSchedule", "key": "gpu"},
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
    ):
        assert place(known, pod("a", tolerations=[toleration])) == "n2"
    wrong = {"key": "gpu", "operator": "Equal", "value": "no", "effect": "NoSchedule"}
    assert place(known, pod("a", tolerations=[wrong])) == nowhere(2, why, f"2 {NOT_HELPFUL}")
    soft = {"key": "gpu", "effect": "PreferNoSchedule"}
    assert place(world(node("n1", taints=[soft]), node("n2"), pod("b", "n2")), pod("a")) == "n2"


def test_anti_affinity_holds_pods_apart_by_host_and_by_zone() -> None:
    known = world(node("n1"), node("n2"), node("n3", "b"), pod("a", "n1", group="g"))
    apart = together("g", apart=True)
    assert place(known, pod("b", group="g", affinity=apart)) == "n2"
    zones = together("g", "topology.kubernetes.io/zone", apart=True)
    assert place(known, pod("b", group="g", affinity=zones)) == "n3"
    known.learn(*pod("b", "n2", group="g"))
    known.learn(*pod("c", "n3", group="g"))
    why = "3 node(s) didn't match pod anti-affinity rules"
    assert place(known, pod("d", group="g", affinity=apart)) == nowhere(3, why, f"3 {NO_VICTIMS}")


def test_anti_affinity_of_those_who_are_there_counts_too() -> None:
    known = world(node("n1"), node("n2"), pod("a", "n1", group="g", affinity=together("g", apart=True)))
    assert place(known, pod("b", group="g")) == "n2"
    known = world(node("n1"), pod("a", "n1", group="g", affinity=together("g", apart=True)))
    why = "1 node(s) didn't satisfy existing pods anti-affinity rules"
    assert place(known, pod("b", group="g")) == nowhere(1, why, f"1 {NO_VICTIMS}")
    assert place(known, pod("b")) == "n1"


def test_affinity_keeps_pods_together_and_lets_the_first_begin() -> None:
    known = world(node("n1"), node("n2"), node("n3", "b"))
    near = together("g")
    assert place(known, pod("a", group="g", affinity=near)) == "n1"
    assert place(known, pod("a", affinity=near)) == nowhere(
        3, "3 node(s) didn't match pod affinity rules", f"3 {NOT_HELPFUL}"
    )
    known.learn(*pod("a", "n3", group="g"))
    assert place(known, pod("b", group="g", affinity=near)) == "n3"
    known.learn(*pod("c", "n2", group="h"))
    zones = together("h", "topology.kubernetes.io/zone")
    assert place(known, pod("d", group="h", affinity=zones)) == "n1"


def test_preferences_are_wishes() -> None:
    known = world(node("n1"), node("n2"), pod("a", "n2", group="g"), pod("x", "n2"))
    assert place(known, pod("b", group="g", affinity=together("g", soft=True))) == "n2"
    assert place(known, pod("b", group="g", affinity=together("g", apart=True, soft=True))) == "n1"
    alone = world(node("n2"), pod("a", "n2", group="g"))
    assert place(alone, pod("b", group="g", affinity=together("g", apart=True, soft=True))) == "n2"


def test_another_namespace_is_no_company_unless_it_is_named() -> None:
    elsewhere = pod("a", "n2", group="g")[1]
    elsewhere = {**elsewhere, "metadata": {**elsewhere["metadata"], "namespace": "other"}}
    known = world(node("n1"), node("n2"), (K.PODS, elsewhere), pod("x", "n2"))
    affinity = together("g")
    term = affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert place(known, pod("b", group="g", affinity=affinity)) == "n1"
    for scope in ({"namespaces": ["other"]}, {"namespaceSelector": {}}):
        wider = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{**term, **scope}]}}
        assert place(known, pod("b", group="g", affinity=wider)) == "n2"


async def test_machines_started_at_once_see_one_another(bench: Bench) -> None:
    for name in ("a", "b", "c", "d"):
        spec = machine("Always")
        spec["template"]["metadata"]["labels"] = {"group": "g"}
        spec["template"]["spec"]["affinity"] = together("g", apart=True)
        await bench.create(K.VIRTUAL_MACHINES, name, spec)

    async def placed() -> list[Json] | None:
        found, _ = await bench.client.list(K.VIRTUAL_MACHINES, NAMESPACE)
        words = [(one.get("status") or {}).get("printableStatus") for one in found]
        return found if sorted(map(str, words)) == ["ErrorUnschedulable", "Running", "Running", "Running"] else None

    await bench.until(placed, "three machines on three nodes, and one on none")
    vmis, _ = await bench.client.list(K.VIRTUAL_MACHINE_INSTANCES, NAMESPACE)
    hosts = sorted(vmi["status"].get("nodeName") or "" for vmi in vmis)
    assert hosts == ["", "node01", "node02", "node03"]
    gone = next(vmi["metadata"]["name"] for vmi in vmis if vmi["status"].get("nodeName") == "node02")
    waiting = next(vmi["metadata"]["name"] for vmi in vmis if not vmi["status"].get("nodeName"))
    await bench.client.delete(K.VIRTUAL_MACHINES, gone, NAMESPACE)
    vm = await bench.until_printable(waiting, "Running")
    assert not get_condition(vm, "PodScheduled")


async def test_the_loss_of_a_node_shows_as_recorded() -> None:
    clock = ManualClock(time.time())
    bench = await Bench.start(None, clock)

    async def agent() -> bool:
        return "AgentConnected" in str((await bench.get(K.VIRTUAL_MACHINES, "n1")).get("status"))

    await bench.create(K.VIRTUAL_MACHINES, "n1", machine("Always"))
    await driven(bench, clock, agent, "a guest agent")
    vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "n1")
    host = await bench.get(K.NODES, vmi["status"]["nodeName"])
    address = host["status"]["addresses"][0]["address"]
    async with listening(bench) as heard:
        await mark(bench, host, "true")
        await clock.advance(10)
        error = await refused_pause(bench)
        vm = await bench.get(K.VIRTUAL_MACHINES, "n1")
        assert (vm["status"]["printableStatus"], vm["status"]["ready"]) == ("Running", True)
        await clock.advance(45)
        vm = await driven(bench, clock, lambda: unready(bench), "a machine that is not ready")
    where = f"{address}:8186"
    path = f"v1/namespaces/{NAMESPACE}/virtualmachineinstances/n1/pause"
    why = f'Put "https://{where}/{path}": dial tcp {where}: connect: no route to host'
    assert (error.status, error.message) == (500, f"Internal error occurred: {why}")
    later = "300 s later the taint manager deletes the pod, which ends here at once and on a dead node never"
    known = {
        "event Pod TaintManagerEviction": later, "vm condition Ready": later, "vmi condition Ready": later,
        "event PersistentVolumeClaim ProvisioningFailed": "of a claim that is no part of this",
    }  # fmt: skip
    compare("node loss", heard, "node-loss-timelines.json", known)
    assert vm["status"]["printableStatus"] == "Running"
    assert "reason" not in get_condition(vm, "Ready")
    host = await bench.get(K.NODES, vmi["status"]["nodeName"])
    assert [taint["effect"] for taint in host["spec"]["taints"]] == ["NoSchedule", "NoExecute"]
    ready = get_condition(host, "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    await bench.call("n1", "stop", {"gracePeriod": 0})
    await driven(bench, clock, lambda: printable(bench, "Stopping"), "a machine that stops")
    await clock.advance(100)
    assert await printable(bench, "Stopping")
    await mark(bench, host, None)
    await driven(bench, clock, lambda: printable(bench, "Stopped"), "a machine that has stopped")
    await bench.stop()


async def mark(bench: Bench, host: Json, lost: str | None) -> None:
    await bench.client.patch(K.NODES, host["metadata"]["name"], {"metadata": {"annotations": {LOST: lost}}})


async def refused_pause(bench: Bench) -> KubeError:
    return await bench.refused("n1", "pause", kind=VMI_CALLS)


async def unready(bench: Bench) -> Json | None:
    vm = await bench.get(K.VIRTUAL_MACHINES, "n1")
    return vm if get_condition(vm, "Ready")["status"] == "False" else None


async def printable(bench: Bench, word: str) -> bool:
    vm = await bench.get(K.VIRTUAL_MACHINES, "n1")
    return vm["status"]["printableStatus"] == word


async def test_a_node_that_comes_back_has_its_guests_again(bench: Bench) -> None:
    vmi = await running(bench, "n1")
    host = await bench.get(K.NODES, vmi["status"]["nodeName"])
    await mark(bench, host, "true")
    await bench.until_status(K.VIRTUAL_MACHINES, "n1", lambda s: not s.get("ready"))
    await mark(bench, host, None)
    await bench.until_status(K.VIRTUAL_MACHINES, "n1", lambda s: s.get("ready"))
    host = await bench.get(K.NODES, vmi["status"]["nodeName"])
    assert not host["spec"].get("taints")
