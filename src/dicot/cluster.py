"""What a handler may use of the cluster: the client as the user or as Dicot, and the caches.

The one place where a Kubernetes error becomes a meaning. No OpenStack resource is known here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from dicot import names
from dicot.api import errors as api
from dicot.api.policy import Caller
from dicot.config import Config
from dicot.kube import errors as kube
from dicot.kube.cache import Cache, Caches, Watched
from dicot.kube.client import Actor, Client
from dicot.kube.keep import without
from dicot.kube.kinds import NODES, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES, Kind

Json = dict[str, Any]
T = TypeVar("T")

RETRIES = 10
"""How often a write that lost a race (409 Conflict) is decided anew before the caller hears of it.

While a server starts or stops, its controllers write every few milliseconds: three tries are not enough.
"""


class Cluster:
    """The Kubernetes cluster behind one Dicot process."""

    def __init__(self, config: Config, client: Client, watched: Iterable[Watched]) -> None:
        """Hold the client (Dicot's own identity) and a cache for each watched kind; nothing starts yet."""
        self.config = config
        self.client = client
        self.caches = Caches(client, merge(watched))
        self._kept: dict[type, object] = {}

    def cache(self, kind: Kind) -> Cache:
        """Return the cache of a kind; Unavailable until it has synced."""
        return self.caches[kind]

    def keep(self, held: object) -> None:
        """Hold what a service needs from request to request (keys, counters), one of each class."""
        self._kept[type(held)] = held

    def kept(self, kind: type[T]) -> T:
        """Return what was kept of this class; KeyError if the application has not made it."""
        held = self._kept[kind]
        assert isinstance(held, kind)
        return held

    def as_user(self, caller: Caller) -> Client:
        """Return a client whose calls go out as the caller, for RBAC and audit logs to see; never as Dicot itself."""
        if caller.kube_user.startswith(f"system:serviceaccount:{self.config.system_namespace}:"):
            raise kube.Forbidden(f"user {caller.kube_user!r} may not be impersonated")
        return self.client.acting_as(
            Actor(username=caller.kube_user, groups=caller.kube_groups, extra=caller.kube_extra)
        )

    async def find(self, caller: Caller, kind: Kind, noun: str, identity: str, namespace: str | None) -> Json | None:
        """Return an object by its OpenStack id, in one namespace or (None) in all.

        A miss asks Kubernetes once by label, so that what another replica made a moment ago is found.
        """
        for obj in self.cache(kind).find("id", identity):
            if namespace is None or obj["metadata"]["namespace"] == namespace:
                return obj
        if not names.may_be_label(identity):
            return None
        await self.ask(caller, kind, f"{names.id_label(noun)}={identity}")
        for obj in self.cache(kind).find("id", identity):  # a clone has its original's label, and another id
            if namespace is None or obj["metadata"]["namespace"] == namespace:
                return obj
        return None

    async def ask(self, caller: Caller, kind: Kind, labels: str) -> None:
        """Let the cache learn what has these labels, where the caller may look: as the user, in their own project.

        Administrators of the cloud look everywhere. What others share is found as soon as the cache hears of it.
        """
        if not caller.namespace and not caller.cloud_admin:
            return
        try:
            found, _ = await self.as_user(caller).list(
                kind, None if caller.cloud_admin else caller.namespace, labels=labels
            )
        except kube.Forbidden:  # who may not look finds nothing
            return
        for obj in found:
            self._learnt(kind, obj)

    async def reread(self, caller: Caller, kind: Kind, obj: Json) -> Json:
        """Read an object as it is now, as the user; the cache knows the result. kube.NotFound if it is gone."""
        meta = obj["metadata"]
        return self._learnt(kind, await self.as_user(caller).get(kind, meta["name"], meta.get("namespace")))

    async def look(self, kind: Kind, name: str, namespace: str | None = None) -> Json:
        """Read one object of what Dicot itself keeps, past the cache but by the same rights; kube.NotFound if none."""
        found, _ = await self.client.list(kind, namespace, fields=f"metadata.name={name}")
        if not found:
            raise kube.NotFound(f"{kind.full_name} {name!r} not found")
        return self._learnt(kind, found[0])

    async def create(self, caller: Caller, kind: Kind, body: Json, namespace: str | None = None) -> Json:
        """Create as the user; the cache knows the result when this returns."""
        return self._learnt(kind, await self.as_user(caller).create(kind, body, namespace))

    async def patch(
        self, caller: Caller, kind: Kind, name: str, patch: Json | list[Json], namespace: str | None = None
    ) -> Json:
        """Patch as the user (an object is a merge patch, a list a JSON patch); the cache knows the result."""
        return self._learnt(kind, await self.as_user(caller).patch(kind, name, patch, namespace))

    async def delete(self, caller: Caller, kind: Kind, obj: Json) -> None:
        """Delete this very object (by uid) as the user; gone already is no error."""
        meta = obj["metadata"]
        try:
            left = await self.as_user(caller).delete(kind, meta["name"], meta.get("namespace"), uid=meta["uid"])
        except kube.NotFound:
            return
        if left.get("kind") != "Status":
            self._learnt(kind, left)  # finalizers hold it back
        elif kind in self.caches:
            self.cache(kind).forget(meta["uid"])  # gone now, whenever the watch tells

    def _learnt(self, kind: Kind, obj: Json) -> Json:
        if kind in self.caches:
            self.cache(kind).learn(obj)
        return obj


@functools.cache
def by_id(noun: str) -> Callable[[Json], Iterable[str]]:
    """Return the index function of a kind found by OpenStack id: `indexes={"id": by_id("server")}`."""
    return lambda obj: (names.identity_of(obj, noun),)


@functools.cache
def labelled(noun: str) -> Callable[[Json], Iterable[str]]:
    """Return the index function of what belongs to something else, by the label with that one's OpenStack id."""

    def ids(obj: Json) -> Iterable[str]:
        known = names.labels_of(obj).get(names.id_label(noun))
        return (known,) if known else ()

    return ids


_UNREAD: dict[Kind, Callable[[Json], Json]] = {
    VIRTUAL_MACHINES: without("status.volumeSnapshotStatuses", "status.observedGeneration", "status.desiredGeneration"),
    VIRTUAL_MACHINE_INSTANCES: without(
        "spec.domain.devices", "spec.domain.features", "spec.domain.firmware", "spec.domain.machine",
        "spec.domain.clock", "spec.affinity", "spec.accessCredentials", "spec.readinessProbe", "spec.livenessProbe",
        "status.activePods", "status.guestOSInfo", "status.launcherContainerImageVersion", "status.machine",
        "status.migrationMethod", "status.migrationTransport", "status.qosClass", "status.runtimeUser",
        "status.selinuxContext", "status.virtualMachineRevisionName", "status.currentCPUTopology",
        "status.topologyHints", "status.memory",
    ),
    NODES: without("status.images", "status.volumesInUse", "status.volumesAttached", "status.daemonEndpoints"),
}  # fmt: skip
"""What nobody here reads of objects that are many: 1,000 servers with it would be half as large again in memory."""


def merge(watched: Iterable[Watched]) -> list[Watched]:
    """Join the wishes of several services for one kind: all indexes; ValueError if two give an index one name."""
    joined: dict[Kind, Watched] = {}
    for wish in watched:
        have = joined.get(wish.kind)
        if have is None:
            joined[wish.kind] = wish
            continue
        clash = {name for name in wish.indexes if name in have.indexes and have.indexes[name] is not wish.indexes[name]}
        if clash or have.keep is not wish.keep:
            raise ValueError(f"{wish.kind.plural}: watched twice with different {clash or 'keep'}")
        joined[wish.kind] = Watched(
            wish.kind,
            indexes={**have.indexes, **wish.indexes},
            keep=wish.keep,
            optional=have.optional and wish.optional,
        )
    return [
        Watched(wish.kind, indexes=wish.indexes, keep=_UNREAD.get(wish.kind, wish.keep), optional=wish.optional)
        for wish in joined.values()
    ]


def meaning(error: Exception) -> api.ApiError | None:
    """Turn a Kubernetes error into what it means to the caller; None for any other exception."""
    if not isinstance(error, kube.KubeError):
        return None
    if isinstance(error, kube.Unavailable | kube.TooManyRequests):
        return api.Unavailable(f"The cluster does not answer now: {error.message}. Ask again in a moment.")
    for kind, meant in _MEANINGS:
        if isinstance(error, kind):
            return meant(error.message)
    return api.ApiError(f"The cluster refused: {error.message}")


_MEANINGS: tuple[tuple[type[kube.KubeError], type[api.ApiError]], ...] = (
    (kube.QuotaExceeded, api.Forbidden),
    (kube.Forbidden, api.Forbidden),
    (kube.NotFound, api.NotFound),
    (kube.AlreadyExists, api.Conflict),
    (kube.Conflict, api.Conflict),
    (kube.Invalid, api.BadRequest),
)
