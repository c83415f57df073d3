"""Floating IPs as clients older than 2.44 lead them to a server."""

from __future__ import annotations

import pytest

from tests.cloud import wait_for
from tests.network import scene

OLD = "2.43"


@pytest.fixture
def server(servers):
    network, _, _ = scene.routed(servers.project)
    return servers.make(networks=[{"uuid": network["id"]}])


@pytest.fixture
def floating(servers):
    outside = scene.public(servers.project)["id"]
    return scene.make(servers.project, "floatingips", floating_network_id=outside)


def kinds(servers, server_id):
    (addresses,) = servers.show(server_id)["addresses"].values()
    return {one["OS-EXT-IPS:type"]: one["addr"] for one in addresses}


@pytest.mark.parametrize("named", [True, False])
def test_added_and_removed(servers, server, floating, refused, named):
    address, server_id = floating["floating_ip_address"], server["id"]
    fixed = kinds(servers, server_id)["fixed"]
    wish = {"address": address, **({"fixed_address": fixed} if named else {})}
    assert servers.act(server_id, {"addFloatingIp": wish}, OLD).status_code == 202
    assert kinds(servers, server_id) == {"fixed": fixed, "floating": address}
    assert scene.show(servers.project, "floatingips", floating["id"])["fixed_ip_address"] == fixed
    assert servers.act(server_id, {"removeFloatingIp": {"address": address}}, OLD).status_code == 202
    assert kinds(servers, server_id) == {"fixed": fixed}
    again = servers.act(server_id, {"removeFloatingIp": {"address": address}}, OLD)
    sentence = f"Floating IP {address} is not associated with instance {server_id}."
    assert refused(again, 409, "conflictingRequest") == sentence


def test_refused(servers, server, floating, refused):
    address, server_id = floating["floating_ip_address"], server["id"]

    def add(**wish):
        return servers.act(server_id, {"addFloatingIp": wish}, OLD)

    assert refused(add(address="172.24.4.250"), 404, "itemNotFound") == "floating IP not found"
    message = refused(add(address=address, fixed_address="10.7.0.250"), 400, "badRequest")
    assert message == "Specified fixed address not assigned to instance"
    refused(add(address="nonsense"), 400, "badRequest")
    refused(add(), 400, "badRequest")
    gone = servers.act(server_id, {"removeFloatingIp": {"address": "172.24.4.250"}}, OLD)
    refused(gone, 404, "itemNotFound")
    refused(servers.act(server_id, {"addFloatingIp": {"address": address}}, "2.44"), 404, "itemNotFound")
    second = scene.make(servers.project, "floatingips", floating_network_id=floating["floating_network_id"])
    assert add(address=address).status_code == 202
    message = refused(add(address=second["floating_ip_address"]), 400, "badRequest")
    assert message.startswith(f"Unable to associate floating IP {second['floating_ip_address']} to fixed IP 10.7.0.")


def test_a_server_without_addresses(servers, floating, refused):
    server_id = servers.make()["id"]
    answer = servers.act(server_id, {"addFloatingIp": {"address": floating["floating_ip_address"]}}, OLD)
    assert refused(answer, 400, "badRequest") == "No fixed IPs associated to instance"


def test_the_floating_ip_of_another_project(servers, server, other_project, refused):
    outside = scene.public(other_project)["id"]
    theirs = scene.make(other_project, "floatingips", floating_network_id=outside)
    answer = servers.act(server["id"], {"addFloatingIp": {"address": theirs["floating_ip_address"]}}, OLD)
    assert refused(answer, 404, "itemNotFound") == "floating IP not found"
    wait_for(lambda: scene.show(other_project, "floatingips", theirs["id"])["port_id"] is None, "nothing to change")
