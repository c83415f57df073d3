"""The life of a DataVolume, as stages (cdi-controller, without populators).

Pure but for imports over HTTP and copies of bytes. The phases follow one track for each kind of source.
"""

from datetime import datetime
from typing import Any

import msgspec

from dicot.devcluster.controllers.cdi import manifest, transfer
from dicot.devcluster.controllers.cdi.manifest import POD_PHASE
from dicot.devcluster.controllers.cdi.source import clone_source, kind_of
from dicot.devcluster.controllers.kubevirt.scheduling import waits_for_consumer
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    annotations,
    deleting,
    get_condition,
    is_true,
    name_of,
    namespace_of,
    owned_by,
    owner_reference,
    size_bytes,
    stamp,
)
from dicot.devcluster.controllers.stage import Change, Create, Effect, Event, Patch, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS

RETRY_FIRST_S = 0.2
RETRY_S = 10.0
RETRY_MOST_S = 300.0
CONTROLLERS = {
    "upload": "datavolume-upload-controller",
    "pvc": "datavolume-pvc-clone-controller",
    "snapshot": "datavolume-snapshot-clone-controller",
}


class Track(msgspec.Struct, frozen=True):
    """The phases of one kind of source, and what its completion is called."""

    phases: tuple[str, ...]
    complete: str
    event: str
    message: str
    progress: str = "100.0%"
    claim_event: tuple[str, str] | None = None


_IMPORT = Track(
    ("PVCBound", "ImportScheduled", "ImportInProgress"),
    "Import Complete", "ImportSucceeded", "Successfully imported into PVC {name}",
    claim_event=("Import Successful", "import-controller"),
)  # fmt: skip
_CLONE = Track(
    ("CloneScheduled", "CloneInProgress"), "Clone Complete", "CloneSucceeded",
    "Successfully cloned from {source} into {namespace}/{name}",
    claim_event=("Clone Complete", "clone-controller"),
)  # fmt: skip
TRACKS = {
    "blank": _IMPORT,
    "http": _IMPORT,
    "registry": _IMPORT,
    "upload": Track(
        ("UploadScheduled", "UploadReady"), "Upload Complete", "UploadSucceeded", "Successfully uploaded into {name}",
        progress="N/A",
    ),
    "pvc": _CLONE,
    "snapshot": _CLONE,
}  # fmt: skip


def controller(volume: Json, world: World) -> str:
    """Name the controller that reports events about the DataVolume."""
    kind = kind_of(volume["spec"], namespace_of(volume), world) or ""
    return CONTROLLERS.get(kind, "datavolume-import-controller")


def claim_of(volume: Json, world: World) -> Json | None:
    """Find the DataVolume's claim."""
    return world.get(PERSISTENT_VOLUME_CLAIMS, name_of(volume), namespace_of(volume))


def track_of(volume: Json, world: World) -> Track | None:
    """Find the track that the DataVolume follows."""
    return TRACKS.get(kind_of(volume["spec"], namespace_of(volume), world) or "")


def conditions(volume: Json, now: datetime, **news: tuple[bool, str, str]) -> list[Json]:
    """Write the three conditions anew: keywords name those that change, as (status, reason, message)."""
    result = []
    for type_ in ("Bound", "Ready", "Running"):
        old = get_condition(volume, type_)
        value, reason, message = news.get(type_.lower(), (False, "", ""))
        if type_.lower() not in news and old:
            result.append(old)
            continue
        text = "True" if value else "False"
        since = old["lastTransitionTime"] if old.get("status") == text else stamp(now)
        body: Json = {"lastHeartbeatTime": stamp(now), "lastTransitionTime": since, "status": text, "type": type_}
        result.append(body | ({"message": message} if message else {}) | ({"reason": reason} if reason else {}))
    return result


def _problem(volume: Json, world: World) -> tuple[str, str] | None:
    """Say why no claim can be made: (reason, message)."""
    source = clone_source(volume["spec"], namespace_of(volume), world)
    if source is not None and source.find(world) is None:
        return "CloneWithoutSource", f"The source {source.kind} {source.name} doesn't exist"
    if kind_of(volume["spec"], namespace_of(volume), world) is None:
        return "CloneWithoutSource", "The DataSource names no source"
    try:
        manifest.shape(volume, world)
    except manifest.Invalid as error:
        return error.reason, error.message
    return None


def _has_problem(volume: Json, world: World) -> bool:
    if deleting(volume) or claim_of(volume, world) is not None or phase(volume) == "Succeeded":
        return False
    problem = _problem(volume, world)
    return problem is not None and get_condition(volume, "Bound").get("message") != problem[1]


def _say_problem(volume: Json, world: World, now: datetime) -> list[Effect]:
    problem = _problem(volume, world)
    if problem is None:
        return []
    value = (False, *problem)
    return status({"conditions": conditions(volume, now, bound=value, ready=value)})


def _lacks_claim(volume: Json, world: World) -> bool:
    if deleting(volume) or claim_of(volume, world) is not None or phase(volume) == "Succeeded":
        return False
    if manifest.PREPOPULATED in annotations(volume):
        return False
    return _problem(volume, world) is None and not _waits_for_source(volume, world)


def _waits_for_source(volume: Json, world: World) -> bool:
    source = clone_source(volume["spec"], namespace_of(volume), world)
    found = source.find(world) if source is not None else None
    if source is None or found is None:
        return False
    if source.kind == "snapshot":
        return not (found.get("status") or {}).get("readyToUse")
    return False


def _make_claim(volume: Json, world: World, _now: datetime) -> list[Effect]:
    note = {"metadata": {"annotations": {"cdi.kubevirt.io/storage.usePopulator": "false"}}}
    return [Change(note), Create(PERSISTENT_VOLUME_CLAIMS, manifest.claim(volume, world))]


def _adoptable(volume: Json, world: World) -> bool:
    claim = claim_of(volume, world)
    return claim is not None and not owned_by(claim, volume) and not deleting(volume)


def _unadopted(volume: Json, world: World) -> bool:
    """Say whether a claim that was there before is not known yet, or one made for the volume not owned yet."""
    claim = claim_of(volume, world)
    if claim is None or not _adoptable(volume, world):
        return False
    return phase(volume) != "Succeeded" or annotations(claim).get(manifest.POPULATED_FOR) == name_of(volume)


def _adopt(volume: Json, world: World, now: datetime) -> list[Effect]:
    """Take a claim that is there already as it is: the DataVolume has nothing to do."""
    bound = (True, "Bound", f"PVC {name_of(volume)} Bound")
    new = conditions(volume, now, bound=bound, ready=(True, "", ""), running=(False, "Completed", ""))
    claim = claim_of(volume, world)
    effects: list[Effect] = []
    if claim is not None and annotations(claim).get(manifest.POPULATED_FOR) == name_of(volume):
        owners = [owner_reference(DATA_VOLUMES, volume)]
        patch = {"metadata": {"ownerReferences": owners}}
        effects.append(Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), patch))
    return effects + status({"phase": "Succeeded", "claimName": name_of(volume), "progress": "N/A", "conditions": new})


def _unbound(volume: Json, world: World) -> Json | None:
    """Write the status while the claim is not bound; None if it is."""
    claim = claim_of(volume, world)
    if claim is None or phase(claim) == "Bound":
        return None
    waits = waits_for_consumer(claim, world) and manifest.IMMEDIATE not in annotations(claim)
    return {"phase": "WaitForFirstConsumer" if waits else "Pending", "claimName": name_of(claim), "progress": "N/A"}


def _says_less(volume: Json, world: World) -> bool:
    wanted = _unbound(volume, world)
    restored = manifest.PREPOPULATED in annotations(volume)
    return wanted is not None and not deleting(volume) and not restored and phase(volume) != wanted["phase"]


def _say_unbound(volume: Json, world: World, now: datetime) -> list[Effect]:
    message = f"PVC {name_of(volume)} Pending"
    wanted = _unbound(volume, world) or {}
    new = conditions(volume, now, bound=(False, "Pending", message))
    return status({**wanted, "conditions": new}, Event("Pending", message, component=controller(volume, world)))


def _waits_silently(volume: Json, world: World) -> bool:
    """Say whether nobody has been told yet what a claim waits for."""
    claim = claim_of(volume, world)
    if claim is None or deleting(volume) or phase(claim) == "Bound" or phase(volume) != "WaitForFirstConsumer":
        return False
    return get_condition(volume, "Bound").get("message") == f"PVC {name_of(volume)} Pending"


def _say_consumer(volume: Json, world: World, now: datetime) -> list[Effect]:
    """Repeat the binder's event about the claim, as CDI does, in the claim's notes and in the condition."""
    claim = claim_of(volume, world)
    if claim is None:
        return []
    text, key = "waiting for first consumer to be created before binding", "cdi.kubevirt.io/storage.condition.bound"
    notes = {key: "false", f"{key}.message": text, f"{key}.reason": "Pending"}
    about = (PERSISTENT_VOLUME_CLAIMS, claim)
    message = f"target PVC {name_of(volume)} Pending and {text}"
    return [
        Event("WaitForFirstConsumer", text, component="persistentvolume-controller", about=about),
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), _notes(notes)),
        *status({"conditions": conditions(volume, now, bound=(False, "Pending", message))}),
        Event("Pending", message, component=controller(volume, world)),
    ]


def next_phase(volume: Json, world: World) -> str | None:
    """Name the phase that follows on the track; None at its end, or while the claim is not bound."""
    claim, track = claim_of(volume, world), track_of(volume, world)
    if claim is None or track is None or phase(claim) != "Bound" or deleting(volume):
        return None
    now = phase(volume)
    if now in ("Succeeded", "Failed", track.phases[-1]):
        return None
    if now == "CloneScheduled" and _too_small(volume, world):
        return None
    return track.phases[track.phases.index(now) + 1] if now in track.phases else track.phases[0]


def _advance(volume: Json, world: World, now: datetime) -> list[Effect]:
    new, track = next_phase(volume, world), track_of(volume, world)
    if new is None or track is None:
        return []
    changes: dict[str, Any] = {"phase": new, "claimName": name_of(volume), "progress": "N/A"}
    name = name_of(volume)
    text = f"PVC {name} Bound"
    news = {"bound": (True, "Bound", text)}
    effects: list[Effect] = []
    if not is_true(volume, "Bound"):
        effects.append(Event("Bound", text, component=controller(volume, world)))
    if new == track.phases[-1]:
        news |= _RUNNING
        effects.append(_progress_event(new, volume, world))
    changes["conditions"] = conditions(volume, now, **news)
    if new == track.phases[-1]:
        notes = {POD_PHASE: "Running", **_running_notes("true", "", "Pod is running")}
        if track is not _IMPORT:
            notes["cdi.kubevirt.io/storage.pod.ready"] = "true"
        effects.insert(0, Patch(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(volume), _notes(notes)))
    return status(changes, *effects)


_RUNNING = {"running": (True, "Pod is running", ""), "ready": (False, "TransferRunning", "")}


def _scheduled(volume: Json, world: World) -> bool:
    """Say whether the worker pod's container is still to be made."""
    track = track_of(volume, world)
    if track is None or deleting(volume) or phase(volume) != track.phases[-2] or _too_small(volume, world):
        return False
    return get_condition(volume, "Running").get("reason") in (None, "")


def _create_container(volume: Json, world: World, now: datetime) -> list[Effect]:
    name = name_of(volume)
    if track_of(volume, world) is _IMPORT:
        notes = {
            "cdi.kubevirt.io/storage.import.importPodName": f"importer-{name}",
            "cdi.kubevirt.io/storage.pod.schedulable": "true",
        }
    else:
        notes = {"cdi.kubevirt.io/storage.uploadPodName": f"cdi-upload-{name}"}
    claim = Patch(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(volume), _notes(notes))
    return [claim, *status({"conditions": conditions(volume, now, running=(False, "ContainerCreating", ""))})]


def _running_notes(value: str, message: str, reason: str) -> dict[str, str]:
    key = "cdi.kubevirt.io/storage.condition.running"
    return {key: value, f"{key}.message": message, f"{key}.reason": reason}


def _starts(volume: Json, _world: World) -> bool:
    """Say whether the upload server's container is made, so that it can start before it is ready."""
    made = get_condition(volume, "Running").get("reason") == "ContainerCreating"
    return not deleting(volume) and phase(volume) == "UploadScheduled" and made


def _start(volume: Json, _world: World, now: datetime) -> list[Effect]:
    return status({"conditions": conditions(volume, now, **_RUNNING)})


def _progress_event(new: str, volume: Json, world: World) -> Event:
    name = name_of(volume)
    source = clone_source(volume["spec"], namespace_of(volume), world)
    texts = {
        "ImportInProgress": f"Import into {name} in progress",
        "UploadReady": f"Upload into {name} ready",
        "CloneInProgress": f"Cloning from {_path(source)} into {namespace_of(volume)}/{name} in progress",
    }
    return Event(new, texts[new], component=controller(volume, world))


def _path(source: Any) -> str:
    return f"{source.namespace}/{source.name}" if source is not None else ""


def _notes(notes: dict[str, str]) -> Json:
    return {"metadata": {"annotations": notes}}


def _too_small(volume: Json, world: World) -> bool:
    source = clone_source(volume["spec"], namespace_of(volume), world)
    found, claim = source.find(world) if source is not None else None, claim_of(volume, world)
    if source is None or found is None or claim is None:
        return False
    if source.kind == "snapshot":
        needed = size_bytes((found.get("status") or {}).get("restoreSize") or "0")
    else:
        needed = manifest.usable_bytes(found, world)
    return manifest.usable_bytes(claim, world) < needed


def _transfers(volume: Json, world: World) -> bool:
    """Say whether the bytes can be brought now."""
    track, claim = track_of(volume, world), claim_of(volume, world)
    if track is None or claim is None or phase(volume) != track.phases[-1] or deleting(volume):
        return False
    if not is_true(volume, "Running") or _too_small(volume, world):
        return False
    if phase(volume) == "UploadReady":
        return annotations(claim).get(POD_PHASE) == "Succeeded"
    source = clone_source(volume["spec"], namespace_of(volume), world)
    return source is None or transfer.source_is_filled(source, world)


def _bring(volume: Json, world: World, now: datetime) -> list[Effect]:
    track, claim = track_of(volume, world), claim_of(volume, world)
    if track is None or claim is None:
        return []
    new = conditions(volume, now, ready=(False, "", ""), running=(False, "Completed", track.complete))
    notes = {POD_PHASE: "Succeeded", **_running_notes("false", track.complete, "Completed")}
    return [
        transfer.bring(volume, claim, world),
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), _notes(notes)),
        *status({"conditions": new}),
        Event("Completed", track.complete, "Warning", controller(volume, world)),
    ]


def _brought(volume: Json, world: World) -> bool:
    """Say whether the bytes are there, and nothing but the last phase is missing."""
    track = track_of(volume, world)
    if track is None or deleting(volume) or phase(volume) != track.phases[-1]:
        return False
    return get_condition(volume, "Running").get("reason") == "Completed"


def _complete(volume: Json, world: World, now: datetime) -> list[Effect]:
    track, claim = track_of(volume, world), claim_of(volume, world)
    if track is None or claim is None:
        return []
    source = clone_source(volume["spec"], namespace_of(volume), world)
    words = {"name": name_of(volume), "namespace": namespace_of(volume), "source": _path(source)}
    new = conditions(volume, now, ready=(True, "", ""))
    effects = status({"phase": "Succeeded", "progress": track.progress, "conditions": new})
    if track.claim_event is not None:
        message, component = track.claim_event
        about = (PERSISTENT_VOLUME_CLAIMS, claim)
        effects.insert(0, Event(track.event, message, component=component, about=about))
    return [*effects, Event(track.event, track.message.format(**words), component=controller(volume, world))]


def _fail(volume: Json, world: World, now: datetime, error: KubeError) -> list[Effect]:
    claim = claim_of(volume, world)
    if error.reason != transfer.FAILED or claim is None:
        return []
    new = conditions(volume, now, ready=(False, "", ""), running=(False, "Error", error.message))
    about = (PERSISTENT_VOLUME_CLAIMS, claim)
    notes = _running_notes("false", error.message, "Error")
    return [
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), _notes(notes)),
        Event("ErrImportFailed", error.message, "Warning", "import-controller", about),
        *status({"conditions": new}, Event("Error", error.message, "Warning", controller(volume, world))),
    ]


def _failed_once(volume: Json, _world: World) -> bool:
    return not deleting(volume) and get_condition(volume, "Running").get("reason") == "Error"


def _restarts(volume: Json) -> int:
    return int((volume.get("status") or {}).get("restartCount", 0))


def _backs_off(volume: Json, _world: World, _now: datetime) -> float:
    """Wait as a kubelet does before it starts a failed container again."""
    count = _restarts(volume)
    return RETRY_FIRST_S if count == 0 else min(RETRY_S * 2.0 ** (count - 1), RETRY_MOST_S)


def _try_again(volume: Json, _world: World, now: datetime) -> list[Effect]:
    count = _restarts(volume) + 1
    notes = {"cdi.kubevirt.io/storage.pod.restarts": str(count)}
    claim = Patch(PERSISTENT_VOLUME_CLAIMS, name_of(volume), namespace_of(volume), _notes(notes))
    return [claim, *status({"conditions": conditions(volume, now, **_RUNNING), "restartCount": count})]


STAGES: Stages = (
    Stage("no claim can be made: say why", _has_problem, _say_problem, after_s=0.02),
    Stage("it has no claim: make it", _lacks_claim, _make_claim, after_s=0.02),
    Stage("a claim of its name was there before", _unadopted, _adopt),
    Stage("its claim is not bound", _says_less, _say_unbound),
    Stage("its claim waits for a consumer: say so", _waits_silently, _say_consumer, after_s=0.02),
    Stage("the worker's container is made", _scheduled, _create_container, after_s=0.05),
    Stage("the upload server starts", _starts, _start, after_s=0.05),
    Stage("on to the next phase", lambda v, w: next_phase(v, w) is not None, _advance, after_s=0.05),
    Stage("bring the bytes", _transfers, _bring, after_s=0.1, on_error=_fail),
    Stage("the bytes are there: it has succeeded", _brought, _complete, after_s=0.1),
    Stage("it failed: try again", _failed_once, _try_again, hold_s=_backs_off),
)
