"""A server process under measurement: its start, its CPU time and its memory, from /proc."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STOP_S = 20


class Process:
    """Runs `python -m MODULE ...` until stop(); the first line it prints says that it listens."""

    def __init__(self, *words: str, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        assert self._process.stdout is not None
        self.greeting = self._process.stdout.readline().strip()
        assert self.greeting.startswith(("ready", "listening")), f"{words}: did not start"

    @property
    def cpu_s(self) -> float:
        """Return user and system time so far, of all threads, to the nanosecond: clock ticks are too coarse here."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(path.read_text().split()[0]) for path in threads) / 1e9

    @property
    def resident_mib(self) -> float:
        """Resident memory now."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._process.terminate()
        self._process.wait(timeout=STOP_S)
