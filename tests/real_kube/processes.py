"""etcd, kube-apiserver and kube-controller-manager as child processes on loopback; their logs are files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import ssl
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

START_S = 120.0
STOP_S = 10.0
_SHOWN_LINES = 30


def free_port() -> int:
    """Find a free port for a server that cannot choose one by itself."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


class Child:
    """One running server, which ends with this process whatever happens to it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    async def start(cls, command: Sequence[str | Path], log: Path) -> Child:
        """Start a server."""
        bound = [found, "--pdeathsig", "KILL"] if (found := shutil.which("setpriv")) else []
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *bound, *(str(part) for part in command), stdout=output, stderr=output
            )
        return cls(process, log)

    async def until(self, ready: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until the server is ready; AssertionError shows the end of its log."""
        deadline = time.monotonic() + START_S
        while not await ready():
            ended = self._process.returncode
            assert ended is None, f"{what} ended with {ended}:\n{self._told()}"
            assert time.monotonic() < deadline, f"{what} was not ready after {START_S} s:\n{self._told()}"
            await asyncio.sleep(0.05)

    def _told(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])

    async def stop(self) -> None:
        """End the server, by force if it does not listen."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def answers(url: str, tls: ssl.SSLContext | None = None, token: str = "") -> bool:
    """Say whether a health check answers 200."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    limit = aiohttp.ClientTimeout(total=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=headers) as session,
            session.get(url, ssl=tls or True) as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


class Etcd:
    """One etcd for all kube-apiservers of a run: each has a prefix of its own."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it; what it keeps need not survive the machine."""
        peer = f"http://127.0.0.1:{free_port()}"
        command = [
            self._binary, "--data-dir", self._folder / "etcd", "--unsafe-no-fsync",
            "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            "--auto-compaction-retention", "0", "--log-level", "warn",
        ]  # fmt: skip
        self._child = await Child.start(command, self._folder / "etcd.log")
        await self._child.until(lambda: answers(f"{self.url}/health"), "etcd")

    def revision(self) -> int:
        """Ask for the store's newest revision, which is Kubernetes' newest resourceVersion; waits for the answer."""
        return int(self.ask("range", {"key": "AA==", "count_only": True})["header"]["revision"])

    def ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call the key-value store: range, txn; waits for the answer."""
        asked = urllib.request.Request(f"{self.url}/v3/kv/{what}", data=json.dumps(body).encode())
        with urllib.request.urlopen(asked, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    async def stop(self) -> None:
        """Stop it."""
        if self._child is not None:
            await self._child.stop()
