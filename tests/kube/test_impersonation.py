import pytest

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


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a\r\nX: y", "a\x00", "a\x7f", "ключ", " alice", "alice ", "alice\u00a0"),
        *("system:masters", "system:node", "system:nodes", "system:node:n1", "system:kube-scheduler"),
        *(" system:masters", "system:masters\t"),
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
