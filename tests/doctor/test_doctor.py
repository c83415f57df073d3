"""What `dicot doctor` says of a whole cluster, and of one from which something was taken away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dicot import bootstrap, doctor
from dicot.config import Config
from dicot.devcluster.clock import ScaledClock
from dicot.devcluster.server import DevCluster
from dicot.doctor.finding import BAD, WARNING, Finding, version
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import (
    CDI_CONFIGS,
    CDIS,
    CLUSTER_ROLES,
    CUSTOM_RESOURCE_DEFINITIONS,
    KUBEOVN_SUBNETS,
    KUBEVIRTS,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VOLUME_SNAPSHOT_CLASSES,
)
from tests.clusters import Shared
from tests.real_kube.cluster import KubeCluster

Json = dict[str, Any]


@pytest.fixture
async def cluster(shared: Shared | None) -> AsyncIterator[DevCluster | KubeCluster]:
    """A cluster with everything, from which a test may take what it likes."""
    if shared is not None:
        yield shared.cluster
        await shared.rewind()
        return
    dev = DevCluster(clock=ScaledClock(0.0))
    await dev.start()
    yield dev
    await dev.stop()


@pytest.fixture
async def client(cluster: DevCluster | KubeCluster) -> AsyncIterator[Client]:
    client = Client.connect(plain(cluster.url, cluster.token("admin")))
    await bootstrap.run(client, Config())
    yield client
    await client.close()


async def found(client: Client, **settings: Any) -> list[Finding]:
    return [one async for one in doctor.examine(client, msgspec.structs.replace(Config(), **settings))]


async def worst(client: Client, grade: str, **settings: Any) -> list[str]:
    return [one.what for one in await found(client, **settings) if one.grade == grade]


async def test_a_whole_cluster(client: Client):
    every = await found(client)
    assert not [one for one in every if one.grade == BAD]
    assert {one.what for one in every if one.grade == WARNING} == {
        f"feature gate {gate} of KubeVirt is not set" for gate in doctor.machines.GATES
    }
    assert all(one.advice for one in every if one.grade != "ok")
    assert len(every) > 15


async def no_kubevirt(client: Client) -> None:
    for one in (await client.list(KUBEVIRTS))[0]:
        await client.delete(KUBEVIRTS, one["metadata"]["name"], one["metadata"]["namespace"])


async def no_cdi(client: Client) -> None:
    for one in (await client.list(CDIS))[0]:
        await client.delete(CDIS, one["metadata"]["name"])


async def no_definition(client: Client) -> None:
    await client.delete(CUSTOM_RESOURCE_DEFINITIONS, "trusts.identity.dicot.io")


async def older_definition(client: Client) -> None:
    name = "users.identity.dicot.io"
    there = await client.get(CUSTOM_RESOURCE_DEFINITIONS, name)
    del there["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["email"]
    await client.patch(CUSTOM_RESOURCE_DEFINITIONS, name, {"spec": {"versions": there["spec"]["versions"]}})


async def no_account(client: Client) -> None:
    await client.delete(SERVICE_ACCOUNTS, "dicot", "dicot-system")


async def no_image_namespace(client: Client) -> None:
    await client.delete(NAMESPACES, "dicot-images")


async def no_storage(client: Client) -> None:
    for one in (await client.list(STORAGE_CLASSES))[0]:
        await client.delete(STORAGE_CLASSES, one["metadata"]["name"])


async def no_default(client: Client) -> None:
    marks = dict.fromkeys(doctor.storage.DEFAULTS)
    await client.patch(STORAGE_CLASSES, "fast", {"metadata": {"annotations": marks}})


async def no_profile(client: Client) -> None:
    await client.delete(STORAGE_PROFILES, "fast")


async def fewer_rights(client: Client) -> None:
    role = await client.get(CLUSTER_ROLES, "dicot:server")
    left = [rule for rule in role["rules"] if "impersonate" not in rule["verbs"]]
    await client.patch(CLUSTER_ROLES, "dicot:server", {"rules": left})


@pytest.mark.parametrize(
    ("take_away", "said"),
    [
        (no_kubevirt, "KubeVirt is not installed"),
        (no_cdi, "CDI is not installed"),
        (no_definition, "definition trusts.identity.dicot.io: is not installed"),
        (older_definition, "definition users.identity.dicot.io: is of an older Dicot: it does not know spec.email"),
        (no_account, "ServiceAccount dicot-system/dicot does not exist"),
        (no_image_namespace, "namespace dicot-images does not exist"),
        (no_storage, "there is no StorageClass"),
        (no_default, "no StorageClass is the default, of fast, local"),
        (no_profile, "StorageProfile fast does not exist"),
        (fewer_rights, "system:serviceaccount:dicot-system:dicot may not impersonate users"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_what_dicot_cannot_work_without(
    client: Client, take_away: Callable[[Client], Awaitable[None]], said: str
):
    await take_away(client)
    async with asyncio.timeout(60):
        while True:  # what has finalizers is there until they have been heard
            if said in await worst(client, BAD):
                return
            await asyncio.sleep(0.1)


async def test_what_some_things_do_not_work_without(client: Client):
    await client.patch(STORAGE_CLASSES, "fast", {"allowVolumeExpansion": False})
    for one in (await client.list(VOLUME_SNAPSHOT_CLASSES))[0]:
        await client.delete(VOLUME_SNAPSHOT_CLASSES, one["metadata"]["name"])
    await client.delete(KUBEOVN_SUBNETS, "external")
    await client.patch(CDI_CONFIGS, "config", {"spec": {"featureGates": []}})
    said = await worst(client, WARNING)
    assert {
        "volumes of fast cannot be extended",
        "no VolumeSnapshotClass fits StorageClass fast",
        "Kube-OVN has no subnet external",
        "feature gate HonorWaitForFirstConsumer of CDI is not set",
    } <= set(said)


async def test_a_driver_that_is_not_there(client: Client):
    for one in (await client.list(CUSTOM_RESOURCE_DEFINITIONS))[0]:
        if one["spec"]["group"] == KUBEOVN_SUBNETS.group:
            await client.delete(CUSTOM_RESOURCE_DEFINITIONS, one["metadata"]["name"])
    assert "network driver kubeovn: Kube-OVN is not installed" in await worst(client, BAD, network_driver="kubeovn")
    assert "network driver pod: the cluster's own network" in await worst(client, WARNING)


async def test_webhooks_that_do_not_answer(cluster: DevCluster | KubeCluster, client: Client):
    cluster.faults.fail("/virtualmachines$", 500, method="POST")
    cluster.faults.fail("^/apis/subresources.kubevirt.io/v1$", 503)
    said = await worst(client, BAD)
    assert [one for one in said if one.startswith("KubeVirt's webhooks: ")]
    assert [one for one in said if one.startswith("KubeVirt's subresources: ")]


async def test_whoever_may_not_look(cluster: DevCluster | KubeCluster, client: Client):
    """What cannot be looked at is said, and the rest is looked at."""
    nobody = Client.connect(plain(cluster.url, cluster.add_user("nobody")))
    said = await found(nobody)
    await nobody.close()
    assert [one for one in said if one.grade == "ok"], "everyone may ask for the version"
    refused = [one for one in said if one.grade == BAD and "cannot" in one.what]
    assert {one.advice for one in refused} >= {"Run `dicot doctor` with an administrator's kubeconfig."}


async def test_the_command(cluster: DevCluster | KubeCluster, client: Client, tmp_path: Path):
    (tmp_path / "kubeconfig").write_text(json.dumps(cluster.kubeconfig()))
    command = [sys.executable, "-m", "dicot.cli", "doctor"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "kubeconfig")}

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, capture_output=True, env=environment, timeout=120)

    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stdout.decode()
    assert b"ok    network driver kubeovn" in done.stdout
    await no_default(client)
    done = await asyncio.to_thread(run)
    assert done.returncode == 1
    assert b"FAIL  no StorageClass is the default" in done.stdout
    assert b"-> Annotate one with" in done.stdout


@pytest.mark.parametrize(
    ("text", "read"), [("v1.36.2", (1, 36)), ("v1.20.0-rc.1", (1, 20)), ("1.27+", (1, 27)), ("", (0, 0)), ("x", (0, 0))]
)
def test_versions(text: str, read: tuple[int, int]):
    assert version(text) == read
