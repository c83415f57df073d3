"""The development cluster as one thing to start and stop: API server, controllers and seed in this process."""

import asyncio
import base64
import fcntl
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from dicot.devcluster import certificate, controllers
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.app import build
from dicot.devcluster.apiserver.bootstrap import bootstrap
from dicot.devcluster.apiserver.controlplane import ControlPlane
from dicot.devcluster.apiserver.faults import Faults
from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store
from dicot.devcluster.apiserver.users import Tokens, User
from dicot.devcluster.clock import Clock, RealClock
from dicot.devcluster.listening import Listening, listen

Json = dict[str, Any]

ADMIN = "admin"
DICOT = "system:serviceaccount:dicot-system:dicot"
MINUTE_S = 60.0
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
        https_port: int = 0,
        host: str = "127.0.0.1",
        parts: Sequence[Part] | None = None,
    ) -> None:
        """Keep objects in the directory `state` (None: in memory), and listen on these ports (0: any free one).

        `parts` are started in order once requests are answered, and stopped in reverse; None means all there are:
        the controllers, which also furnish a new cluster. An empty list gives a bare API server.
        """
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(state)
        self.clock: Clock = clock or RealClock()
        self.state = state
        self._scratch: Path | None = None
        self._certificate = Path()
        self._host, self._port, self._https_port = host, port, https_port
        self._secrets = _load_secrets(state)
        tokens = Tokens(base64.b64decode(self._secrets.key))
        for token, user in self._secrets.users.values():
            tokens.add(token, user)
        self.api = Api(Store(Journal(state / "objects.jsonl") if state else None), self.clock, tokens)
        self.url = self.https_url = ""
        self._ports: list[Listening] = []
        self._ticking: asyncio.Task[None] | None = None
        self._parts = ALL_PARTS if parts is None else parts
        self._running: list[Running] = []
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

    def ca_pem(self) -> str:
        """Return the certificate to trust at the HTTPS port."""
        return certificate.public(self._certificate).decode()

    def kubeconfig(self, user: str = ADMIN, *, https: bool = False) -> Json:
        """Return a kubeconfig for a known user; kubectl needs `https`, for it sends no token in the clear."""
        cluster = {"server": self.url}
        if https:
            trusted = base64.b64encode(certificate.public(self._certificate)).decode()
            cluster = {"server": self.https_url, "certificate-authority-data": trusted}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "dicot-dev", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": "dicot-dev", "context": {"cluster": "dicot-dev", "user": user}}],
            "current-context": "dicot-dev",
        }

    async def start(self) -> None:
        """Serve over HTTP (`url`) and HTTPS (`https_url`); returns when requests are answered and all parts run."""
        control_plane = ControlPlane(self.api)
        control_plane.start()
        bootstrap(self.api)
        self.api.store.watched_from = self.api.store.revision
        app = build(self.api)
        if self.state is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="devcluster-"))
        self._certificate = (self.state or self._scratch or Path()) / "tls.pem"
        certificate.ensure(self._certificate, self._host)
        self._ports = [
            await listen(app, self._host, self._port),
            await listen(app, self._host, self._https_port, self._certificate),
        ]
        self.url, self.https_url = (port.url for port in self._ports)
        self._ticking = asyncio.create_task(self._every_minute(control_plane))
        for part in self._parts:
            self._running.append(await part(self))

    async def _every_minute(self, control_plane: ControlPlane) -> None:
        """Send bookmarks and let old events go, by the cluster's clock."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.clock.sleep(MINUTE_S)
            self.api.fanout.bookmark_all()
            control_plane.expire_events()
            # A clock that lets delays elapse at once must not turn this into a busy loop.
            await asyncio.sleep(max(0.0, _SHORTEST_PAUSE_S - (loop.time() - began)))

    async def stop(self) -> None:
        """Stop the controllers, end every watch, stop serving and close the file."""
        while self._running:
            await self._running.pop().stop()
        self.api.fanout.drop_all()
        if self._ticking is not None:
            self._ticking.cancel()
        await asyncio.gather(*(port.stop() for port in self._ports))
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self.api.store.close()
        if self._lock is not None:
            self._lock.close()


def _locked(state: Path | None) -> BinaryIO | None:
    """Let no second process write here: each would lose what the other acknowledges. A kill lets go of the lock."""
    if state is None:
        return None
    file = (state / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise OSError(f"{state}: another development cluster keeps its objects here") from None
    return file


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
