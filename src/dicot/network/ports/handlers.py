"""Handlers of ports: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import addresses, answers, attributes, servers, store
from dicot.network.answers import Served
from dicot.network.drivers import link
from dicot.network.drivers.choice import of as driver_of
from dicot.network.ports import making, rules, view
from dicot.network.ports.schema import ATTRIBUTES
from dicot.network.resources import NETWORK, PORT

Json = dict[str, Any]


def shown(cluster: Cluster, caller: Caller, obj: Json) -> Json:
    """Gather what a port's view needs."""
    vmi = servers.vmi_of(cluster, obj)
    subnets: list[Json] = [] if obj["spec"].get("fixedIps") else store.subnets_of(cluster, obj["spec"]["networkId"])
    return view.port(
        obj,
        project_id=store.project_of(cluster, store.namespace_of(obj)),
        vmi=vmi,
        fixed_ips=servers.fixed_ips(obj, vmi, subnets),
        admin=caller.cloud_admin,
    )


SERVED = Served(PORT, ATTRIBUTES, shown)


async def index(request: Request, cluster: Cluster) -> Response:
    """List ports."""
    return await answers.index(request, cluster, SERVED)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one port."""
    return await answers.show(request, cluster, SERVED)


async def _made(cluster: Cluster, caller: Caller, wish: Json) -> Json:
    network = await store.find(cluster, caller, NETWORK, wish["network_id"])
    rules.check_rights(caller, network, wish, "create_port")
    return await making.make(cluster, caller, wish)


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one port or several."""
    return await answers.create(request, cluster, SERVED, _made, making.unmake)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change a port; what changes its addresses is refused while a server has it."""
    caller = request.caller
    wish = answers.wish(request, SERVED)
    taken: list[Json] = []

    async def decide(obj: Json) -> Json:
        await addresses.give_back(cluster, taken)
        taken.clear()
        return await _changes(cluster, caller, obj, dict(wish), taken)

    try:
        obj = await store.change(cluster, caller, PORT, request.params["id"], decide, request=request)
    except BaseException:
        await addresses.give_back(cluster, taken)
        raise
    if "fixed_ips" in wish:
        kept = frozenset(one["ipAddress"] for one in obj["spec"].get("fixedIps", []))
        await addresses.give_back_all(cluster, store.identity(PORT, obj), but=kept)
    await driver_of(cluster).settle_port(cluster, caller, obj)
    await link.follow(cluster, caller, obj)
    return answers.one(request, cluster, SERVED, obj)


async def _changes(cluster: Cluster, caller: Caller, obj: Json, wish: Json, taken: list[Json]) -> Json:
    """Decide what an update changes in a port's spec; new addresses are `taken`."""
    network = await store.find(cluster, caller, NETWORK, obj["spec"]["networkId"])
    rules.check_rights(caller, network, wish, "update_port")
    mac = wish.get("mac_address", obj["spec"]["macAddress"])
    if mac != obj["spec"]["macAddress"]:
        rules.refuse_bound(cluster, obj)
        rules.refuse_used_mac(cluster, network, mac, store.identity(PORT, obj))
    if "security_groups" in wish:
        await rules.check_groups(cluster, caller, store.namespace_of(obj), wish["security_groups"])
    if "allowed_address_pairs" in wish:
        wish["allowed_address_pairs"] = rules.complete_pairs(wish["allowed_address_pairs"], mac)
    spec = attributes.spec(ATTRIBUTES, {key: value for key, value in wish.items() if key != "fixed_ips"})
    rules.check_security({**obj["spec"], **spec})
    driver_of(cluster).check_port(cluster, caller, obj, {"macAddress": mac, **spec})
    if "fixed_ips" in wish:
        spec["fixedIps"] = await _readdressed(cluster, caller, obj, wish["fixed_ips"], mac, taken)
    return spec


async def _readdressed(
    cluster: Cluster, caller: Caller, obj: Json, wishes: list[Json], mac: str, taken: list[Json]
) -> list[Json]:
    """Keep the addresses that are still wished for, take the new ones."""
    have = {one["ipAddress"]: one for one in obj["spec"].get("fixedIps", [])}
    driver = driver_of(cluster)
    if not driver.gives_addresses:
        driver.check_port(cluster, caller, obj, {"fixedIps": wishes})
        return []
    kept: list[Json] = []
    new: list[Json] = []
    for wish in wishes:
        old = _match(wish, [one for one in have.values() if one not in kept])
        (kept if old else new).append(old or wish)
    if not new and len(kept) == len(have):
        return kept
    if obj["spec"].get("deviceOwner", "").startswith("network:"):
        raise Conflict(
            f"Operation changing fixed_ips is not supported for device_owner {obj['spec']['deviceOwner']} on port "
            f"{store.identity(PORT, obj)}.",
            kind="UnsupportedPortDeviceOwner",
        )
    rules.refuse_bound(cluster, obj)
    network_id = obj["spec"]["networkId"]
    fixed, more = await addresses.fixed(cluster, network_id, new, mac, store.identity(PORT, obj), exact=True)
    taken.extend(more)
    return [*kept, *attributes.to_camel(fixed)]


def _match(wish: Json, have: list[Json]) -> Json | None:
    for one in have:
        same_address = wish.get("ip_address") in (None, one["ipAddress"])
        if same_address and wish.get("subnet_id") in (None, one["subnetId"]):
            return one
    return None


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a port; 409 for a router's, and while its server exists."""
    obj = await store.own(cluster, request.caller, PORT, request.params["id"], "delete")
    store.expect_revision(request, obj)
    rules.refuse_service_port(obj)
    rules.refuse_bound(cluster, obj)
    await making.unmake(cluster, request.caller, obj)
    return Response(status=204)
