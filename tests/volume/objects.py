"""Kubernetes objects for tests: a claim, its DataVolume, machines that use it."""

from typing import Any

from dicot import names
from dicot.volume import spelling
from dicot.volume.volumes.record import Use, Volume

Json = dict[str, Any]

MADE = "2026-11-22T06:46:05Z"
ID = "f18789d5-7107-461e-bd8c-ccc1797e8c67"
SERVER = "cab5cd0d-4841-4bdc-ac7d-8c6e061330f6"


def meta(name: str = "data", **more: Any) -> Json:
    return {"name": name, "namespace": "team", "uid": f"uid-{name}", "creationTimestamp": MADE, **more}


def claim(
    phase: str = "Bound", *, annotations: Json | None = None, labels: Json | None = None, metadata: Json | None = None,
    mode: str = "Filesystem", requested: str = "1Gi", capacity: str = "", conditions: tuple[Json, ...] = (),
    status: Json | None = None,
) -> Json:  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta(annotations=annotations or {}, labels=labels or {}, **(metadata or {})),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "volumeMode": mode,
            "storageClassName": "fast",
            "resources": {"requests": {"storage": requested}},
        },
        "status": {
            "phase": phase,
            "capacity": {"storage": capacity or requested},
            "conditions": list(conditions),
            **(status or {}),
        },
    }


def data_volume(
    phase: str = "Succeeded",
    source: Json | None = None,
    *,
    conditions: tuple[Json, ...] = (),
    metadata: Json | None = None,
) -> Json:
    filled = source or {"source": {"blank": {}}}
    status: Json = {"conditions": list(conditions)}
    if phase:
        status["phase"] = phase
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": meta(**(metadata or {})),
        "spec": {**filled, "storage": {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast"}},
        "status": status,
    }


def condition(kind: str, status: str, reason: str = "") -> Json:
    return {"type": kind, "status": status, "reason": reason}


def machine(*disks: Json) -> Json:
    found = disks or ({"name": "data", "disk": {"bus": "virtio"}},)
    return {
        "kind": "VirtualMachine",
        "metadata": meta("web", labels={names.id_label("server"): SERVER}),
        "spec": {
            "template": {
                "spec": {
                    "domain": {"devices": {"disks": list(found)}},
                    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                }
            }
        },
    }


def running(*reports: Json, phase: str = "Running") -> Json:
    return {
        "kind": "VirtualMachineInstance",
        "metadata": meta("web"),
        "spec": {"volumes": []},
        "status": {"phase": phase, "nodeName": "node-1", "volumeStatus": list(reports)},
    }


def report(**more: Any) -> Json:
    return {"name": "data", "persistentVolumeClaimInfo": {"claimName": "data"}, **more}


def use(vm: Json | None, vmi: Json | None) -> Use:
    return Use(SERVER, "data", vm, vmi)


def volume(
    of: Json, plan: Json | None = None, *uses: Use,
    snapshots: tuple[Json, ...] = (), binding: str = "Immediate",
) -> Volume:  # fmt: skip
    storage_class = {
        "metadata": {"name": "fast", "uid": "type-1"}, "volumeBindingMode": binding, "provisioner": "csi.example"
    }  # fmt: skip
    size = spelling.size_gib(of, plan)
    return Volume(names.identity_of(of, "volume"), of, plan, storage_class, uses, snapshots, size)
