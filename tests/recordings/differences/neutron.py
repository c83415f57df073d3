"""Where answers differ from a real Neutron's, and why."""

from tests.recordings.differences import Listed

_EXTENSION = "an attribute of an extension that is not announced"
_ORDER = "which network has the lowest id is chance"
_BINDING = "ports are plugged by Kubernetes' network, not by Open vSwitch agents"
_NETWORKS = (
    "network-create",
    "network-create-bulk",
    "networks-list",
    "networks-list-admin",
    "networks-list-limit",
    "networks-list-external",
    "networks-list-tags",
    "network-show",
    "network-show-admin",
    "network-update",
)
_PORTS = (
    "port-create",
    "port-show",
    "port-show-admin",
    "ports-list",
    "ports-list-filter",
    "port-update",
    "port-show-instance",
    "port-show-instance-admin",
)
_FLOATING_IPS = ("fip-create", "fip-associate", "fips-list", "fip-disassociate")
_QUOTAS = ("quota-show", "quota-default", "quota-details", "quota-update")

LISTED = (
    Listed(_EXTENSION, ".*.qos_policy_id: absent", _NETWORKS + _PORTS + _FLOATING_IPS),
    Listed(_EXTENSION, ".*.qos_network_policy_id: absent", _PORTS),
    Listed(_EXTENSION, ".*.extra_dhcp_opts: absent", _PORTS),
    Listed(_EXTENSION, ".*.resource_request: absent", ("port-show-admin", "port-show-instance-admin")),
    Listed(
        _EXTENSION,
        ".*.flavor_id: absent",
        ("router-create", "router-show", "routers-list", "router-update-routes"),
    ),
    Listed(_EXTENSION, ".*.port_forwardings: absent", _FLOATING_IPS),
    Listed(
        _EXTENSION,
        ".*.security_group_rules[].standard_attr_id: absent",
        ("sgs-list", "sg-create", "sg-show", "sg-update"),
    ),
    Listed(_EXTENSION, ".quota.rbac_policy: absent", _QUOTAS),
    Listed(_EXTENSION, ".quota.trunk: absent", _QUOTAS),
    Listed(
        "the extension is not announced",
        "status 404, recorded 200",
        ("qos-policies", "rbac-policies"),
    ),
    Listed(_ORDER, ".networks[].*", ("networks-list-limit",), sometimes=True),
    Listed(_ORDER, ".networks*", ("networks-list-next",), sometimes=True),
    Listed(
        "a network's revision counts its own changes, not those of its subnets",
        "body: *RevisionNumberConstraintFailed*Constrained to 1, but current revision is*",
        ("network-update-ifmatch-412",),
    ),
    Listed(
        "virtual networks are numbered by the cluster's network, and not told by it",
        ".*.provider:segmentation_id: NoneType, recorded number",
        ("networks-list-admin", "network-show-admin"),
    ),
    Listed(
        "the rules of a group that is made on the way are told of as others are",
        ".security_groups[].security_group_rules[].belongs_to_default_sg: bool, recorded NoneType",
        ("sgs-list",),
    ),
    Listed(
        "a floating IP does not wait for an agent, or for a server on its port",
        ".floatingips[].status: 'ACTIVE', recorded 'DOWN'",
        ("fips-list",),
    ),
    Listed("zones come from nodes; the recorded cloud had no agents", ".availability_zones: not empty", ("*-zones",)),
    Listed(
        "which floating IP was given is chance",
        "body: *FloatingIPPortAlreadyAssociated*Cannot associate floating IP*",
        ("fip-create-dup-409",),
        sometimes=True,
    ),
    Listed(_BINDING, ".ports[].binding:vif_details.bound_drivers: absent", ("port-show-instance-admin",)),
    Listed(_BINDING, ".ports[].binding:vif_details.ovs_hybrid_plug: absent", ("port-show-instance-admin",)),
)
