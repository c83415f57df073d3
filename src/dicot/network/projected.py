"""Objects nobody wrote: the cluster's external network, and each project's default security group until it changes.

They have the shape of Dicot's own custom resources, so that everything else treats them alike. Pure but for the cache.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.kube.kinds import KUBEOVN_SUBNETS, NAMESPACES
from dicot.network.kinds import NETWORKS, SECURITY_GROUPS, SUBNETS
from dicot.network.resources import NETWORK, SECURITY_GROUP, SUBNET, Resource

Json = dict[str, Any]

MARK = "network.dicot.io/projected"
"""Annotation: the Kubernetes object that a projected object shows. Never written to the cluster."""
PUBLIC = "public"
DEFAULT = "default"


def is_projected(obj: Json) -> bool:
    """Tell whether an object exists only in Dicot's view."""
    return MARK in names.annotations_of(obj)


def objects(cluster: Cluster, resource: Resource, namespace: str | None = None) -> list[Json]:
    """Return every projected object of a resource; of security groups perhaps only one project's."""
    if resource is NETWORK:
        return [_network(cluster, one) for one in _external(cluster)]
    if resource is SUBNET:
        return [subnet for one in _external(cluster) for subnet in _subnets(cluster, one)]
    if resource is SECURITY_GROUP:
        projects = cluster.cache(NAMESPACES)
        asked = projects.all() if namespace is None else [one for one in (projects.get(namespace),) if one is not None]
        return [group for one in asked if (group := _missing_default(cluster, one))]
    return []


def default_group(cluster: Cluster, namespace: str) -> Json | None:
    """Return a project's default security group, written or not; None if there is no such project."""
    project = cluster.cache(NAMESPACES).get(namespace)
    if project is None:
        return None
    return cluster.cache(SECURITY_GROUPS).get(DEFAULT, namespace) or _default_group(project)


def default_group_id(project: Json) -> str:
    """Derive the id of a project's default security group, the same before and after it is written."""
    return names.derived_id("security-group", project["metadata"]["uid"], DEFAULT)


def _missing_default(cluster: Cluster, project: Json) -> Json | None:
    if not names.is_project(project) or cluster.cache(SECURITY_GROUPS).get(DEFAULT, project["metadata"]["name"]):
        return None
    return _default_group(project)


def _default_group(project: Json) -> Json:
    meta = project["metadata"]
    identity = default_group_id(project)
    return {
        "apiVersion": SECURITY_GROUPS.api_version,
        "kind": SECURITY_GROUPS.kind,
        "metadata": {
            "name": DEFAULT,
            "namespace": meta["name"],
            "uid": identity,
            "generation": 1,
            "creationTimestamp": meta["creationTimestamp"],
            "labels": {names.id_label(SECURITY_GROUP.noun): identity},
            "annotations": {MARK: f"namespaces/{meta['name']}"},
        },
        "spec": {
            "name": DEFAULT,
            "description": "Default security group",
            "rules": [
                _rule(identity, direction, ethertype, identity if direction == "ingress" else None)
                for direction in ("egress", "ingress")
                for ethertype in ("IPv4", "IPv6")
            ],
        },
    }


def _rule(group: str, direction: str, ethertype: str, remote: str | None) -> Json:
    rule: Json = {
        "id": names.derived_id("security-group-rule", group, direction, ethertype),
        "direction": direction,
        "ethertype": ethertype,
    }
    return rule if remote is None else {**rule, "remoteGroupId": remote}


def _external(cluster: Cluster) -> list[Json]:
    """Return the Kube-OVN subnet that the configuration calls external, unless a network of Dicot stands behind it."""
    if KUBEOVN_SUBNETS not in cluster.caches or not cluster.caches[KUBEOVN_SUBNETS].available:
        return []
    one = cluster.cache(KUBEOVN_SUBNETS).get(cluster.config.external_subnet)
    return [one] if one and names.id_label(NETWORK.noun) not in names.labels_of(one) else []


def _meta(cluster: Cluster, subnet: Json, noun: str, identity: str) -> Json:
    meta = subnet["metadata"]
    return {
        "name": meta["name"],
        "namespace": cluster.config.system_namespace,
        "uid": identity,
        "generation": meta.get("generation", 1),
        "creationTimestamp": meta["creationTimestamp"],
        "labels": {names.id_label(noun): identity},
        "annotations": {MARK: f"subnets.kubeovn.io/{meta['name']}"},
    }


def _network(cluster: Cluster, subnet: Json) -> Json:
    identity = names.derived_id("external-network", subnet["metadata"]["uid"])
    spec: Json = {"name": PUBLIC, "external": True, "isDefault": True, "kubeOvnSubnet": subnet["metadata"]["name"]}
    if subnet["spec"].get("mtu"):
        spec["mtu"] = subnet["spec"]["mtu"]
    return {
        "apiVersion": NETWORKS.api_version,
        "kind": NETWORKS.kind,
        "metadata": _meta(cluster, subnet, NETWORK.noun, identity),
        "spec": spec,
    }


def _subnets(cluster: Cluster, subnet: Json) -> list[Json]:
    network = names.identity_of(_network(cluster, subnet), NETWORK.noun)
    gateways = [text for text in subnet["spec"].get("gateway", "").split(",") if text]
    return [
        _subnet(cluster, subnet, network, ipaddress.ip_network(cidr, strict=False), gateways)
        for cidr in subnet["spec"].get("cidrBlock", "").split(",")
        if cidr
    ]


def _subnet(
    cluster: Cluster,
    subnet: Json,
    network: str,
    cidr: ipaddress.IPv4Network | ipaddress.IPv6Network,
    gateways: list[str],
) -> Json:
    identity = names.derived_id("external-subnet", subnet["metadata"]["uid"], str(cidr))
    gateway = next((one for one in gateways if ipaddress.ip_address(one).version == cidr.version), None)
    spec: Json = {
        "name": f"{PUBLIC}-subnet" if cidr.version == 4 else f"{PUBLIC}-subnet-v6",
        "networkId": network,
        "ipVersion": cidr.version,
        "cidr": str(cidr),
        "enableDhcp": False,
        "allocationPools": _pools(cidr, subnet["spec"].get("excludeIps", [])),
    }
    if gateway:
        spec["gatewayIp"] = gateway
    return {
        "apiVersion": SUBNETS.api_version,
        "kind": SUBNETS.kind,
        "metadata": _meta(cluster, subnet, SUBNET.noun, identity),
        "spec": spec,
    }


def _pools(cidr: ipaddress.IPv4Network | ipaddress.IPv6Network, excluded: list[str]) -> list[Json]:
    """Return what Kube-OVN's excludeIps ("a" or "a..b") leave of a CIDR."""
    first, last = int(cidr.network_address) + 1, int(cidr.broadcast_address) - (1 if cidr.version == 4 else 0)
    make = type(cidr.network_address)
    result: list[Json] = []
    for low, high in sorted(_span(one) for one in excluded if _version(one) == cidr.version):
        if low > first:
            result.append({"start": str(make(first)), "end": str(make(min(low - 1, last)))})
        first = max(first, high + 1)
    if first <= last:
        result.append({"start": str(make(first)), "end": str(make(last))})
    return result


def _span(text: str) -> tuple[int, int]:
    low, _, high = text.partition("..")
    return int(ipaddress.ip_address(low)), int(ipaddress.ip_address(high or low))


def _version(text: str) -> int:
    return ipaddress.ip_address(text.partition("..")[0]).version
