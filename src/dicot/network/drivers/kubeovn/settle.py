"""Makes Kube-OVN be as a project's custom resources say: the difference between what should be and what is, written.

Idempotent, and safe to run from several replicas at once: nothing is deleted before Kubernetes itself, not only the
cache, has said that its owner is gone.
"""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import (
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_SECURITY_GROUPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    KUBEOVN_VPCS,
    NETWORK_ATTACHMENT_DEFINITIONS,
    Kind,
)
from dicot.network import projected, ranges, store
from dicot.network.drivers.kubeovn import acls, manifest, switches
from dicot.network.drivers.kubeovn.manifest import Facts, Wanted
from dicot.network.drivers.kubeovn.switches import Switch
from dicot.network.kinds import FLOATING_IPS, IP_ADDRESSES, NETWORKS, PORTS, ROUTERS, SECURITY_GROUPS
from dicot.network.resources import FLOATING_IP, NETWORK, ROUTER, SECURITY_GROUP, SUBNET, Resource

Json = dict[str, Any]

FINALIZERS = (store.FINALIZER,)
OWNERS = (NETWORK, ROUTER, FLOATING_IP, SECURITY_GROUP)
UNMADE = (
    KUBEOVN_FIPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_EIPS,
    NETWORK_ATTACHMENT_DEFINITIONS,
    KUBEOVN_SUBNETS,
    KUBEOVN_SECURITY_GROUPS,
    KUBEOVN_VPCS,
)
"""The order to delete in: a rule before its address, a switch before its Vpc."""


def project_label(obj: Json) -> tuple[str, ...]:
    """Index Kube-OVN's objects by the project they were made for."""
    label = names.labels_of(obj).get(manifest.PROJECT)
    return (label,) if label else ()


async def settled(cluster: Cluster, obj: Json) -> None:
    """Settle the project of an object, and let the object go if it is being deleted."""
    await project(cluster, store.namespace_of(obj))
    await release(cluster, obj)


async def release(cluster: Cluster, obj: Json) -> None:
    """Take Dicot's finalizer off an object that is being deleted and has nothing left behind it."""
    meta = obj["metadata"]
    if store.alive(obj) or store.FINALIZER not in meta.get("finalizers", ()):
        return
    kind = next(one.kind for one in OWNERS if one.kind.kind == obj["kind"])
    rest = [one for one in meta["finalizers"] if one != store.FINALIZER]
    patch = {"metadata": {"finalizers": rest, "uid": meta["uid"]}}
    try:
        await cluster.client.patch(kind, meta["name"], patch, meta["namespace"])
    except (kube.NotFound, kube.Conflict):
        # Another replica was faster.
        return
    if not rest:
        cluster.cache(kind).forget(meta["uid"])


async def project(cluster: Cluster, namespace: str) -> None:
    """Make a project's Kube-OVN objects right, and the switches of others that its ports are on."""
    for one in (namespace, *_hosts(cluster, namespace)):
        await _project(cluster, one)


def _hosts(cluster: Cluster, namespace: str) -> list[str]:
    """Return the other projects on whose networks a project has ports: rules of its groups stand on their switches."""
    found: set[str] = set()
    for port in cluster.cache(PORTS).find("namespace", namespace):
        network = _usable(cluster, namespace, port["spec"]["networkId"])
        if network is not None and not projected.is_projected(network):
            found.add(store.namespace_of(network))
    return sorted(found - {namespace})


async def _project(cluster: Cluster, namespace: str) -> None:
    """Create, change and delete until the project's Kube-OVN objects are right."""
    facts = gather(cluster, namespace)
    wanted = manifest.everything(facts)
    for one in wanted:
        await _ensure(cluster, one)
    keep = {(one.kind, one.body["metadata"]["name"]) for one in wanted}
    for kind in UNMADE:
        if not served(cluster, kind):
            continue
        for have in cluster.cache(kind).find("project", namespace):
            if (kind, have["metadata"]["name"]) not in keep and store.alive(have):
                await _unmake(cluster, facts, kind, have)


def served(cluster: Cluster, kind: Kind) -> bool:
    """Tell whether the cluster has a kind."""
    return kind in cluster.caches and cluster.caches[kind].available


def gather(cluster: Cluster, namespace: str) -> Facts:
    """Read from the cache what matters of a project."""
    networks = _living(cluster, NETWORKS, namespace)
    routers = _living(cluster, ROUTERS, namespace)
    own = [store.identity(NETWORK, one) for one in networks]
    routed, routers_of = _routers_of(cluster, namespace, routers)
    floating_ips = _living(cluster, FLOATING_IPS, namespace)
    ids = {*own, *routed, *(one["spec"]["networkId"] for one in floating_ips if one["spec"].get("networkId"))}
    every = {one: network for one in sorted(ids) if (network := _usable(cluster, namespace, one)) is not None}
    found = {one: switches_of(cluster, network) for one, network in every.items()}
    ports = cluster.cache(PORTS).find("namespace", namespace)
    return Facts(
        namespace=namespace,
        networks=networks,
        switches={one: some for one, some in found.items() if some},
        routers=routers,
        routers_of=routers_of,
        floating_ips=floating_ips,
        groups=groups(cluster, namespace),
        vpcs=vpcs(cluster, namespace, every, {one: store.subnets_of(cluster, one) for one in every}),
        external=_external(cluster),
        groups_on={one: _groups_on(cluster, one) for one in own},
        multus=served(cluster, NETWORK_ATTACHMENT_DEFINITIONS),
        closed=any(is_closed(port) for port in ports),
    )


def switches_of(cluster: Cluster, network: Json) -> list[Switch]:
    """Return the logical switches of a network, oldest first."""
    identity = store.identity(NETWORK, network)
    subnets = store.subnets_of(cluster, identity)
    if projected.is_projected(network):
        cidrs = tuple(one["spec"]["cidr"] for one in subnets)
        return [Switch(network["spec"]["kubeOvnSubnet"], cidrs, tuple(subnets))]
    home = store.namespace_of(network)
    made = [one for one in cluster.cache(KUBEOVN_SUBNETS).find("network", identity) if store.alive(one)]
    have = sorted(
        (one for one in made if names.labels_of(one).get(manifest.PROJECT) == home),
        key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]),
    )
    return switches.grouped(network, subnets, have, lambda subnet: carries(cluster, subnet))


def together(cluster: Cluster, network: Json) -> list[list[Json]]:
    """Return the subnets whose addresses one interface can have, those of both IP versions first."""
    found = [list(one.subnets) for one in switches_of(cluster, network)]
    return sorted(found, key=len, reverse=True)


def carries(cluster: Cluster, subnet: Json) -> bool:
    """Tell whether something in Kube-OVN has an address of a subnet: a server, a gateway or a floating IP."""
    taken = cluster.cache(IP_ADDRESSES).find("subnet", store.identity(SUBNET, subnet))
    return any(not _is_idle(cluster, one["spec"]["ownerId"]) for one in taken)


def _is_idle(cluster: Cluster, owner: str) -> bool:
    """Tell whether an address's owner is a port that no server has: Kube-OVN has not heard of it."""
    ports = cluster.cache(PORTS).find("id", owner)
    return bool(ports) and not any(one["spec"].get("deviceOwner", "").startswith("compute:") for one in ports)


def _groups_on(cluster: Cluster, network_id: str) -> list[tuple[Json, dict[str, str]]]:
    """Return the security groups of a network's ports that have rules for its switches, with their projects' names."""
    found: dict[str, tuple[Json, dict[str, str]]] = {}
    by_project: dict[str, dict[str, str]] = {}
    for port in cluster.cache(PORTS).find("network", network_id):
        home = store.namespace_of(port)
        for group_id in port["spec"].get("securityGroups", []):
            group = store.group_of(cluster, group_id)
            if group_id in found or group is None or store.namespace_of(group) != home:
                continue
            if all(acls.is_plain(rule) for rule in group["spec"].get("rules", [])):
                continue
            if home not in by_project:
                by_project[home] = manifest.group_names(groups(cluster, home))
            found[group_id] = (group, by_project[home])
    return [found[one] for one in sorted(found)]


def _usable(cluster: Cluster, namespace: str, network_id: str) -> Json | None:
    """Return a network that a project may connect, its own or everybody's: a Port of kubectl's may name any."""
    network = store.network_of(cluster, network_id)
    if network is None or not (store.namespace_of(network) == namespace or store.is_common(network)):
        return None
    return network


def _living(cluster: Cluster, kind: Kind, namespace: str) -> list[Json]:
    found = [one for one in cluster.cache(kind).find("namespace", namespace) if store.alive(one)]
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))


def groups(cluster: Cluster, namespace: str) -> list[Json]:
    """Return a project's security groups, and its unwritten default group if something uses that."""
    found = _living(cluster, SECURITY_GROUPS, namespace)
    default = projected.default_group(cluster, namespace)
    if default is None or not projected.is_projected(default):
        return found
    wanted = store.identity(SECURITY_GROUP, default)
    used = any(store.alive(port) for port in cluster.cache(PORTS).find("security-group", wanted))
    meant = any(rule.get("remoteGroupId") == wanted for group in found for rule in group["spec"].get("rules", []))
    return [*found, default] if used or meant else found


def is_closed(port: Json) -> bool:
    """Tell whether a port has port security but no security group."""
    spec = port["spec"]
    has_groups = bool(spec.get("securityGroups"))
    return (
        spec.get("portSecurityEnabled", True)
        and not has_groups
        and not spec.get("deviceOwner", "").startswith("network:")
    )


def _routers_of(cluster: Cluster, namespace: str, routers: list[Json]) -> tuple[set[str], dict[str, list[Json]]]:
    """Return the networks that a project's routers are connected to, and the routers of each subnet."""
    by_id = {store.identity(ROUTER, one): one for one in routers}
    networks: set[str] = set()
    found: dict[str, list[Json]] = {}
    for port in cluster.cache(PORTS).find("namespace", namespace):
        spec = port["spec"]
        router = by_id.get(spec.get("deviceId", ""))
        if router is None or spec.get("deviceOwner") != "network:router_interface" or not store.alive(port):
            continue
        if _usable(cluster, namespace, spec["networkId"]) is None:
            continue
        networks.add(spec["networkId"])
        for one in spec.get("fixedIps", []):
            attached = found.setdefault(one["subnetId"], [])
            if router not in attached:
                attached.append(router)
    return networks, found


def _external(cluster: Cluster) -> dict[str, list[Switch]]:
    """Map external networks to their switches: the cluster's own, and those of networks that an administrator made."""
    every = [*projected.objects(cluster, NETWORK), *store.common_networks(cluster, "external")]
    return {store.identity(NETWORK, network): switches_of(cluster, network) for network in every}


def vpcs(cluster: Cluster, namespace: str, networks: dict[str, Json], subnets: dict[str, list[Json]]) -> dict[str, str]:
    """Choose each network's Vpc: the one its switch is in, the project's, or its own where CIDRs would overlap."""
    chosen: dict[str, str] = {}
    for identity in networks:
        for switch in cluster.cache(KUBEOVN_SUBNETS).find("network", identity):
            if switch["spec"].get("vpc"):
                chosen[identity] = switch["spec"]["vpc"]
    for identity, network in sorted(networks.items(), key=lambda pair: pair[1]["metadata"]["creationTimestamp"]):
        if identity in chosen or network["spec"].get("external"):
            continue
        home = manifest.vpc_name(store.namespace_of(network))
        neighbours = [one for other, vpc in chosen.items() if vpc == home for one in subnets.get(other, [])]
        clash = any(
            ranges.overlap(one["spec"]["cidr"], other["spec"]["cidr"])
            for one in subnets.get(identity, [])
            for other in neighbours
        )
        chosen[identity] = switches.cluster_name(home, network["metadata"]["name"]) if clash else home
    return chosen


async def _ensure(cluster: Cluster, wanted: Wanted) -> None:
    meta = wanted.body["metadata"]
    namespace = meta.get("namespace")
    have = cluster.cache(wanted.kind).get(meta["name"], namespace or "")
    if have is None:
        try:
            made = await cluster.client.create(wanted.kind, wanted.body, namespace)
        except kube.AlreadyExists:
            made = await cluster.look(wanted.kind, meta["name"], namespace)
        if not store.alive(made):
            raise kube.Unavailable(f"{wanted.kind.full_name} {meta['name']} is still being deleted")
        cluster.cache(wanted.kind).learn(made)
        have = made
    if any(_differ(have.get("spec", {}).get(key), value) for key, value in wanted.body["spec"].items()):
        patch = {"spec": wanted.body["spec"]}
        try:
            changed = await cluster.client.patch(wanted.kind, meta["name"], patch, namespace)
        except kube.NotFound:
            # Deleted since it was cached: made anew.
            changed = await cluster.client.create(wanted.kind, wanted.body, namespace)
        cluster.cache(wanted.kind).learn(changed)


def _differ(have: Any, wanted: Any) -> bool:
    """Tell whether a field must be written; empty and absent are the same to Kube-OVN."""
    return have != wanted and bool(have or wanted)


async def _unmake(cluster: Cluster, facts: Facts, kind: Kind, have: Json) -> None:
    if not await _ownerless(cluster, facts, kind, have):
        return
    meta = have["metadata"]
    try:
        await cluster.client.delete(kind, meta["name"], meta.get("namespace"), uid=meta["uid"])
    except (kube.NotFound, kube.Conflict):
        # Gone, or another one of this name by now: the next round looks at that.
        return


async def _ownerless(cluster: Cluster, facts: Facts, kind: Kind, have: Json) -> bool:
    """Ask Kubernetes itself whether an object is still needed by an owner that this replica has not heard of yet."""
    labels = names.labels_of(have)
    for resource in OWNERS:
        owner = labels.get(names.id_label(resource.noun))
        if owner:
            return await _settled_without(cluster, resource, owner, facts)
    if kind == KUBEOVN_VPCS:
        left, _ = await cluster.client.list(NETWORKS, facts.namespace)
        return all(not store.alive(one) or one["metadata"]["uid"] in _uids(facts) for one in left)
    return True


async def _settled_without(cluster: Cluster, resource: Resource, owner: str, facts: Facts) -> bool:
    cached = [
        one for one in cluster.cache(resource.kind).find("id", owner) if store.namespace_of(one) == facts.namespace
    ]
    if not cached:
        selection = f"{names.id_label(resource.noun)}={owner}"
        cached, _ = await cluster.client.list(resource.kind, facts.namespace, labels=selection)
    found = next((one for one in cached if names.identity_of(one, resource.noun) == owner), None)
    # An owner that the facts know has just been asked, and wants this object no longer.
    return found is None or not store.alive(found) or found["metadata"]["uid"] in _uids(facts)


def _uids(facts: Facts) -> set[str]:
    every = (*facts.networks, *facts.routers, *facts.floating_ips, *facts.groups)
    return {one["metadata"]["uid"] for one in every}


def is_translated(cluster: Cluster, floating_ip: Json) -> bool:
    """Tell whether Kube-OVN translates a floating IP by now."""
    name = switches.cluster_name(store.namespace_of(floating_ip), floating_ip["metadata"]["name"])
    fip = cluster.cache(KUBEOVN_FIPS).get(name)
    return bool(fip and fip.get("status", {}).get("ready"))
