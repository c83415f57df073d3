import asyncio

import pytest

from dicot.kube.cache import Cache, Watched, trim, version
from dicot.kube.errors import Expired, NotSynced, Unavailable
from dicot.kube.watch import Absent, Changed, Connected, Listed, Lost

from .faulty import WIDGETS


def widget(name: str, at: int, *, uid: str = "", namespace: str = "ns", **spec):
    metadata = {"name": name, "namespace": namespace, "uid": uid or f"uid-{name}", "resourceVersion": str(at)}
    return {"metadata": metadata, "spec": spec}


def by_color(obj):
    return [obj["spec"]["color"]] if "color" in obj["spec"] else []


def cache_of(*items, at: int = 100, **options) -> Cache:
    cache = Cache(Watched(WIDGETS, {"color": by_color}, **options))
    cache.take(Listed(list(items), str(at)))
    return cache


def names(found) -> list[str]:
    return sorted(obj["metadata"]["name"] for obj in found)


def test_nothing_is_said_before_the_first_list():
    cache = Cache(Watched(WIDGETS))
    cache.learn(widget("a", 5))
    for read in (lambda: cache.get("a", "ns"), cache.all, lambda: cache.by_uid("x"), lambda: cache.find("uid", "x")):
        with pytest.raises(NotSynced, match=r"widgets\.example\.com"):
            read()


def test_indexes_follow_every_change():
    cache = cache_of(widget("a", 1, color="red"), widget("b", 2, color="red"), widget("c", 3, namespace="other"))
    assert names(cache.find("color", "red")) == ["a", "b"]
    assert names(cache.find("namespace", "other")) == ["c"]
    assert names(cache.find("uid", "uid-b")) == ["b"]
    cache.take(Changed("MODIFIED", widget("a", 101, color="blue")))
    cache.take(Changed("DELETED", widget("b", 102)))
    cache.take(Changed("ADDED", widget("d", 103, color="blue")))
    assert names(cache.find("color", "red")) == []
    assert names(cache.find("color", "blue")) == ["a", "d"]
    assert names(cache.find("namespace", "ns")) == ["a", "d"]
    assert cache.by_uid("uid-b") is None
    assert cache.get("b", "ns") is None
    assert cache.resource_version == "103"
    with pytest.raises(KeyError):
        cache.find("size", "1")


def test_an_object_that_cannot_be_filed_does_not_stop_the_others():
    cache = cache_of(widget("a", 1, color=None), widget("b", 2, color="red"))
    cache.take(Changed("ADDED", {"metadata": widget("odd", 101)["metadata"]}))
    assert names(cache.all()) == ["a", "b", "odd"]


def test_a_relist_removes_what_has_vanished():
    cache = cache_of(widget("a", 1, color="red"), widget("b", 2, color="red"))
    cache.take(Listed([widget("b", 2, color="red")], "200"))
    assert names(cache.find("color", "red")) == ["b"]
    cache.take(Changed("MODIFIED", widget("a", 150)))
    assert names(cache.all()) == ["b"]


def test_own_writes_are_read_at_once_and_never_undone():
    cache = cache_of(widget("a", 90, color="red"))
    cache.learn(widget("a", 105, color="blue"))
    assert names(cache.find("color", "blue")) == ["a"]
    cache.take(Changed("MODIFIED", widget("a", 103, color="green")))
    cache.learn(widget("a", 104, color="green"))
    assert names(cache.find("color", "blue")) == ["a"]
    cache.take(Changed("MODIFIED", widget("a", 106, color="white")))
    assert names(cache.find("color", "white")) == ["a"]


def test_a_list_older_than_an_own_write_does_not_undo_it():
    cache = cache_of(widget("a", 90, color="red"))
    cache.learn(widget("a", 205, color="blue"))
    cache.learn(widget("new", 206, color="blue"))
    cache.take(Listed([widget("a", 90, color="red")], "200"))
    assert names(cache.find("color", "blue")) == ["a", "new"]
    cache.take(Listed([widget("a", 205, color="blue")], "300"))
    assert names(cache.all()) == ["a"]


def test_a_learned_object_that_was_deleted_does_not_rise():
    cache = cache_of()
    cache.take(Changed("ADDED", widget("a", 101)))
    cache.take(Changed("DELETED", widget("a", 103)))
    cache.learn(widget("a", 102))
    cache.learn(widget("a", 104))
    cache.take(Changed("MODIFIED", widget("a", 105)))
    assert cache.all() == []


def test_an_answer_the_watch_has_passed_is_old_news():
    cache = cache_of(at=100)
    cache.learn(widget("created-and-deleted-before", 99))
    assert cache.all() == []


def test_an_own_deletion_is_seen_at_once():
    cache = cache_of(widget("a", 90))
    cache.forget("uid-a")
    cache.take(Changed("MODIFIED", widget("a", 101)))
    cache.take(Listed([widget("a", 101)], "101"))
    assert cache.all() == []
    cache.learn(widget("a", 102, uid="another"))
    assert names(cache.all()) == ["a"]


def test_a_name_used_again_belongs_to_the_new_object():
    cache = cache_of(widget("a", 90, uid="old"))
    cache.learn(widget("a", 110, uid="new"))
    cache.take(Changed("MODIFIED", widget("a", 104, uid="old")))
    cache.take(Changed("DELETED", widget("a", 105, uid="old")))
    assert cache.by_uid("old") is None
    assert cache.by_uid("new") == cache.get("a", "ns") is not None
    cache.take(Listed([widget("a", 104, uid="old")], "104"))
    assert cache.by_uid("new") is not None


def test_a_cluster_restored_from_a_backup_is_believed():
    cache = cache_of(widget("a", 90, color="red"), at=100)
    cache.take(Listed([widget("a", 50, color="blue")], "60"))
    assert names(cache.find("color", "blue")) == ["a"]
    assert cache.resource_version == "60"


def test_an_absent_kind():
    required, optional = cache_of(widget("a", 1)), cache_of(widget("a", 1), optional=True)
    for cache in (required, optional):
        cache.take(Absent())
        assert not cache.available
    with pytest.raises(NotSynced, match="not served"):
        required.all()
    assert optional.synced
    assert optional.all() == optional.find("color", "red") == []
    optional.take(Listed([widget("b", 2)], "3"))
    assert optional.available
    assert names(optional.all()) == ["b"]


def test_a_cache_that_has_lost_its_watch_for_long_says_nothing():
    cache = Cache(Watched(WIDGETS), stale_s=-1.0)
    cache.take(Listed([], "5"))
    cache.take(Lost(Expired("gone")))
    with pytest.raises(NotSynced):
        cache.all()
    cache.take(Connected())
    assert cache.all() == []
    patient = cache_of()
    patient.take(Lost(Expired("gone")))
    assert patient.all() == []


def test_trim_keeps_what_is_read_and_changes_nothing():
    last = "kubectl.kubernetes.io/last-applied-configuration"
    fields = [{"time": "2026-01-02T00:00:00Z", "f": {}}, {"time": "2026-01-03T00:00:00Z"}, {"manager": "x"}]
    obj = {"metadata": {"name": "a", "managedFields": fields, "annotations": {last: "{}", "mine": "1"}}, "spec": {}}
    assert trim(obj) == {
        "metadata": {
            "name": "a",
            "annotations": {"mine": "1"},
            "managedFields": [{"time": "2026-01-03T00:00:00Z"}],
        },
        "spec": {},
    }
    assert (len(obj["metadata"]["managedFields"]), len(obj["metadata"]["annotations"])) == (3, 2)
    assert trim({"metadata": {"name": "a"}}) == {"metadata": {"name": "a"}}


def test_what_is_kept_may_be_chosen():
    def failing(_obj):
        raise ValueError

    chosen = cache_of(widget("a", 1, color="red"), keep=lambda obj: {**obj, "spec": {"color": "kept"}})
    assert names(chosen.find("color", "kept")) == ["a"]
    assert names(cache_of(widget("a", 1), keep=failing).all()) == ["a"]


@pytest.mark.parametrize(("of", "number"), [("7", 7), ("", 0), ("x", 0), (widget("a", 9), 9), ({"metadata": {}}, 0)])
def test_versions_are_numbers(of, number):
    assert version(of) == number


@pytest.mark.parametrize(
    "step",
    [
        Changed("BOOKMARK", {"metadata": {"resourceVersion": "105"}}),
        Changed("ADDED", widget("b", 106)),
        Listed([], "105"),
    ],
)
async def test_waiting_ends_with_whatever_brings_the_version(step):
    cache = cache_of()
    waiting = [asyncio.create_task(cache.wait_for(what)) for what in ("105", widget("a", 105), "101")]
    cache.take(step)
    await asyncio.gather(*waiting)


async def test_waiting_for_what_is_there():
    cache = cache_of(widget("a", 90))
    await cache.wait_for("100", timeout_s=0)
    cache.learn(widget("b", 110))
    await cache.wait_for(widget("b", 110), timeout_s=0)
    with pytest.raises(Unavailable, match="110"):
        await cache.wait_for("110", timeout_s=0.01)
    with pytest.raises(Unavailable):
        await cache.wait_for(widget("b", 111), timeout_s=0.01)
