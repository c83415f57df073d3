"""What a creation may name, what it is refused for, and that a refused one leaves nothing."""

from __future__ import annotations

import pytest

from tests.cloud import wait_for
from tests.compute.servers.conftest import Servers

NOBODY = "00000000-0000-0000-0000-000000000000"


def block(**mapping):
    return [{"boot_index": 0, "destination_type": "volume", "delete_on_termination": True, **mapping}]


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ({"imageRef": ...}, "Missing imageRef attribute"),
        ({"imageRef": NOBODY}, "Can not find requested image"),
        ({"flavorRef": "nosuch"}, "Flavor nosuch could not be found."),
        ({"key_name": "nosuch"}, "Invalid key_name provided."),
        ({"availability_zone": "nosuch"}, "The requested availability zone is not available"),
        ({"networks": [{"uuid": NOBODY}]}, f"Network {NOBODY} could not be found."),
        ({"networks": [{"port": NOBODY}]}, f"Port id {NOBODY} could not be found."),
        ({"networks": [{"fixed_ip": "10.0.0.1"}]}, "Bad network format: missing 'uuid'"),
        (
            {"block_device_mapping_v2": block(source_type="volume", uuid=NOBODY), "imageRef": ...},
            f"Block Device Mapping is Invalid: failed to get volume {NOBODY}.",
        ),
        (
            {"block_device_mapping_v2": block(source_type="snapshot", uuid=NOBODY), "imageRef": ...},
            f"Block Device Mapping is Invalid: failed to get snapshot {NOBODY}.",
        ),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
        ({"user_data": "%%%"}, None),
        ({"name": ""}, "Invalid input for field/attribute name. Value: . '' should be non-empty"),
        ({"name": "x" * 256}, None),
        ({"name": 7}, None),
        ({"metadata": {"k": 1}}, None),
        ({"tags": ["a,b"]}, None),
        ({"networks": "some"}, None),
    ],
)
def test_refused(servers, refused, server, sentence):
    message = refused(servers.ask(**server), 400, "badRequest")
    assert sentence is None or message == sentence
    assert not servers.left()


def test_an_unknown_field_is_named(servers, refused):
    message = refused(servers.ask(bogus=1), 400, "badRequest")
    assert message.startswith("Invalid input for field/attribute server. Value: {'name': 'web'")
    assert message.endswith("Additional properties are not allowed ('bogus' was unexpected)")


def test_networks_are_required_from_2_37(servers, refused):
    refused(servers.ask("2.37", networks=...), 400, "badRequest")
    assert servers.ask("2.36", networks=...).status_code == 202


@pytest.mark.parametrize(
    ("field", "value", "since"),
    [("tags", ["a"], "2.52"), ("description", "d", "2.19"), ("hostname", "host-a", "2.90")],
)
def test_a_field_begins_at_its_version(servers, refused, field, value, since):
    minor = int(since.split(".")[1])
    networks = ... if minor - 1 < 37 else "none"
    refused(servers.ask(f"2.{minor - 1}", networks=networks, **{field: value}), 400, "badRequest")
    networks = ... if minor < 37 else "none"
    assert servers.ask(since, networks=networks, **{field: value}).status_code == 202


def test_before_2_19_the_name_is_the_description(servers):
    server_id = servers.ask("2.1", networks=...).json()["server"]["id"]
    assert servers.show(server_id)["description"] == "web"


def test_injected_files_are_refused_by_name(servers, refused):
    files = [{"path": "/a", "contents": "Yg=="}]
    message = refused(servers.ask("2.1", networks=..., personality=files), 400, "badRequest")
    assert "Personality files" in message


@pytest.mark.parametrize("field", ["host", "hypervisor_hostname"])
def test_only_administrators_choose_the_host(servers, refused, field):
    refused(servers.ask(**{field: "node-1"}), 403, "forbidden")
    refused(servers.ask(availability_zone="nova:node-1"), 403, "forbidden")


def test_a_port_of_its_own_goes_with_the_server(servers):
    network_id = servers.network()
    server = servers.make(networks=[{"uuid": network_id, "fixed_ip": "10.9.0.77"}])
    (address,) = server["addresses"]["net"]
    assert address["addr"] == "10.9.0.77"
    servers.delete(server["id"])
    wait_for(lambda: not servers.left(), "nothing to be left")


def test_a_port_of_the_user_stays(servers, refused):
    network_id = servers.network()
    port = servers.project.network.post("/ports", json={"port": {"network_id": network_id}}).json()["port"]
    server = servers.make(networks=[{"port": port["id"]}])
    message = refused(servers.ask(networks=[{"port": port["id"]}]), 409, "conflictingRequest")
    assert message == f"Port {port['id']} is still in use."
    listed = servers.project.compute.get(f"/servers/{server['id']}/os-interface").json()["interfaceAttachments"]
    assert [one["port_id"] for one in listed] == [port["id"]]
    servers.delete(server["id"])

    def freed() -> bool:
        return servers.project.network.get(f"/ports/{port['id']}").json()["port"]["device_id"] == ""

    wait_for(freed, "the port to be free")


def test_the_only_network_is_found(servers):
    servers.network()
    server = servers.make(networks="auto")
    assert list(server["addresses"]) == ["net"]
    assert server["security_groups"] == [{"name": "default"}]


def test_of_two_networks_none_is_chosen(servers, refused):
    servers.network()
    servers.network()
    refused(servers.ask(networks="auto"), 409, "conflictingRequest")
    assert not servers.left().get("virtualmachines")


def test_a_volume_from_an_image_dies_with_the_server(servers):
    mapping = block(source_type="image", uuid=servers.image, volume_size=2)
    server = servers.make(imageRef="", block_device_mapping_v2=mapping)
    assert server["image"] == ""
    (attached,) = server["os-extended-volumes:volumes_attached"]
    assert attached["delete_on_termination"]
    volume = servers.project.volume.get(f"/volumes/{attached['id']}").json()["volume"]
    assert (volume["status"], volume["bootable"], volume["size"]) == ("in-use", "true", 2)
    servers.delete(server["id"])
    wait_for(lambda: not servers.left(), "the volume to go too")


def test_a_volume_that_exists_is_kept(servers, refused):
    volume_id = servers.volume(imageRef=servers.image)
    mapping = [{"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume_id}]
    server = servers.make(imageRef=..., block_device_mapping_v2=mapping)
    again = servers.ask(imageRef=..., block_device_mapping_v2=mapping)
    assert "Invalid volume" in refused(again, 400, "badRequest")
    servers.delete(server["id"])
    servers.volume_until(volume_id, "available")


def test_a_volume_that_cannot_be_booted_from(servers, refused):
    volume_id = servers.volume()
    mapping = [{"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume_id}]
    message = refused(servers.ask(imageRef=..., block_device_mapping_v2=mapping), 400, "badRequest")
    assert message == f"Block Device {volume_id} is not bootable."


def test_a_blank_volume_beside_the_image(servers):
    mapping = [{"source_type": "blank", "destination_type": "volume", "volume_size": 1, "tag": "data"}]
    server = servers.make(block_device_mapping_v2=mapping)
    attached = servers.project.compute_at("2.89").get(f"/servers/{server['id']}/os-volume_attachments").json()
    (one,) = attached["volumeAttachments"]
    assert (one["tag"], one["delete_on_termination"], one["serverId"]) == ("data", False, server["id"])
    servers.delete(server["id"])
    servers.volume_until(one["volumeId"], "available")


def test_the_later_of_two_volumes_is_missing(servers, refused):
    """What was claimed before the failure is given back."""
    volume_id = servers.volume()
    mappings = [
        {"source_type": "volume", "destination_type": "volume", "uuid": volume_id},
        {"source_type": "volume", "destination_type": "volume", "uuid": NOBODY},
    ]
    refused(servers.ask(block_device_mapping_v2=mappings), 400, "badRequest")
    servers.volume_until(volume_id, "available")


def limit(servers, **hard):
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {key.replace("_", "/"): text for key, text in hard.items()}}}
    kube = servers.project.cloud.kube
    made = kube.post(f"/api/v1/namespaces/{servers.project.namespace}/resourcequotas", json=quota)
    assert made.status_code == 201, made.text


def test_over_quota(servers, refused):
    servers.make()
    limit(servers, **{"count_virtualmachines.kubevirt.io": "1"})

    def sentence() -> str:
        return refused(servers.ask(), 403, "forbidden")

    wait_for(lambda: sentence().startswith("Quota exceeded for instances"), "the quota to be seen")
    assert sentence() == "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"


def test_a_failure_after_the_machine_takes_everything_back(servers, refused):
    """No Secret may be made any more: the machine, its port and the promise of a volume go again."""
    volume_id, network_id = servers.volume(), servers.network()
    limit(servers, count_secrets="0")
    mapping = [
        {"source_type": "volume", "destination_type": "volume", "uuid": volume_id},
        {"source_type": "blank", "destination_type": "volume", "volume_size": 1},
    ]
    answer = servers.ask(networks=[{"uuid": network_id}], block_device_mapping_v2=mapping, user_data="IyEK")
    refused(answer, 403, "forbidden")
    servers.volume_until(volume_id, "available")
    wait_for(lambda: set(servers.left()) == {"persistentvolumeclaims", "datavolumes"}, "only the volume to be left")
    assert len(servers.left()["datavolumes"]) == 1


def test_a_server_of_another_project_is_not_found(servers, other_project, refused):
    server_id = servers.make()["id"]
    compute = other_project.compute_at("2.104")
    for answer in (
        compute.get(f"/servers/{server_id}"),
        compute.delete(f"/servers/{server_id}"),
        compute.put(f"/servers/{server_id}", json={"server": {"name": "x"}}),
        compute.post(f"/servers/{server_id}/action", json={"os-stop": None}),
        compute.get(f"/servers/{server_id}/metadata"),
        compute.get(f"/servers/{server_id}/os-volume_attachments"),
        compute.get(f"/servers/{server_id}/os-interface"),
        compute.get(f"/servers/{server_id}/ips"),
        compute.get(f"/servers/{server_id}/tags"),
    ):
        assert refused(answer, 404, "itemNotFound") == f"Instance {server_id} could not be found."
    assert other_project.compute.get("/servers").json() == {"servers": []}


def test_without_a_token(anonymous, servers):
    assert anonymous.get("/compute/v2.1/servers").status_code == 401
    wrong = anonymous.get("/compute/v2.1/servers", headers={"X-Auth-Token": "x"})
    assert wrong.status_code == 401
    assert wrong.json()["error"]["code"] == 401


def test_a_reader_may_look_but_not_touch(cloud, servers):
    reader = cloud.new_project("readers-" + servers.project.name, role="reader")
    try:
        assert reader.compute.get("/servers").status_code == 200
        body = {"server": {"name": "x", "imageRef": servers.image, "flavorRef": "1", "networks": "none"}}
        answer = reader.compute_at("2.104").post("/servers", json=body)
        assert answer.status_code == 403
    finally:
        reader.remove()


def test_an_administrator_chooses_the_host(cloud, refused):
    nodes = cloud.kube.get("/api/v1/nodes").json()["items"]
    labels = nodes[-1]["metadata"]["labels"]
    name, zone = nodes[-1]["metadata"]["name"], labels.get("topology.kubernetes.io/zone", "nova")
    servers = Servers(cloud.admin)
    message = refused(servers.ask(host="nosuch"), 400, "badRequest")
    assert message == "Compute host nosuch could not be found."
    server = servers.make(availability_zone=f"{zone}:{name}")
    try:
        assert server["OS-EXT-SRV-ATTR:host"] == name
        assert server["OS-EXT-AZ:availability_zone"] == server["pinned_availability_zone"] == zone
        assert server["host_status"] == "UP"
    finally:
        servers.delete(server["id"])


def test_scheduler_hints(servers, refused):
    first = servers.make()["id"]
    compute = servers.project.compute_at("2.104")
    server = {"name": "apart", "imageRef": servers.image, "flavorRef": "1", "networks": "none"}
    body = {"server": server, "os:scheduler_hints": {"different_host": first}}
    answer = compute.post("/servers", json=body)
    assert answer.status_code == 202
    shown = servers.until(answer.json()["server"]["id"], "ACTIVE")
    assert shown["scheduler_hints"] == {"different_host": first}
    assert shown["hostId"] != servers.show(first)["hostId"]
    refused(compute.post("/servers", json={**body, "os:scheduler_hints": {"query": "x"}}), 400, "badRequest")
