"""The plugins by which OpenStack's clients log in, and `openstack --os-auth-type` with each of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import loading
from keystoneauth1.exceptions import Forbidden, Unauthorized
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from tests.cloud import Cloud, Project
from tests.identity.people import new_user

Json = dict[str, Any]


def plugin(cloud: Cloud, kind: str, **options: Any) -> Session:
    """Load a plugin by the name that clients know it by."""
    loaded = loading.get_plugin_loader(kind).load_from_options(auth_url=f"{cloud.url}/identity/v3", **options)
    return Session(auth=loaded)


def by_password(cloud: Cloud, project: Project, **scope: Any) -> Session:
    options = {"username": project.name, "password": project.password, "user_domain_id": "default"}
    return plugin(cloud, "v3password", **options, **scope)


def credential(project: Project, **more: Any) -> Json:
    body = {"application_credential": {"name": "robot", **more}}
    answer = project.identity.post(f"/users/{project.user_id}/application_credentials", json=body)
    return answer.json()["application_credential"]


def servers(session: Session) -> int:
    return session.get("/servers", endpoint_filter={"service_type": "compute"}).status_code


def test_password(cloud: Cloud, project: Project):
    session = by_password(cloud, project, project_name=project.name, project_domain_id="default")
    assert session.get_project_id() == project.project_id
    assert session.get_user_id() == project.user_id
    assert servers(session) == 200
    session.invalidate()
    assert servers(session) == 200, "the plugin logs in again"


def test_the_generic_password_finds_out_the_version(cloud: Cloud, project: Project):
    options = {"username": project.name, "password": project.password, "user_domain_name": "Default"}
    scope = {"project_name": project.name, "project_domain_name": "Default"}
    loaded = loading.get_plugin_loader("password").load_from_options(
        auth_url=f"{cloud.url}/identity", **options, **scope
    )
    assert servers(Session(auth=loaded)) == 200


def test_without_a_scope(cloud: Cloud, project: Project):
    session = by_password(cloud, project, unscoped=True)
    assert session.get_project_id() is None
    found = session.get(
        "/auth/projects",
        endpoint_filter={"service_type": "identity", "interface": "public"},
        endpoint_override=f"{cloud.url}/identity/v3",
    )
    assert [one["id"] for one in found.json()["projects"]] == [project.project_id]


def test_a_wrong_password(cloud: Cloud, project: Project):
    with pytest.raises(Unauthorized):
        plugin(cloud, "v3password", username=project.name, password="wrong", user_domain_id="default").get_token()


def test_an_application_credential(cloud: Cloud, project: Project):
    made = credential(project)
    by_id = {"application_credential_id": made["id"], "application_credential_secret": made["secret"]}
    assert servers(plugin(cloud, "v3applicationcredential", **by_id)) == 200
    by_name = {
        "application_credential_name": "robot",
        "application_credential_secret": made["secret"],
        "username": project.name,
        "user_domain_id": "default",
    }
    session = plugin(cloud, "v3applicationcredential", **by_name)
    assert session.get_project_id() == project.project_id
    assert servers(session) == 200


def test_a_token(cloud: Cloud, project: Project):
    unscoped = by_password(cloud, project, unscoped=True).get_token()
    scoped = plugin(cloud, "v3token", token=unscoped, project_id=project.project_id)
    assert servers(scoped) == 200
    with pytest.raises(Unauthorized):
        plugin(cloud, "v3token", token="gAAAAABnot-a-token", project_id=project.project_id).get_token()


def test_a_trust(cloud: Cloud, project: Project):
    """As Heat does: a service user acts by a trust."""
    service = new_user(cloud)
    trust = {
        "trustor_user_id": project.user_id,
        "trustee_user_id": service["id"],
        "project_id": project.project_id,
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    trust_id = project.identity.post("/OS-TRUST/trusts", json={"trust": trust}).json()["trust"]["id"]
    auth = v3.Password(
        f"{cloud.url}/identity/v3", user_id=service["id"], password=service["password"], trust_id=trust_id
    )
    session = Session(auth=auth)
    assert session.get_user_id() == project.user_id
    assert servers(session) == 200
    with pytest.raises(Forbidden):
        plugin(cloud, "v3token", token=session.get_token(), project_id=project.project_id).get_token()
    cloud.admin.identity.delete(f"/users/{service['id']}")


def openstack(cloud: Cloud, tmp_path: Path, kind: str, *arguments: str, **options: str) -> Any:
    """Run the command line with nothing but options: no clouds.yaml, no variables."""
    flags = [f"--os-{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [
        str(Path(sys.executable).with_name("openstack")),
        f"--os-auth-type={kind}",
        f"--os-auth-url={cloud.url}/identity/v3",
        *flags,
        *arguments,
        "-f",
        "json",
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    done = subprocess.run(
        command,
        env={**clean, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_command_line(cloud: Cloud, project: Project, tmp_path: Path):
    made = credential(project)
    logins: dict[str, dict[str, str]] = {
        "v3password": {
            "username": project.name,
            "password": project.password,
            "user_domain_id": "default",
            "project_id": project.project_id,
        },
        "v3applicationcredential": {
            "application_credential_id": made["id"],
            "application_credential_secret": made["secret"],
        },
        "v3token": {"token": project.token, "project_id": project.project_id},
    }
    for kind, options in logins.items():
        shown = openstack(cloud, tmp_path, kind, "token", "issue", **options)
        assert shown["project_id"] == project.project_id, kind
        assert shown["user_id"] == project.user_id, kind
