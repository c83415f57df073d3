"""The Kube-OVN driver: every project has a Vpc, every network a logical switch, and addresses are Neutron's to choose.

| Dicot | Kube-OVN (cluster-scoped, written by Dicot itself) |
|---|---|
| project | `Vpc` `dicot-<namespace>`; one more for a network whose CIDR overlaps another one's in the project |
| network with its subnets | a `Subnet` for each IPv4 subnet, with an IPv6 one if there is one free; see `switches.py` |
| a server's second interface | `NetworkAttachmentDefinition` of its network |
| router, extra routes | `Subnet.private`, `.allowSubnets`, `.acls`; `Vpc.staticRoutes` |
| gateway | `Vpc.enableExternal`, `OvnEip` and an `OvnSnatRule` for each switch |
| floating IP | `OvnEip`, and `OvnFip` while it is associated |
| security group | `SecurityGroup`; one without rules stands for "no group, but port security"; see `acls.py` |
| port | annotations of the VM's template: `ovn.kubernetes.io/{logical_switch,ip_address,mac_address,...}` |
"""

from __future__ import annotations

from dicot.network.drivers import Driver
from dicot.network.drivers.kubeovn import checks, plug, settle

EXTENSIONS = frozenset(
    {"allowed-address-pairs", "router", "ext-gw-mode", "extraroute", "extraroute-atomic", "fip-port-details"}
)

DRIVER = Driver(
    name="kubeovn",
    extensions=EXTENSIONS,
    gives_addresses=True,
    ports_max=16,
    plug=plug.wire,
    settle=settle.settled,
    settle_port=plug.replug,
    is_translated=settle.is_translated,
    check_network=checks.network,
    together=settle.together,
    check_subnet=checks.subnet,
    check_subnet_removal=checks.subnet_removal,
    check_port=checks.port,
    check_router=checks.nothing,
    check_interface=checks.interface,
    check_floating_ip=checks.nothing,
    check_rule=checks.rule,
    finalizers=settle.FINALIZERS,
)
