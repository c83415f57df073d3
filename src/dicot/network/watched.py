"""What the network service keeps in memory, and by what it finds it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dicot import names
from dicot.cluster import by_id
from dicot.kube.cache import Watched
from dicot.kube.kinds import (
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_SECURITY_GROUPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    KUBEOVN_VPCS,
    NAMESPACES,
    NETWORK_ATTACHMENT_DEFINITIONS,
    NETWORK_POLICIES,
    NODES,
    RESOURCE_QUOTAS,
    SERVICES,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
)
from dicot.network import addresses, store
from dicot.network.drivers.kubeovn.settle import project_label
from dicot.network.kinds import (
    ADDRESS_SCOPES,
    FLOATING_IPS,
    IP_ADDRESSES,
    NETWORKS,
    PORTS,
    ROUTERS,
    SECURITY_GROUPS,
    SUBNET_POOLS,
    SUBNETS,
)
from dicot.network.resources import (
    ADDRESS_SCOPE,
    FLOATING_IP,
    NETWORK,
    PORT,
    ROUTER,
    SECURITY_GROUP,
    SUBNET,
    SUBNET_POOL,
)

Json = dict[str, Any]
IndexBy = Callable[[Json], Iterable[str]]


def _field(name: str) -> IndexBy:
    """Index by a field of the spec, if it is there."""
    return lambda obj: (obj["spec"][name],) if obj["spec"].get(name) else ()


def _subnets_of_port(port: Json) -> Iterable[str]:
    return tuple({one["subnetId"] for one in port["spec"].get("fixedIps") or ()})


def _groups_of_port(port: Json) -> Iterable[str]:
    return tuple(port["spec"].get("securityGroups") or ())


def _network_label(obj: Json) -> Iterable[str]:
    label = names.labels_of(obj).get(names.id_label(NETWORK.noun))
    return (label,) if label else ()


def _owner(address: Json) -> Iterable[str]:
    owner = names.labels_of(address).get(addresses.OWNER)
    return (owner,) if owner else ()


KINDS: tuple[Watched, ...] = (
    Watched(NAMESPACES),
    Watched(NODES),
    Watched(RESOURCE_QUOTAS),
    Watched(VIRTUAL_MACHINES, indexes={"id": by_id("server")}),
    Watched(VIRTUAL_MACHINE_INSTANCES),
    Watched(NETWORKS, indexes={"id": by_id(NETWORK.noun), "common": store.ways_common}),
    Watched(
        SUBNETS, indexes={"id": by_id(SUBNET.noun), "network": _field("networkId"), "pool": _field("subnetPoolId")}
    ),
    Watched(
        SUBNET_POOLS,
        indexes={"id": by_id(SUBNET_POOL.noun), "common": store.ways_common, "scope": _field("addressScopeId")},
    ),
    Watched(ADDRESS_SCOPES, indexes={"id": by_id(ADDRESS_SCOPE.noun), "common": store.ways_common}),
    Watched(
        PORTS,
        indexes={
            "id": by_id(PORT.noun),
            "network": _field("networkId"),
            "device": _field("deviceId"),
            "mac": _field("macAddress"),
            "subnet": _subnets_of_port,
            "security-group": _groups_of_port,
        },
    ),
    Watched(ROUTERS, indexes={"id": by_id(ROUTER.noun)}),
    Watched(
        FLOATING_IPS,
        indexes={"id": by_id(FLOATING_IP.noun), "port": _field("portId"), "router": _field("routerId")},
    ),
    Watched(SECURITY_GROUPS, indexes={"id": by_id(SECURITY_GROUP.noun)}),
    Watched(IP_ADDRESSES, indexes={"subnet": _field("subnetId"), "owner": _owner}),
    Watched(NETWORK_POLICIES, indexes={"project": project_label}),
    Watched(SERVICES, indexes={"project": project_label}),
    Watched(KUBEOVN_SUBNETS, indexes={"project": project_label, "network": _network_label}, optional=True),
    *(
        Watched(kind, indexes={"project": project_label}, optional=True)
        for kind in (
            KUBEOVN_VPCS,
            KUBEOVN_SECURITY_GROUPS,
            KUBEOVN_EIPS,
            KUBEOVN_FIPS,
            KUBEOVN_SNAT_RULES,
            NETWORK_ATTACHMENT_DEFINITIONS,
        )
    ),
)
