"""Links to consoles: who gets one, of what type, at which version."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from dicot.api.token import Payload, Sealer, new_key
from dicot.compute.remote_consoles.link import Link, url
from tests.cloud import Cloud
from tests.console.conftest import NOVNC, SERIAL, Consoles, open_socket, receive

PAYLOAD = Payload("u", ("password",), ("a",), 1.0, 2.0)
LINK = Link(bearer=PAYLOAD, type="novnc", server_id="s", namespace="n", name="m", uid="i", expires_at=2.0)


@pytest.fixture
def consoles(project) -> Consoles:
    return Consoles(project)


def test_a_link_is_no_token_and_a_token_no_link() -> None:
    sealer = Sealer((new_key(),))
    assert sealer.open_as(Link, sealer.seal(LINK)) == LINK
    assert sealer.open(sealer.seal(LINK)) is None
    assert sealer.open_as(Link, sealer.seal(PAYLOAD)) is None


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("https://cloud.example.org", "console/websockify?token=T"),
        ("https://example.org/cloud", "cloud/console/websockify?token=T"),
    ],
)
def test_addresses(prefix: str, path: str) -> None:
    link = urlsplit(url(prefix, "novnc", "T"))
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{prefix}/console/novnc/vnc_lite.html"
    assert parse_qs(link.query) == {"path": [path]}
    assert url(prefix, "serial", "T") == f"wss{prefix.removeprefix('https')}/console/websockify?token=T"


def test_the_actions_before_2_6(consoles: Consoles) -> None:
    server_id = consoles.servers.make()["id"]
    answer = consoles.servers.act(server_id, {"os-getVNCConsole": {"type": "novnc"}}, "2.5")
    assert answer.status_code == 200
    assert answer.json()["console"]["type"] == "novnc"
    with open_socket(answer.json()["console"]["url"]) as socket:
        receive(socket, b"RFB 003.008\n")
    answer = consoles.servers.act(server_id, {"os-getSerialConsole": {"type": "serial"}}, "2.1")
    with open_socket(answer.json()["console"]["url"]) as socket:
        receive(socket, b"login: ")
    refused = consoles.servers.act(server_id, {"os-getVNCConsole": {"type": "xvpvnc"}}, "2.1")
    assert (refused.status_code, refused.json()["badRequest"]["message"]) == (400, "Invalid console type xvpvnc")
    refused = consoles.servers.act(server_id, {"os-getSPICEConsole": {"type": "spice-html5"}}, "2.1")
    assert refused.json()["badRequest"]["message"] == "Unavailable console type spice-html5."
    refused = consoles.servers.act(server_id, {"os-getRDPConsole": {"type": "rdp-html5"}}, "2.1")
    assert refused.status_code == 410
    for key in ("os-getVNCConsole", "os-getSerialConsole", "os-getSPICEConsole", "os-getRDPConsole"):
        assert consoles.servers.act(server_id, {key: {"type": "novnc"}}, "2.6").status_code == 404


def test_edges_of_versions(consoles: Consoles) -> None:
    server_id = consoles.servers.make()["id"]
    assert consoles.ask(server_id, NOVNC, "2.5").status_code == 404
    assert consoles.ask(server_id, NOVNC, "2.6").status_code == 200
    mks, direct = {"protocol": "mks", "type": "webmks"}, {"protocol": "spice", "type": "spice-direct"}
    for console, before, since in ((mks, "2.7", "2.8"), (direct, "2.98", "2.99")):
        unknown = consoles.ask(server_id, console, before).json()["badRequest"]["message"]
        assert unknown.startswith("Invalid input for field/attribute ")
        known = consoles.ask(server_id, console, since).json()["badRequest"]["message"]
        assert known == f"Unavailable console type {console['type']}."


@pytest.mark.parametrize(
    ("protocol", "type_", "says"),
    [
        ("rdp", "rdp-html5", "Unavailable console type rdp."),
        ("spice", "spice-html5", "Unavailable console type spice-html5."),
        ("vnc", "serial", "Invalid console type serial"),
        ("serial", "novnc", "Invalid console type novnc"),
    ],
)
def test_types_that_there_are_not(consoles: Consoles, protocol: str, type_: str, says: str) -> None:
    answer = consoles.ask(consoles.servers.make()["id"], {"protocol": protocol, "type": type_})
    assert (answer.status_code, answer.json()["badRequest"]["message"]) == (400, says)


def test_who_gets_a_link(consoles: Consoles, cloud: Cloud, other_project) -> None:
    server_id = consoles.servers.make()["id"]
    assert consoles.ask(server_id, SERIAL, session=other_project).status_code == 404
    answer = consoles.ask(server_id, SERIAL, session=cloud.admin)
    assert answer.status_code == 200
    with open_socket(answer.json()["remote_console"]["url"]) as socket:
        receive(socket, b"login: ")
    reader = cloud.new_project(f"{consoles.project.name}-r", "reader")
    try:
        assert consoles.ask(server_id, SERIAL, session=reader).status_code == 403
    finally:
        reader.remove()


def test_a_stopped_server_has_no_console(consoles: Consoles) -> None:
    server_id = consoles.servers.make()["id"]
    consoles.servers.act(server_id, {"os-stop": None})
    consoles.servers.until(server_id, "SHUTOFF")
    answer = consoles.ask(server_id, NOVNC)
    assert (answer.status_code, answer.json()["conflictingRequest"]["message"]) == (
        409,
        f"Instance {server_id} is not ready",
    )
