from __future__ import annotations

import base64
from typing import Any

import pytest

from dicot.api.errors import BadRequest
from dicot.compute.servers import credentials, manifest
from tests.compute.servers.samples import plan

Json = dict[str, Any]


def access(**changes: Any) -> list[Json]:
    vm = manifest.virtual_machine(plan(**changes))
    return vm["spec"]["template"]["spec"].get("accessCredentials", [])


def test_a_password_is_made_of_novas_symbols():
    made = {credentials.generate() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 12
        assert any(one.isdigit() for one in password)
        assert any(one.isupper() for one in password)
        assert any(one.islower() for one in password)
        assert not set(password) & set("01IOl")
        assert password.isascii()
        assert password.isalnum()


@pytest.mark.parametrize(
    ("properties", "user"),
    [
        ({}, "root"),
        ({"os_admin_user": "cirros"}, "cirros"),
        ({"os_type": "windows"}, "Administrator"),
        ({"os_type": "windows", "os_admin_user": "boss"}, "boss"),
        ({"hw_qemu_guest_agent": "yes"}, "root"),
        ({"hw_qemu_guest_agent": "False"}, ""),
    ],
)
def test_the_image_names_the_administrator(properties, user):
    assert credentials.user(properties) == user


@pytest.mark.parametrize("name", ["EXAMPLE\\boss", "a b", "..data", "x" * 254])
def test_an_administrator_who_can_be_no_key(name):
    with pytest.raises(BadRequest, match="os_admin_user"):
        credentials.user({"os_admin_user": name})


def test_blanks_around_a_password_are_refused():
    assert credentials.password("a b", make=True) == "a b"
    assert credentials.password("", make=True) == ""
    assert credentials.password(None, make=False) == ""
    assert len(credentials.password(None, make=True)) == credentials.LENGTH
    with pytest.raises(BadRequest, match="adminPass"):
        credentials.password("secret\n", make=True)


def test_the_agent_is_told_by_a_secret_of_the_machine():
    assert access(user_data=b"") == [
        {
            "userPassword": {
                "source": {"secret": {"secretName": "gs-1-pass"}},
                "propagationMethod": {"qemuGuestAgent": {}},
            }
        }
    ]
    assert [list(one) for one in access()] == [["sshPublicKey"], ["userPassword"]]
    assert access(user_data=b"", admin_user="") == []
    assert access(user_data=b"", password="") == []


def test_the_password_is_in_the_secret_alone():
    wanted = plan(password="Geheim-pa55", admin_user="cirros", user_data=b"")
    (secret,) = manifest.secrets(wanted, {"metadata": {"name": "gs-1", "uid": "u-1"}})
    assert secret["metadata"]["name"] == "gs-1-pass"
    assert secret["data"] == {"cirros": base64.b64encode(b"Geheim-pa55").decode()}
    machine = str(manifest.virtual_machine(wanted))
    assert "Geheim" not in machine
    assert base64.b64encode(b"Geheim-pa55").decode() not in machine


@pytest.mark.parametrize("machine", ["web-1", "x" * 63, "with.dots.and-much-more-than-there-is-room-for.example"])
def test_one_more_secret_has_a_name_that_a_pod_can_take(machine):
    one, other = credentials.new_secret_name(machine), credentials.new_secret_name(machine)
    assert one != other
    assert len(one) <= 51
    assert "." not in one


def test_another_secret_takes_the_place_of_the_first():
    spec = {"accessCredentials": access()}
    assert credentials.secret_of(spec) == "gs-1-pass"
    changed = {"accessCredentials": credentials.with_secret(spec, "other-pass")}
    assert credentials.secret_of(changed) == "other-pass"
    assert credentials.with_secret(changed, "gs-1-pass") == access()
    assert credentials.with_secret(spec, "") == access()[:1]
    assert credentials.secret_of({}) == credentials.secret_of({"accessCredentials": access()[:1]}) == ""


@pytest.mark.parametrize("machine", ["web-1", "x" * 63, "with.dots.and-much-more-than-there-is-room-for.example"])
def test_only_what_was_made_for_a_machine_is_taken_for_that(machine):
    made = [credentials.new_secret_name(machine, kind) for kind in credentials.KINDS]
    made += [
        manifest.user_data_secret_name(machine),
        manifest.key_secret_name(machine),
        credentials.secret_name(machine),
    ]
    assert all(credentials.is_made_for(machine, name) for name in made)
    assert not any(credentials.is_made_for("other", name) for name in made)
    for name in ("", "own-pass", f"{machine}-token", f"own-{machine}-pass", f"{machine}-0123abcg-pass"):
        assert not credentials.is_made_for(machine, name)
