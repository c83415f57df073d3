"""The comparison of rights with audit events: what is used counts once, in the right role, and nobody else's counts."""

import json
from pathlib import Path
from typing import Any

from tests.rights import ACCOUNT, UNREACHED, Rights, given

Json = dict[str, Any]


def event(verb: str, resource: str, *, group: str = "", user: str = ACCOUNT, code: int = 200, **ref: str) -> Json:
    named = {"resource": resource, **ref} | ({"apiGroup": group} if group else {})
    return {"verb": verb, "user": {"username": user}, "responseStatus": {"code": code}, "objectRef": named}


def unused_after(*events: Json) -> set[str]:
    rights = Rights()
    for one in events:
        rights.note(one)
    return set(rights.unused())


EVERY = {" ".join(right).strip() for right in given()} - set(UNREACHED)


def test_nothing_used():
    assert unused_after() == EVERY
    assert len(EVERY) > 50


def test_what_is_used_is_not_named():
    assert EVERY - unused_after(event("list", "nodes")) == {"dicot:server list  nodes"}
    assert EVERY - unused_after(event("patch", "networks", group="network.dicot.io", subresource="status")) == {
        "dicot:server patch network.dicot.io networks/status"
    }


def test_a_right_at_home_is_none_elsewhere():
    at_home = EVERY - unused_after(event("create", "secrets", namespace="dicot-system"))
    elsewhere = EVERY - unused_after(event("create", "secrets", namespace="web"))
    assert at_home == {"dicot:server-system create  secrets"}
    assert elsewhere == {"dicot:server create  secrets"}


def test_a_right_to_one_name_needs_that_name():
    named = {right for right in given() if right[4] and right[1] == "get"}
    assert named
    rights = Rights()
    for _, verb, group, resource, name in named:
        rights.note(event(verb, resource, group=group, namespace="cdi", name="other"))
        assert not named & rights.used
        rights.note(event(verb, resource, group=group, namespace="cdi", name=name))
    assert named <= rights.used


def test_what_others_do_and_what_is_refused_is_no_use():
    assert unused_after(event("list", "nodes", user="somebody"), event("list", "nodes", code=403)) == EVERY


def test_acting_as_a_user_uses_the_right_to_do_so():
    acting = {**event("create", "secrets"), "impersonatedUser": {"username": "dicot:u", "groups": ["dicot:group:g"]}}
    assert EVERY - unused_after(acting) == {"dicot:server impersonate  users", "dicot:server impersonate  groups"}


def test_the_audit_log_of_a_real_api_server(tmp_path: Path):
    """Each request stands there once for each stage; a watch that has not ended has only begun."""
    begun = {**event("list", "nodes"), "stage": "RequestReceived"}
    begun.pop("responseStatus")
    lines = [begun, {**event("list", "nodes"), "stage": "ResponseComplete"}]
    lines += [{**event("watch", "nodes"), "stage": "ResponseStarted"}, {**begun, "verb": "delete"}]
    log = tmp_path / "audit.log"
    log.write_text("\n".join(json.dumps(one) for one in lines) + "\n")
    rights = Rights()
    rights.read(log)
    assert EVERY - set(rights.unused()) == {"dicot:server list  nodes", "dicot:server watch  nodes"}
