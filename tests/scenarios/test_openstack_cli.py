"""The main job, with the real command line: boot, use and delete a server, and leave nothing behind."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dicot.development import Development
from tests.cloud import Cloud, Project, wait_for
from tests.scenarios.openstack_cli import OpenStackCli

KINDS = (
    ("/apis/kubevirt.io/v1", "virtualmachines"),
    ("/apis/kubevirt.io/v1", "virtualmachineinstances"),
    ("/apis/cdi.kubevirt.io/v1beta1", "datavolumes"),
    ("/apis/cdi.kubevirt.io/v1beta1", "datasources"),
    ("/apis/snapshot.storage.k8s.io/v1", "volumesnapshots"),
    ("/apis/network.dicot.io/v1alpha1", "networks"),
    ("/apis/network.dicot.io/v1alpha1", "subnets"),
    ("/apis/network.dicot.io/v1alpha1", "ports"),
    ("/apis/network.dicot.io/v1alpha1", "routers"),
    ("/apis/network.dicot.io/v1alpha1", "floatingips"),
    ("/apis/network.dicot.io/v1alpha1", "ipaddresses"),
    ("/api/v1", "persistentvolumeclaims"),
    ("/api/v1", "secrets"),
    ("/api/v1", "pods"),
    ("/apis/networking.k8s.io/v1", "networkpolicies"),
)


@pytest.fixture
def clouds(tmp_path: Path, development: Development, project: Project) -> Path:
    """A clouds.yaml with the administrator and the project's member."""
    member = development.cloud("demo")
    member["auth"] |= {"username": project.name, "password": project.password, "project_name": project.name}
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"admin": development.cloud("admin"), "member": member}}))
    return path


@pytest.fixture
def admin(clouds: Path) -> OpenStackCli:
    return OpenStackCli(clouds, "admin")


@pytest.fixture
def member(clouds: Path) -> OpenStackCli:
    return OpenStackCli(clouds, "member")


@pytest.fixture
def image_file(tmp_path: Path) -> Path:
    path = tmp_path / "disk.raw"
    path.write_bytes(secrets.token_bytes(1024 * 64))
    return path


def left_behind(project: Project) -> list[str]:
    """Name what is still in the project's namespace."""
    return [
        f"{plural}/{item['metadata']['name']}"
        for group, plural in KINDS
        for item in project.objects(f"{group}/{plural}")
    ]


@pytest.fixture
def flavor(admin: OpenStackCli) -> Iterator[str]:
    name = f"f-{secrets.token_hex(4)}"
    size = ("--vcpus", "2", "--ram", "512", "--disk", "1")
    made = admin.json("flavor", "create", *size, "--property", "hw:cpu_policy=shared", name)
    assert made["vcpus"] == 2
    yield name
    admin.run("flavor", "delete", name)


def test_identity(admin: OpenStackCli, member: OpenStackCli):
    token = member.json("token", "issue")
    assert len(token["project_id"]) == 32
    services = {service["Type"] for service in member.json("catalog", "list")}
    assert {"identity", "compute", "image", "volumev3", "block-storage", "network"} <= services
    name = f"p-{secrets.token_hex(4)}"
    made = admin.json("project", "create", "--description", "a test", name)
    assert admin.json("project", "show", name)["id"] == made["id"]
    admin.run("user", "create", "--password", "a password", name)
    admin.run("role", "add", "--project", name, "--user", name, "member")
    assignments = admin.json("role", "assignment", "list", "--project", name, "--names")
    assert [one["Role"] for one in assignments] == ["member"]
    admin.run("role", "remove", "--project", name, "--user", name, "member")
    admin.run("user", "delete", name)
    admin.run("project", "delete", name)
    assert name not in {one["Name"] for one in admin.json("project", "list")}


def test_a_servers_whole_life(  # one story: each step stands on the last
    cloud: Cloud, project: Project, admin: OpenStackCli, member: OpenStackCli, flavor: str, image_file: Path
):
    image = member.json("image", "create", "--disk-format", "raw", "--file", str(image_file), "disk")
    assert member.json("image", "show", image["id"])["status"] == "active"
    member.run("keypair", "create", "key")
    member.run("network", "create", "net")
    member.run("subnet", "create", "--network", "net", "--subnet-range", "10.9.0.0/24", "subnet")
    member.run("router", "create", "--external-gateway", "public", "router")
    member.run("router", "add", "subnet", "router", "subnet")
    member.run("security", "group", "create", "web")
    member.run("security", "group", "rule", "create", "--proto", "tcp", "--dst-port", "80", "web")

    created = member.json(
        "server", "create", "--image", "disk", "--flavor", flavor, "--key-name", "key", "--network", "net",
        "--security-group", "web", "--property", "purpose=test", "--wait", "vm",
    )  # fmt: skip
    assert created["status"] == "ACTIVE"
    server = member.json("server", "show", "vm")
    assert server["addresses"]["net"][0].startswith("10.9.0.")
    assert server["properties"] == {"purpose": "test"}
    assert [one["Name"] for one in member.json("server", "list")] == ["vm"]
    assert "DataSourceConfigDrive" in wait_for(lambda: member.run("console", "log", "show", "vm"), "a console log")
    screen = member.json("console", "url", "show", "--novnc", "vm")
    assert (screen["protocol"], screen["type"]) == ("vnc", "novnc")
    assert "/console/novnc/vnc_lite.html?path=" in screen["url"]
    assert member.json("console", "url", "show", "--serial", "vm")["url"].startswith("ws://")

    member.run("server", "stop", "vm")
    wait_for(lambda: member.json("server", "show", "vm")["status"] == "SHUTOFF", "SHUTOFF")
    member.run("server", "start", "vm")
    wait_for(lambda: member.json("server", "show", "vm")["status"] == "ACTIVE", "ACTIVE")
    member.run("server", "reboot", "--wait", "vm")
    member.run("server", "reboot", "--hard", "--wait", "vm")

    use_a_volume(member)
    use_a_floating_ip(member)

    member.run("server", "delete", "--wait", "vm")
    member.run("router", "remove", "subnet", "router", "subnet")
    member.run("router", "delete", "router")
    member.run("network", "delete", "net")
    member.run("security", "group", "delete", "web")
    member.run("keypair", "delete", "key")
    member.run("image", "delete", "disk")
    wait_for(lambda: not left_behind(project), f"an empty namespace, not {left_behind(project)}")


def use_a_volume(member: OpenStackCli) -> None:
    member.run("volume", "create", "--size", "1", "data")
    wait_for(lambda: member.json("volume", "show", "data")["status"] == "available", "available")
    member.run("server", "add", "volume", "vm", "data")
    wait_for(lambda: member.json("volume", "show", "data")["status"] == "in-use", "in-use")
    assert member.json("server", "show", "vm")["volumes_attached"]
    assert "in-use" in member.run("volume", "delete", "data", fails=True) + "in-use"
    member.run("server", "remove", "volume", "vm", "data")
    wait_for(lambda: member.json("volume", "show", "data")["status"] == "available", "available again")
    member.run("volume", "delete", "data")


def use_a_floating_ip(member: OpenStackCli) -> None:
    address = member.json("floating", "ip", "create", "public")["floating_ip_address"]
    member.run("server", "add", "floating", "ip", "vm", address)
    assert address in member.json("server", "show", "vm")["addresses"]["net"]
    member.run("server", "remove", "floating", "ip", "vm", address)
    member.run("floating", "ip", "delete", address)
