"""Nothing secret in a log, a trace or an error: a process logs all it can, and is searched for what was told to it."""

from __future__ import annotations

import base64
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from dicot.api.middleware import parse_json
from tests.cloud import login, wait_for

Json = dict[str, Any]
START_S = 60


class Told:
    """What was told to Dicot, or by it, and is nobody else's to know."""

    def __init__(self) -> None:
        self.secret: dict[str, str] = {}

    def new(self, what: str) -> str:
        return self.keep(what, f"Geheim-{secrets.token_urlsafe(18)}")

    def keep(self, what: str, text: str) -> str:
        assert len(text) > 15, what
        self.secret[what] = text
        return text

    def found_in(self, text: str) -> list[str]:
        """Name what stands in a text, plain or in base64."""
        spellings = {
            what: (one, base64.b64encode(one.encode()).decode().rstrip("=")) for what, one in self.secret.items()
        }
        return [what for what, forms in spellings.items() if any(form in text for form in forms)]


class Visit:
    """A visit to a running Dicot: every secret there is, used rightly and wrongly, and every error remembered."""

    def __init__(self, auth: Json, told: Told) -> None:
        self.told = told
        self.url = auth["auth_url"].removesuffix("/identity/v3")
        told.keep("the administrator's password", auth["password"])
        issued = login(self.url, "admin", auth["password"], "admin")
        self.user_id = issued.json()["token"]["user"]["id"]
        token = told.keep("a token", issued.headers["X-Subject-Token"])
        self.client = httpx2.Client(base_url=self.url, headers={"X-Auth-Token": token}, timeout=START_S)
        self.errors: list[str] = []

    def post(self, path: str, body: Any, **headers: str) -> Json:
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        if answer.status_code >= 400:
            self.errors.append(answer.text)
        return parse_json(answer.content) if answer.content else {}

    def make(self) -> None:
        self._people()
        self._robot()
        self._machine()
        self._kubectl()

    def _people(self) -> None:
        password, name = self.told.new("a user's password"), f"user-{secrets.token_hex(4)}"
        user = self.post("/identity/v3/users", {"user": {"name": name, "password": password}})["user"]
        login(self.url, name, self.told.new("a wrong password"), None)
        self.errors.append(login(self.url, name, self.told.new("another wrong password"), None).text)
        self.errors.append(login(self.url, self.told.new("an unknown name"), "x", "y").text)
        changed = {"original_password": self.told.new("a wrong original"), "password": self.told.new("a new password")}
        self.post(f"/identity/v3/users/{user['id']}/password", {"user": changed})
        again = {"original_password": password, "password": self.told.new("the next password")}
        self.post(f"/identity/v3/users/{user['id']}/password", {"user": again})
        self.post("/identity/v3/users", {"user": {"name": name, "password": self.told.new("a duplicate's password")}})
        subject = {"X-Subject-Token": self.told.new("a token that is none")}
        self.errors.append(self.client.get("/identity/v3/auth/tokens", headers=subject).text)
        own = {"X-Auth-Token": self.told.new("another token that is none")}
        self.errors.append(httpx2.get(f"{self.url}/compute/v2.1/servers", headers=own, timeout=START_S).text)

    def _robot(self) -> None:
        wish = {"name": "robot", "secret": self.told.new("an application credential's secret")}
        path = f"/identity/v3/users/{self.user_id}/application_credentials"
        robot = self.post(path, {"application_credential": wish})["application_credential"]
        wrong = self.told.new("a wrong secret")
        for text in (wish["secret"], wrong):
            proof = {
                "methods": ["application_credential"],
                "application_credential": {"id": robot["id"], "secret": text},
            }
            self.post("/identity/v3/auth/tokens", {"auth": {"identity": proof}})
        form = {"grant_type": "client_credentials", "client_id": robot["id"]}
        for text in (wish["secret"], wrong):
            by_form = self.client.post("/identity/v3/OS-OAUTH2/token", data={**form, "client_secret": text})
            by_header = self.client.post("/identity/v3/OS-OAUTH2/token", data=form, auth=(robot["id"], text))
            for answer in (by_form, by_header):
                if answer.status_code == 200:
                    self.told.keep("an access token", answer.json()["access_token"])
                else:
                    self.errors.append(answer.text)
        basic = base64.b64encode(f"{robot['id']}:{wish['secret']}".encode()).decode()
        self.told.keep("an application credential's secret as it is sent", basic)
        bearer = {"Authorization": f"Bearer {self.told.new('a bearer token that is none')}"}
        path = "/identity/v3/OS-FEDERATION/identity_providers/kubernetes/protocols/openid/auth"
        self.post(path, None, **bearer)

    def _machine(self) -> None:
        keypair = self.post("/compute/v2.1/os-keypairs", {"keypair": {"name": f"key-{secrets.token_hex(4)}"}})[
            "keypair"
        ]
        lines = keypair["private_key"].splitlines()
        self.told.keep("a private key", max(lines, key=len))
        image = self.client.get("/image/v2/images").json()["images"][0]["id"]
        flavor = self.client.get("/compute/v2.1/flavors").json()["flavors"][0]["id"]
        user_data = base64.b64encode(self.told.new("user data").encode()).decode()
        wish = {"name": "one", "imageRef": image, "flavorRef": flavor, "user_data": user_data, "networks": "auto"}
        wish |= {"key_name": keypair["name"], "adminPass": self.told.new("a server's password")}
        newest = {"OpenStack-API-Version": "compute 2.87"}
        server = self.post("/compute/v2.1/servers", {"server": wish}, **newest)["server"]
        path = f"/compute/v2.1/servers/{server['id']}"
        wait_for(lambda: self.client.get(path).json()["server"]["status"] != "BUILD", "a server", 30)
        self.post("/compute/v2.1/servers", {"server": {**wish, "flavorRef": "nosuch"}}, **newest)
        self.post(f"{path}/action", {"changePassword": {"adminPass": self.told.new("a changed password")}})
        self.client.delete(path)

    def _kubectl(self) -> None:
        answer = self.post("/identity/v3/OS-DICOT/kubeconfig", {"kubeconfig": {}})
        self.told.keep("a kubeconfig's token", answer["kubeconfig"]["users"][0]["user"]["token"])


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, str, list[str]]:
    """Start `dicot dev` with all logging there is, visit it, stop it; returns what it said."""
    folder, told = tmp_path_factory.mktemp("secrets"), Told()
    state, log = folder / "state", folder / "log"
    command = [sys.executable, "-m", "dicot.cli", "dev", "--state", str(state), "--port", "0", "--kube-port", "0"]
    with log.open("wb") as errors:
        process = subprocess.Popen([*command, "--log-level", "debug"], stdout=subprocess.PIPE, stderr=errors)
        with process:
            try:
                errors_told = _visit(process, state, told)
                process.send_signal(signal.SIGTERM)
                process.wait(START_S)
            finally:
                process.kill()
    return told, log.read_text(), errors_told


def _visit(process: subprocess.Popen[bytes], state: Path, told: Told) -> list[str]:
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"ready: ")
    auth = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]["admin"]["auth"]
    visit = Visit(auth, told)
    visit.make()
    metrics = visit.client.get("/metrics").text
    visit.client.close()
    return [*visit.errors, metrics]


def test_nothing_secret_is_logged(visit: tuple[Told, str, list[str]]):
    told, log, _ = visit
    assert log.count("\n") > 100, "it logs what it does"
    assert "kubernetes call" in log
    assert not told.found_in(log)
    assert len(told.secret) >= 18


def test_nothing_secret_is_in_an_error(visit: tuple[Told, str, list[str]]):
    told, _, errors = visit
    assert len(errors) > 8
    assert not told.found_in("\n".join(errors))


def test_a_secret_would_be_found():
    told = Told()
    text = told.new("a password")
    assert told.found_in(f'{{"event": "{text}"}}') == ["a password"]
    assert told.found_in(base64.b64encode(text.encode()).decode()) == ["a password"]
