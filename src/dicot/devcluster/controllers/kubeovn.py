"""The life of Kube-OVN's objects, as stages: Vpcs, Subnets, IPs, elastic addresses and their rules.

Pure, but that an elastic address is reserved while its object is being written.
"""

import ipaddress
from datetime import datetime
from typing import Any

from dicot.devcluster.controllers import kubeovn_addresses
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import deleting, name_of, stamp
from dicot.devcluster.controllers.stage import Change, Delete, Effect, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import Conflict
from dicot.kube.kinds import (
    KUBEOVN_DNAT_RULES,
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_IPS,
    KUBEOVN_SECURITY_GROUPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    KUBEOVN_VIPS,
    KUBEOVN_VPCS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    Kind,
)

DEFAULT_VPC = "ovn-cluster"


def _state(obj: Json) -> Json:
    return obj.get("status") or {}


def _status_is_not(wanted: Any) -> Any:
    """Say whether the status lacks what `wanted` computes."""

    def when(obj: Json, world: World) -> bool:
        if deleting(obj):
            return False
        new = wanted(obj, world)
        return new is not None and any(_state(obj).get(key) != value for key, value in new.items())

    return when


def _write(wanted: Any) -> Any:
    def then(obj: Json, world: World, now: datetime) -> list[Effect]:
        return status({**(wanted(obj, world) or {}), "conditions": _ready(now)})

    return then


def _ready(now: datetime) -> list[Json]:
    at = stamp(now)
    return [
        {"type": kind, "status": "True", "reason": reason, "lastUpdateTime": at, "lastTransitionTime": at}
        for kind, reason in (("Validated", "ValidateLogicalSwitchSuccess"), ("Ready", "ResetLogicalSwitchAclSuccess"))
    ]


def _follows(name: str, wanted: Any) -> Stages:
    return (Stage(name, _status_is_not(wanted), _write(wanted), after_s=0.02),)


def subnet_defaults(subnet: Json) -> Json:
    """Compute the fields of a Subnet's spec that Kube-OVN fills in; {} if none is missing."""
    spec = subnet["spec"]
    networks = [ipaddress.ip_network(cidr.strip(), strict=False) for cidr in spec["cidrBlock"].split(",")]
    protocol = "Dual" if len(networks) > 1 else f"IPv{networks[0].version}"
    gateway = spec.get("gateway") or ",".join(str(net.network_address + 1) for net in networks)
    wanted = {
        "protocol": protocol,
        "gateway": gateway,
        "excludeIps": spec.get("excludeIps") or gateway.split(","),
        "provider": spec.get("provider") or "ovn",
        "vpc": spec.get("vpc") or DEFAULT_VPC,
    }
    return {key: value for key, value in wanted.items() if spec.get(key) != value}


def subnet_status(subnet: Json, world: World) -> Json | None:
    """Count a Subnet's free and used addresses."""
    spec = subnet["spec"]
    totals = [world.total(kind, f"subnet/{name_of(subnet)}") for kind in (KUBEOVN_IPS, KUBEOVN_EIPS)]
    used = {version: sum(one.get(f"v{version}", 0) for one in totals) for version in (4, 6)}
    total = {4: 0, 6: 0}
    for cidr in spec["cidrBlock"].split(","):
        network = ipaddress.ip_network(cidr.strip(), strict=False)
        total[network.version] += max(0, network.num_addresses - (2 if network.version == 4 else 1))
    for low, high in set(kubeovn_addresses.excluded(subnet)):
        total[4 if low < 2**32 else 6] -= high - low + 1
    return {
        "v4availableIPs": max(0, total[4] - used[4]),
        "v4usingIPs": used[4],
        "v6availableIPs": float(max(0, total[6] - used[6])) if total[6] > 2**53 else max(0, total[6] - used[6]),
        "v6usingIPs": used[6],
        "u2oInterconnectionIP": "",
        "activateGateway": "",
    }


def _vpc_status(vpc: Json, world: World) -> Json:
    subnets = sorted(name_of(s) for s in world.all(KUBEOVN_SUBNETS) if s["spec"].get("vpc") == name_of(vpc))
    return {
        "standby": True,
        "default": name_of(vpc) == DEFAULT_VPC,
        "defaultLogicalSwitch": "ovn-default" if name_of(vpc) == DEFAULT_VPC else "",
        "router": name_of(vpc),
        "subnets": subnets,
        "enableExternal": bool(vpc["spec"].get("enableExternal")),
    }


def _ownerless(ip: Json, world: World) -> bool:
    spec = ip["spec"]
    if spec.get("podType") != "VirtualMachine" or deleting(ip):
        return False
    name, namespace = spec["podName"], spec["namespace"]
    kinds = (VIRTUAL_MACHINES, VIRTUAL_MACHINE_INSTANCES)
    return all(world.get(kind, name, namespace) is None for kind in kinds)


def _remove(ip: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Delete(KUBEOVN_IPS, name_of(ip), "", ip["metadata"]["uid"])]


def _external(eip: Json, world: World) -> Json | None:
    return world.get(KUBEOVN_SUBNETS, eip["spec"].get("externalSubnet") or "external")


def _unaddressed(eip: Json, world: World) -> bool:
    return not deleting(eip) and not _state(eip).get("ready") and _external(eip, world) is not None


def _address(eip: Json, world: World, _now: datetime) -> list[Effect]:
    subnet = _external(eip, world)
    if subnet is None:
        return []
    spec, name = eip["spec"], name_of(eip)
    mac = spec.get("macAddress") or kubeovn_addresses.random_mac()

    async def choose(machinery: Machinery) -> None:
        wanted = ",".join(ip for ip in (spec.get("v4Ip"), spec.get("v6Ip")) if ip)
        try:
            ips = kubeovn_addresses.choose(subnet, wanted, machinery.world, machinery.reserved)
        except kubeovn_addresses.NoAddress as error:
            raise Conflict(str(error)) from error
        v4, v6 = (next((ip for ip in ips if (":" in ip) == six), "") for six in (False, True))
        chosen = {"v4Ip": v4, "v6Ip": v6, "macAddress": mac}
        kind = {"type": spec.get("type") or "nat", "externalSubnet": name_of(subnet)}
        new = await machinery.client.patch(KUBEOVN_EIPS, name, {"spec": {**chosen, **kind}})
        machinery.world.learn(KUBEOVN_EIPS, new)
        ready = {"status": {**chosen, "ready": True, "nat": ""}}
        new = await machinery.client.patch(KUBEOVN_EIPS, name, ready, subresource="status")
        machinery.world.learn(KUBEOVN_EIPS, new)
        for ip in ips:
            machinery.reserved.discard(kubeovn_addresses.entry(name_of(subnet), ip))

    return [Run(choose)]


def eip_index(eip: Json) -> list[str]:
    """Index an OvnEip by its subnet and its addresses."""
    subnet = eip["spec"].get("externalSubnet") or "external"
    ips = (_state(eip).get(key) for key in ("v4Ip", "v6Ip"))
    return [f"subnet/{subnet}", *(kubeovn_addresses.entry(subnet, ip) for ip in ips if ip)]


def weigh_eip(eip: Json) -> tuple[str, dict[str, int]]:
    """Say what an OvnEip takes of its subnet."""
    state = _state(eip)
    return f"subnet/{eip['spec'].get('externalSubnet') or 'external'}", {
        f"v{version}": 1 for version in (4, 6) if state.get(f"v{version}Ip")
    }


def _translation(rule: Json, world: World) -> Json | None:
    """Compute the status of an OvnFip, OvnDnatRule or OvnSnatRule; None while what it names is not there."""
    spec = rule["spec"]
    eip = world.get(KUBEOVN_EIPS, spec.get("ovnEip") or "")
    if eip is None or not _state(eip).get("ready"):
        return None
    result: Json = {"ready": True, "v4Eip": _state(eip).get("v4Ip", ""), "v6Eip": _state(eip).get("v6Ip", "")}
    ip_kind = KUBEOVN_VIPS if spec.get("ipType") == "vip" else KUBEOVN_IPS
    ip = world.get(ip_kind, spec.get("ipName") or "")
    inside = spec.get("v4Ip") or ((ip or {}).get("spec") or {}).get("v4IpAddress") or ""
    if spec.get("ipName") and not inside:
        return None
    subnet = world.get(KUBEOVN_SUBNETS, spec.get("vpcSubnet") or (ip or {}).get("spec", {}).get("subnet", ""))
    vpc = spec.get("vpc") or ((subnet or {}).get("spec") or {}).get("vpc") or DEFAULT_VPC
    return {**result, "vpc": vpc, **({"v4Ip": inside} if inside else {})}


def _snat(rule: Json, world: World) -> Json | None:
    found = _translation(rule, world)
    if found is None:
        return None
    subnet = world.get(KUBEOVN_SUBNETS, rule["spec"].get("vpcSubnet") or "")
    cidr = rule["spec"].get("v4IpCidr") or ((subnet or {}).get("spec") or {}).get("cidrBlock")
    return {**found, "v4IpCidr": cidr or found.get("v4Ip", "")}


def _group(group: Json, _world: World) -> Json:
    return {
        "portGroup": f"ovn.sg.{name_of(group).replace('-', '.')}",
        "allowSameGroupTraffic": bool(group["spec"].get("allowSameGroupTraffic")),
        "ingressLastSyncSuccess": True,
        "egressLastSyncSuccess": True,
    }


def _vip(vip: Json, _world: World) -> Json:
    return {
        "type": vip["spec"].get("type", ""),
        "v4ip": vip["spec"].get("v4ip", ""),
        "mac": vip["spec"].get("macAddress", ""),
    }


PLAYS: dict[Kind, Stages] = {
    KUBEOVN_VPCS: _follows("its status is not true", _vpc_status),
    KUBEOVN_SUBNETS: (
        Stage(
            "its spec has gaps",
            lambda s, _: not deleting(s) and bool(subnet_defaults(s)),
            lambda s, _w, _n: [Change({"spec": subnet_defaults(s)})],
        ),
        *_follows("its status is not true", subnet_status),
    ),
    KUBEOVN_IPS: (Stage("its machine is gone", _ownerless, _remove, after_s=0.05),),
    KUBEOVN_EIPS: (Stage("it has no address", _unaddressed, _address, after_s=0.05),),
    KUBEOVN_FIPS: _follows("what it names is there", _translation),
    KUBEOVN_DNAT_RULES: _follows("what it names is there", _translation),
    KUBEOVN_SNAT_RULES: _follows("what it names is there", _snat),
    KUBEOVN_SECURITY_GROUPS: _follows("its status is not true", _group),
    KUBEOVN_VIPS: _follows("its status is not true", _vip),
}
