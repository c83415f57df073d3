"""The development cluster as one thing to start and stop: API server, controllers and seed in this process."""

import asyncio
import base64
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
import uvicorn

from dicot.devcluster import controllers
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.app import build
from dicot.devcluster.apiserver.bootstrap import bootstrap
from dicot.devcluster.apiserver.controlplane import ControlPlane
from dicot.devcluster.apiserver.faults import Faults
from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store
from dicot.devcluster.apiserver.users import Tokens, User
from dicot.devcluster.clock import Clock, RealClock

Json = dict[str, Any]

ADMIN = "admin"
DICOT = "system:serviceaccount:dicot-system:dicot"
BOOKMARK_S = 60.0
_SHORTEST_PAUSE_S = 1.0
_KNOWN = {
    ADMIN: User("kubernetes-admin", groups=("system:masters",)),
    DICOT: User(DICOT, groups=("system:serviceaccounts", "system:serviceaccounts:dicot-system")),
}


class Running(Protocol):
    """A part of the cluster that runs."""

    async def stop(self) -> None:
        """Stop it."""
        ...


Part = Callable[["DevCluster"], Awaitable[Running]]


async def _controllers(cluster: "DevCluster") -> Running:
    return await controllers.start(cluster, state=cluster.state)


ALL_PARTS: tuple[Part, ...] = (_controllers,)


@contextmanager
def _no_signals() -> Iterator[None]:
    """Leave the process's signal handlers alone: the cluster is a guest in it."""
    yield


class Secrets(msgspec.Struct):
    """What must survive a restart besides the objects: the signing key, and each user's token, name and groups."""

    key: str
    users: dict[str, tuple[str, User]] = {}


class DevCluster:
    """A development cluster; `start` and `stop` must be called in the same event loop."""

    def __init__(
        self,
        state: Path | None = None,
        *,
        clock: Clock | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        parts: Sequence[Part] | None = None,
    ) -> None:
        """Keep objects in the directory `state` (None: in memory), and listen on `port` (0: any free one).

        `parts` are started in order once requests are answered, and stopped in reverse; None means all there are:
        the controllers, which also furnish a new cluster. An empty list gives a bare API server.
        """
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = clock or RealClock()
        self.state = state
        self._address = (host, port)
        self._secrets = _load_secrets(state)
        tokens = Tokens(base64.b64decode(self._secrets.key))
        for token, user in self._secrets.users.values():
            tokens.add(token, user)
        self.api = Api(Store(Journal(state / "objects.jsonl") if state else None), self.clock, tokens)
        self.url = ""
        self._server: uvicorn.Server | None = None
        self._parts = ALL_PARTS if parts is None else parts
        self._running: list[Running] = []
        self._tasks: list[asyncio.Task[Any]] = []
        for name, user in _KNOWN.items():
            self._remember(name, user)

    @property
    def faults(self) -> Faults:
        """Faults to inject, and counters of requests."""
        return self.api.faults

    def token(self, user: str = ADMIN) -> str:
        """Return the bearer token of a known user."""
        return self._secrets.users[user][0]

    def add_user(self, name: str, groups: tuple[str, ...] | list[str] = ()) -> str:
        """Make a person known to the cluster; returns their bearer token."""
        return self._remember(name, User(name, name, tuple(groups)))

    def _remember(self, name: str, user: User) -> str:
        token = self._secrets.users[name][0] if name in self._secrets.users else secrets.token_urlsafe(24)
        self._secrets.users[name] = (token, user)
        self.api.tokens.add(token, user)
        _save_secrets(self.state, self._secrets)
        return token

    def kubeconfig(self, user: str = ADMIN) -> Json:
        """Return a kubeconfig for a known user."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "dicot-dev", "cluster": {"server": self.url}}],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": "dicot-dev", "context": {"cluster": "dicot-dev", "user": user}}],
            "current-context": "dicot-dev",
        }

    async def start(self) -> None:
        """Serve; returns when requests are answered."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else no TCP_NODELAY
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(self._address)
        self.url = "http://{}:{}".format(*listening.getsockname()[:2])
        ControlPlane(self.api).start()
        bootstrap(self.api)
        self.api.store.watched_from = self.api.store.revision
        config = uvicorn.Config(
            build(self.api), http="httptools", ws="websockets-sansio", lifespan="off", log_level="warning",
            access_log=False, server_header=False, date_header=False, timeout_graceful_shutdown=2,
            timeout_keep_alive=75,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._server.capture_signals = _no_signals  # type: ignore[method-assign]
        serving = asyncio.create_task(self._server.serve([listening]))
        self._tasks = [serving, asyncio.create_task(self._bookmarks())]
        while not self._server.started:
            if serving.done():
                await serving
            await asyncio.sleep(0.001)
        for part in self._parts:
            self._running.append(await part(self))

    async def _bookmarks(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.clock.sleep(BOOKMARK_S)
            self.api.fanout.bookmark_all()
            # A clock that lets delays elapse at once must not turn this into a busy loop.
            await asyncio.sleep(max(0.0, _SHORTEST_PAUSE_S - (loop.time() - began)))

    async def stop(self) -> None:
        """Stop the controllers, end every watch, stop serving and close the file."""
        while self._running:
            await self._running.pop().stop()
        self.api.fanout.drop_all()
        if self._server is not None:
            self._server.should_exit = True
            serving, *others = self._tasks
            for task in others:
                task.cancel()
            await asyncio.gather(serving, *others, return_exceptions=True)
        self.api.store.close()


def _load_secrets(state: Path | None) -> Secrets:
    path = state / "secrets.json" if state else None
    if path is not None and path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    return Secrets(base64.b64encode(secrets.token_bytes(32)).decode())


def _save_secrets(state: Path | None, kept: Secrets) -> None:
    if state is None:
        return
    fresh = state / "secrets.new"
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(kept))
    fresh.replace(state / "secrets.json")
