"""The API server's state in one place, handed to every verb, and the seams that controllers plug into."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from dicot.devcluster.apiserver import rbac
from dicot.devcluster.apiserver.admission import Admission, Hook
from dicot.devcluster.apiserver.builtin import BUILT_IN, REVIEWS
from dicot.devcluster.apiserver.fanout import Fanout
from dicot.devcluster.apiserver.faults import Faults
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.resources import Registry, Resource
from dicot.devcluster.apiserver.store import Record, Store
from dicot.devcluster.apiserver.users import Tokens, User
from dicot.devcluster.clock import Clock

Json = dict[str, Any]
AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


class Aggregated(msgspec.Struct, frozen=True, eq=False):
    """An API served by another ASGI application: its resources are only for discovery."""

    group: str
    version: str
    app: AsgiApp
    resources: tuple[Json, ...]


class Api:
    """Store, resources, users and seams of one API server."""

    def __init__(self, store: Store, clock: Clock, tokens: Tokens) -> None:
        self.store = store
        self.clock = clock
        self.tokens = tokens
        self.registry = Registry([*BUILT_IN, *REVIEWS])
        self.admission = Admission()
        self.fanout = Fanout(store)
        self.faults = Faults(self.fanout.drop_all, self._expire)
        self.aggregated: dict[tuple[str, str], Aggregated] = {}
        self.kubelet: AsgiApp | None = None

    def _expire(self) -> None:
        self.store.compact()

    def register_api(self, group_version: str, app: AsgiApp, resources: list[Json]) -> None:
        """Forward requests under /apis/<group_version>/ to an ASGI app, once RBAC has allowed them.

        The app finds the user in the headers X-Remote-User, X-Remote-Group and X-Remote-Extra-*. `resources` are
        discovery's APIResource entries.
        """
        group, version = group_version.split("/")
        self.aggregated[group, version] = Aggregated(group, version, app, tuple(resources))

    def register_kubelet(self, app: AsgiApp) -> None:
        """Forward GET .../pods/{name}/log to an ASGI app, once RBAC has allowed it."""
        self.kubelet = app

    def register_admission(self, resource: str, *, mutate: Hook | None = None, validate: Hook | None = None) -> None:
        """Call hooks when a resource (`plural.group`) is created, updated or deleted; see `admission`."""
        self.admission.register(resource, mutate=mutate, validate=validate)

    def get(self, group: str, plural: str, namespace: str, name: str) -> Json | None:
        """Look an object up; None where there is none. What it returns may not be changed."""
        record = self.store.get((group, plural), f"{namespace}/{name}" if namespace else name)
        return record.body if record else None

    def allowed(self, user: User, ask: Ask) -> bool:
        """Ask the authoriser whether a user may do something."""
        return rbac.decide(self.store, user, ask)[0]

    def find(self, resource: Resource, namespace: str, name: str) -> Record | None:
        """Return the stored record of an object."""
        return self.store.get(resource.bucket, key_of(resource, namespace, name))

    def soon(self, work: Callable[..., None], *arguments: Any) -> None:
        """Do something after the present write has been answered for; used by follow-ups of the control plane."""
        asyncio.get_running_loop().call_soon(work, *arguments)


def key_of(resource: Resource, namespace: str, name: str) -> str:
    """Return the key under which an object is stored."""
    return f"{namespace}/{name}" if resource.namespaced else name
