"""A valid body for every route that takes one, and what the real service leaves unchecked in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tests.scenarios.occupied import KEY, NETWORK_NOUNS, Ids

Json = dict[str, Any]

PATCH = "application/openstack-images-v2.1-json-patch"


class Body(msgspec.Struct, frozen=True):
    """What a route takes.

    `required`: keys that must not be left out. `anything`: keys whose value the real service does not look at, or
    takes in several types. `extra`: it takes unknown keys, too. `optional`: it takes an empty body; `null`: also null.
    `long`: keys of texts without a limit. `nullable`: keys that may be null.
    `names`: keys by which something is looked up, so that a wrong one is told as 404, or 401 where one logs in.
    `refused`: the status with which any body is refused by name, after or before it has been looked at.
    """

    make: Callable[[Ids], Any]
    required: frozenset[str] = frozenset()
    anything: frozenset[str] = frozenset()
    long: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    extra: bool = False
    optional: bool = False
    null: bool = False
    refused: int = 0
    media_type: str = "application/json"


def _body(
    make: Callable[[Ids], Any], required: str = "", anything: str = "", long: str = "", names: str = "", **more: Any
) -> Body:
    words = (frozenset(text.split()) for text in (required, anything, long, names))
    return Body(make, *words, **more)


def _fixed(value: Any, required: str = "", **more: Any) -> Body:
    return _body(lambda _: value, required, **more)


def _bare(action: str) -> Body:
    """Return the body of an action without arguments, whose value nobody looks at."""
    return _fixed({action: None}, anything=action)


_META = _fixed({"metadata": {"colour": "red"}}, "metadata")
_ONE_META = _fixed({"meta": {"purpose": "other"}}, "meta")

IDENTITY = {
    "POST /OS-DICOT/kubeconfig": _fixed({"kubeconfig": {"lifetime_s": 600}}, "kubeconfig"),
    "POST /auth/tokens": _body(
        lambda ids: {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"id": ids["user"], "password": ids["password"]}},
                },
                "scope": {"project": {"id": ids["project"]}},
            }
        },
        "auth identity methods",
        extra=True,
        names="id password",
    ),
    "POST /domains": _fixed({"domain": {"name": "new", "enabled": False, "tags": ["a"]}}, "domain name", extra=True),
    "PATCH /domains/{domain_id}": _fixed({"domain": {"description": "plain"}}, "domain", extra=True),
    "POST /projects": _fixed(
        {"project": {"name": "new", "domain_id": "default", "enabled": True, "tags": ["a"], "description": "x"}},
        "project name",
        long="description",
        extra=True,
    ),
    "PATCH /projects/{project_id}": _fixed(
        {"project": {"description": "plain"}}, "project", long="description", extra=True
    ),
    "PUT /projects/{project_id}/tags": _fixed({"tags": ["red"]}, "tags", extra=True),
    "POST /users": _fixed(
        {"user": {"name": "new", "password": "secret", "enabled": True, "domain_id": "default", "email": "a@b.c"}},
        "user name",
        long="email",
        extra=True,
    ),
    "PATCH /users/{user_id}": _fixed({"user": {"description": "plain"}}, "user", long="description", extra=True),
    "POST /users/{user_id}/password": _body(
        lambda ids: {"user": {"original_password": ids["password"], "password": ids["password"]}},
        "user original_password password",
        extra=True,
        names="original_password",
    ),
    "POST /groups": _fixed({"group": {"name": "new", "domain_id": "default"}}, "group name", extra=True),
    "PATCH /groups/{group_id}": _fixed({"group": {"description": "plain"}}, "group", long="description", extra=True),
    "POST /users/{user_id}/application_credentials": _body(
        lambda ids: {
            "application_credential": {
                "name": "new",
                "description": "x",
                "secret": "s3cret",
                "unrestricted": False,
                "roles": [{"id": ids["role"]}],
            }
        },
        "application_credential name",
        long="description",
    ),
}

IDENTITY |= {
    "POST /credentials": _body(
        lambda ids: {
            "credential": {"type": "other", "blob": "secret", "user_id": ids["user"], "project_id": ids["project"]}
        },
        "credential type blob user_id",
        long="type blob user_id project_id",
        extra=True,
    ),
    "PATCH /credentials/{credential_id}": _fixed({"credential": {"blob": "other"}}, "credential blob", long="blob"),
    "POST /users/{user_id}/credentials/OS-EC2": _body(
        lambda ids: {"tenant_id": ids["project"]}, "tenant_id", names="tenant_id", extra=True
    ),
    "POST /ec2tokens": _body(
        lambda ids: {
            "credentials": {
                "access": ids["access"],
                "signature": "none",
                "host": "127.0.0.1",
                "verb": "GET",
                "path": "/",
                "params": {"SignatureVersion": "2"},
            }
        },
        "credentials",
        names="access signature host verb path SignatureVersion",
        extra=True,
        refused=403,
    ),
    "POST /s3tokens": _body(
        lambda ids: {"credentials": {"access": ids["access"], "signature": "none", "token": "bm9uZQ=="}},
        "credentials",
        names="access signature token",
        extra=True,
        refused=403,
    ),
    "POST /OS-TRUST/trusts": _body(
        lambda ids: {
            "trust": {
                "trustor_user_id": ids["user"],
                "trustee_user_id": ids["trustee"],
                "project_id": ids["project"],
                "impersonation": True,
                "roles": [{"name": "member"}],
            }
        },
        "trust trustor_user_id trustee_user_id impersonation",
        names="trustee_user_id project_id name",
        long="trustor_user_id",
        extra=True,
    ),
}
_SERVICE = _fixed({"service": {"type": "other", "name": "x", "enabled": True}}, "service", extra=True, refused=403)
_ENDPOINT = _body(
    lambda ids: {"endpoint": {"interface": "public", "url": "http://127.0.0.1/", "service_id": ids["service"]}},
    "endpoint",
    extra=True,
    refused=403,
)
_REGION = _fixed({"region": {"id": "other", "description": "x"}}, "region", extra=True, refused=403)
IDENTITY |= {
    f"{method} {path}": body
    for one, body in (("service", _SERVICE), ("endpoint", _ENDPOINT), ("region", _REGION))
    for method, path in (
        ("POST", f"/{one}s"),
        ("PUT", f"/{one}s/{{{one}_id}}"),
        ("PATCH", f"/{one}s/{{{one}_id}}"),
    )
} | {
    "POST /roles": _fixed({"role": {"name": "other", "description": "x"}}, "role name", long="description", extra=True),
    "PATCH /roles/{role_id}": _fixed({"role": {"description": "x"}}, "role", extra=True, refused=403),
}

COMPUTE = {
    "POST /flavors": _fixed(
        {
            "flavor": {
                "name": "new",
                "id": "new",
                "ram": 128,
                "vcpus": 1,
                "disk": 1,
                "swap": 0,
                "os-flavor-access:is_public": True,
                "description": "x",
            }
        },
        "flavor name ram vcpus disk",
    ),
    "PUT /flavors/{flavor_id}": _fixed({"flavor": {"description": "x"}}, "flavor description"),
    "POST /flavors/{flavor_id}/action addTenantAccess": _body(
        lambda ids: {"addTenantAccess": {"tenant": ids["project"]}}, "addTenantAccess tenant"
    ),
    "POST /flavors/{flavor_id}/action removeTenantAccess": _body(
        lambda ids: {"removeTenantAccess": {"tenant": ids["project"]}}, "removeTenantAccess tenant"
    ),
    "POST /flavors/{flavor_id}/os-extra_specs": _fixed(
        {"extra_specs": {"purpose": "other"}}, "extra_specs", extra=True
    ),
    "PUT /flavors/{flavor_id}/os-extra_specs/{key}": _fixed({"purpose": "other"}, "purpose"),
    "POST /os-keypairs": _fixed(
        {"keypair": {"name": "new", "type": "ssh", "public_key": KEY}}, "keypair name public_key"
    ),
    "PUT /os-quota-sets/{target_id}": _fixed(
        {"quota_set": {"instances": 100, "cores": 200, "force": True}}, "quota_set"
    ),
    "PUT /os-quota-class-sets/{quota_class}": _fixed(
        {"quota_class_set": {"cores": -1, "ram": "-1"}}, "quota_class_set"
    ),
    "PUT /os-services/{service_id}": _fixed({"status": "enabled", "forced_down": False}),
    "POST /os-aggregates": _fixed({"aggregate": {"name": "new", "availability_zone": "zone-a"}}, "aggregate name"),
    "PUT /os-aggregates/{aggregate_id}": _body(
        lambda ids: {"aggregate": {"name": ids["aggregate_name"], "availability_zone": ids["aggregate_zone"]}},
        "aggregate",
    ),
    "POST /os-aggregates/{aggregate_id}/action add_host": _body(
        lambda ids: {"add_host": {"host": ids["host"]}}, "add_host host", names="host"
    ),
    "POST /os-aggregates/{aggregate_id}/action remove_host": _body(
        lambda ids: {"remove_host": {"host": ids["host"]}}, "remove_host host", names="host"
    ),
    "POST /os-aggregates/{aggregate_id}/action set_metadata": _fixed(
        {"set_metadata": {"metadata": {"purpose": "test"}}}, "set_metadata metadata"
    ),
    "POST /os-aggregates/{aggregate_id}/images": _body(
        lambda ids: {"cache": [{"id": ids["public_image"]}]}, "cache id", refused=400
    ),
    "POST /os-floating-ips": _body(
        lambda ids: {"pool": ids["outside"]},
        names="pool",
        nullable=frozenset({"pool"}),
        optional=True,
        null=True,
        extra=True,
    ),
    "POST /os-security-groups": _fixed(
        {"security_group": {"name": "new", "description": "x"}}, "security_group name description", extra=True
    ),
    "PUT /os-security-groups/{id}": _fixed(
        {"security_group": {"name": "web", "description": "x"}}, "security_group name description", extra=True
    ),
    "POST /os-security-group-rules": _body(
        lambda ids: {
            "security_group_rule": {
                "parent_group_id": ids["security_group"],
                "ip_protocol": "tcp",
                "from_port": 22,
                "to_port": 22,
                "cidr": "10.0.0.0/8",
            }
        },
        "security_group_rule parent_group_id",
        names="parent_group_id",
        anything="from_port to_port ip_protocol cidr",
        extra=True,
    ),
    "POST /os-assisted-volume-snapshots": _body(
        lambda ids: {
            "snapshot": {
                "volume_id": ids["volume"],
                "create_info": {"snapshot_id": ids["snapshot"], "type": "qcow2", "new_file": "new", "id": "x"},
            }
        },
        "snapshot volume_id create_info snapshot_id type new_file",
        long="volume_id snapshot_id new_file id",
        refused=400,
    ),
    "POST /os-server-external-events": _body(
        lambda ids: {"events": [{"name": "network-changed", "server_uuid": ids["server"], "tag": ids["port"]}]},
        "events name server_uuid",
    ),
    "POST /os-server-groups": _fixed(
        {"server_group": {"name": "new", "policy": "affinity"}}, "server_group name policy"
    ),
    "POST /servers": _body(
        lambda ids: {
            "server": {
                "name": "new",
                "flavorRef": ids["flavor"],
                "imageRef": ids["public_image"],
                "networks": [{"uuid": ids["network"]}],
                "metadata": {"a": "b"},
                "key_name": ids["keypair"],
                "security_groups": [{"name": "default"}],
                "user_data": "IyEvYmluL3NoCg==",
                "tags": ["blue"],
                "min_count": 1,
                "config_drive": False,
                "description": "x",
                "hostname": "new",
            },
        },
        "server name flavorRef networks",
    ),
    "PUT /servers/{server_id}": _fixed({"server": {"name": "other", "description": "x"}}, "server"),
    "POST /servers/{server_id}/action os-start": _bare("os-start"),
    "POST /servers/{server_id}/action os-stop": _bare("os-stop"),
    "POST /servers/{server_id}/action reboot": _fixed({"reboot": {"type": "HARD"}}, "reboot type"),
    "POST /servers/{server_id}/action resize": _body(
        lambda ids: {"resize": {"flavorRef": ids["flavor"], "OS-DCF:diskConfig": "AUTO"}}, "resize flavorRef"
    ),
    "POST /servers/{server_id}/action confirmResize": _bare("confirmResize"),
    "POST /servers/{server_id}/action revertResize": _bare("revertResize"),
    "POST /servers/{server_id}/action shelve": _bare("shelve"),
    "POST /servers/{server_id}/action shelveOffload": _bare("shelveOffload"),
    "POST /servers/{server_id}/action unshelve": _body(
        lambda ids: {"unshelve": {"availability_zone": ids["zone"]}},
        nullable=frozenset({"unshelve", "availability_zone"}),
        long="availability_zone",
    ),
    "POST /servers/{server_id}/action rescue": _body(
        lambda ids: {"rescue": {"rescue_image_ref": ids["public_image"]}}, nullable=frozenset({"rescue"})
    ),
    "POST /servers/{server_id}/action unrescue": _bare("unrescue"),
    "POST /servers/{server_id}/action pause": _bare("pause"),
    "POST /servers/{server_id}/action unpause": _bare("unpause"),
    "POST /servers/{server_id}/action lock": _fixed({"lock": {"locked_reason": "why"}}, nullable=frozenset({"lock"})),
    "POST /servers/{server_id}/action unlock": _bare("unlock"),
    "POST /servers/{server_id}/action forceDelete": _bare("forceDelete"),
    "POST /servers/{server_id}/action createImage": _fixed(
        {"createImage": {"name": "twin", "metadata": {"purpose": "copy"}}}, "createImage name"
    ),
    "POST /servers/{server_id}/action createBackup": _fixed(
        {"createBackup": {"name": "daily", "backup_type": "daily", "rotation": 1, "metadata": {"purpose": "copy"}}},
        "createBackup name backup_type rotation",
        long="backup_type",
    ),
    "POST /servers/{server_id}/action rebuild": _body(
        lambda ids: {"rebuild": {"imageRef": ids["image"], "name": "web", "description": "anew"}},
        "rebuild imageRef",
        nullable=frozenset({"description"}),
        names="imageRef",
    ),
    "POST /servers/{server_id}/action os-resetState": _fixed(
        {"os-resetState": {"state": "active"}}, "os-resetState state"
    ),
    "POST /servers/{server_id}/action injectNetworkInfo": _body(
        lambda _: {"injectNetworkInfo": None}, anything="injectNetworkInfo", refused=501
    ),
    "POST /servers/{server_id}/action suspend": _body(lambda _: {"suspend": None}, anything="suspend", refused=501),
    "POST /servers/{server_id}/action resume": _body(lambda _: {"resume": None}, anything="resume", refused=409),
    "POST /servers/{server_id}/action restore": _body(lambda _: {"restore": None}, anything="restore", refused=409),
    "POST /servers/{server_id}/action changePassword": _fixed(
        {"changePassword": {"adminPass": "secret"}}, "changePassword adminPass", long="adminPass", refused=501
    ),
    "POST /servers/{server_id}/action trigger_crash_dump": _fixed(
        {"trigger_crash_dump": None}, nullable=frozenset({"trigger_crash_dump"}), refused=501
    ),
    "POST /servers/{server_id}/action addFixedIp": _fixed(
        {"addFixedIp": {"networkId": "net"}}, "addFixedIp networkId", anything="networkId", refused=400
    ),
    "POST /servers/{server_id}/action removeFixedIp": _fixed(
        {"removeFixedIp": {"address": "10.0.0.9"}}, "removeFixedIp address", refused=400
    ),
    "POST /servers/{server_id}/action os-migrateLive": _fixed(
        {"os-migrateLive": {"host": None, "block_migration": "auto"}},
        "os-migrateLive host block_migration",
        nullable=frozenset({"host"}),
    ),
    "POST /servers/{server_id}/action evacuate": _fixed({"evacuate": {}}, "evacuate", refused=400),
    "POST /servers/{server_id}/migrations/{migration_id}/action force_complete": _fixed(
        {"force_complete": None}, nullable=frozenset({"force_complete"}), refused=409
    ),
    "POST /servers/{server_id}/action migrate": _fixed(
        {"migrate": {"host": "node01"}}, nullable=frozenset({"migrate", "host"}), refused=501
    ),
    "POST /servers/{server_id}/action os-getConsoleOutput": _fixed({"os-getConsoleOutput": {"length": 5}}),
    "POST /servers/{server_id}/action os-getVNCConsole": _fixed({"os-getVNCConsole": {"type": "novnc"}}, "type"),
    "POST /servers/{server_id}/action os-getSerialConsole": _fixed({"os-getSerialConsole": {"type": "serial"}}, "type"),
    "POST /servers/{server_id}/action os-getSPICEConsole": _fixed(
        {"os-getSPICEConsole": {"type": "spice-html5"}}, "type", refused=400
    ),
    "POST /servers/{server_id}/remote-consoles": _fixed(
        {"remote_console": {"protocol": "vnc", "type": "novnc"}}, "remote_console protocol type"
    ),
    "POST /servers/{server_id}/action addSecurityGroup": _fixed(
        {"addSecurityGroup": {"name": "web"}}, "name", names="name"
    ),
    "POST /servers/{server_id}/action removeSecurityGroup": _fixed(
        {"removeSecurityGroup": {"name": "web"}}, "name", names="name"
    ),
    "POST /servers/{server_id}/action addFloatingIp": _body(
        lambda ids: {"addFloatingIp": {"address": ids["floating_address"]}}, "address", refused=501
    ),
    "POST /servers/{server_id}/action removeFloatingIp": _body(
        lambda ids: {"removeFloatingIp": {"address": ids["floating_address"]}}, "address", refused=501
    ),
    "POST /servers/{server_id}/metadata": _META,
    "PUT /servers/{server_id}/metadata": _META,
    "PUT /servers/{server_id}/metadata/{key}": _ONE_META,
    "PUT /servers/{server_id}/tags": _fixed({"tags": ["red", "blue"]}, "tags"),
    "POST /servers/{server_id}/os-volume_attachments": _body(
        lambda ids: {"volumeAttachment": {"volumeId": ids["volume"], "tag": "disk", "delete_on_termination": False}},
        "volumeAttachment volumeId",
    ),
    "PUT /servers/{server_id}/os-volume_attachments/{volume_id}": _body(
        lambda ids: {"volumeAttachment": {"volumeId": ids["attached_volume"], "delete_on_termination": True}},
        "volumeAttachment volumeId",
    ),
    "POST /servers/{server_id}/os-interface": _body(
        lambda ids: {"interfaceAttachment": {"port_id": ids["free_port"]}}, names="port_id", optional=True
    ),
}

IMAGE = {
    "POST /images": _fixed(
        {
            "name": "new",
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "private",
            "min_disk": 1,
            "min_ram": 1,
            "protected": False,
            "tags": ["a"],
            "hw_disk_bus": "virtio",
        },
        anything="no_such",
        optional=True,
        extra=True,
    ),
    "PATCH /images/{image_id}": _fixed([{"op": "replace", "path": "/name", "value": "other"}], media_type=PATCH),
    "POST /images/{image_id}/import": _fixed(
        {"method": {"name": "web-download", "uri": "http://127.0.0.1:9/image"}}, "method name uri", extra=True
    ),
    "POST /images/{image_id}/members": _body(lambda ids: {"member": ids["domain"]}, "member", extra=True),
    "PUT /images/{image_id}/members/{member_id}": _fixed({"status": "accepted"}, "status", extra=True),
}

_SNAPSHOT_META = "snapshots/{snapshot_id}/metadata"
_VOLUME_META = "volumes/{volume_id}/metadata"
_ACTION = "POST /volumes/{volume_id}/action "
VOLUME = {
    "POST /volumes": _body(
        lambda ids: {
            "volume": {
                "name": "new",
                "description": "x",
                "size": 1,
                "volume_type": ids["type"],
                "metadata": {"a": "b"},
                "availability_zone": "nova",
                "multiattach": False,
            },
        },
        "volume size",
    ),
    "PUT /volumes/{volume_id}": _fixed(
        {"volume": {"name": "other", "description": "x", "metadata": {"purpose": "test"}}}, "volume"
    ),
    f"{_ACTION}os-extend": _fixed({"os-extend": {"new_size": 2}}, "new_size"),
    f"{_ACTION}os-set_bootable": _fixed({"os-set_bootable": {"bootable": True}}, "bootable"),
    f"{_ACTION}os-update_readonly_flag": _fixed({"os-update_readonly_flag": {"readonly": False}}, "readonly"),
    f"{_ACTION}os-retype": _body(lambda ids: {"os-retype": {"new_type": ids["type"]}}, "new_type"),
    f"{_ACTION}os-reset_status": _fixed({"os-reset_status": {"status": "available"}}, "status"),
    f"{_ACTION}os-volume_upload_image": _fixed(
        {"os-volume_upload_image": {"image_name": "copy", "disk_format": "raw", "container_format": "bare"}},
        "image_name",
        names="container_format",
    ),
    f"{_ACTION}os-force_delete": _bare("os-force_delete"),
    f"{_ACTION}os-show_image_metadata": _bare("os-show_image_metadata"),
    f"{_ACTION}os-set_image_metadata": _fixed({"os-set_image_metadata": {"metadata": {"os": "x"}}}, "metadata"),
    f"{_ACTION}os-unset_image_metadata": _fixed({"os-unset_image_metadata": {"key": "os"}}, "key", names="key"),
    f"POST /{_VOLUME_META}": _META,
    f"PUT /{_VOLUME_META}": _META,
    f"PUT /{_VOLUME_META}/{{key}}": _ONE_META,
    "POST /snapshots": _body(
        lambda ids: {
            "snapshot": {"volume_id": ids["volume"], "name": "new", "force": True, "metadata": {"a": "b"}},
        },
        "snapshot volume_id",
    ),
    "PUT /snapshots/{snapshot_id}": _fixed({"snapshot": {"name": "other", "description": "x"}}, "snapshot"),
    "POST /snapshots/{snapshot_id}/action os-reset_status": _fixed(
        {"os-reset_status": {"status": "available"}}, "status"
    ),
    "POST /snapshots/{snapshot_id}/action os-force_delete": _bare("os-force_delete"),
    f"POST /{_SNAPSHOT_META}": _META,
    f"PUT /{_SNAPSHOT_META}": _META,
    f"PUT /{_SNAPSHOT_META}/{{key}}": _ONE_META,
    "PUT /os-quota-sets/{target_id}": _fixed({"quota_set": {"volumes": 1000, "gigabytes": 5000}}, "quota_set"),
}

_TAGS = {
    f"{method} /{path}/{{id}}/tags": _fixed({key: ["red", "blue"]}, key)
    for path in NETWORK_NOUNS
    if path not in {"quotas", "extensions", "security-group-rules", "address-scopes"}
    for method, key in (("PUT", "tags"), ("POST", "tags"))
}
_INTERFACE = _body(lambda ids: {"subnet_id": ids["free_subnet"]}, "subnet_id", names="subnet_id")
_ROUTES: Json = {"router": {"routes": [{"destination": "10.50.0.0/24", "nexthop": "10.7.0.9"}]}}
NETWORK = {
    "POST /networks": _fixed(
        {"network": {"name": "new", "admin_state_up": True, "mtu": 1400, "description": "x"}}, "network"
    ),
    "PUT /networks/{id}": _fixed({"network": {"name": "other", "admin_state_up": True}}, "network"),
    "POST /subnets": _body(
        lambda ids: {
            "subnet": {
                "network_id": ids["network"],
                "name": "new",
                "ip_version": 4,
                "cidr": "10.88.0.0/24",
                "gateway_ip": "10.88.0.1",
                "enable_dhcp": True,
                "dns_nameservers": ["10.0.0.1"],
                "allocation_pools": [{"start": "10.88.0.10", "end": "10.88.0.20"}],
                "host_routes": [],
            }
        },
        "subnet network_id",
    ),
    "PUT /subnets/{id}": _fixed({"subnet": {"name": "other", "enable_dhcp": True}}, "subnet"),
    "POST /subnetpools": _body(
        lambda ids: {
            "subnetpool": {
                "name": "new",
                "prefixes": ["10.91.0.0/16"],
                "min_prefixlen": 20,
                "max_prefixlen": 28,
                "default_prefixlen": 24,
                "default_quota": 65536,
                "address_scope_id": ids["address_scope"],
            }
        },
        "subnetpool prefixes",
    ),
    "PUT /subnetpools/{id}": _fixed({"subnetpool": {"name": "other", "default_prefixlen": 26}}, "subnetpool"),
    "PUT /subnetpools/{id}/add_prefixes": _fixed({"prefixes": ["10.92.0.0/16"]}, "prefixes"),
    "PUT /subnetpools/{id}/remove_prefixes": _fixed({"prefixes": ["10.92.0.0/16"]}, "prefixes"),
    "POST /address-scopes": _fixed({"address_scope": {"name": "new", "ip_version": 4}}, "address_scope ip_version"),
    "PUT /address-scopes/{id}": _fixed({"address_scope": {"name": "other"}}, "address_scope"),
    "POST /ports": _body(
        lambda ids: {
            "port": {
                "network_id": ids["network"],
                "name": "new",
                "admin_state_up": True,
                "fixed_ips": [{"subnet_id": ids["subnet"]}],
                "security_groups": [ids["security_group"]],
            }
        },
        "port network_id",
    ),
    "PUT /ports/{id}": _body(
        lambda ids: {"port": {"name": "other", "security_groups": [ids["security_group"]]}}, "port"
    ),
    "POST /routers": _body(
        lambda ids: {
            "router": {
                "name": "new",
                "admin_state_up": True,
                "external_gateway_info": {"network_id": ids["outside"], "enable_snat": True},
            }
        },
        "router",
    ),
    "PUT /routers/{id}": _fixed({"router": {"name": "other", "routes": []}}, "router"),
    "PUT /routers/{id}/add_router_interface": _INTERFACE,
    "PUT /routers/{id}/remove_router_interface": _INTERFACE,
    "PUT /routers/{id}/add_extraroutes": _fixed(_ROUTES, "router", extra=True),
    "PUT /routers/{id}/remove_extraroutes": _fixed(_ROUTES, "router", extra=True),
    "POST /floatingips": _body(
        lambda ids: {
            "floatingip": {"floating_network_id": ids["outside"], "port_id": ids["free_port"], "description": "x"}
        },
        "floatingip floating_network_id",
    ),
    "PUT /floatingips/{id}": _body(
        lambda ids: {"floatingip": {"port_id": ids["free_port"], "description": "x"}}, "floatingip"
    ),
    "POST /security-groups": _fixed({"security_group": {"name": "new", "description": "x"}}, "security_group"),
    "PUT /security-groups/{id}": _fixed({"security_group": {"name": "web", "description": "x"}}, "security_group"),
    "POST /security-group-rules": _body(
        lambda ids: {
            "security_group_rule": {
                "security_group_id": ids["security_group"],
                "direction": "ingress",
                "ethertype": "IPv4",
                "protocol": "udp",
                "port_range_min": 53,
                "port_range_max": 53,
                "remote_ip_prefix": "10.0.0.0/8",
            }
        },
        "security_group_rule security_group_id direction",
    ),
    "PUT /security-group-rules/{id}": _fixed({"security_group_rule": {"description": "x"}}, "security_group_rule"),
    "PUT /quotas/{id}": _fixed({"quota": {"network": 200, "port": 1000}}, "quota"),
    **_TAGS,
}

BODIES: dict[str, dict[str, Body]] = {
    "identity": IDENTITY,
    "compute": COMPUTE,
    "image": IMAGE,
    "volume": VOLUME,
    "network": NETWORK,
    "placement": {},
}
