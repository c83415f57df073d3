"""What `dicot dev` logs, as a process: one JSON object a line, each that belongs to a request with its id."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import msgspec
import pytest
import yaml

from tests.cloud import login

START_S = 30


def use(process: subprocess.Popen[bytes], state: Path) -> tuple[str, str]:
    """Log in and make a project; returns the ids of both requests."""
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"ready: ")
    admin = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]["admin"]["auth"]
    url = admin["auth_url"].removesuffix("/identity/v3")
    issued = login(url, "admin", admin["password"], "admin")
    headers = {"X-Auth-Token": issued.headers["X-Subject-Token"]}
    body = {"project": {"name": "logged"}}
    made = httpx2.post(f"{url}/identity/v3/projects", headers=headers, json=body, timeout=START_S)
    assert made.status_code in {201, 409}
    return issued.headers["x-openstack-request-id"], made.headers["x-openstack-request-id"]


def session(state: Path) -> tuple[str, str, list[dict]]:
    """Start `dicot dev`, make a project, stop; returns the ids of two requests and the lines logged."""
    command = [sys.executable, "-m", "dicot.cli", "dev", "--state", str(state), "--port", "0", "--kube-port", "0"]
    errors = state.parent / "log"
    with errors.open("wb") as log:
        process = subprocess.Popen([*command, "--log-level", "debug"], stdout=subprocess.PIPE, stderr=log)
        with process:
            try:
                issued, made = use(process, state)
                process.send_signal(signal.SIGTERM)
                assert process.wait(START_S) == 0
            finally:
                process.kill()
    lines = [msgspec.json.decode(line) for line in errors.read_bytes().splitlines()]
    return issued, made, lines


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_lines_name_their_request_and_a_restart_is_quiet(state: Path):
    issued, made, lines = session(state)
    calls = [line for line in lines if line["event"] == "kubernetes call"]
    assert {issued, made} == {line["request_id"] for line in lines if line["event"] == "request"}
    (creation,) = [one for one in calls if one["path"] == "/api/v1/namespaces" and one.get("request_id") == made]
    assert creation["method"] == "POST"
    assert creation["acting_as"].startswith("dicot:")
    hashes = [one for one in calls if "/secrets/user-" in one["path"] and one.get("request_id") == issued]
    assert [one["method"] for one in hashes] == ["GET"]
    password = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]["admin"]["auth"]["password"]
    assert password not in str(lines)
    _, _, again = session(state)
    troubled = [line for line in again if line["level"] in {"warning", "error", "critical"}]
    assert not troubled
