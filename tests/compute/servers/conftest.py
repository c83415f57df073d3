from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import Project, wait_for

Json = dict[str, Any]


class Servers:
    """Makes servers in a project and waits for them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.image = next(
            one["id"] for one in project.image.get("/images").json()["images"] if one["status"] == "active"
        )
        self.flavor = "1"

    def ask(self, version: str = "2.104", hints: Json | None = None, **server: Any) -> Any:
        """POST a server that has what every server needs, and what the test wants beside or instead."""
        body = {"name": "web", "imageRef": self.image, "flavorRef": self.flavor, "networks": "none", **server}
        body = {key: value for key, value in body.items() if value is not ...}
        beside = {"os:scheduler_hints": hints} if hints else {}
        return self.project.compute_at(version).post("/servers", json={"server": body, **beside})

    def make(self, status: str = "ACTIVE", **server: Any) -> Json:
        answer = self.ask(**server)
        assert answer.status_code == 202, answer.text
        return self.until(answer.json()["server"]["id"], status)

    def show(self, server_id: str, version: str = "2.104") -> Json:
        answer = self.project.compute_at(version).get(f"/servers/{server_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["server"]

    def until(self, server_id: str, status: str) -> Json:
        """Wait until the server has this status and nothing is under way."""

        def there() -> Json | None:
            server = self.show(server_id)
            settled = server["OS-EXT-STS:task_state"] is None
            return server if server["status"] == status and settled else None

        return wait_for(there, f"{server_id} to be {status}")

    def act(self, server_id: str, action: Json, version: str = "2.104") -> Any:
        return self.project.compute_at(version).post(f"/servers/{server_id}/action", json=action)

    def delete(self, server_id: str) -> None:
        answer = self.project.compute.delete(f"/servers/{server_id}")
        assert answer.status_code == 204, answer.text
        self.gone(server_id)

    def gone(self, server_id: str) -> None:
        wait_for(
            lambda: self.project.compute.get(f"/servers/{server_id}").status_code == 404, f"{server_id} to be gone"
        )

    def volume(self, **volume: Any) -> str:
        """Make a volume and wait until it can be used."""
        made = self.project.volume.post("/volumes", json={"volume": {"size": 1, **volume}})
        assert made.status_code == 202, made.text
        volume_id = made.json()["volume"]["id"]
        self.volume_until(volume_id, "available")
        return volume_id

    def volume_until(self, volume_id: str, status: str) -> None:
        def there() -> bool:
            found = self.project.volume.get(f"/volumes/{volume_id}")
            return found.status_code == 200 and found.json()["volume"]["status"] == status

        wait_for(there, f"volume {volume_id} to be {status}")

    def network(self) -> str:
        """Make a network with a subnet."""
        made = self.project.network.post("/networks", json={"network": {"name": "net"}})
        assert made.status_code == 201, made.text
        network_id = made.json()["network"]["id"]
        subnet = {"network_id": network_id, "ip_version": 4, "cidr": "10.9.0.0/24"}
        made = self.project.network.post("/subnets", json={"subnet": subnet})
        assert made.status_code == 201, made.text
        return network_id

    def left(self) -> dict[str, list[str]]:
        """Name what is in the project's namespace, by kind, of all that a server may leave."""
        kinds = {
            "virtualmachines": "/apis/kubevirt.io/v1",
            "secrets": "/api/v1",
            "persistentvolumeclaims": "/api/v1",
            "datavolumes": "/apis/cdi.kubevirt.io/v1beta1",
            "ports": "/apis/network.dicot.io/v1alpha1",
        }
        found = {kind: self.project.objects(f"{group}/{kind}") for kind, group in kinds.items()}
        return {kind: [one["metadata"]["name"] for one in objects] for kind, objects in found.items() if objects}


@pytest.fixture
def servers(project: Project) -> Servers:
    return Servers(project)


@pytest.fixture
def refused() -> Callable[..., str]:
    """Check that an answer is an error in Nova's envelope; return its sentence."""

    def check(answer: Any, status: int, key: str) -> str:
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert list(body) == [key]
        assert body[key]["code"] == status
        return body[key]["message"]

    return check
