"""The recorded exchanges, and the words of theirs (ids, tokens) that stand for other words here. No comparison."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.shared_material import shared

Json = dict[str, Any]

FOLDER = "recordings/openstack"
SERVICES = {"cinder": "volume", "glance": "image", "neutron": "network", "nova": "compute", "placement": "placement"}
"""The recorded services, by the name of the path under which Dicot serves each."""

ID = re.compile(
    r"req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b"
)
NAMES = ("name", "rel", "alias", "binary", "action", "direction")
NOTED = {"glance-050-image-protect": '[{"op": "replace", "path": "/protected", "value": true}]'}
"""Bodies of which the recording kept only the meaning."""


class Exchange(NamedTuple):
    """One recorded exchange; `name` is that of its file, without the ending."""

    name: str
    service: str
    request: Json
    response: Json

    @property
    def title(self) -> str:
        """Return what is asked, without the service and the number."""
        return self.name.split("-", 2)[2]

    @property
    def content(self) -> bytes:
        """Return the body to send."""
        body = self.request["body"]
        if body is None:
            return b""
        if not isinstance(body, str):
            return json.dumps(body).encode()
        return NOTED[self.name].encode() if self.name in NOTED else bytes(int(body.strip("<>").split()[0]))


def read() -> list[Exchange]:
    """Read all exchanges of the services that are replayed, in the order they were sent."""
    index = shared(f"{FOLDER}/INDEX.tsv").read_text().splitlines()[1:]
    names = [line.split("\t")[0] for line in index]
    return [_read(name) for name in names if name.split("-")[0] in SERVICES]


def _read(file: str) -> Exchange:
    """Read one; a JSON patch, which is not kept as a body, stands in its note."""
    one = json.loads(shared(f"{FOLDER}/{file}").read_text())
    if str(one["note"]).startswith("[{"):
        one["request"]["body"] = json.loads(one["note"])
    return Exchange(file.removesuffix(".json"), one["service"], one["request"], one["response"])


def body_of(name: str) -> Any:
    """Return the recorded answer's body, of a file's name without its ending."""
    return _read(f"{name}.json").response["body"]


class Words:
    """What is said instead of a recorded id."""

    def __init__(self, known: dict[str, str]) -> None:
        self._known = known

    def told(self, text: str) -> str:
        """Replace what is known."""
        return ID.sub(lambda found: self._known.get(found[0], found[0]), text)

    def learn(self, recorded: Any, ours: Any) -> None:
        """Learn from two answers to the same request which id stands for which; the first time counts."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in recorded.keys() & ours.keys():
                self.learn(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in self.pairs(recorded, ours):
                self.learn(one, other)
        elif isinstance(recorded, str) and isinstance(ours, str):
            for one, other in zip(ID.findall(recorded), ID.findall(ours), strict=False):
                self._known.setdefault(one, other)

    def pairs(self, recorded: list[Any], ours: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield what belongs together: objects of the same id or name, else those of the same place."""
        for place, one in enumerate(recorded):
            other = self._partner(one, ours)
            if other is not None:
                yield one, other
            elif len(recorded) == len(ours) and not _named(one):
                yield one, ours[place]

    def _partner(self, one: Any, others: list[Any]) -> Any:
        if not isinstance(one, dict):
            return None
        mine = [other for other in others if isinstance(other, dict)]
        by_id = (other for other in mine if "id" in one and other.get("id") == self.told(str(one["id"])))
        by_name = (other for other in mine if _named(one) and _named(one) == _named(other))
        return next(by_id, None) or next(by_name, None)


def _named(one: Any) -> Any:
    """Return what tells an object of a list from its neighbours."""
    names = [one[key] for key in NAMES if one.get(key)] if isinstance(one, dict) else []
    return names[0] if names else None
