"""Objects by name, by uid and by whatever indexes are asked for, kept up incrementally.

Pure bookkeeping: no versions, no I/O. Objects go in and come out as they are; nobody may change one that is in.
"""

from collections.abc import Callable, Iterable, Mapping

import structlog

from dicot.kube import Json

log = structlog.get_logger(__name__)

Name = tuple[str, str]  # namespace ("" for none) and name
IndexBy = Callable[[Json], Iterable[str]]


def name_of(obj: Json) -> Name:
    """Return (namespace, name) of an object."""
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


class Indexed:
    """The objects of one kind."""

    def __init__(self, indexes: Mapping[str, IndexBy]) -> None:
        self._by = dict(indexes)
        self._objects: dict[Name, Json] = {}
        self._names: dict[str, Name] = {}
        self._keys: dict[Name, tuple[tuple[str, str], ...]] = {}
        self._index: dict[tuple[str, str], dict[Name, None]] = {}
        self.changes = 0
        """How often something was put in or taken out: what was derived at one count holds until the next."""

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, name: Name) -> Json | None:
        """Return the object of that namespace and name."""
        return self._objects.get(name)

    def by_uid(self, uid: str) -> Json | None:
        """Return the object of that uid."""
        name = self._names.get(uid)
        return None if name is None else self._objects[name]

    def all(self) -> list[Json]:
        """Return every object, in no promised order."""
        return list(self._objects.values())

    def find(self, index: str, key: str) -> list[Json]:
        """Return the objects that `index` files under `key`; KeyError when there is no such index."""
        if index not in self._by:
            raise KeyError(index)
        return [self._objects[name] for name in self._index.get((index, key), ())]

    def put(self, obj: Json) -> None:
        """Add the object in place of the one of its name."""
        name = name_of(obj)
        self.drop(name)
        self.changes += 1
        self._objects[name] = obj
        self._names[obj["metadata"]["uid"]] = name
        self._keys[name] = keys = tuple({(index, key): None for index in self._by for key in self._keys_of(index, obj)})
        for pair in keys:
            self._index.setdefault(pair, {})[name] = None

    def drop(self, name: Name) -> None:
        """Remove the object of that name, if there is one."""
        old = self._objects.pop(name, None)
        if old is None:
            return
        self.changes += 1
        del self._names[old["metadata"]["uid"]]
        for pair in self._keys.pop(name):
            filed = self._index[pair]
            del filed[name]
            if not filed:
                del self._index[pair]

    def clear(self) -> None:
        """Remove everything."""
        self.changes += 1
        for held in (self._objects, self._names, self._keys, self._index):
            held.clear()

    def _keys_of(self, index: str, obj: Json) -> tuple[str, ...]:
        try:
            return tuple(self._by[index](obj))
        except Exception:
            # Anyone may create odd objects; one that cannot be filed must not stop the watch of all others.
            log.exception("index failed", index=index, object=name_of(obj))
            return ()
