"""The resources of the network service as data: what they are called on the wire, in Kubernetes and in errors."""

from __future__ import annotations

import msgspec

from dicot.api.errors import NotFound
from dicot.kube.kinds import Kind
from dicot.network import kinds


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource: its label noun, wire names, URL, kind, and the error and sentence of an id nobody has."""

    noun: str
    name: str
    collection: str
    path: str
    kind: Kind
    error: str
    sentence: str

    def missing(self, identity: str) -> NotFound:
        """Return the error for an id that does not exist for this caller."""
        return NotFound(self.sentence.format(identity), kind=self.error)


NETWORK = Resource(
    noun="network",
    name="network",
    collection="networks",
    path="/networks",
    kind=kinds.NETWORKS,
    error="NetworkNotFound",
    sentence="Network {} could not be found.",
)
SUBNET = Resource(
    noun="subnet",
    name="subnet",
    collection="subnets",
    path="/subnets",
    kind=kinds.SUBNETS,
    error="SubnetNotFound",
    sentence="Subnet {} could not be found.",
)
PORT = Resource(
    noun="port",
    name="port",
    collection="ports",
    path="/ports",
    kind=kinds.PORTS,
    error="PortNotFound",
    sentence="Port {} could not be found.",
)
ROUTER = Resource(
    noun="router",
    name="router",
    collection="routers",
    path="/routers",
    kind=kinds.ROUTERS,
    error="RouterNotFound",
    sentence="Router {} could not be found",
)
FLOATING_IP = Resource(
    noun="floatingip",
    name="floatingip",
    collection="floatingips",
    path="/floatingips",
    kind=kinds.FLOATING_IPS,
    error="FloatingIPNotFound",
    sentence="Floating IP {} could not be found",
)
SECURITY_GROUP = Resource(
    noun="security-group",
    name="security_group",
    collection="security_groups",
    path="/security-groups",
    kind=kinds.SECURITY_GROUPS,
    error="SecurityGroupNotFound",
    sentence="Security group {} does not exist",
)
SUBNET_POOL = Resource(
    noun="subnetpool",
    name="subnetpool",
    collection="subnetpools",
    path="/subnetpools",
    kind=kinds.SUBNET_POOLS,
    error="SubnetPoolNotFound",
    sentence="Subnet pool {} could not be found.",
)
ADDRESS_SCOPE = Resource(
    noun="address-scope",
    name="address_scope",
    collection="address_scopes",
    path="/address-scopes",
    kind=kinds.ADDRESS_SCOPES,
    error="AddressScopeNotFound",
    sentence="Address scope {} could not be found.",
)

ALL = (NETWORK, SUBNET, PORT, ROUTER, FLOATING_IP, SECURITY_GROUP, SUBNET_POOL)
"""Those with the attributes of every Neutron resource: tags, description, times. Address scopes have none of them."""
