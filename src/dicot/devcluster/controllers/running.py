"""Starting and stopping the controllers: who they are, what they follow, what they serve.

Everything they know is in the objects and in the disk files, so that a stop at any moment does no harm.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

from dicot.devcluster import seed
from dicot.devcluster.clock import Clock, timestamp
from dicot.devcluster.controllers import plays
from dicot.devcluster.controllers.data_server import DataServer, Tokens
from dicot.devcluster.controllers.disks import Disks
from dicot.devcluster.controllers.guest import Guests
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import uid_of
from dicot.devcluster.controllers.player import Player
from dicot.devcluster.controllers.serial import SerialLogs
from dicot.devcluster.controllers.served import register
from dicot.devcluster.controllers.world import World, cancel, follow
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import (
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    VIRTUAL_MACHINE_INSTANCES,
    VOLUME_SNAPSHOT_CONTENTS,
    VOLUME_SNAPSHOTS,
)

IDENTITY = "system:serviceaccount:kubevirt:controller"
FIELD_MANAGER = "virt-controller"
GROUPS = ("system:masters", "system:serviceaccounts", "system:serviceaccounts:kubevirt")


class Cluster(Protocol):
    """What the controllers ask of the cluster they live in."""

    url: str
    clock: Clock
    api: Any

    def add_user(self, name: str, groups: tuple[str, ...]) -> str:
        """Make the controllers known; their token is the result."""
        ...


class Controllers:
    """The running controllers."""

    def __init__(self, machinery: Machinery, player: Player, server: DataServer, scratch: Path | None) -> None:
        self.machinery = machinery
        self.player = player
        self.guests = Guests(machinery)
        self._server = server
        self._scratch = scratch
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def data_url(self) -> str:
        """Say where uploads and exports are served."""
        return self.machinery.data_url

    async def follow(self) -> None:
        """Follow every kind, and play once all have been listed."""
        kinds = [*plays.PLAYS, *plays.LOOKED_AT]
        synced = [asyncio.Event() for _ in kinds]
        for kind, event in zip(kinds, synced, strict=True):
            task = follow(self.machinery.client, self.machinery.world, kind, event)
            self._tasks.append(asyncio.create_task(task, name=f"follow {kind.plural}"))
        await asyncio.gather(*(event.wait() for event in synced))
        self._clean()
        self.player.start()

    def _clean(self) -> None:
        world = self.machinery.world
        kept = {uid_of(one) for kind in (PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOTS) for one in world.all(kind)}
        # Volumes and snapshots that are retained outlive the object they were made for.
        kept |= {one["spec"].get("claimRef", {}).get("uid", "") for one in world.all(PERSISTENT_VOLUMES)}
        kept |= {one["spec"]["volumeSnapshotRef"].get("uid", "") for one in world.all(VOLUME_SNAPSHOT_CONTENTS)}
        self.machinery.disks.keep_only(kept)
        self.machinery.serial.keep_only({uid_of(one) for one in world.all(VIRTUAL_MACHINE_INSTANCES)})

    async def stop(self) -> None:
        """Stop playing, close the port, and remove disks that were only lent."""
        await self.player.stop()
        await cancel(self._tasks)
        await self._server.stop()
        await self.machinery.client.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


async def start(cluster: Cluster, *, state: Path | None = None, host: str = "127.0.0.1") -> Controllers:
    """Furnish the cluster if it is new, and start its controllers; disks are kept in `state`, else only lent."""
    scratch = Path(tempfile.mkdtemp(prefix="devcluster-")) if state is None else None
    root = state or scratch
    assert root is not None
    client = Client.connect(plain(cluster.url, cluster.add_user(IDENTITY, GROUPS)), user_agent=FIELD_MANAGER)
    world = World(plays.INDEXES, plays.WEIGHTS)
    machinery = Machinery(client, world, cluster.clock, Disks(root / "disks"), SerialLogs(root / "serial"))
    tokens = Tokens()
    server = DataServer(machinery, tokens)
    machinery.data_url = await server.start(host)
    register(cluster.api, machinery, tokens)
    new = not await seed.installed(client)
    if new:
        now = timestamp(cluster.clock.now())
        await seed.install(client, data_url=machinery.data_url, now=now, fill=machinery.disks.write)
    else:
        await seed.renew(client, data_url=machinery.data_url)
    controllers = Controllers(machinery, Player(machinery, plays.PLAYS, plays.wakes(world)), server, scratch)
    await controllers.follow()
    return controllers
