"""The life of a VirtualMachineExport, as stages: from its source to links that serve the bytes.

Pure. Every volume is offered raw and gzipped; the directory and tar formats of a real KubeVirt are not offered.
"""

import re
import secrets
from datetime import datetime, timedelta

from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.volumes import claims, phase, template_spec
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    moment,
    name_of,
    namespace_of,
    owner_reference,
    stamp,
    uid_of,
)
from dicot.devcluster.controllers.stage import Delete, Effect, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import AlreadyExists
from dicot.kube.kinds import (
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    SECRETS,
    VIRTUAL_MACHINES,
    VM_EXPORTS,
)

DEFAULT_TTL_S = 2 * 3600
_DURATION = re.compile(r"(\d+)([hms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}


def volumes_of(export: Json, world: World) -> list[str] | None:
    """List the claims that are exported; None while the source does not exist."""
    source, namespace = export["spec"]["source"], namespace_of(export)
    if source["kind"] == "PersistentVolumeClaim":
        found = world.get(PERSISTENT_VOLUME_CLAIMS, source["name"], namespace)
        return [source["name"]] if found is not None else None
    machine = world.get(VIRTUAL_MACHINES, source["name"], namespace) if source["kind"] == "VirtualMachine" else None
    return claims(template_spec(machine)) if machine is not None else None


def in_use(claim: str, namespace: str, world: World) -> bool:
    """Say whether a running machine holds the claim."""
    return any(not final(pod) for pod in world.find(PODS, f"claim/{namespace}/{claim}"))


def readiness(export: Json, world: World) -> tuple[bool, str]:
    """Judge the export: (ready, reason)."""
    names = volumes_of(export, world)
    if names is None:
        return False, "NotFound"
    namespace = namespace_of(export)
    found = (world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace) for name in names)
    if any(one is None or phase(one) != "Bound" for one in found):
        return False, "Pending"
    if any(in_use(name, namespace, world) for name in names):
        return False, "InUse"
    return True, "PodReady"


def ttl_s(export: Json) -> int:
    """Read spec.ttlDuration ("10m", "1h30m0s") in seconds."""
    parts = _DURATION.findall(export["spec"].get("ttlDuration") or "")
    return sum(int(count) * _SECONDS[unit] for count, unit in parts) or DEFAULT_TTL_S


def token_secret(export: Json) -> str:
    """Name the Secret with the token: the one asked for, else one made for the export."""
    return export["spec"].get("tokenSecretRef") or f"export-token-{name_of(export)}"


def _born(export: Json, _world: World, now: datetime) -> list[Effect]:
    made = moment(export["metadata"]["creationTimestamp"])
    changes = {
        "phase": "Pending",
        "serviceName": f"virt-export-{name_of(export)}",
        "tokenSecretRef": token_secret(export),
        "ttlExpirationTime": stamp(made + timedelta(seconds=ttl_s(export))),
        "conditions": [condition("Ready", False, now, "Initializing"), condition("PVCReady", False, now, "Unknown")],
    }
    effects: list[Effect] = []
    if not export["spec"].get("tokenSecretRef"):
        effects.append(Run(_make_secret(export)))
    return [*effects, *status(changes)]


def _make_secret(export: Json):  # noqa: ANN202 - the type is Run's
    body: Json = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token_secret(export),
            "namespace": namespace_of(export),
            "ownerReferences": [owner_reference(VM_EXPORTS, export)],
        },
        "stringData": {"token": secrets.token_hex(10)},
    }

    async def action(machinery: Machinery) -> None:
        try:
            await machinery.client.create(SECRETS, body, namespace_of(export))
        except AlreadyExists:
            return

    return action


def _differs(export: Json, world: World) -> bool:
    if deleting(export) or "phase" not in (export.get("status") or {}):
        return False
    ready, reason = readiness(export, world)
    state = export["status"]
    shown = next((c for c in state["conditions"] if c["type"] == "Ready"), {})
    return (shown.get("status") == "True", shown.get("reason")) != (ready, reason)


def _tell(export: Json, world: World, now: datetime) -> list[Effect]:
    ready, reason = readiness(export, world)
    bound = ready or reason == "InUse"
    new = [
        condition("Ready", ready, now, reason),
        condition("PVCReady", bound, now, "PVCBound" if bound else reason),
    ]
    names = volumes_of(export, world) or []
    base = f"/api/export.kubevirt.io/v1/namespaces/{namespace_of(export)}/virtualmachineexports/{name_of(export)}"
    name, namespace = name_of(export), namespace_of(export)

    async def publish(machinery: Machinery) -> None:
        links = _links(machinery.data_url + base, names) if ready else None
        changes = {"phase": "Ready" if ready else "Pending", "conditions": new, "links": links}
        kind = VM_EXPORTS
        written = await machinery.client.patch(kind, name, {"status": changes}, namespace, subresource="status")
        machinery.world.learn(kind, written)

    return [Run(publish)]


def _links(base: str, names: list[str]) -> Json:
    volumes = [
        {
            "name": name,
            "formats": [
                {"format": "raw", "url": f"{base}/volumes/{name}/disk.img"},
                {"format": "gzip", "url": f"{base}/volumes/{name}/disk.img.gz"},
            ],
        }
        for name in names
    ]
    one = {"cert": "", "volumes": volumes}
    return {"internal": one, "external": one}


def _end(export: Json) -> datetime:
    return moment(export["status"]["ttlExpirationTime"])


def _expire(export: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Delete(VM_EXPORTS, name_of(export), namespace_of(export), uid_of(export))]


STAGES: Stages = (
    Stage("new", lambda e, _: not deleting(e) and "phase" not in (e.get("status") or {}), _born, after_s=0.02),
    Stage("its readiness is not told", _differs, _tell, after_s=0.1),
    Stage("its time is over", lambda e, _: not deleting(e), _expire, until=_end),
)
