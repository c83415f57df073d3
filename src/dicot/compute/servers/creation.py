"""Creates servers: ports, machine, Secrets, volumes, in this order, and takes everything back if one step fails.

What dies with a machine is made after it, so that it can name it as its owner.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import structlog

from dicot import names
from dicot.api.errors import ApiError
from dicot.api.request import Request, Response
from dicot.cluster import RETRIES, Cluster
from dicot.compute.parameters import truth
from dicot.compute.server_groups import lookup as groups
from dicot.compute.server_groups import manifest as server_groups
from dicot.compute.servers import beside, config_drive, credentials, manifest, owners, sources, view
from dicot.compute.servers.disks import VOLUME
from dicot.compute.servers.manifest import Plan
from dicot.compute.servers.order import Order, gather
from dicot.compute.servers.sources import Source
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, NODES, SECRETS, VIRTUAL_MACHINES, Kind
from dicot.network import plug
from dicot.volume import claims, volumes

Json = dict[str, Any]

log = structlog.get_logger("dicot.servers")


async def create(request: Request, cluster: Cluster) -> Response:
    """Create one or several servers."""
    order = await gather(request, cluster)
    made = await _create_all(request, cluster, order)
    if truth(order.server.get("return_reservation_id", False)):
        return Response({"reservation_id": order.reservation_id}, status=202)
    vm, plan = made[0]
    service = request.service
    server_id = names.identity_of(vm, "server")
    links = view.links(server_id, request.prefix, path=service.root + service.version, root=service.root)
    answer = view.created(
        server_id,
        links,
        disk_config=plan.disk_config,
        groups=order.server.get("security_groups", [{"name": "default"}]),
        password=plan.password if cluster.config.enable_instance_password else "",
    )
    return Response({"server": answer}, status=202, headers={"Location": links[0]["href"]})


async def _create_all(request: Request, cluster: Cluster, order: Order) -> list[tuple[Json, Plan]]:
    """Create as many servers as can be, but at least so many as must be: else none."""
    made: list[tuple[Json, Plan]] = []
    async with AsyncExitStack() as undo:
        for index in range(order.most):
            try:
                vm, plan, taking_back = await _create_one(request, cluster, order, index)
            except (ApiError, kube.KubeError):
                if len(made) < max(order.least, 1):
                    raise
                break
            made.append((vm, plan))
            undo.push_async_callback(taking_back.aclose)
        undo.pop_all()
    return made


async def _create_one(
    request: Request, cluster: Cluster, order: Order, index: int
) -> tuple[Json, Plan, AsyncExitStack]:
    """Create a server; return also how to take it back."""
    server_id = names.new_id()
    display = order.server["name"].strip()
    if order.most > 1:
        display = f"{display}-{index + 1}"
    async with AsyncExitStack() as undo:
        found = await sources.gather(cluster, order)
        for source in found:
            if source.claim is not None:
                promised = await claims.claim(cluster, order.caller, source.claim, server_id)
                _on_failure(undo, claims.release, cluster, order.caller, promised, server_id)
        nics = await plug.prepare(
            cluster,
            order.caller,
            list(order.networks),
            server_id=server_id,
            security_groups=list(order.groups),
            requested_none=order.no_network,
            zone=order.zone or manifest.DEFAULT_ZONE,
            allocate=not order.if_any_network,
        )
        _on_failure(undo, plug.undo, cluster, order.caller, nics)
        vm, plan = await _create_machine(request, cluster, order, (server_id, display, index), found, nics, undo)
        await _create_around(cluster, order, vm, plan, found, undo)
        await plug.bind(cluster, order.caller, vm, nics)
        taking_back = undo.pop_all()
    return vm, plan, taking_back


def _on_failure(undo: AsyncExitStack, action: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    async def run() -> None:
        try:
            await action(*arguments)
        except (ApiError, kube.KubeError) as error:
            # The first failure is the one to report; what stays behind is at least named in the log.
            log.warning("undo failed", action=action.__name__, error=str(error))

    undo.push_async_callback(run)


async def _take_back(cluster: Cluster, order: Order, kind: Kind, name: str, noun: str, identity: str) -> None:
    """Delete what was made under this name, or may have been: an answer can be lost when its work is done."""
    try:
        found = await cluster.as_user(order.caller).get(kind, name, order.namespace)
    except kube.NotFound:
        return
    if names.identity_of(found, noun) == identity:
        await cluster.delete(order.caller, kind, found)


async def _create_machine(
    request: Request,
    cluster: Cluster,
    order: Order,
    identity: tuple[str, str, int],
    found: list[Source],
    nics: list[plug.Nic],
    undo: AsyncExitStack,
) -> tuple[Json, Plan]:
    """Create the VirtualMachine; a name that is taken is tried again with another ending."""
    place, drive = _place(cluster, order), _drive(cluster, order, nics)
    for attempt in range(RETRIES):
        plan = _plan(request, order, identity, found, nics, place, drive)
        _on_failure(undo, _take_back, cluster, order, VIRTUAL_MACHINES, plan.name, "server", plan.server_id)
        try:
            body = manifest.virtual_machine(plan)
            return await cluster.create(order.caller, VIRTUAL_MACHINES, body, order.namespace), plan
        except kube.AlreadyExists:
            if attempt == RETRIES - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _create_around(
    cluster: Cluster, order: Order, vm: Json, plan: Plan, found: list[Source], undo: AsyncExitStack
) -> None:
    for secret in manifest.secrets(plan, vm):
        await cluster.create(order.caller, SECRETS, secret, order.namespace)
    owner = manifest.owned_by(vm)
    for source in found:
        if source.claim is not None and source.wish.dies:
            await owners.own(cluster, order.caller, source.claim, vm, dies=True)
        elif source.claim is None and source.wish.destination == VOLUME:
            body = volumes.data_volume(
                source.volume_id,
                "",
                source.size_gib,
                source.storage_class,
                source.content,
                namespace=order.namespace,
                annotations=source.annotations,
                access_modes=source.access_modes,
                server_id=plan.server_id,
                claimed_at=claims.now(),
                owner=owner if source.wish.dies else None,
            )
            if not source.wish.dies:
                name = body["metadata"]["name"]
                _on_failure(undo, _take_back, cluster, order, DATA_VOLUMES, name, "volume", source.volume_id)
            await cluster.create(order.caller, DATA_VOLUMES, body, order.namespace)


def _place(cluster: Cluster, order: Order) -> server_groups.Place:
    """Place a server among the members that its group has now."""
    if order.group is None:
        return server_groups.NOWHERE
    return server_groups.place(order.group, groups.members(cluster, order.group))


def _plan(
    request: Request,
    order: Order,
    identity: tuple[str, str, int],
    found: list[Source],
    nics: list[plug.Nic],
    place: server_groups.Place,
    drive: config_drive.Drive,
) -> Plan:
    server_id, display, index = identity
    server, image, properties = order.server, order.image, sources.image_properties(order, found)
    name = f"{names.slug(display, manifest.NAME_SLUG_MAX)}-{secrets.token_hex(4)}"
    admin_user = credentials.user(properties)
    return Plan(
        server_id=server_id,
        name=name,
        display=display,
        flavor=order.flavor,
        preference=image.preference if image is not None else "",
        image_id=image.id if image is not None else "",
        image_properties=properties,
        disks=tuple(sources.disks(name, found, properties)),
        networks=tuple(nic.network for nic in nics),
        interfaces=tuple(nic.interface for nic in nics),
        annotations=_joined([dict(nic.annotations) for nic in nics]),
        labels=_joined([dict(nic.labels) for nic in nics]),
        place=place,
        user_data=order.user_data,
        password=order.password if admin_user or server.get("adminPass") else "",
        admin_user=admin_user,
        public_key=order.public_key,
        key_name=order.key_name,
        metadata=server.get("metadata") or {},
        tags=tuple(dict.fromkeys(server.get("tags") or ())),
        description=server.get("description"),
        hostname=server.get("hostname") or names.slug(display, 63),
        zone=order.zone,
        selected_zone=order.selected_zone,
        host=order.host,
        hints=order.hints,
        disk_config=server.get("OS-DCF:diskConfig", "MANUAL"),
        access_ipv4=server.get("accessIPv4", ""),
        access_ipv6=server.get("accessIPv6", ""),
        user_id=order.caller.user_id,
        reservation_id=order.reservation_id,
        launch_index=index,
        action=action(request, "create"),
        drive=drive,
    )


def _drive(cluster: Cluster, order: Order, nics: list[plug.Nic]) -> config_drive.Drive:
    """Gather what the config drive tells. Where a server gets to is known before only if there is one zone."""
    zones = {beside.zone_of(node) for node in cluster.cache(NODES).all()}
    return config_drive.Drive(
        project_id=order.caller.project_id,
        zone=order.selected_zone or (zones.pop() if len(zones) == 1 else None),
        random_seed=secrets.token_bytes(config_drive.SEED_BYTES),
        networks=tuple(
            {"port_id": nic.port_id, "network_id": nic.port["spec"]["networkId"], "versions": _versions(nic)}
            for nic in nics
        ),
    )


def _versions(nic: plug.Nic) -> list[int]:
    """Tell which versions of IP a port has; IPv4 where the cluster chooses the addresses."""
    addresses = [one["ipAddress"] for one in nic.port["spec"].get("fixedIps") or () if one.get("ipAddress")]
    return sorted({6 if ":" in address else 4 for address in addresses}) or [4]


def action(request: Request, name: str) -> Json:
    """Describe what is done to a server, for the list that it carries."""
    caller = request.caller
    return {
        "action": name,
        "request_id": request.id,
        "user_id": caller.user_id,
        "project_id": caller.project_id,
        "start_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
    }


def _joined(several: list[dict[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for one in several:
        joined |= one
    return joined
