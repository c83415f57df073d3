import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dicot.kube.errors import Forbidden
from dicot.kube.impersonation import Actor, headers_for


def test_everything_an_actor_has_becomes_a_header():
    actor = Actor("alice", ("devs", "ops"), "u-1", (("scopes", "view"), ("scopes", "edit"), ("Example.org/a b", "x")))
    assert list(headers_for(actor).items()) == [
        ("Impersonate-User", "alice"),
        ("Impersonate-Group", "devs"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Uid", "u-1"),
        ("Impersonate-Extra-scopes", "view"),
        ("Impersonate-Extra-scopes", "edit"),
        ("Impersonate-Extra-%45xample.org%2Fa%20b", "x"),
    ]


NEVER = frozenset(
    {
        *("system:masters", "system:nodes", "system:node:n1", "system:kube-scheduler", "system:admin"),
        *("system:serviceaccount:kube-system:default", "system:serviceaccounts:kube-system"),
    }
)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a\r\nX: y", "a\x00", "a\x7f", "ключ", " alice", "alice ", "alice\u00a0"),
        *("system:masters", "system:node", "system:nodes", "system:node:n1", "system:kube-scheduler"),
        *(" system:masters", "system:masters\t", "system:admin", "system:anonymous", "system:apiserver"),
        *("system:serviceaccount:kube-system:generic-garbage-collector", "system:serviceaccount:kube-public:x"),
        *("system:serviceaccount:", "system:serviceaccount:ns:", "system:serviceaccount::x", "system:bootstrappers"),
        *("system:serviceaccounts:kube-system", "system:serviceaccount:a:b:c", "system:unauthenticated"),
    ],
)
def test_names_that_are_never_impersonated(name: str):
    with pytest.raises(Forbidden):
        headers_for(Actor(name))
    with pytest.raises(Forbidden):
        headers_for(Actor("alice", (name,)))


def test_values_that_are_no_header():
    for actor in (Actor("a", uid="x\n"), Actor("a", extra=(("k", "\r"),)), Actor("a", extra=(("", "v"),))):
        with pytest.raises(Forbidden):
            headers_for(actor)


def test_a_service_account_may_be_impersonated():
    assert headers_for(Actor("system:serviceaccount:ns:robot"))["Impersonate-User"] == "system:serviceaccount:ns:robot"


@pytest.mark.parametrize(
    "group", ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:ns", "dev"]
)
def test_groups_that_people_have(group: str):
    assert headers_for(Actor("alice", (group,)))["Impersonate-Group"] == group


ANY = st.one_of(
    st.text(),
    st.text(alphabet=" \t\r\n\x00\x85\xa0:,%system"),
    st.builds("{}{}{}".format, st.text(max_size=2), st.sampled_from(sorted(NEVER)), st.text(max_size=2)),
)
LINE_ENDS = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029))


def arrives(actor: Actor) -> list[tuple[str, str]]:
    """Return the headers as a server reads them: it strips blanks, and a line end would begin another header."""
    try:
        made = headers_for(actor)
    except Forbidden:
        return []
    for name, value in made.items():
        assert not LINE_ENDS & set(name + value), (name, value)
        assert value == value.strip()
    return list(made.items())


@given(name=ANY)
@example(name="\u017fystem:masters")
def test_a_name_arrives_as_it_is_or_not_at_all(name: str):
    for actor, header in (
        (Actor(name), "Impersonate-User"),
        (Actor("alice", (name,)), "Impersonate-Group"),
        (Actor("alice", uid=name), "Impersonate-Uid"),
    ):
        found = arrives(actor)
        assert [value for key, value in found if key == header] in ([name], []), found
        assert not [one for one in found if one[0] in {"Impersonate-User", "Impersonate-Group"} and one[1] in NEVER]


@given(key=st.text(), value=ANY)
def test_an_extra_key_is_escaped_and_adds_no_header(key: str, value: str):
    found = arrives(Actor("alice", extra=((key, value),)))
    extras = [one for one in found if one[0].lower().startswith("impersonate-extra-")]
    assert len(found) == (2 if extras else 0)
    for name, told in extras:
        assert unquote(name[len("Impersonate-Extra-") :].lower()) == key
        assert re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name)
        assert told == value
