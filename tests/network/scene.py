"""What the network's tests begin with: a network with a subnet, a router to the outside, short spellings."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.cloud import Session

Json = dict[str, Any]

NOBODY = "00000000-0000-4000-8000-000000000000"
COLLECTIONS = ("networks", "subnets", "ports", "routers", "floatingips", "security-groups", "subnetpools")


def singular(collection: str) -> str:
    return collection.removesuffix("s").replace("-", "_")


def make(session: Session, collection: str, **attributes: Any) -> Json:
    """Create one object; it must work."""
    name = singular(collection)
    answer = session.network.post(f"/{collection}", json={name: attributes})
    assert answer.status_code == 201, answer.text
    return answer.json()[name]


def change(session: Session, collection: str, identity: str, **attributes: Any) -> httpx2.Response:
    return session.network.put(f"/{collection}/{identity}", json={singular(collection): attributes})


def show(session: Session, collection: str, identity: str) -> Json:
    answer = session.network.get(f"/{collection}/{identity}")
    assert answer.status_code == 200, answer.text
    return answer.json()[singular(collection)]


def delete(session: Session, collection: str, identity: str) -> None:
    answer = session.network.delete(f"/{collection}/{identity}")
    assert answer.status_code == 204, answer.text


def public(session: Session) -> Json:
    return session.network.get("/networks", params={"router:external": "True"}).json()["networks"][0]


def segment(session: Session, cidr: str = "10.7.0.0/24", **attributes: Any) -> tuple[Json, Json]:
    """Make a network with one subnet."""
    network = make(session, "networks", name="private")
    subnet = make(session, "subnets", network_id=network["id"], ip_version=4, cidr=cidr, **attributes)
    return network, subnet


def routed(session: Session) -> tuple[Json, Json, Json]:
    """Make a network with a subnet behind a router with a gateway."""
    network, subnet = segment(session)
    router = make(session, "routers", name="router", external_gateway_info={"network_id": public(session)["id"]})
    answer = session.network.put(f"/routers/{router['id']}/add_router_interface", json={"subnet_id": subnet["id"]})
    assert answer.status_code == 200, answer.text
    return network, subnet, router


def error(answer: httpx2.Response, status: int, kind: str) -> str:
    """Check an error's status and type; returns its sentence."""
    assert answer.status_code == status, answer.text
    body = answer.json()["NeutronError"]
    assert body["type"] == kind, body
    assert body["detail"] == ""
    return body["message"]
