"""Recorded timelines of disks, snapshots, restores, clones and exports beside what the development cluster does.

As timelines.py, but of many kinds at once, with several objects of each, and with what only storage objects have.
"""

from collections.abc import Iterable, Mapping

from dicot.kube import kinds as K
from tests.devcluster.controllers import account
from tests.devcluster.controllers.timelines import GONE, Heard, Json, Tracks, condition, recorded

STORAGE_KINDS = {
    "vm": K.VIRTUAL_MACHINES,
    "dv": K.DATA_VOLUMES,
    "pvc": K.PERSISTENT_VOLUME_CLAIMS,
    "vs": K.VOLUME_SNAPSHOTS,
    "vmsnap": K.VM_SNAPSHOTS,
    "vmsnapc": K.VM_SNAPSHOT_CONTENTS,
    "vmrestore": K.VM_RESTORES,
    "clone": K.VM_CLONES,
    "export": K.VM_EXPORTS,
    "event": K.EVENTS,
}


def storage_tracks(events: Iterable[Json]) -> Tracks:
    """Follow disks, snapshots, restores, clones and exports: objects of a kind are numbered as they are first seen.

    Of a condition status and reason count, of a status whether it is under way, of all things their finalizers.
    """
    found: Tracks = {}
    seen: dict[tuple[str, str], str] = {}
    for event in events:
        kind = event["kind"]
        if kind == "event":
            what = f"event {event['involved'].split('/')[0]} {event['reason']}"
            found.setdefault(what, [event["evtype"]])
        elif kind in STORAGE_KINDS:
            number = sum(one[0] == kind for one in seen) + 1
            label = seen.setdefault((kind, event["name"]), kind if number == 1 else f"{kind} {number}")
            for what, state in _storage_states(event):
                told = found.setdefault(f"{label} {what}", [])
                if told[-1:] != [state]:
                    told.append(state)
    return found


def _storage_states(event: Json) -> Iterable[tuple[str, str]]:
    """What one line says of a storage object: whether it is there, its finalizers, how far it is."""
    status = event.get("status") or {}
    if event["type"] == "DELETED":
        yield "life", GONE
        return
    yield "life", "deleted" if event.get("deletionTimestamp") else "there"
    yield "finalizers", " ".join(sorted(event.get("finalizers") or []))
    for key in ("phase", "printableStatus", "readyToUse", "complete", "progress", "restartCount"):
        if key in status:
            yield key, str(status[key])
    for key in {"vm": ("snapshotInProgress", "restoreInProgress"), "vs": ()}.get(event["kind"], ("error",)):
        yield key, "set" if status.get(key) else ""
    for key in ("indications", "snapshotVolumes"):
        if key in status:
            yield key, str(status[key])
    for one in status.get("conditions") or [] if event["kind"] != "vm" else []:
        yield f"condition {one['type']}", condition(one)


def compare(heard: Heard, file: str, label: str, known: Mapping[str, str]) -> None:
    """Compare with a recorded timeline, print the counts; fail on what differs unlisted, and on what no more does."""
    ours, theirs = storage_tracks(heard.events), storage_tracks(recorded(file, label))
    every = sorted(ours.keys() | theirs.keys())
    different = [what for what in every if ours.get(what) != theirs.get(what)]
    unknown = [what for what in different if not _listed(what, known)]
    counts = f"{len(every) - len(different)} tracks equal, {len(different) - len(unknown)} listed"
    lines = [f"  {what}: ours {ours.get(what)}, recorded {theirs.get(what)}" for what in unknown]
    print(f"{file}, {label}: {counts}, {len(unknown)} different")
    account.count_timeline(len(every) - len(different), len(different) - len(unknown), len(unknown))
    assert not unknown, "\n".join([counts, *lines])
    unused = [what for what in known if not any(_matches(one, what) for one in different)]
    assert not unused, f"listed as different, but equal: {unused}"
    assert len(every) > len(different)


def _listed(what: str, known: Mapping[str, str]) -> bool:
    return any(_matches(what, one) for one in known)


def _matches(what: str, pattern: str) -> bool:
    """Say whether a track is meant by a listed name; one that ends in * stands for all that begin so."""
    return what == pattern or (pattern.endswith("*") and what.startswith(pattern[:-1]))
