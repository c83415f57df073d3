"""The real `openstack` command, run as a subprocess, and what it says as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 90


class OpenStackCli:
    """Runs `openstack --os-cloud NAME ...` with a clouds.yaml."""

    def __init__(self, clouds: Path, cloud: str) -> None:
        self.program = Path(sys.executable).parent / "openstack"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(clouds.parent),
            "OS_CLIENT_CONFIG_FILE": str(clouds),
            "OS_CLOUD": cloud,
            "LANG": "C.UTF-8",
        }

    def run(self, *words: str, fails: bool = False) -> str:
        """Return what it prints; AssertionError, with its errors, if it fails (or does not, where it should)."""
        done = subprocess.run(
            [self.program, *words], capture_output=True, text=True, timeout=TIMEOUT_S, env=self.environment, check=False
        )
        assert (done.returncode != 0) == fails, f"openstack {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stderr if fails else done.stdout

    def json(self, *words: str) -> Any:
        """Return what it prints with `-f json`."""
        return json.loads(self.run(*words, "-f", "json"))
