"""The furnished cluster as a whole: what it is born with, networks, consoles, restarts, time."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from dicot.devcluster import crds
from dicot.devcluster.clock import ManualClock, RealClock, ScaledClock
from dicot.kube import kinds as K
from dicot.kube.client import Actor, Client
from dicot.kube.errors import Forbidden, Invalid
from tests.devcluster.controllers.bench import NAMESPACE, Bench, from_image, machine, machine_with_disk

VMI_CALLS = K.VIRTUAL_MACHINE_INSTANCE_CALLS


async def test_what_it_is_born_with(bench: Bench) -> None:
    flavors, _ = await bench.client.list(K.CLUSTER_INSTANCETYPES)
    found = {f["metadata"]["name"]: f["metadata"]["annotations"]["flavor.dicot.io/id"] for f in flavors}
    assert found == {"m1.tiny": "1", "m1.small": "2", "m1.medium": "3", "m1.large": "4"}
    image = await bench.client.get(K.DATA_SOURCES, "tiny", "dicot-images")
    await bench.until(lambda: _ready(bench))
    assert image["spec"]["source"]["pvc"]["name"] == "tiny"
    kubevirt = await bench.client.get(K.KUBEVIRTS, "kubevirt", "kubevirt")
    assert kubevirt["status"]["phase"] == "Deployed"
    subnet = await bench.until_status(K.KUBEOVN_SUBNETS, "external", lambda s: "v4availableIPs" in s)
    assert subnet["spec"]["cidrBlock"] == "172.24.4.0/24"
    assert len((await bench.client.list(K.NODES))[0]) == 3


async def _ready(bench: Bench) -> bool:
    image = await bench.client.get(K.DATA_SOURCES, "tiny", "dicot-images")
    return "is ready to be consumed" in str(image.get("status"))


def test_every_custom_resource_is_defined_once() -> None:
    names = [one["metadata"]["name"] for one in crds.definitions()]
    assert len(names) == len(set(names))


async def test_roles_are_kubevirts(bench: Bench) -> None:
    bench.cluster.add_user("ed")
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "ed"}}
    binding["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    binding["subjects"] = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ed"}]
    await bench.client.create(K.ROLE_BINDINGS, binding, NAMESPACE)
    editor = bench.client.acting_as(Actor("ed"))
    await bench.until(lambda: _listed(editor), "the right to list machines")  # a real authoriser learns from a watch
    body = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "vm"}, "spec": machine()}
    await editor.create(K.VIRTUAL_MACHINES, body, NAMESPACE)
    await bench.until_printable("vm", "Running")
    await editor.call("PUT", VMI_CALLS.path(NAMESPACE, "vm", "pause"))
    with pytest.raises(Forbidden):
        await editor.call("PUT", K.VIRTUAL_MACHINE_CALLS.path(NAMESPACE, "vm", "migrate"))
    assert (await editor.list(K.CLUSTER_INSTANCETYPES))[0]
    with pytest.raises(Invalid, match="update of VMI object is restricted"):
        await editor.patch(K.VIRTUAL_MACHINE_INSTANCES, "vm", {"spec": {"hostname": "x"}}, NAMESPACE)


async def _listed(client: Client) -> bool:
    with contextlib.suppress(Forbidden):
        await client.list(K.VIRTUAL_MACHINES, NAMESPACE)
        return True
    return False


async def test_addresses_are_kept_over_a_restart_and_floating_ones_follow(bench: Bench) -> None:
    subnet = {"cidrBlock": "10.9.0.0/24", "vpc": "ovn-cluster"}
    await bench.create(K.KUBEOVN_SUBNETS, "red", subnet)
    await bench.until_status(K.KUBEOVN_SUBNETS, "red", lambda s: s.get("v4availableIPs") == 253)
    spec = machine()
    spec["template"]["metadata"]["annotations"] = {
        "ovn.kubernetes.io/logical_switch": "red",
        "ovn.kubernetes.io/ip_address": "10.9.0.77",
        "ovn.kubernetes.io/mac_address": "fa:16:3e:00:00:77",
    }
    await bench.create(K.VIRTUAL_MACHINES, "vm", spec)
    for _ in range(2):
        await bench.until_printable("vm", "Running")
        vmi = await bench.get(K.VIRTUAL_MACHINE_INSTANCES, "vm")
        nic = vmi["status"]["interfaces"][0]
        assert (nic["ipAddress"], nic["mac"]) == ("10.9.0.77", "fa:16:3e:00:00:77")
        await bench.call("vm", "restart")
    await bench.create(K.KUBEOVN_EIPS, "eip", {"externalSubnet": "external", "type": "nat"})
    await bench.create(K.KUBEOVN_FIPS, "fip", {"ovnEip": "eip", "ipType": "ip", "ipName": f"vm.{NAMESPACE}"})
    fip = await bench.until_status(K.KUBEOVN_FIPS, "fip", lambda s: s.get("ready"))
    assert (fip["status"]["v4Ip"], fip["status"]["v4Eip"]) == ("10.9.0.77", "172.24.4.10")
    await bench.client.delete(K.VIRTUAL_MACHINES, "vm", NAMESPACE)
    await bench.until_gone(K.KUBEOVN_IPS, f"vm.{NAMESPACE}")


async def test_the_console_the_log_and_the_screen(bench: Bench) -> None:
    spec = machine()
    spec["template"]["spec"]["hostname"] = "web-1"
    await bench.create(K.VIRTUAL_MACHINES, "vm", spec)
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "AgentConnected" in str(s))
    (pod,), _ = await bench.client.list(K.PODS, NAMESPACE, labels="vm.kubevirt.io/name=vm")
    path = K.PODS.path(NAMESPACE, pod["metadata"]["name"], "log")
    log = await bench.client.text(path, {"container": "guest-console-log"})
    assert "Linux version" in log
    assert "Hostname set to <web-1>" in log
    assert "END SSH HOST KEY FINGERPRINTS" in log
    last = await bench.client.text(path, {"container": "guest-console-log", "tailLines": "2"})
    assert last == "Debian GNU/Linux 12 web-1 ttyS0\n\n"
    await bench.call("vm", "reset", kind=VMI_CALLS)
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "AgentConnected" in str(s))
    again = await bench.client.text(path, {"container": "guest-console-log"})
    assert again.count("Linux version") == 2
    screen = VMI_CALLS.path(NAMESPACE, "vm", "vnc")
    async with bench.client.websocket(screen, protocols=("plain.kubevirt.io",)) as socket:
        assert socket.protocol == "plain.kubevirt.io"
        assert await socket.receive_bytes() == b"RFB 003.008\n"
        await socket.send_bytes(b"RFB 003.008\n")
        assert await socket.receive_bytes() == b"\x01\x01"
    async with bench.client.websocket(VMI_CALLS.path(NAMESPACE, "vm", "console")) as socket:
        assert b"login: " in await socket.receive_bytes()
        await socket.send_bytes(b"poweroff\n")
    await bench.until_stopped("vm")


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    first = await Bench.start(tmp_path, ManualClock(time.time()))
    spec = machine_with_disk("disk", dataVolumeTemplates=[from_image("disk", "1Mi")])
    await first.create(K.VIRTUAL_MACHINES, "vm", spec)

    async def provisioning() -> bool:
        await first.cluster.clock.advance(0.01)  # type: ignore[attr-defined]
        found = await first.get(K.VIRTUAL_MACHINES, "vm")
        return (found.get("status") or {}).get("printableStatus") == "Provisioning"

    await first.until(provisioning)
    before = await first.get(K.DATA_VOLUMES, "disk")
    assert (before.get("status") or {}).get("phase") != "Succeeded"
    await first.stop()
    second = await Bench.start(tmp_path, ScaledClock(0.0))
    await second.until_printable("vm", "Running")
    config = await second.get(K.CDI_CONFIGS, "config")
    assert config["status"]["uploadProxyURL"] == second.controllers.data_url
    claim = await second.get(K.PERSISTENT_VOLUME_CLAIMS, "disk")
    disk = second.controllers.machinery.disks.path(claim["metadata"]["uid"])
    await second.stop()
    assert disk.read_bytes()[:4] == b"This"


async def test_nothing_happens_while_the_clock_stands_still(tmp_path: Path) -> None:
    clock = ManualClock(time.time())
    bench = await Bench.start(tmp_path, clock)
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())

    async def sleeps() -> bool:
        return clock.waiting > 0

    await bench.until(sleeps)
    assert "status" not in await bench.get(K.VIRTUAL_MACHINES, "vm")
    async with asyncio.timeout(10):
        while (await bench.get(K.VIRTUAL_MACHINES, "vm")).get("status", {}).get("printableStatus") != "Running":
            await clock.advance(0.05)
    await bench.stop()


async def test_a_boot_takes_about_two_seconds_of_real_time(tmp_path: Path) -> None:
    bench = await Bench.start(tmp_path, RealClock())
    began = time.monotonic()
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: s.get("ready"))
    took_s = time.monotonic() - began
    await bench.stop()
    assert 0.8 < took_s < 6.0


async def test_dropped_and_expired_watches_do_no_harm(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "a", machine())
    await bench.until_printable("a", "Running")
    bench.cluster.faults.expire()
    bench.cluster.faults.drop_watches()
    await bench.create(K.VIRTUAL_MACHINES, "b", machine())
    await bench.until_printable("b", "Running")
    await bench.client.delete(K.VIRTUAL_MACHINES, "a", NAMESPACE)
    await bench.until_gone(K.VIRTUAL_MACHINES, "a")


async def test_a_quota_on_pods_keeps_a_machine_from_starting_and_says_so(bench: Bench) -> None:
    await bench.create(K.RESOURCE_QUOTAS, "few", {"hard": {"pods": "0"}})
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    vm = await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "exceeded quota" in str(s))
    assert vm["status"]["printableStatus"] == "Starting"
    await bench.client.delete(K.RESOURCE_QUOTAS, "few", NAMESPACE)
    await bench.until_printable("vm", "Running")


async def test_a_link_goes_down_while_the_guest_runs(bench: Bench) -> None:
    await bench.create(K.VIRTUAL_MACHINES, "vm", machine())
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "AgentConnected" in str(s))
    nic = {"name": "default", "masquerade": {}, "state": "down"}
    patch = {"spec": {"template": {"spec": {"domain": {"devices": {"interfaces": [nic]}}}}}}
    await bench.client.patch(K.VIRTUAL_MACHINES, "vm", patch, NAMESPACE)
    await bench.until_status(K.VIRTUAL_MACHINE_INSTANCES, "vm", lambda s: s["interfaces"][0]["linkState"] == "down")
    vm = await bench.get(K.VIRTUAL_MACHINES, "vm")
    assert "RestartRequired" not in str(vm["status"])
