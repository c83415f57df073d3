"""The life of a VirtualMachineExport, as stages: from its source to links that serve the bytes.

Pure. No exporter pod runs: one HTTP server serves every export, inside the cluster and outside alike.
"""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from dicot.devcluster.controllers.export_source import Judged, is_disk, judge
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    get_condition,
    moment,
    name_of,
    namespace_of,
    owner_reference,
    stamp,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Create, Delete, Effect, Event, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import AlreadyExists
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS, SECRETS, SERVICES, VM_EXPORTS

CONTROLLER = "export-controller"
DEFAULT_TTL_S = 2 * 3600
_DURATION = re.compile(r"(\d+)([hms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}


def ttl_s(export: Json) -> int:
    """Read spec.ttlDuration ("10m", "1h30m0s") in seconds."""
    parts = _DURATION.findall(export["spec"].get("ttlDuration") or "")
    return sum(int(count) * _SECONDS[unit] for count, unit in parts) or DEFAULT_TTL_S


def token_secret(export: Json) -> str:
    """Name the Secret with the token: the one asked for, else one made for the export."""
    return export["spec"].get("tokenSecretRef") or f"export-token-{name_of(export)}"


def _state(export: Json) -> Json:
    return export.get("status") or {}


def _phase(export: Json) -> str:
    return str(_state(export).get("phase", ""))


def _shown(export: Json) -> tuple[str, str, str]:
    ready, source = get_condition(export, "Ready"), get_condition(export, "PVCReady")
    source = source or get_condition(export, "VolumesCreated")
    return ready.get("reason", ""), source.get("reason", ""), _phase(export)


def _wanted(judged: Judged, ready: str, phase: str) -> tuple[str, str, str]:
    return ready, judged.source[2] if judged.source is not None else "", phase


def _told(export: Json, world: World, now: datetime, judged: Judged, ready: tuple[bool, str, str], phase: str) -> Json:
    value, reason, message = ready
    news = [condition("Ready", value, now, reason, message)]
    if judged.source is not None:
        type_, source_value, source_reason, source_message = judged.source
        news.append(condition(type_, source_value, now, source_reason, source_message))
    made = moment(export["metadata"]["creationTimestamp"])
    changes: dict[str, Any] = {
        "phase": phase,
        "conditions": with_conditions(_state(export).get("conditions") or [], *news),
        "links": {},
        "serviceName": f"virt-export-{name_of(export)}",
        "ttlExpirationTime": stamp(made + timedelta(seconds=ttl_s(export))),
    }
    if export["spec"].get("tokenSecretRef") or judged.available:
        changes["tokenSecretRef"] = token_secret(export)
    if judged.machine is not None:
        changes["virtualMachineName"] = judged.machine
    # An empty object does not empty another in a merge patch.
    changes["links"] = dict.fromkeys(_state(export).get("links") or {})
    return changes


def _unserved(export: Json, _world: World) -> bool:
    return not deleting(export) and not export.get("status")


def _begin(export: Json, world: World, now: datetime) -> list[Effect]:
    name, namespace = f"virt-export-{name_of(export)}", namespace_of(export)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": "virt-exporter"},
            "ownerReferences": [owner_reference(VM_EXPORTS, export)],
        },
        "spec": {
            "ports": [{"name": "export", "port": 443, "protocol": "TCP", "targetPort": 8443}],
            "selector": {"kubevirt.io.virt-export-service": name_of(export)},
        },
    }
    made = Event("ServiceCreated", f"Created service {namespace}/{name}", component=CONTROLLER)
    judged = judge(export, world)
    return [Create(SERVICES, service), made, *_first(export, world, now, judged)]


def _first(export: Json, world: World, now: datetime, judged: Judged) -> list[Effect]:
    """Tell the first state: what is waited for, or that the export is being made."""
    if not judged.available:
        return _say_waiting(export, world, now)
    effects: list[Effect] = []
    if not export["spec"].get("tokenSecretRef"):
        secret = f"{namespace_of(export)}/{token_secret(export)}"
        effects += [Run(_make_secret(export)), Event("SecretCreated", f"Created default secret {secret}",
                                                     component=CONTROLLER)]  # fmt: skip
    return [*effects, *status(_told(export, world, now, judged, (False, "PodPending", ""), "Pending"))]


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


def _lacks_claims(export: Json, world: World) -> bool:
    return not deleting(export) and bool(export.get("status")) and bool(judge(export, world).wanted)


def _make_claims(export: Json, world: World, _now: datetime) -> list[Effect]:
    return [Create(PERSISTENT_VOLUME_CLAIMS, body) for body in judge(export, world).wanted]


def _must_wait(export: Json, world: World) -> bool:
    if deleting(export) or not export.get("status"):
        return False
    judged = judge(export, world)
    return not judged.available and _shown(export) != _wanted(judged, judged.ready[0], judged.phase)


def _say_waiting(export: Json, world: World, now: datetime) -> list[Effect]:
    judged = judge(export, world)
    return status(_told(export, world, now, judged, (False, *judged.ready), judged.phase))


def _becomes(export: Json, world: World, *, after: tuple[str, ...]) -> bool:
    """Say whether the source is there while the export shows one of these reasons."""
    if deleting(export) or not export.get("status") or not judge(export, world).available:
        return False
    return get_condition(export, "Ready").get("reason") in after


def _may_begin(export: Json, world: World) -> bool:
    waiting = get_condition(export, "Ready").get("reason") not in ("PodPending", "Unknown", "PodReady")
    return not deleting(export) and bool(export.get("status")) and waiting and judge(export, world).available


def _go_on(export: Json, world: World, now: datetime) -> list[Effect]:
    return _first(export, world, now, judge(export, world))


def _start(export: Json, world: World, now: datetime) -> list[Effect]:
    return status(_told(export, world, now, judge(export, world), (False, "Unknown", ""), "Pending"))


def _serve(export: Json, world: World, now: datetime) -> list[Effect]:
    judged = judge(export, world)
    changes = _told(export, world, now, judged, (True, "PodReady", ""), "Ready")
    name, namespace = name_of(export), namespace_of(export)
    base = f"/api/export.kubevirt.io/v1/namespaces/{namespace}/virtualmachineexports/{name}"
    disks = {claim: is_disk(claim, namespace, world) for claim in judged.claims}

    async def publish(machinery: Machinery) -> None:
        at = machinery.data_url + base
        links = {where: _links(at, where, disks, judged.prefix) for where in ("internal", "external")}
        body = {"status": {**changes, "links": links}}
        written = await machinery.client.patch(VM_EXPORTS, name, body, namespace, subresource="status")
        machinery.world.learn(VM_EXPORTS, written)

    return [Run(publish)]


def _links(base: str, where: str, disks: dict[str, bool], prefix: str) -> Json:
    secret = {"type": "auth-header-secret", "url": f"{base}/{where}/manifests/secret"}
    volumes = [
        {"name": name.removeprefix(prefix), "formats": _formats(f"{base}/volumes/{name}", disk=disk)}
        for name, disk in disks.items()
    ]
    return {"cert": "", "manifests": [secret], "volumes": volumes}


def _formats(at: str, *, disk: bool) -> list[Json]:
    if disk:
        return [{"format": "raw", "url": f"{at}/disk.img"}, {"format": "gzip", "url": f"{at}/disk.img.gz"}]
    return [{"format": "dir", "url": f"{at}/dir"}, {"format": "tar.gz", "url": f"{at}/disk.tar.gz"}]


def _end(export: Json) -> datetime:
    return moment(export["status"]["ttlExpirationTime"])


def _expire(export: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Delete(VM_EXPORTS, name_of(export), namespace_of(export), uid_of(export))]


STAGES: Stages = (
    Stage("new: make its service", _unserved, _begin, after_s=0.02),
    Stage("claims of a snapshot are missing: make them", _lacks_claims, _make_claims),
    Stage("its source is not there: say why", _must_wait, _say_waiting),
    Stage("its source is there: begin", _may_begin, _go_on),
    Stage("it begins", lambda e, w: _becomes(e, w, after=("PodPending",)), _start, after_s=0.05),
    Stage("it is about to be served", lambda e, w: _becomes(e, w, after=("Unknown",)), _serve, after_s=0.05),
    Stage("its time is over", lambda e, _: not deleting(e) and bool(e.get("status")), _expire, until=_end),
)
