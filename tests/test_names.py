import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicot import names


@given(st.text(max_size=100))
def test_slugs_are_dns_labels(text):
    slug = names.slug(text)
    assert 0 < len(slug) <= 40
    assert slug[0].isalpha()
    assert slug[-1].isalnum()
    assert all(char.isascii() and (char.isalnum() or char == "-") for char in slug)
    assert slug == slug.lower()


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Web Server #1", "web-server-1"), ("a.b.c", "a-b-c"), ("Zürich", "zurich"), ("1st", "x-1st"), ("日本", "x")],
)
def test_slugs_are_readable(text, slug):
    assert names.slug(text) == slug


def test_object_names_differ():
    assert len({names.object_name("web") for _ in range(100)}) == 100
    assert len(names.object_name("x" * 200)) <= 63


def vm(label, firmware):
    domain = {"firmware": {"uuid": firmware}} if firmware else {}
    return {
        "metadata": {"name": "a", "uid": "u-1", "labels": {"dicot.io/server-id": label} if label else {}},
        "spec": {"template": {"spec": {"domain": domain}}},
    }


def test_a_server_is_known_by_its_label():
    assert names.identity_of(vm("s-1", "s-1"), "server") == "s-1"


def test_a_machine_of_kubectls_is_known_by_its_uid():
    assert names.identity_of(vm("", "f-1"), "server") == "u-1"


def test_a_clone_is_another_server():
    assert names.identity_of(vm("s-1", "f-2"), "server") == "u-1"


def test_derived_ids_are_stable():
    assert names.derived_id("a", "b") == names.derived_id("a", "b") != names.derived_id("a", "c")
    assert len(names.derived_hex("a")) == 32
