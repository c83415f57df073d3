"""`dicot dev`, `dicot devcluster` and `dicot serve` as real processes: started, killed, started again."""

from __future__ import annotations

import base64
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import yaml

START_S = 60.0
STOP_S = 20.0


class Command:
    """One `dicot` command between its greeting and its end; `greeting` is the first line it prints."""

    def __init__(self, *words: str, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dicot.cli", *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def wait(self) -> Command:
        """Wait until it serves."""
        assert self._process.stdout is not None
        self.greeting = self._process.stdout.readline().strip()
        assert self.greeting.startswith(("ready: ", "listening: ")), f"did not start: {self.greeting!r}"
        return self

    def finish(self) -> int:
        """Wait until it has ended by itself; its exit code is the result."""
        self._process.communicate(timeout=START_S)
        return self._process.returncode

    def kill(self) -> None:
        """Kill it as the kernel would: it learns nothing of it."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; its exit code is the result."""
        self._end(signal.SIGTERM)
        return self._process.returncode

    def _end(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(STOP_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Kubernetes:
    """The administrator's view of the cluster that a kubeconfig names."""

    def __init__(self, kubeconfig: Path) -> None:
        config: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
        self.url: str = config["clusters"][0]["cluster"]["server"]
        self._authority: str = config["clusters"][0]["cluster"].get("certificate-authority-data", "")
        self.token: str = config["users"][0]["user"]["token"]

    def trusted(self) -> ssl.SSLContext:
        """Trust what the kubeconfig trusts."""
        return ssl.create_default_context(cadata=base64.b64decode(self._authority).decode() or None)

    def client(self, **more: Any) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30, **more)


def until_ready(url: str) -> None:
    """Wait until Dicot has seen what the cluster holds."""
    deadline = time.monotonic() + START_S
    while (answer := httpx2.get(f"{url}/readyz", timeout=30)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.02)
