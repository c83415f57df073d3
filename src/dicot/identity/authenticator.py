"""Who bears this token? Opened tokens are remembered, who they stand for is looked up anew on every request."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.api.route import Service
from dicot.api.token import Payload
from dicot.cluster import Cluster
from dicot.identity import callers
from dicot.identity.catalog.entries import Entry, entries
from dicot.identity.keyring import Keyring
from dicot.identity.passwords import Hasher

OPENED_MOST = 10_000
"""How many opened tokens are remembered; deciphering one takes longer than all that follows."""
TOKEN_LONGEST = 8192
"""Characters of the longest token that is looked at."""


class Authenticator:
    """What identity keeps in memory: keys, opened tokens, and the catalog. Handlers find it with `of(cluster)`."""

    def __init__(self, cluster: Cluster, services: Iterable[Service] = ()) -> None:
        """Hold the cluster and describe the services; nothing is read before start()."""
        self.cluster = cluster
        self.keyring = Keyring(cluster.client, cluster.config.system_namespace)
        self.hasher = Hasher()
        self.catalog: tuple[Entry, ...] = entries(services, cluster.config.region)
        self._opened: OrderedDict[str, Payload] = OrderedDict()
        self._generation = -1
        self._following: asyncio.Task[None] | None = None
        cluster.keep(self)

    async def start(self) -> None:
        """Begin to follow the keys; tokens are answered 503 until they have been read."""
        self._following = asyncio.create_task(self.keyring.follow())

    async def stop(self) -> None:
        """Stop following the keys."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    @property
    def ready(self) -> bool:
        """Tell whether tokens can be opened."""
        return self.keyring.ready

    async def authenticate(self, request: Request, token: str) -> Caller:
        """Return who calls; Unauthorized, in Keystone's one sentence, if the token is not valid now."""
        payload = self.open(token)
        if payload is None:
            raise callers.refused()
        return callers.caller(self.cluster, payload)

    def open(self, token: str) -> Payload | None:
        """Return what a token says, whether or not it still holds; None if it is none of ours."""
        sealer = self.keyring.sealer
        if self._generation != self.keyring.generation:
            self._opened.clear()
            self._generation = self.keyring.generation
        payload = self._opened.get(token)
        if payload is not None:
            self._opened.move_to_end(token)
            return payload
        if len(token) > TOKEN_LONGEST:
            return None
        payload = sealer.open(token)
        if payload is not None:
            self._opened[token] = payload
            if len(self._opened) > OPENED_MOST:
                self._opened.popitem(last=False)
        return payload


def of(cluster: Cluster) -> Authenticator:
    """Return the authenticator of this process."""
    return cluster.kept(Authenticator)
