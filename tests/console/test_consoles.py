"""Consoles through Dicot, by a real WebSocket client: what the guest sends, and who is refused."""

from __future__ import annotations

import time

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dicot import app
from dicot.compute.remote_consoles.link import Link, url
from dicot.development import Development
from dicot.identity.authenticator import Authenticator
from dicot.serving import Server
from tests.cloud import Cloud, wait_for
from tests.conftest import Loop
from tests.console.conftest import NOVNC, SERIAL, Consoles, open_socket, receive, socket_url


def _refused(address: str) -> int:
    with pytest.raises(InvalidStatus) as refusal, open_socket(address):
        pass
    return refusal.value.response.status_code


@pytest.fixture
def keys(development: Development) -> Authenticator:
    assert development.app is not None and development.app._cluster is not None
    return development.app._cluster.kept(Authenticator)


def _opened(keys: Authenticator, address: str) -> Link:
    link = keys.keyring.sealer.open_as(Link, socket_url(address).partition("token=")[2])
    assert link is not None
    return link


def _sealed(keys: Authenticator, cloud: Cloud, link: Link, **changed: object) -> str:
    sealed = keys.keyring.sealer.seal(msgspec.structs.replace(link, **changed))
    return url(cloud.url, link.type, sealed)


def test_a_screen_speaks_rfb(consoles: Consoles) -> None:
    address = consoles.url(consoles.servers.make()["id"], NOVNC)
    assert "/console/novnc/vnc_lite.html?path=console%2Fwebsockify%3Ftoken%3D" in address
    with open_socket(address, subprotocols=["binary"]) as socket:
        assert socket.subprotocol == "binary"
        assert socket.recv(timeout=20) == b"RFB 003.008\n"
        socket.send(b"RFB 003.008\n")
        assert socket.recv(timeout=20) == b"\x01\x01"
        socket.send(b"\x01")
        assert socket.recv(timeout=20) == b"\0\0\0\0"
        socket.send(b"\x01")
        assert receive(socket, b"QEMU").endswith(b"QEMU")
        socket.send(b"\x03\0" + b"\0\0\0\0\x01\x40\0\xc8")
        black = receive(socket, bytes(320 * 200 * 4))  # a quarter of a megabyte goes through whole
        assert len(black) == 16 + 320 * 200 * 4


def test_a_serial_console_echoes(consoles: Consoles) -> None:
    server_id = consoles.servers.make()["id"]
    address = consoles.url(server_id, SERIAL)
    assert address.startswith("ws://")
    with open_socket(address) as socket:
        assert socket.subprotocol is None
        receive(socket, b"login: ")
        socket.send(b"one\n")
        receive(socket, b"one\r\n")
        socket.send("två\n")  # as terminals in browsers type
        receive(socket, "två\r\n".encode())
        socket.send(b"poweroff\n")
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=20)
    consoles.servers.until(server_id, "SHUTOFF")


def test_a_link_serves_more_than_one_client(consoles: Consoles) -> None:
    address = consoles.url(consoles.servers.make()["id"], SERIAL)
    for _ in range(2):
        with open_socket(address) as socket:
            receive(socket, b"login: ")


def test_a_changed_link_is_refused(consoles: Consoles) -> None:
    address = socket_url(consoles.url(consoles.servers.make()["id"], SERIAL))
    before, _, after = address.partition("token=")
    middle = len(after) // 2
    changed = after[:middle] + ("A" if after[middle] != "A" else "B") + after[middle + 1 :]
    assert _refused(f"{before}token={changed}") == 401
    assert _refused(f"{before}token={consoles.project.token}") == 401
    assert _refused(f"{before}token=") == 401
    assert _refused(before.replace("websockify", "other")) == 404


def test_an_expired_link_is_refused(consoles: Consoles, keys: Authenticator, cloud: Cloud) -> None:
    link = _opened(keys, consoles.url(consoles.servers.make()["id"], SERIAL))
    assert 0 < link.expires_at - time.time() <= 600
    assert _refused(_sealed(keys, cloud, link, expires_at=time.time() - 1)) == 401


def test_a_link_is_for_one_instance(consoles: Consoles, keys: Authenticator, cloud: Cloud) -> None:
    one, other = (consoles.servers.make(name=name)["id"] for name in ("one", "other"))
    address = consoles.url(one, SERIAL)
    link = _opened(keys, address)
    there = _opened(keys, consoles.url(other, SERIAL))
    assert _refused(_sealed(keys, cloud, link, name=there.name)) == 404
    assert _refused(_sealed(keys, cloud, link, uid=there.uid)) == 409
    assert consoles.servers.act(one, {"reboot": {"type": "HARD"}}).status_code == 202
    consoles.servers.until(one, "ACTIVE")
    with open_socket(address) as socket:  # a reset keeps the instance
        receive(socket, b"login: ")
    assert consoles.servers.act(one, {"os-stop": None}).status_code == 202
    consoles.servers.until(one, "SHUTOFF")
    assert _refused(address) == 409
    consoles.servers.delete(one)
    assert _refused(address) == 404


def test_a_bearer_who_lost_the_role_is_refused(consoles: Consoles, cloud: Cloud) -> None:
    project = consoles.project
    address = consoles.url(consoles.servers.make()["id"], SERIAL)
    with open_socket(address) as socket:
        receive(socket, b"login: ")
    identity = cloud.admin.identity
    roles = {one["name"]: one["id"] for one in identity.get("/roles").json()["roles"]}
    grants = f"/projects/{project.project_id}/users/{project.user_id}/roles"
    assert identity.put(f"{grants}/{roles['reader']}").status_code == 204
    assert identity.delete(f"{grants}/{roles['member']}").status_code == 204
    assert wait_for(lambda: _refused(address) == 403, "the lost role to count")
    assert identity.delete(f"{grants}/{roles['reader']}").status_code == 204
    assert wait_for(lambda: _refused(address) == 401, "nothing to be left")


def test_a_revoked_token_ends_its_links(consoles: Consoles) -> None:
    address = consoles.url(consoles.servers.make()["id"], SERIAL)
    gone = consoles.project.identity.delete("/auth/tokens", headers={"X-Subject-Token": consoles.project.token})
    assert gone.status_code == 204
    assert _refused(address) == 401


def test_a_link_of_another_project_is_of_no_use(
    consoles: Consoles, other_project: object, keys: Authenticator, cloud: Cloud
) -> None:
    link = _opened(keys, consoles.url(consoles.servers.make()["id"], SERIAL))
    payload = keys.open(other_project.token)  # type: ignore[attr-defined]
    assert payload is not None
    assert _refused(_sealed(keys, cloud, link, bearer=payload)) == 403


def test_http_where_a_websocket_is(cloud: Cloud, consoles: Consoles) -> None:
    answer = consoles.project.client("compute").get(f"{cloud.url}/console/websockify")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert consoles.project.client("compute").get(f"{cloud.url}/console/else").status_code == 404


def test_another_replica_serves_the_link(consoles: Consoles, development: Development, loop: Loop) -> None:
    address = consoles.url(consoles.servers.make()["id"], SERIAL)
    assert development.app is not None
    other = app.build(development.app.config)

    async def start() -> Server:
        server = Server(other, "127.0.0.1", 0)
        await server.start()
        await other.until_ready()
        return server

    server = loop.run(start())
    try:
        with open_socket(address.replace(development.url.removeprefix("http"), server.url.removeprefix("http"))) as ws:
            receive(ws, b"login: ")
    finally:
        loop.run(server.stop())
