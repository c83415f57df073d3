"""Views of servers as bytes, made once for each state of a server and kept until it changes.

A list joins bytes. What is kept is found again by the identity of the objects it was made of: a cache never changes an
object, it replaces it.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from dicot import names
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.compute.servers import beside, lookup, status, view
from dicot.compute.servers.changes import BEFORE_EMBEDDING, HISTORY
from dicot.kube.cache import Cache
from dicot.kube.kinds import NODES, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES

Json = dict[str, Any]

SWEEP_EVERY = 1_000
"""After so many changes of machines, what is kept of those that are gone is thrown away."""
ENCODINGS_MAX = 8
"""Encodings kept of one server: versions and spellings of the host that are in use at the same time."""

_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct):
    """A server: what it was made of, its newest view without links, and its encodings."""

    vm: Json
    vmi: Json | None
    node: Json | None
    counts: tuple[int, ...]
    beside: view.Beside
    state: status.State
    view: Json
    encodings: dict[tuple[str, int, bool, str], bytes]


class Kept:
    """The entries by the uid of their machine, and the count of changes at which they were last swept."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: dict[str, Entry] = {}
        self.swept_at = 0

    def sweep(self, machines: Cache) -> None:
        """Forget machines that are gone, now and then."""
        if abs(machines.changes - self.swept_at) < SWEEP_EVERY:
            return
        self.swept_at = machines.changes
        self.entries = {uid: entry for uid, entry in self.entries.items() if machines.by_uid(uid) is not None}


_kept = Kept()


def entry(cluster: Cluster, vm: Json) -> Entry:
    """Return what is known of one server now."""
    return entries(cluster, [vm])[0]


def entries(cluster: Cluster, vms: list[Json]) -> list[Entry]:
    """Return what is known of servers now, in their order."""
    now = time.time()
    counts = beside.counts(cluster)
    _kept.sweep(cluster.cache(VIRTUAL_MACHINES))
    instances, nodes = cluster.cache(VIRTUAL_MACHINE_INSTANCES), cluster.cache(NODES)
    return [_unchanged(vm, now, counts, instances, nodes) or _entry(cluster, vm, now, counts) for vm in vms]


def _unchanged(vm: Json, now: float, counts: tuple[int, ...], instances: Cache, nodes: Cache) -> Entry | None:
    """Return what is kept of a server if all that it was made of is as it was: the case that lists must be fast in."""
    meta = vm["metadata"]
    known = _kept.entries.get(meta["uid"])
    if known is None or known.vm is not vm or known.counts != counts or now >= known.state.until:
        return None
    vmi = instances.get(meta["name"], meta["namespace"])
    if known.vmi is not vmi:
        return None
    name = (vmi.get("status") or {}).get("nodeName") if vmi is not None else None
    return known if known.node is (nodes.get(name) if name else None) else None


def _entry(cluster: Cluster, vm: Json, now: float, counts: tuple[int, ...]) -> Entry:
    vmi = lookup.instance_of(cluster, vm)
    node = beside.node_of(cluster, vmi)
    uid = vm["metadata"]["uid"]
    known = _kept.entries.get(uid)
    same = known is not None and known.vm is vm and known.vmi is vmi and now < known.state.until
    surroundings = beside.gather(cluster, vm, vmi, node)
    if known is not None and same and surroundings == known.beside:
        known.counts, known.node = counts, node
        return known
    state = status.with_task(status.of(vm, vmi, now, cluster.config.build_grace_s), surroundings.task)
    made = Entry(vm, vmi, node, counts, surroundings, state, view.server(vm, vmi, state, surroundings), {})
    _kept.entries[uid] = made
    return made


def full(request: Request, found: Entry, *, listed: bool) -> bytes:
    """Encode a server in full for a request's version; in a list it is shown without its groups."""
    return _encoded(request, found, "detail" if listed else "show")


def brief(request: Request, found: Entry) -> bytes:
    """Encode a server's name and links."""
    key = ("brief", 0, False, request.prefix)
    known = found.encodings.get(key)
    if known is None:
        server_id = found.view["id"]
        known = _remember(
            found, key, {"id": server_id, "name": found.view["name"], "links": _links(request, server_id)}
        )
    return known


def updated(request: Request, found: Entry) -> bytes:
    """Encode a server as the answer to an update."""
    return _encoded(request, found, "updated")


def _encoded(request: Request, found: Entry, form: str) -> bytes:
    administrator = request.caller.cloud_admin
    key = (form, request.version, administrator, request.prefix)
    known = found.encodings.get(key)
    if known is not None:
        return known
    service = request.service
    shown = view.linked(
        found.view,
        request.prefix,
        path=service.root + service.version,
        root=service.root,
        administrator=administrator,
    )
    if form == "detail":
        shown.pop("server_groups")
    contract = "updated" if form == "updated" else "server"
    (told,) = HISTORY.downgrade(contract, [shown], request.version)
    told.pop(BEFORE_EMBEDDING)
    return _remember(found, key, told)


def _remember(found: Entry, key: tuple[str, int, bool, str], told: Json) -> bytes:
    if len(found.encodings) >= ENCODINGS_MAX:
        found.encodings.clear()
    encoded = found.encodings[key] = _encode(told)
    return encoded


def _links(request: Request, server_id: str) -> list[Json]:
    service = request.service
    return view.links(server_id, request.prefix, path=service.root + service.version, root=service.root)


def identity(found: Entry) -> str:
    """Return the server's id."""
    return names.identity_of(found.vm, lookup.NOUN)
