"""Who is the leader: a Lease of Kubernetes that one replica holds and renews.

Another's lease has ended when it has not been renewed for its duration as seen from here: clocks are not compared.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from dicot import names
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import LEASES

Json = dict[str, Any]

NAME = "dicot-reconciler"


class Timing(msgspec.Struct, frozen=True):
    """How long a lease holds, how often its holder renews it, and how often others ask for it; seconds."""

    duration_s: int = 15
    renew_s: float = 5.0
    ask_s: float = 2.0


log = structlog.get_logger(__name__)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Election:
    """One replica's candidacy."""

    def __init__(self, client: Client, namespace: str, timing: Timing | None = None) -> None:
        """Take a name that no other process has."""
        self._timing = timing or Timing()
        self.identity = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._client = client
        self._namespace = namespace
        self._seen: tuple[str, str] = ("", "")
        self._seen_at = 0.0

    async def lead(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, do the work while it can be renewed, and begin again; on cancellation it is given up."""
        while True:
            if not await self._acquire():
                await asyncio.sleep(self._timing.ask_s)
                continue
            log.info("leading", identity=self.identity)
            working = asyncio.ensure_future(work())
            try:
                await self._renew()
                log.warning("not leading any more", identity=self.identity)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                await self._release()

    async def _acquire(self) -> bool:
        try:
            return await self._try()
        except (kube.Conflict, kube.AlreadyExists):  # another replica was faster
            return False
        except kube.KubeError as error:
            log.warning("lease", error=str(error))
            return False

    async def _try(self) -> bool:
        try:
            lease = await self._client.get(LEASES, NAME, self._namespace)
        except kube.NotFound:
            await self._client.create(LEASES, self._lease(0, _now()), self._namespace)
            return True
        spec = lease.get("spec") or {}
        if spec.get("holderIdentity") not in (None, "", self.identity) and not self._has_ended(spec):
            return False
        held = self._lease(int(spec.get("leaseTransitions") or 0) + 1, _now())
        held["metadata"]["resourceVersion"] = lease["metadata"]["resourceVersion"]
        await self._client.replace(LEASES, held, self._namespace)
        return True

    def _has_ended(self, spec: Json) -> bool:
        seen = (spec["holderIdentity"], spec.get("renewTime") or "")
        if seen != self._seen:
            self._seen, self._seen_at = seen, time.monotonic()
        return time.monotonic() - self._seen_at > float(spec.get("leaseDurationSeconds") or self._timing.duration_s)

    async def _renew(self) -> None:
        """Renew until it is lost, or could not be renewed for two thirds of its duration."""
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._timing.duration_s * 2 / 3:
            await asyncio.sleep(self._timing.renew_s)
            try:
                lease = await self._client.get(LEASES, NAME, self._namespace)
                if lease["spec"].get("holderIdentity") != self.identity:
                    return
                lease["spec"]["renewTime"] = _now()
                await self._client.replace(LEASES, lease, self._namespace)
                renewed = time.monotonic()
            except kube.KubeError as error:
                log.warning("lease not renewed", error=str(error))

    async def _release(self) -> None:
        """Let go, so that the next leader need not wait; a failure only makes it wait."""
        try:
            lease = await self._client.get(LEASES, NAME, self._namespace)
            if lease["spec"].get("holderIdentity") == self.identity:
                lease["spec"]["holderIdentity"] = ""
                await self._client.replace(LEASES, lease, self._namespace)
        except kube.KubeError as error:
            log.warning("lease not released", error=str(error))

    def _lease(self, transitions: int, acquired: str) -> Json:
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": NAME, "namespace": self._namespace, "labels": dict(names.MANAGED_BY)},
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": self._timing.duration_s,
                "acquireTime": acquired,
                "renewTime": acquired,
                "leaseTransitions": transitions,
            },
        }
