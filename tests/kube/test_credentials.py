import base64
import datetime
import os
import ssl
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from dicot.kube.client import Client, Limits
from dicot.kube.credentials import CredentialsError, TokenFile, discover, from_kubeconfig, in_cluster
from dicot.kube.errors import Unauthorized, Unavailable

from .certificates import Authority

ENTRIES = {"clusters": "cluster", "users": "user", "contexts": "context"}


def write(path: Path, *, current: str = "here", **sections: dict) -> Path:
    config: dict = {"apiVersion": "v1", "kind": "Config", "current-context": current}
    for section, entries in sections.items():
        config[section] = [{"name": name, ENTRIES[section]: entry} for name, entry in entries.items()]
    path.write_text(yaml.safe_dump(config))
    return path


def config_of(path: Path, user: dict, **cluster) -> Path:
    return write(
        path,
        clusters={"c": {"server": "https://127.0.0.1:6443", **cluster}},
        users={"u": user},
        contexts={"here": {"cluster": "c", "user": "u", "namespace": "mine"}},
    )


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_a_token(tmp_path: Path):
    found = from_kubeconfig([config_of(tmp_path / "config", {"token": "t"})])
    assert (found.server, found.namespace) == ("https://127.0.0.1:6443", "mine")
    assert (await found.access(False)).token == "t"


async def test_a_token_file_beats_the_token_and_is_read_again(tmp_path: Path):
    (tmp_path / "token").write_text("one\n")
    found = from_kubeconfig([config_of(tmp_path / "config", {"token": "t", "tokenFile": "token"})])
    assert (await found.access(False)).token == "one"
    (tmp_path / "next").write_text("two")
    (tmp_path / "next").replace(tmp_path / "token")
    assert (await found.access(False)).token == "two"


def test_a_token_file_in_the_middle_of_its_rotation(tmp_path: Path):
    path = tmp_path / "token"
    token = TokenFile(path)
    with pytest.raises(CredentialsError, match="token"):
        token.read()
    path.write_text("one")
    assert token.read() == "one"
    path.unlink()
    assert token.read(renew=True) == "one"


def test_a_token_file_of_the_same_time_is_read_again_when_refused(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("one")
    token = TokenFile(path)
    before = path.stat()
    assert token.read() == "one"
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert token.read() == "one"
    assert token.read(renew=True) == "two"


def test_contexts_and_files_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = write(
        tmp_path / "a",
        current="",
        clusters={"c": {"server": "http://first/"}},
        contexts={"other": {"cluster": "d"}},
    )
    second = write(
        tmp_path / "b",
        clusters={"c": {"server": "http://second"}, "d": {"server": "http://third"}},
        contexts={"here": {"cluster": "c"}},
    )
    missing = tmp_path / "missing"
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (first, missing, second))))
    assert discover().server == "http://first"
    assert discover(context="other").server == "http://third"
    assert discover(str(second)).server == "http://second"


def test_where_credentials_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CredentialsError, match="no kubeconfig"):
        discover()
    (tmp_path / ".kube").mkdir()
    config_of(tmp_path / ".kube" / "config", {}, server="http://home")
    assert discover().server == "http://home"


@pytest.mark.parametrize(
    ("user", "cluster", "named"),
    [
        ({"auth-provider": {"name": "gcp"}}, {}, "auth-provider"),
        ({"username": "u", "password": "p"}, {}, "username"),
        ({"as": "root"}, {}, "as is not"),
        ({}, {"server": ""}, "has no server"),
        ({"client-certificate": "nowhere"}, {}, "client-certificate"),
        ({}, {"certificate-authority-data": "%%%"}, "certificate-authority"),
        ({}, {"certificate-authority-data": b64("junk")}, "certificate-authority"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, user, cluster, named: str):
    with pytest.raises(CredentialsError, match=named):
        from_kubeconfig([config_of(tmp_path / "config", user, **cluster)])


@pytest.mark.parametrize("text", ["[]", "{", "", "{}", "users: 3", "clusters: [{}]", "contexts: [a]"])
def test_what_is_no_kubeconfig(tmp_path: Path, text: str):
    (tmp_path / "config").write_text(text)
    with pytest.raises(CredentialsError, match="config"):
        from_kubeconfig([tmp_path / "config"])


def test_a_context_that_is_not_there(tmp_path: Path):
    with pytest.raises(CredentialsError, match="'nope'"):
        from_kubeconfig([config_of(tmp_path / "config", {})], "nope")


PLUGIN = """
import json, os, pathlib, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert info["kind"] == "ExecCredential" and info["spec"]["interactive"] is False
count = pathlib.Path(os.environ["COUNT"])
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
status = {"token": f"token-{number}", "expirationTimestamp": sys.argv[1]}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""


def with_plugin(tmp_path: Path, script: str, expires: datetime.timedelta, **changes):
    (tmp_path / "plugin.py").write_text(script)
    at = (datetime.datetime.now(datetime.UTC) + expires).strftime("%Y-%m-%dT%H:%M:%SZ")
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(tmp_path / "plugin.py"), at],
        "env": [{"name": "COUNT", "value": str(tmp_path / "count")}],
        **changes,
    }
    return from_kubeconfig([config_of(tmp_path / "config", {"exec": plugin})])


async def test_a_plugin_runs_once_until_it_is_refused(tmp_path: Path):
    found = with_plugin(tmp_path, PLUGIN, datetime.timedelta(hours=1))
    tokens = [(await found.access(renew)).token for renew in (False, False, True, False)]
    assert tokens == ["token-1", "token-1", "token-2", "token-2"]


async def test_a_plugin_runs_again_when_its_answer_has_expired(tmp_path: Path):
    found = with_plugin(tmp_path, PLUGIN, datetime.timedelta(seconds=5))
    assert [(await found.access(False)).token for _ in range(2)] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("script", "changes", "named"),
    [
        ("import sys; sys.exit('please log in')", {}, "please log in"),
        ("print('hello')", {}, "no ExecCredential"),
        ("print('{\"status\": {}}')", {}, "no ExecCredential"),
        ("", {"command": "/nonexistent/plugin"}, "nonexistent"),
        ("", {"apiVersion": "client.authentication.k8s.io/v9"}, "v9"),
    ],
)
async def test_a_plugin_that_fails_is_named(tmp_path: Path, script: str, changes, named: str):
    found = with_plugin(tmp_path, script, datetime.timedelta(hours=1), **changes)
    with pytest.raises(Unauthorized, match=named):
        await found.access(False)


@asynccontextmanager
async def secured(authority: Authority):
    """Serve over TLS, demanding a client certificate of the authority; answer with the client's name."""
    cert, key = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    _load(context, cert, key)

    async def who(request: web.Request) -> web.StreamResponse:
        peer = dict(part[0] for part in request.get_extra_info("peercert")["subject"])
        return web.json_response({"name": peer["commonName"]})

    app = web.Application()
    app.router.add_get("/{path:.*}", who)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _load(context: ssl.SSLContext, cert: str, key: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "cert").write_text(cert)
        Path(folder, "key").write_text(key)
        context.load_cert_chain(Path(folder, "cert"), Path(folder, "key"))


async def test_client_certificates(tmp_path: Path):
    authority, stranger = Authority(), Authority()
    cert, key = authority.issue("alice")
    (tmp_path / "alice.crt").write_text(cert)
    (tmp_path / "alice.key").write_text(key)
    (tmp_path / "ca.crt").write_text(authority.pem)
    data = {"client-certificate-data": b64(cert), "client-key-data": b64(key)}
    files = {"client-certificate": "alice.crt", "client-key": "alice.key"}
    async with secured(authority) as port:
        for user, cluster in (
            (data, {"certificate-authority-data": b64(authority.pem)}),
            (files, {"certificate-authority": "ca.crt"}),
            (data, {"insecure-skip-tls-verify": True}),
        ):
            path = config_of(tmp_path / "config", user, **cluster, server=f"https://127.0.0.1:{port}")
            async with Client.connect(from_kubeconfig([path])) as client:
                assert await client.call("GET", "/") == b'{"name": "alice"}'
        path = config_of(
            tmp_path / "config",
            data,
            server=f"https://127.0.0.1:{port}",
            **{"certificate-authority-data": b64(stranger.pem)},
        )
        async with Client.connect(from_kubeconfig([path]), Limits(attempts=1)) as client:
            with pytest.raises(Unavailable, match="certificate"):
                await client.call("GET", "/")


async def test_a_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "ca.crt").write_text(Authority().pem)
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("dicot\n")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    found = in_cluster(tmp_path)
    assert (found.server, found.namespace) == ("https://[fd00::1]:6443", "dicot")
    access = await found.access(False)
    assert access.token == "t"
    assert isinstance(access.tls, ssl.SSLContext)
