"""The cache against a model of Kubernetes, in any order of writes, late answers, events, broken watches and lists."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dicot.kube import Json
from dicot.kube.cache import Cache, Watched, version
from dicot.kube.watch import Changed, Connected, Expired, Listed, Lost

from .faulty import WIDGETS

NAMES = st.sampled_from(["a", "b", "c"])
COLORS = st.sampled_from(["red", "blue"])
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, COLORS),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("learn"), st.integers(0, 5)),
    st.tuples(st.just("forget"), st.integers(0, 5)),
    st.tuples(st.just("deliver"), st.integers(1, 4)),
    st.tuples(st.just("bookmark")),
    st.tuples(st.just("snapshot")),
    st.tuples(st.just("relist")),
)


class World:
    """What Kubernetes holds, what has been answered but not learned, and where the watch stands."""

    def __init__(self) -> None:
        self.at = 10
        self.uids = 0
        self.truth: dict[str, Json] = {}
        self.log: list[tuple[int, str, Json]] = []
        self.answers: list[Json] = []
        self.gone: list[Json] = []
        self.position = 10
        self.listed: tuple[int, list[Json]] | None = None
        self.cache = Cache(Watched(WIDGETS, {"color": lambda obj: [obj["spec"]["color"]]}))
        self.cache.take(Listed([], "10"))
        self.read: dict[str, int] = {}

    def write(self, name: str, color: str) -> None:
        old = self.truth.get(name)
        self.at += 1
        self.uids += old is None
        uid = old["metadata"]["uid"] if old else f"uid-{self.uids}"
        metadata = {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": str(self.at)}
        obj = {"metadata": metadata, "spec": {"color": color}}
        self.truth[name] = obj
        self.log.append((self.at, "MODIFIED" if old else "ADDED", obj))
        self.answers.append(obj)

    def delete(self, name: str) -> None:
        obj = self.truth.pop(name, None)
        if obj is not None:
            self.at += 1
            gone = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.at)}}
            self.log.append((self.at, "DELETED", gone))
            self.gone.append(gone)

    def learn(self, which: int) -> None:
        if self.answers:
            obj = self.answers.pop(which % len(self.answers))
            self.cache.learn(obj)
            self.expect_learned(obj)

    def expect_learned(self, obj: Json) -> None:
        """What was learned is read at once, unless the cache knows something newer or of its deletion."""
        cached = self.cache.by_uid(obj["metadata"]["uid"])
        if cached is not None:
            assert version(cached) >= version(obj)
            return
        known = max(self.position, *[version(gone) for gone in self.forgotten()], 0)
        replaced = self.cache.get(obj["metadata"]["name"], "ns")
        assert known >= version(obj) or (replaced is not None and version(replaced) > version(obj))

    def forgotten(self) -> list[Json]:
        return [gone for gone in self.gone if gone.get("forgotten")] or [{"metadata": {}}]

    def forget(self, which: int) -> None:
        if self.gone:
            gone = self.gone[which % len(self.gone)]
            gone["forgotten"] = True
            self.cache.forget(gone["metadata"]["uid"])

    def deliver(self, count: int) -> None:
        if self.listed is not None:
            return  # while it lists, nobody watches
        for at, kind, obj in [entry for entry in self.log if entry[0] > self.position][:count]:
            self.position = at
            self.cache.take(Changed(kind, obj))

    def bookmark(self) -> None:
        if self.listed is None and all(at <= self.position for at, _, _ in self.log):
            self.position = self.at = self.at + 1
            self.cache.take(Changed("BOOKMARK", {"metadata": {"resourceVersion": str(self.at)}}))

    def snapshot(self) -> None:
        self.cache.take(Lost(Expired("too old")))
        self.listed = (self.at, list(self.truth.values()))

    def relist(self) -> None:
        if self.listed is not None:
            self.position, items = self.listed
            self.listed = None
            self.cache.take(Listed(items, str(self.position)))
            self.cache.take(Connected())

    def check(self) -> None:
        """No object goes back in time, none comes back, and every index agrees with the objects."""
        now = {obj["metadata"]["uid"]: version(obj) for obj in self.cache.all()}
        for uid, seen in now.items():
            assert seen >= self.read.get(uid, 0)
        for uid in set(self.read) - set(now):
            self.read[uid] = 10**9
        self.read.update(now)
        for color in ("red", "blue"):
            filed = self.cache.find("color", color)
            assert sorted(map(str, filed)) == sorted(
                str(obj) for obj in self.cache.all() if obj["spec"]["color"] == color
            )

    def settle(self) -> None:
        self.relist()
        self.deliver(10**6)
        assert {obj["metadata"]["name"]: obj for obj in self.cache.all()} == self.truth
        for obj in self.answers:
            self.cache.learn(obj)
        assert {obj["metadata"]["name"]: obj for obj in self.cache.all()} == self.truth


@settings(max_examples=200)
@given(st.lists(STEPS, min_size=25, max_size=80))
def test_the_cache_never_lies(steps: list[tuple[Any, ...]]):
    world = World()
    for action, *arguments in steps:
        getattr(world, action)(*arguments)
        world.check()
    world.settle()
