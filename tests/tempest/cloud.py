"""`dicot dev` as a process of its own, as a user starts it, and what its administrator may ask it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import yaml

from tests.cloud import login, wait_for

Json = dict[str, Any]

START_S = 180.0
STOP_S = 20.0
IMAGE_BYTES, IMAGE_S = 1024 * 1024, 60


class Admin:
    """The administrator of the cloud: names, password, token and the catalog that came with it."""

    def __init__(self, clouds: Path) -> None:
        """Log in as clouds.yaml says."""
        cloud = yaml.safe_load(clouds.read_text())["clouds"]["admin"]
        auth = cloud["auth"]
        self.auth_url: str = auth["auth_url"]
        self.username: str = auth["username"]
        self.password: str = auth["password"]
        self.project: str = auth["project_name"]
        self.domain: str = auth["user_domain_name"]
        self.region: str = cloud["region_name"]
        answer = login(self.auth_url.removesuffix("/identity/v3"), self.username, self.password, self.project)
        answer.raise_for_status()
        body = answer.json()["token"]
        self.catalog = {one["type"]: _public(one) for one in body["catalog"] if one["endpoints"]}
        self._headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}

    def get(self, service: str, path: str = "") -> Json:
        """Ask a service of the catalog; HTTPStatusError if it refuses."""
        return self.ask(f"{self.catalog[service]}{path}")

    def add_image(self, name: str) -> str:
        """Upload a small public image, and return its id."""
        path = f"{self.catalog['image']}/v2/images"
        body = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        made = httpx2.post(path, json=body, headers=self._headers, timeout=60)
        made.raise_for_status()
        image_id: str = made.json()["id"]
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        sent = httpx2.put(f"{path}/{image_id}/file", content=bytes(IMAGE_BYTES), headers=headers, timeout=60)
        sent.raise_for_status()
        deadline = time.monotonic() + IMAGE_S
        while self.ask(f"{path}/{image_id}")["status"] != "active":
            assert time.monotonic() < deadline, f"image {name} is not active after {IMAGE_S} s"
            time.sleep(0.2)
        return image_id

    def ask(self, url: str) -> Json:
        """Ask any URL of the cloud."""
        answer = httpx2.get(url, headers=self._headers, timeout=60)
        answer.raise_for_status()
        return answer.json()


def _public(service: Json) -> str:
    return next(one["url"] for one in service["endpoints"] if one["interface"] == "public")


@contextlib.contextmanager
def running(state: Path, *, on_kube: bool = False) -> Iterator[Admin]:
    """Start the cloud on free ports, wait until it answers, and stop it at the end."""
    arguments = ["dicot.cli", "dev", "--state", str(state), "--port", "0", "--kube-port", "0"]
    command = [sys.executable, "-m", *(["tests.tempest.kube", str(state)] if on_kube else arguments)]
    log = state / "dicot.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            clouds = state / "clouds.yaml"
            wait_for(lambda: clouds.exists() or process.poll() is not None, "the cloud to start", START_S)
            if process.poll() is not None:
                raise RuntimeError(f"dicot dev ended: {log.read_text()}")
            yield Admin(clouds)
        finally:
            process.terminate()
            process.wait(STOP_S)
