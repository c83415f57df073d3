"""The same life through openstacksdk's cloud layer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import openstack
import pytest
from openstack import warnings as sdk_warnings
from openstack.connection import Connection

from dicot.development import Development
from tests.cloud import Project, wait_for
from tests.scenarios.test_openstack_cli import left_behind

# openstacksdk warns of what its own cloud layer calls, and leaves the image's file open.
IGNORED = [f"ignore::openstack.warnings.{name}" for name in vars(sdk_warnings) if name.endswith("Warning")]
pytestmark = [
    pytest.mark.filterwarnings(one)
    for one in (*IGNORED, "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
]


@pytest.fixture
def sdk(development: Development, project: Project) -> Iterator[Connection]:
    auth = development.cloud("demo")["auth"]
    auth |= {"username": project.name, "password": project.password, "project_name": project.name}
    with openstack.connect(
        auth=auth, region_name="RegionOne", app_name="tests", load_yaml_config=False, load_envvars=False
    ) as connection:
        yield connection
        connection.session.session.close()  # openstacksdk leaves its sockets to the garbage collector


def test_a_servers_whole_life(sdk: Connection, project: Project, tmp_path: Path):
    disk = tmp_path / "disk.raw"
    disk.write_bytes(secrets.token_bytes(1024 * 64))
    image = sdk.create_image("disk", filename=str(disk), disk_format="raw", container_format="bare", wait=True)
    network = sdk.create_network("net")
    subnet = sdk.create_subnet(network.id, cidr="10.8.0.0/24", subnet_name="subnet")
    external = next(iter(sdk.network.networks(name="public")))
    router = sdk.create_router("router", ext_gateway_net_id=external.id)
    sdk.add_router_interface(router, subnet_id=subnet.id)
    group = sdk.create_security_group("web", "web servers")
    sdk.create_security_group_rule(group.id, port_range_min=80, port_range_max=80, protocol="tcp")
    keypair = sdk.create_keypair("key")

    server = sdk.create_server(
        "vm", image=image, flavor="m1.tiny", network=network, key_name=keypair.name, security_groups=["web"],
        auto_ip=False, wait=True, timeout=60,
    )  # fmt: skip
    assert server.status == "ACTIVE"
    assert server.private_v4.startswith("10.8.0.")
    assert "DataSourceConfigDrive" in wait_for(lambda: sdk.get_server_console(server), "a console log")

    volume = sdk.create_volume(1, name="data", wait=True, timeout=60)
    sdk.attach_volume(server, volume, wait=True, timeout=60)
    assert sdk.get_volume(volume.id).status == "in-use"
    sdk.detach_volume(server, volume, wait=True, timeout=60)
    sdk.delete_volume(volume.id, wait=True, timeout=60)

    floating_ip = sdk.create_floating_ip(network="public", server=server, wait=True, timeout=60)
    addresses = sdk.get_server(server.id).addresses["net"]
    assert floating_ip.floating_ip_address in {one["addr"] for one in addresses}
    sdk.delete_floating_ip(floating_ip.id)

    assert sdk.delete_server(server.id, wait=True, timeout=60)
    sdk.remove_router_interface(router, subnet_id=subnet.id)
    assert sdk.delete_router(router.id)
    assert sdk.delete_network(network.id)
    assert sdk.delete_security_group(group.id)
    assert sdk.delete_keypair(keypair.name)
    assert sdk.delete_image(image.id, wait=True)
    wait_for(lambda: not left_behind(project), f"an empty namespace, not {left_behind(project)}")
