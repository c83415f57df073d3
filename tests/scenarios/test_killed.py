"""`dicot dev` killed in the middle of its work: servers boot on, deletions stay, disks and objects agree."""

from __future__ import annotations

import hashlib
import random
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.cloud import Session, login, wait_for
from tests.processes import Command, Kubernetes

SERVERS = 6
BOOT_S = 2.5
SETTLED_S = 60.0
BLOCK = 64 * 1024


class Cloud:
    """What a client of a running `dicot dev` needs; made anew after each start, for ports change."""

    def __init__(self, state: Path) -> None:
        auth = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]["demo"]["auth"]
        url = auth["auth_url"].removesuffix("/identity/v3")
        answer = login(url, "demo", auth["password"], "demo")
        assert answer.status_code == 201, answer.text
        self.session = Session(url, answer.headers["X-Subject-Token"])
        self.kube = Kubernetes(state / "dicot.kubeconfig").client()
        admin = Kubernetes(state / "kubeconfig").token
        self.kube.headers["Authorization"] = f"Bearer {admin}"
        self.disks = state / "cluster" / "disks"

    def close(self) -> None:
        self.session.close()
        self.kube.close()

    def create_server(self, image: str) -> str:
        body = {"name": "vm", "imageRef": image, "flavorRef": "1", "networks": "auto"}
        made = self.session.compute_at("2.37").post("/servers", json={"server": body})
        assert made.status_code == 202, made.text
        return made.json()["server"]["id"]

    def image(self) -> str:
        return self.session.image.get("/images").json()["images"][0]["id"]

    def statuses(self) -> dict[str, str]:
        servers = self.session.compute.get("/servers/detail").json()["servers"]
        return {one["id"]: one["status"] for one in servers}

    def uids(self, path: str) -> dict[str, str]:
        """The uid of each object, and its phase."""
        items = self.kube.get(path).json()["items"]
        return {one["metadata"]["uid"]: (one.get("status") or {}).get("phase", "") for one in items}

    def disagreement(self) -> list[str]:
        """Name bound claims without bytes, bytes without an object, and what is half-written."""
        claims = self.uids("/api/v1/persistentvolumeclaims")
        snapshots = self.uids("/apis/snapshot.storage.k8s.io/v1/volumesnapshots")
        files = {path.name for path in self.disks.iterdir()}
        bound = {f"{uid}.img" for uid, phase in claims.items() if phase == "Bound"}
        known = {f"{uid}.img" for uid in (*claims, *snapshots)}
        return [*(f"{name} is missing" for name in bound - files), *(f"{name} is left" for name in files - known)]


@contextmanager
def running(state: Path) -> Iterator[tuple[Command, Cloud]]:
    with Command("dev", "--state", str(state), "--port", "0", "--kube-port", "0") as server:
        cloud = Cloud(server.wait() and state)
        try:
            yield server, cloud
        finally:
            cloud.close()


def kill_after(server: Command, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, server.kill)
    timer.start()
    return timer


def act_until_killed(cloud: Cloud, servers: list[str], deleted: set[str]) -> None:
    """Make servers, then delete one; remember what was acknowledged."""
    image = cloud.image()
    for _ in range(SERVERS):
        server = cloud.create_server(image)
        servers.append(server)  # also if the next one is not answered
    for one in servers[::SERVERS]:
        if one not in deleted:
            answer = cloud.session.compute.delete(f"/servers/{one}")
            assert answer.status_code == 204, answer.text
            deleted.add(one)


def test_servers_boot_on_and_deletions_stay_after_kills(tmp_path: Path):
    servers: list[str] = []
    deleted: set[str] = set()
    for _ in range(2):
        with running(tmp_path) as (server, cloud):
            timer = kill_after(server, random.uniform(0.2, BOOT_S))
            with suppress(httpx2.TransportError):
                act_until_killed(cloud, servers, deleted)
            timer.join()
    with running(tmp_path) as (_, cloud):
        wanted = dict.fromkeys(set(servers) - deleted, "ACTIVE")

        def settled() -> bool:
            found = cloud.statuses()  # a request under way when the server died may have been done, or not
            return found.items() >= wanted.items() and not deleted & found.keys() and "BUILD" not in found.values()

        wait_for(settled, "every server that was acknowledged to be ACTIVE", SETTLED_S)
        wait_for(lambda: not cloud.disagreement(), "disks and objects to agree", SETTLED_S)


def slowly(data: bytes, server: Command, kill_at: int) -> Iterator[bytes]:
    for at in range(0, len(data), BLOCK):
        if at >= kill_at:
            server.kill()
        yield data[at : at + BLOCK]


def new_image(cloud: Cloud) -> str:
    body = {"name": "disk", "disk_format": "raw", "container_format": "bare"}
    made = cloud.session.image.post("/images", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"]


def upload(cloud: Cloud, image: str, content: bytes | Iterator[bytes]) -> httpx2.Response:
    headers = {"Content-Type": "application/octet-stream"}
    return cloud.session.image.put(f"/images/{image}/file", content=content, headers=headers)


def test_an_upload_cut_short_by_a_kill_is_no_image_and_one_acknowledged_is(tmp_path: Path):
    data = secrets.token_bytes(32 * BLOCK)
    with running(tmp_path) as (server, cloud):
        cut = new_image(cloud)
        with pytest.raises(httpx2.TransportError):
            upload(cloud, cut, slowly(data, server, len(data) // 2))
    with running(tmp_path) as (server, cloud):
        assert cloud.session.image.get(f"/images/{cut}").json()["status"] != "active"
        whole = new_image(cloud)
        answer = upload(cloud, whole, data)
        assert answer.status_code == 204, answer.text
        server.kill()
    with running(tmp_path) as (_, cloud):

        def active() -> bool:
            return cloud.session.image.get(f"/images/{whole}").json()["status"] == "active"

        wait_for(active, "the image to be active", SETTLED_S)
        shown = cloud.session.image.get(f"/images/{whole}").json()
        assert shown["os_hash_value"] == hashlib.sha512(data).hexdigest()
        assert cloud.session.image.delete(f"/images/{cut}").status_code == 204
        wait_for(lambda: not cloud.disagreement(), "disks and objects to agree", SETTLED_S)
