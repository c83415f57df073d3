"""The pod driver: any cluster's own network. Isolation is by NetworkPolicy, addresses are the cluster's to choose.

| Dicot | Kubernetes, in the project's namespace (written by Dicot itself, owned by Dicot's custom resources) |
|---|---|
| network | `NetworkPolicy` that closes its ports, but to each other where port security is off |
| router | lets the open ports of its networks reach each other; egress always goes the cluster's way |
| security group | `NetworkPolicy`; "anywhere" includes the whole cluster; ICMP has no effect |
| floating IP | `Service` of type LoadBalancer for the TCP and UDP ports that the groups let in, at most 64 |
| port | labels of the VM's template, one interface with `masquerade` |
"""

from __future__ import annotations

from dicot.network.drivers import Driver
from dicot.network.drivers.pod import checks, plug, settle

DRIVER = Driver(
    name="pod",
    extensions=frozenset({"router", "fip-port-details"}),
    gives_addresses=False,
    ports_max=1,
    plug=plug.wire,
    settle=settle.settled,
    settle_port=plug.replug,
    is_translated=settle.is_translated,
    check_network=checks.network,
    together=checks.together,
    check_subnet=checks.nothing,
    check_subnet_removal=checks.nothing,
    check_port=checks.port,
    check_router=checks.router,
    check_interface=checks.nothing,
    check_floating_ip=checks.nothing,
    check_rule=checks.rule,
)
