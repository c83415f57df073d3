"""The pod driver, on a cluster whose own network is all there is: policies, services, honest refusals."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.clusters import Clusters
from tests.network import scene

Json = dict[str, Any]


@pytest.fixture(scope="module")
def plain(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with the pod driver."""
    settings = {"network_driver": "pod"}
    with clusters.development(tmp_path_factory.mktemp("pod"), settings=settings) as development:
        cluster = development.cluster
        cloud = Cloud(development.url, development.passwords["admin"], cluster.url, cluster.token("admin"))
        yield cloud
        cloud.close()


@pytest.fixture
def tenant(plain: Cloud) -> Iterator[Project]:
    project = plain.new_project(f"pod-{secrets.token_hex(4)}")
    yield project
    project.remove()


def policies(project: Project) -> dict[str, Json]:
    found = project.objects("/apis/networking.k8s.io/v1/networkpolicies")
    return {one["metadata"]["name"]: one["spec"] for one in found}


def boot(project: Project, **attributes: Any) -> Json:
    """Make a server that runs."""
    compute = project.compute
    image = project.image.get("/images").json()["images"][0]["id"]
    flavor = compute.get("/flavors").json()["flavors"][0]["id"]
    wish = {"server": {"name": "web", "imageRef": image, "flavorRef": flavor, **attributes}}
    answer = compute.post("/servers", json=wish)
    assert answer.status_code == 202, answer.text
    server_id = answer.json()["server"]["id"]

    def running() -> Json | None:
        server = compute.get(f"/servers/{server_id}").json()["server"]
        assert server["status"] != "ERROR", server
        return server if server["status"] == "ACTIVE" and any(server["addresses"].values()) else None

    return wait_for(running, "a server with addresses")


def test_extensions_tell_the_truth(tenant: Project) -> None:
    aliases = {one["alias"] for one in tenant.network.get("/extensions").json()["extensions"]}
    assert {"router", "security-group", "port-security"} <= aliases
    assert not {"allowed-address-pairs", "extraroute", "ext-gw-mode"} & aliases


def test_a_server_reports_the_clusters_address(tenant: Project) -> None:
    network, subnet = scene.segment(tenant)
    server = boot(tenant, networks=[{"uuid": network["id"]}])
    (entry,) = server["addresses"]["private"]
    assert not entry["addr"].startswith("10.7.0.")
    (port,) = tenant.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": entry["addr"]}]
    (vm,) = tenant.objects("/apis/kubevirt.io/v1/virtualmachines")
    template = vm["spec"]["template"]
    assert template["spec"]["networks"] == [{"name": f"port-{port['id']}", "pod": {}}]
    assert template["spec"]["domain"]["devices"]["interfaces"][0]["masquerade"] == {}
    labels = template["metadata"]["labels"]
    assert labels[f"net.dicot.io/{network['id']}"] == ""
    assert all(f"sg.dicot.io/{one}" in labels for one in port["security_groups"])
    assert f"net-{network['id']}" in policies(tenant)
    assert f"sg-{port['security_groups'][0]}" in policies(tenant)


def test_a_particular_address_is_refused(tenant: Project) -> None:
    network, _ = scene.segment(tenant)
    wish = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.7.0.9"}]}
    message = scene.error(tenant.network.post("/ports", json={"port": wish}), 400, "HTTPBadRequest")
    assert message.startswith("Invalid input for fixed_ips.")
    pairs = {"network_id": network["id"], "allowed_address_pairs": [{"ip_address": "10.7.0.9"}]}
    scene.error(tenant.network.post("/ports", json={"port": pairs}), 400, "HTTPBadRequest")
    assert tenant.objects("/apis/network.dicot.io/v1alpha1/ports") == []


def test_groups_become_policies(tenant: Project) -> None:
    group = scene.make(tenant, "security-groups", name="web")
    name = f"sg-{group['id']}"
    assert policies(tenant)[name]["policyTypes"] == ["Ingress", "Egress"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    scene.make(
        tenant, "security-group-rules", **rule, port_range_min=80, port_range_max=80, remote_ip_prefix="192.0.2.0/24"
    )
    expected = {"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"protocol": "TCP", "port": 80}]}
    assert policies(tenant)[name]["ingress"] == [expected]
    odd = {**rule, "protocol": "gre"}
    answer = tenant.network.post("/security-group-rules", json={"security_group_rule": odd})
    scene.error(answer, 400, "SecurityGroupRuleInvalidProtocol")
    scene.delete(tenant, "security-groups", group["id"])
    assert name not in policies(tenant)


def test_a_range_of_ports_is_one_entry(tenant: Project) -> None:
    group = scene.make(tenant, "security-groups", name="web")
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    scene.make(tenant, "security-group-rules", **rule, port_range_min=80, port_range_max=90)
    (entry,) = policies(tenant)[f"sg-{group['id']}"]["ingress"]
    assert entry["ports"] == [{"protocol": "TCP", "port": 80, "endPort": 90}]


def test_a_changed_group_reaches_a_running_server(tenant: Project) -> None:
    network, _ = scene.segment(tenant)
    server = boot(tenant, networks=[{"uuid": network["id"]}])
    group = scene.make(tenant, "security-groups", name="web")
    (port,) = tenant.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    assert scene.change(tenant, "ports", port["id"], security_groups=[group["id"]]).status_code == 200
    label = f"sg.dicot.io/{group['id']}"
    for kind in ("/apis/kubevirt.io/v1/virtualmachineinstances", "/api/v1/pods"):
        (obj,) = tenant.objects(kind)
        labels = obj["metadata"]["labels"]
        assert label in labels
        assert f"sg.dicot.io/{port['security_groups'][0]}" not in labels


def test_a_second_network_is_refused(tenant: Project) -> None:
    one, _ = scene.segment(tenant)
    other, _ = scene.segment(tenant, "10.8.0.0/24")
    compute = tenant.compute
    image = tenant.image.get("/images").json()["images"][0]["id"]
    flavor = compute.get("/flavors").json()["flavors"][0]["id"]
    networks = [{"uuid": one["id"]}, {"uuid": other["id"]}]
    wish = {"server": {"name": "two", "imageRef": image, "flavorRef": flavor, "networks": networks}}
    assert compute.post("/servers", json=wish).status_code == 400
    assert tenant.objects("/apis/network.dicot.io/v1alpha1/ports") == []


def test_a_floating_ip_is_a_load_balancer(plain: Cloud, tenant: Project) -> None:
    outside = scene.make(plain.admin, "networks", name="outside", **{"router:external": True})
    pool = {"allocation_pools": [{"start": "198.51.100.10", "end": "198.51.100.20"}], "gateway_ip": None}
    scene.make(plain.admin, "subnets", network_id=outside["id"], ip_version=4, cidr="198.51.100.0/24", **pool)
    network, _ = scene.segment(tenant)
    server = boot(tenant, networks=[{"uuid": network["id"]}])
    (port,) = tenant.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    rule = {"security_group_id": port["security_groups"][0], "direction": "ingress", "protocol": "tcp"}
    scene.make(tenant, "security-group-rules", **rule, port_range_min=8080, port_range_max=8081)
    floating = scene.make(tenant, "floatingips", floating_network_id=outside["id"], port_id=port["id"])
    (service,) = tenant.objects("/api/v1/services")
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["loadBalancerIP"] == floating["floating_ip_address"]
    assert [one["port"] for one in service["spec"]["ports"]] == [8080, 8081]
    scene.make(tenant, "security-group-rules", **rule, port_range_min=8443, port_range_max=8443)
    (service,) = tenant.objects("/api/v1/services")
    assert [one["port"] for one in service["spec"]["ports"]] == [8080, 8081, 8443]
    addresses = tenant.compute.get(f"/servers/{server['id']}").json()["server"]["addresses"]["private"]
    assert {one["OS-EXT-IPS:type"] for one in addresses} == {"fixed", "floating"}
    assert scene.change(tenant, "floatingips", floating["id"], port_id=None).status_code == 200
    assert tenant.objects("/api/v1/services") == []
    scene.delete(tenant, "floatingips", floating["id"])
    scene.delete(plain.admin, "networks", outside["id"])
