"""Who bears this token? Opened tokens are remembered; who they stand for is found anew when anything has changed."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable

from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.api.route import Service
from dicot.api.token import Payload
from dicot.cluster import Cluster
from dicot.identity import access, callers
from dicot.identity.attempts import Attempts
from dicot.identity.catalog.entries import Entry, entries
from dicot.identity.keyring import Keyring
from dicot.identity.passwords import Hasher

OPENED_MOST = 10_000
"""How many opened tokens are remembered, each with who bore it last."""
TOKEN_LONGEST = 8192
"""Characters of the longest token that is looked at."""


class Opened:
    """A token that was opened, and who it stood for when the caches had changed so often."""

    __slots__ = ("caller", "changes", "payload", "until")

    def __init__(self, payload: Payload) -> None:
        """Remember what it says; who it stands for is not known yet."""
        self.payload = payload
        self.caller: Caller | None = None
        self.changes: tuple[int, ...] = ()
        self.until = 0.0


class Authenticator:
    """What identity keeps in memory: keys, opened tokens, and the catalog. Handlers find it with `of(cluster)`."""

    def __init__(self, cluster: Cluster, services: Iterable[Service] = ()) -> None:
        """Hold the cluster and describe the services; nothing is read before start()."""
        self.cluster = cluster
        self.keyring = Keyring(cluster.client, cluster.config.system_namespace)
        self.hasher = Hasher()
        self.attempts = Attempts(cluster.config.failed_logins_window_s)
        self.catalog: tuple[Entry, ...] = entries(services, cluster.config.region)
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._caches = [cluster.caches[kind] for kind in callers.KINDS if kind in cluster.caches]
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
    def problem(self) -> str:
        """Say why tokens cannot be opened; "" if they can."""
        return "" if self.keyring.ready else self.keyring.problem

    async def authenticate(self, request: Request, token: str) -> Caller:
        """Return who calls; Unauthorized, in Keystone's one sentence, if the token is not valid now.

        As long as nothing has changed in what the answer rests on, it is the same answer.
        """
        caller = self._caller(token)
        if caller.application_credential_id and not access.allows(self.cluster, caller, request):
            raise callers.refused()
        return caller

    def _caller(self, token: str) -> Caller:
        opened = self._find(token)
        if opened is None:
            raise callers.refused()
        for cache in self._caches:
            cache.require_synced()
        changes = tuple([cache.changes for cache in self._caches])
        if opened.caller is not None and opened.changes == changes and time.time() < opened.until:
            return opened.caller
        opened.caller = None
        opened.caller = callers.caller(self.cluster, opened.payload)
        opened.changes, opened.until = changes, callers.holds_until(self.cluster, opened.payload)
        return opened.caller

    def open(self, token: str) -> Payload | None:
        """Return what a token says, whether or not it still holds; None if it is none of ours."""
        opened = self._find(token)
        return None if opened is None else opened.payload

    def _find(self, token: str) -> Opened | None:
        sealer = self.keyring.sealer
        if self._generation != self.keyring.generation:
            self._opened.clear()
            self._generation = self.keyring.generation
        opened = self._opened.get(token)
        if opened is not None:
            self._opened.move_to_end(token)
            return opened
        payload = sealer.open(token) if len(token) <= TOKEN_LONGEST else None
        if payload is None:
            return None
        opened = self._opened[token] = Opened(payload)
        if len(self._opened) > OPENED_MOST:
            self._opened.popitem(last=False)
        return opened


def of(cluster: Cluster) -> Authenticator:
    """Return the authenticator of this process."""
    return cluster.kept(Authenticator)
