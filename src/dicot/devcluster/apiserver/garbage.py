"""Owner references: who depends on whom, and what a deletion takes with it (background, foreground, orphan)."""

from typing import Any

from dicot.devcluster.apiserver.store import Event, Record, Store

Json = dict[str, Any]
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


def deleting(body: Json) -> bool:
    """Tell whether an object was deleted and waits for its finalizers."""
    return "deletionTimestamp" in body["metadata"]


def waits(body: Json) -> bool:
    """Tell whether a deleted object waits for the garbage collector."""
    finalizers = body["metadata"].get("finalizers") or ()
    return deleting(body) and (FOREGROUND in finalizers or ORPHAN in finalizers)


def _waits_for_dependents(body: Json) -> bool:
    return deleting(body) and FOREGROUND in (body["metadata"].get("finalizers") or ())


def without_finalizer(body: Json, finalizer: str) -> Json:
    """Return a body without one finalizer."""
    meta = dict(body["metadata"])
    left = [f for f in meta.get("finalizers", ()) if f != finalizer]
    meta.pop("finalizers", None)
    if left:
        meta["finalizers"] = left
    return {**body, "metadata": meta}


def _owners(body: Json) -> list[Json]:
    return body["metadata"].get("ownerReferences") or []


class Graph:
    """Which objects name an owner, by the owner's uid."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dependents: dict[str, dict[str, Record]] = {}

    def follow(self, event: Event) -> None:
        """Take a change into account."""
        if event.old is not None:
            for owner in _owners(event.old.body):
                self._dependents.get(owner["uid"], {}).pop(event.old.uid, None)
        if event.new is not None:
            for owner in _owners(event.new.body):
                self._dependents.setdefault(owner["uid"], {})[event.new.uid] = event.new

    def dependents(self, uid: str) -> list[Record]:
        """Return the objects that name this owner."""
        return list(self._dependents.get(uid, {}).values())

    def _alive(self, dependent: Record, owner: Json) -> Record | None:
        record = self._store.by_uid.get(owner["uid"])
        if record is None:
            return None
        home = record.body["metadata"].get("namespace")
        return record if not home or home == dependent.body["metadata"].get("namespace") else None

    def condemned(self, event: Event) -> list[tuple[Record, str]]:
        """Return what is to be deleted after an event, with the propagation policy."""
        if event.new is None and event.old is not None:
            found = [d for d in self.dependents(event.old.uid) if self._abandoned(d)]
        elif event.new is not None and deleting(event.new.body):
            if FOREGROUND not in (event.new.body["metadata"].get("finalizers") or ()):
                return []
            found = [d for d in self.dependents(event.new.uid) if self._abandoned(d)]
        elif event.new is not None and _owners(event.new.body) and self._abandoned(event.new):
            found = [event.new]
        else:
            return []
        return [(record, self._policy(record)) for record in found if not deleting(record.body)]

    def _abandoned(self, dependent: Record) -> bool:
        """Tell whether no owner is left that is not itself waiting for its dependents to go."""
        owners = (self._alive(dependent, owner) for owner in _owners(dependent.body))
        return not any(owner is not None and not _waits_for_dependents(owner.body) for owner in owners)

    def _policy(self, record: Record) -> str:
        finalizers = record.body["metadata"].get("finalizers") or ()
        if ORPHAN in finalizers:
            return "Orphan"
        blocked = any(self._blocks(d, record.uid) for d in self.dependents(record.uid))
        foreground = FOREGROUND in finalizers or (blocked and self._owner_waits(record))
        return "Foreground" if foreground else "Background"

    def _owner_waits(self, record: Record) -> bool:
        owners = (self._alive(record, owner) for owner in _owners(record.body))
        return any(owner is not None and waits(owner.body) for owner in owners)

    def _blocks(self, dependent: Record, uid: str) -> bool:
        return any(o["uid"] == uid and o.get("blockOwnerDeletion") for o in _owners(dependent.body))

    def released(self, event: Event) -> list[tuple[Record, Json]]:
        """Return the rewrites that an event makes due: owners that waited, orphans that let go of their owner."""
        if event.new is None:
            owners = [self._store.by_uid.get(o["uid"]) for o in _owners(event.record.body)]
            return [pair for owner in owners if owner is not None for pair in self._freed(owner)]
        current = self._store.by_uid.get(event.new.uid)
        if current is None or not waits(current.body):
            return []
        if ORPHAN in current.body["metadata"].get("finalizers", ()):
            return [*self._orphaned(current), (current, without_finalizer(current.body, ORPHAN))]
        return self._freed(current)

    def _freed(self, owner: Record) -> list[tuple[Record, Json]]:
        finalizers = owner.body["metadata"].get("finalizers") or ()
        if not deleting(owner.body) or FOREGROUND not in finalizers:
            return []
        if any(self._blocks(d, owner.uid) for d in self.dependents(owner.uid)):
            return []
        return [(owner, without_finalizer(owner.body, FOREGROUND))]

    def _orphaned(self, owner: Record) -> list[tuple[Record, Json]]:
        found: list[tuple[Record, Json]] = []
        for dependent in self.dependents(owner.uid):
            meta = dict(dependent.body["metadata"])
            left = [o for o in _owners(dependent.body) if o["uid"] != owner.uid]
            meta.pop("ownerReferences", None)
            if left:
                meta["ownerReferences"] = left
            found.append((dependent, {**dependent.body, "metadata": meta}))
        return found
