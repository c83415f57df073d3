"""What tests of consoles share: a running server, links to its consoles, and a WebSocket client."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.cloud import Project, Session
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]

NOVNC = {"protocol": "vnc", "type": "novnc"}
SERIAL = {"protocol": "serial", "type": "serial"}


class Consoles:
    """Asks for links as a member of the project, and opens them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.servers = Servers(project)

    def ask(self, server_id: str, console: Json, version: str = "2.104", session: Session | None = None) -> Any:
        compute = (session or self.project).compute_at(version)
        return compute.post(f"/servers/{server_id}/remote-consoles", json={"remote_console": console})

    def url(self, server_id: str, console: Json) -> str:
        answer = self.ask(server_id, console)
        assert answer.status_code == 200, answer.text
        assert answer.json()["remote_console"] == {**console, "url": answer.json()["remote_console"]["url"]}
        return answer.json()["remote_console"]["url"]


def socket_url(url: str) -> str:
    """Find the WebSocket of a link, as noVNC's page does: its host, and the path in its query."""
    link = urlsplit(url)
    if link.scheme == "ws":
        return url
    (path,) = parse_qs(link.query)["path"]
    return f"ws://{link.netloc}/{path}"


def open_socket(url: str, **options: Any) -> ClientConnection:
    return connect(socket_url(url), proxy=None, open_timeout=20, **options)


def receive(socket: ClientConnection, wanted: bytes) -> bytes:
    """Read until what is wanted has come; a console prints in pieces."""
    got = b""
    while wanted not in got:
        message = socket.recv(timeout=20)
        assert isinstance(message, bytes)
        got += message
    return got


@pytest.fixture
def consoles(project: Project) -> Consoles:
    return Consoles(project)
