from hypothesis import given
from hypothesis import strategies as st

from dicot.kube.sharing import PARTS_MAX, Pool

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3)
OBJECTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=5)
)


def same(one, other) -> bool:
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(st.lists(st.dictionaries(st.text(max_size=2), OBJECTS, max_size=4), max_size=8))
def test_what_is_shared_stays_what_it_was(objects):
    pool = Pool()
    for obj in objects:
        assert same(pool.share(obj), obj)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), OBJECTS, max_size=3), max_size=8))
def test_what_changes_is_what_it_became(objects):
    pool, before = Pool(), None
    for obj in objects:
        before = pool.share(obj, before)
        assert before == obj


def test_what_an_object_keeps_is_not_made_anew():
    pool = Pool()
    spec = {"template": {"volumes": [{"name": "root", "disk": {"bus": "virtio"}}]}}
    before = pool.share({"spec": spec, "status": {"ready": False, "nodeName": "n1"}})
    after = pool.share({"spec": {**spec}, "status": {"ready": True, "nodeName": "n1"}}, before)
    assert after["spec"] is before["spec"]
    assert after["status"] == {"ready": True, "nodeName": "n1"}
    assert before["status"]["ready"] is False


def test_equal_parts_are_one():
    pool = Pool()
    one, other = (pool.share({"disk": {"bus": "virtio"}, "name": f"vol-{number}"}) for number in range(2))
    assert one["disk"] is other["disk"]


def test_one_and_true_are_not_equal_here():
    pool = Pool()
    assert pool.share({"a": {"x": 1}})["a"]["x"] is not True
    assert pool.share({"a": {"x": True}})["a"]["x"] is True


def test_what_is_remembered_is_bounded():
    pool = Pool()
    for number in range(PARTS_MAX * 2):
        pool.share({"name": f"n{number}"})
    assert len(pool._parts) <= PARTS_MAX + 2
