"""What the development cluster is born with: nodes, storage, networks, flavors, roles, and one small public image.

Speaks only the Kubernetes API, so that it can also furnish a real kube-apiserver. Puts back what is missing.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from dicot.devcluster import crds, seed_roles
from dicot.kube import Json
from dicot.kube.client import Client
from dicot.kube.errors import AlreadyExists, NotFound
from dicot.kube.kinds import (
    CUSTOM_RESOURCE_DEFINITIONS,
    DATA_SOURCES,
    DATA_VOLUMES,
    KUBEVIRTS,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    Kind,
)

IMAGES = "dicot-images"
IMAGE = "tiny"
NAMESPACES = ("kubevirt", "cdi", "dicot-system", IMAGES)
NODES = (("node01", "zone-a"), ("node02", "zone-b"), ("node03", "zone-a"))
FLAVORS = (
    ("m1.tiny", "1", 1, 512, 1),
    ("m1.small", "2", 1, 2048, 20),
    ("m1.medium", "3", 2, 4096, 40),
    ("m1.large", "4", 4, 8192, 80),
)
PROVISIONER = "csi.devcluster.dicot.io"
SNAPSHOT_CLASS = "fast-snapshots"
_SHARED_BLOCK = {"accessModes": ["ReadWriteMany"], "volumeMode": "Block"}
_BLOCK = {"accessModes": ["ReadWriteOnce"], "volumeMode": "Block"}
_FILES = {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}
TOGETHER_MOST = 16
SERVED_WITHIN_S = 60.0
_POLL_S = 0.05
GATES: tuple[str, ...] = ()
IMAGE_SIZE = "1Mi"
IMAGE_BYTES = 1024 * 1024


def _object(api_version: str, kind: str, name: str, namespace: str = "", **parts: Any) -> Json:
    metadata: Json = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    for key in ("labels", "annotations"):
        if key in parts:
            metadata[key] = parts.pop(key)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def node(name: str, zone: str, index: int, now: str) -> Json:
    """Write a node that can run virtual machines."""
    size = {"cpu": "128", "memory": "512Gi", "pods": "5000", "devices.kubevirt.io/kvm": "1k"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": now}
    return _object(
        "v1", "Node", name,
        labels={
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubevirt.io/schedulable": "true",
            "cpu-model.node.kubevirt.io/Skylake-Server": "true",
            "host-model-cpu.node.kubevirt.io/Skylake-Server": "true",
            "topology.kubernetes.io/region": "region-one",
            "topology.kubernetes.io/zone": zone,
        },
        annotations={"kubevirt.io/heartbeat": now},
        spec={},
        status={
            "addresses": [
                {"type": "InternalIP", "address": f"192.168.100.{10 + index}"},
                {"type": "Hostname", "address": name},
            ],
            "allocatable": size,
            "capacity": size,
            "conditions": [ready],
            "nodeInfo": {
                "architecture": "amd64", "kernelVersion": "6.1.0-28-amd64", "kubeletVersion": "v1.36.2",
                "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)",
                "containerRuntimeVersion": "containerd://2.1.4", "bootID": "", "machineID": name, "systemUUID": name,
                "kubeProxyVersion": "",
            },
        },
    )  # fmt: skip


def flavor(name: str, id_: str, vcpus: int, memory_mib: int, disk_gib: int) -> Json:
    """Write a cluster instancetype that is also a flavor."""
    notes = {"flavor.dicot.io/id": id_, "flavor.dicot.io/root-gb": str(disk_gib)}
    spec = {"cpu": {"guest": vcpus}, "memory": {"guest": f"{memory_mib}Mi"}}
    return _object(
        "instancetype.kubevirt.io/v1beta1", "VirtualMachineClusterInstancetype", name, annotations=notes, spec=spec
    )


def storage() -> list[Json]:
    """Write two StorageClasses (one binds at once, one at first use), their profiles, and the snapshot class."""
    defaults = {
        "storageclass.kubernetes.io/is-default-class": "true",
        "storageclass.kubevirt.io/is-default-virt-class": "true",
    }
    result: list[Json] = []
    none: dict[str, str] = {}
    for name, mode, sets, notes in (
        ("fast", "Immediate", [_SHARED_BLOCK, _BLOCK, _FILES], defaults),
        ("local", "WaitForFirstConsumer", [_FILES, _BLOCK], none),
    ):
        result.append(
            _object(
                "storage.k8s.io/v1", "StorageClass", name, annotations=notes, provisioner=PROVISIONER,
                reclaimPolicy="Delete", volumeBindingMode=mode, allowVolumeExpansion=True,
            )
        )  # fmt: skip
        profile = {
            "claimPropertySets": sets,
            "cloneStrategy": "snapshot",
            "dataImportCronSourceFormat": "snapshot",
            "provisioner": PROVISIONER,
            "snapshotClass": SNAPSHOT_CLASS,
            "storageClass": name,
        }
        result.append(_object("cdi.kubevirt.io/v1beta1", "StorageProfile", name, spec={}, status=profile))
    result.append(
        _object(
            "snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", SNAPSHOT_CLASS, driver=PROVISIONER,
            deletionPolicy="Delete", annotations={"snapshot.storage.kubernetes.io/is-default-class": "true"},
        )
    )  # fmt: skip
    return result


def operators(data_url: str) -> list[Json]:
    """Write the custom resources by which KubeVirt and CDI are configured."""
    configuration: Json = {
        "developerConfiguration": {"featureGates": list(GATES)},
        "vmRolloutStrategy": "LiveUpdate",
        "permittedHostDevices": {},
    }
    available = [{"type": "Available", "status": "True", "reason": "AllComponentsReady",
                  "message": "All components are ready."}]  # fmt: skip
    kubevirt = _object(
        "kubevirt.io/v1", "KubeVirt", "kubevirt", "kubevirt",
        spec={
            "configuration": configuration,
            "imagePullPolicy": "IfNotPresent",
            "workloadUpdateStrategy": {"workloadUpdateMethods": ["LiveMigrate"]},
        },
        status={
            "phase": "Deployed", "observedKubeVirtVersion": "v1.9.0", "targetKubeVirtVersion": "v1.9.0",
            "operatorVersion": "v1.9.0", "defaultArchitecture": "amd64", "conditions": available,
        },
    )  # fmt: skip
    cdi = _object(
        "cdi.kubevirt.io/v1beta1", "CDI", "cdi", spec={"config": {"featureGates": ["HonorWaitForFirstConsumer"]}},
        status={"phase": "Deployed", "observedVersion": "v1.66.0", "conditions": available},
    )  # fmt: skip
    config = _object(
        "cdi.kubevirt.io/v1beta1", "CDIConfig", "config", spec={"featureGates": ["HonorWaitForFirstConsumer"]},
        status={
            "filesystemOverhead": {"global": "0.06", "storageClass": {"fast": "0.06", "local": "0.06"}},
            "uploadProxyURL": data_url,
            "scratchSpaceStorageClass": "fast",
        },
    )  # fmt: skip
    return [kubevirt, cdi, config]


def networks() -> list[Json]:
    """Write the default Vpc and Subnet, and the underlay Subnet that floating IPs are taken from."""
    vlan = _object("kubeovn.io/v1", "Vlan", "external", spec={"id": 0, "provider": "external"})
    provider = _object("kubeovn.io/v1", "ProviderNetwork", "external", spec={"defaultInterface": "eth1"})
    pods = {
        "cidrBlock": "10.244.0.0/16", "gateway": "10.244.0.1", "excludeIps": ["10.244.0.1"], "protocol": "IPv4",
        "provider": "ovn", "vpc": "ovn-cluster", "default": True, "natOutgoing": True, "gatewayType": "distributed",
    }  # fmt: skip
    outside = {
        "cidrBlock": "172.24.4.0/24", "gateway": "172.24.4.1", "excludeIps": ["172.24.4.1..172.24.4.9"],
        "protocol": "IPv4", "provider": "ovn", "vpc": "ovn-cluster", "vlan": "external", "natOutgoing": False,
    }  # fmt: skip
    return [
        provider,
        vlan,
        _object("kubeovn.io/v1", "Vpc", "ovn-cluster", spec={}),
        _object("kubeovn.io/v1", "Subnet", "ovn-default", spec=pods),
        _object("kubeovn.io/v1", "Subnet", "external", spec=outside, labels={"dicot.io/external": "true"}),
    ]


def image_volume(now: str) -> Json:
    """Write the public image's DataVolume, as it looks after an upload."""

    def one(kind: str, value: str, reason: str = "") -> Json:
        body = {"type": kind, "status": value, "lastHeartbeatTime": now, "lastTransitionTime": now}
        return {**body, "reason": reason} if reason else body

    conditions = [one("Bound", "True", "Bound"), one("Ready", "True"), one("Running", "False", "Completed")]
    return _object(
        "cdi.kubevirt.io/v1beta1", "DataVolume", IMAGE, IMAGES,
        spec={"source": {"upload": {}}, "storage": {"resources": {"requests": {"storage": IMAGE_SIZE}},
                                                    "storageClassName": "fast"}},
        annotations={"cdi.kubevirt.io/storage.bind.immediate.requested": "",
                     "cdi.kubevirt.io/storage.usePopulator": "false"},
        status={"phase": "Succeeded", "progress": "N/A", "claimName": IMAGE, "conditions": conditions},
    )  # fmt: skip


def image_claim(volume: Json) -> Json:
    """Write the claim that holds the public image, as it looks when it is bound."""
    owner = {
        "apiVersion": volume["apiVersion"], "kind": volume["kind"], "name": IMAGE, "uid": volume["metadata"]["uid"],
        "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip
    notes = {
        "cdi.kubevirt.io/createdForDataVolume": volume["metadata"]["uid"],
        "cdi.kubevirt.io/storage.contentType": "kubevirt",
        "cdi.kubevirt.io/storage.pod.phase": "Succeeded",
        "pv.kubernetes.io/bind-completed": "yes",
    }
    claim = _object(
        "v1", "PersistentVolumeClaim", IMAGE, IMAGES, annotations=notes,
        labels={"app": "containerized-data-importer", "app.kubernetes.io/managed-by": "cdi-controller"},
        spec={**_SHARED_BLOCK, "resources": {"requests": {"storage": IMAGE_SIZE}}, "storageClassName": "fast",
              "volumeName": f"pv-{IMAGES}-{IMAGE}"},
        status={"phase": "Bound", "accessModes": ["ReadWriteMany"], "capacity": {"storage": IMAGE_SIZE}},
    )  # fmt: skip
    claim["metadata"]["ownerReferences"] = [owner]
    return claim


def image_persistent_volume(claim: Json) -> Json:
    """Write the volume behind the claim."""
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": IMAGE, "namespace": IMAGES}
    return _object(
        "v1", "PersistentVolume", claim["spec"]["volumeName"],
        annotations={"pv.kubernetes.io/provisioned-by": PROVISIONER},
        spec={
            **_SHARED_BLOCK,
            "capacity": {"storage": IMAGE_SIZE},
            "claimRef": {**reference, "uid": claim["metadata"]["uid"]},
            "csi": {"driver": PROVISIONER, "volumeHandle": claim["metadata"]["uid"]},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": "fast",
        },
        status={"phase": "Bound"},
    )  # fmt: skip


def image_source(now: str) -> Json:
    """Write the DataSource that names the public image, ready: whoever connects first may boot from it."""
    source = {"source": {"pvc": {"namespace": IMAGES, "name": IMAGE}}}
    ready = {
        "type": "Ready", "status": "True", "reason": "Ready", "message": "DataSource is ready to be consumed",
        "lastHeartbeatTime": now, "lastTransitionTime": now,
    }  # fmt: skip
    status = {**source, "conditions": [ready]}
    return _object(DATA_SOURCES.api_version, "DataSource", IMAGE, IMAGES, spec=source, status=status)


def image_bytes() -> bytes:
    """Make the public image: a boot sector that only says what it is, and zeros."""
    text = b"This is the development cluster's test image: there is nothing to boot.\r\n"
    return text.ljust(510, b"\0") + b"\x55\xaa" + bytes(IMAGE_BYTES - 512)


def objects(data_url: str, now: str) -> list[Json]:
    """Write everything but the CustomResourceDefinitions, in the order in which it can be created."""
    return [
        *(_object("v1", "Namespace", name) for name in NAMESPACES),
        *(node(name, zone, index, now) for index, (name, zone) in enumerate(NODES)),
        *storage(),
        *seed_roles.roles(),
        *seed_roles.bindings(IMAGES),
        *(flavor(*one) for one in FLAVORS),
        *networks(),
        *operators(data_url),
    ]


async def install(client: Client, *, data_url: str, now: str, fill: Callable[[str, bytes], object]) -> None:
    """Create what is missing, statuses too, and KubeVirt last: it says that nothing is missing any more.

    `now` is the heartbeat of the nodes (RFC 3339); `fill(uid, data)` puts the image's bytes where claims are kept.
    """
    room = asyncio.Semaphore(TOGETHER_MOST)
    await asyncio.gather(*(_define(client, room, one) for one in crds.definitions()))
    pending = objects(data_url, now)
    first = [one for one in pending if one["kind"] == "Namespace"]
    last = [one for one in pending if one["kind"] == KUBEVIRTS.kind]
    rest = [one for one in pending if one not in first and one not in last]
    for group in (first, rest):
        await asyncio.gather(*(_create(client, room, kind_of(one), one) for one in group))
    volume = await _create(client, room, DATA_VOLUMES, image_volume(now))
    claim = await _create(client, room, PERSISTENT_VOLUME_CLAIMS, image_claim(volume))
    await _create(client, room, PERSISTENT_VOLUMES, image_persistent_volume(claim))
    await _create(client, room, DATA_SOURCES, image_source(now))
    fill(claim["metadata"]["uid"], image_bytes())
    for one in last:
        await _create(client, room, kind_of(one), one)


async def _define(client: Client, room: asyncio.Semaphore, definition: Json) -> None:
    """Create a definition, and wait until its objects can be made."""
    await _create(client, room, CUSTOM_RESOURCE_DEFINITIONS, definition)
    spec = definition["spec"]
    kind = Kind(spec["group"], spec["versions"][0]["name"], spec["names"]["plural"], spec["names"]["kind"])
    deadline = time.monotonic() + SERVED_WITHIN_S
    while True:
        try:
            await client.call("GET", kind.path(), params={"limit": 1})
            return
        except NotFound:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(_POLL_S)


async def renew(client: Client, *, data_url: str) -> None:
    """Tell where uploads are served now: the address may differ after a restart."""
    config = Kind("cdi.kubevirt.io", "v1beta1", "cdiconfigs", "CDIConfig", namespaced=False)
    await client.patch(config, "config", {"status": {"uploadProxyURL": data_url}}, subresource="status")


async def installed(client: Client) -> bool:
    """Say whether the cluster has been furnished before, and wholly: its KubeVirt is there."""
    items, _ = await client.list(CUSTOM_RESOURCE_DEFINITIONS, fields=f"metadata.name={KUBEVIRTS.full_name}")
    if not items:
        return False
    found, _ = await client.list(KUBEVIRTS)
    return bool(found)


async def _create(client: Client, room: asyncio.Semaphore, kind: Kind, body: Json) -> Json:
    namespace, name = body["metadata"].get("namespace"), body["metadata"]["name"]
    async with room:
        try:
            made = await client.create(kind, body, namespace)
        except AlreadyExists:
            made = await client.get(kind, name, namespace)
        if "status" in body:
            made = await client.patch(kind, name, {"status": body["status"]}, namespace, subresource="status")
        return made


_PLURALS = {one.kind: one.plural for one in crds.ALL} | {
    "Namespace": "namespaces",
    "Node": "nodes",
    "StorageClass": "storageclasses",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "RoleBinding": "rolebindings",
}


def kind_of(body: Json) -> Kind:
    """Say which kind a manifest of the seed is of."""
    group, _, version = body["apiVersion"].rpartition("/")
    namespaced = "namespace" in body["metadata"]
    return Kind(group, version, _PLURALS[body["kind"]], body["kind"], namespaced=namespaced)
