"""Who Dicot is to Kubernetes: where the server is, and what each request must carry.

Reads kubeconfig files and a pod's ServiceAccount; renews what expires. Makes no request to Kubernetes itself.
"""

import base64
import binascii
import os
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from dicot.kube import Json
from dicot.kube.errors import Unauthorized
from dicot.kube.exec_plugin import ExecPlugin

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_FILE_AGE_S = 60.0  # the kubelet rotates projected tokens in place


class CredentialsError(Unauthorized):
    """The configuration of the connection cannot be used; the message names the file and the field."""


class Access(msgspec.Struct, frozen=True):
    """What one request carries: a bearer token or none, and the TLS identity."""

    token: str | None = None
    tls: ssl.SSLContext | bool = True


class Credentials(msgspec.Struct, frozen=True):
    """One cluster and one identity: `access(renew)` is what to send now; renew (after a 401) forgets what is kept."""

    server: str
    access: Callable[[bool], Awaitable[Access]]
    namespace: str = "default"
    server_hostname: str | None = None
    proxy: str | None = None
    ca_pem: str | None = None


def plain(server: str, token: str | None = None, *, ca_pem: str | None = None, verify: bool = True) -> Credentials:
    """Connect to `server` with a fixed bearer token or none."""
    fixed = Access(token, tls_context(ca_pem, verify) if server.startswith("https") else True)

    async def access(_renew: bool) -> Access:
        return fixed

    return Credentials(server.rstrip("/"), access, ca_pem=ca_pem)


def discover(path: str | None = None, context: str | None = None) -> Credentials:
    """Find credentials: the file named, else $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config."""
    if path is not None:
        return from_kubeconfig([Path(path)], context)
    listed = [Path(entry) for entry in os.environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    if listed:
        return from_kubeconfig(listed, context)
    if "KUBERNETES_SERVICE_HOST" in os.environ and (SERVICE_ACCOUNT / "token").exists():
        return in_cluster()
    return from_kubeconfig([Path.home() / ".kube" / "config"], context)


def in_cluster(folder: Path = SERVICE_ACCOUNT) -> Credentials:
    """Use the ServiceAccount that Kubernetes mounts into a pod."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    ca_pem = (folder / "ca.crt").read_text()
    tls = tls_context(ca_pem)
    token = TokenFile(folder / "token")
    namespace = folder / "namespace"

    async def access(renew: bool) -> Access:
        return Access(token.read(renew), tls)

    return Credentials(
        f"https://{f'[{host}]' if ':' in host else host}:{port}",
        access,
        namespace.read_text().strip() if namespace.exists() else "default",
        ca_pem=ca_pem,
    )


class TokenFile:
    """A bearer token in a file that someone else replaces; read again when it changes or a minute has passed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._token: str | None = None
        self._seen: tuple[int, int] = (0, 0)
        self._read_at = 0.0

    def read(self, renew: bool = False) -> str:
        """Return the token; raise CredentialsError when the file cannot be read and no token is known."""
        now = time.monotonic()
        try:
            found = self.path.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if renew or self._token is None or seen != self._seen or now - self._read_at >= TOKEN_FILE_AGE_S:
                self._token, self._seen, self._read_at = self.path.read_text().strip(), seen, now
        except OSError as error:
            # In the moment of rotation the old token is still good.
            if self._token is None:
                raise CredentialsError(f"{self.path}: {error.strerror}") from error
        return self._token


def from_kubeconfig(paths: list[Path], context: str | None = None) -> Credentials:
    """Read kubeconfig files (the first that names a thing wins) and use `context` or the current one."""
    config = _merge(paths)
    where = os.pathsep.join(map(str, paths))
    name = context or config.get("current-context")
    if not name:
        raise CredentialsError(f"{where}: no current-context")
    chosen = _named(config, "contexts", name, where)
    cluster = _named(config, "clusters", chosen.get("cluster", ""), where)
    user = _named(config, "users", chosen["user"], where) if chosen.get("user") else {}
    _refuse(user, ("auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"), where)
    server = cluster.get("server")
    if not server:
        raise CredentialsError(f"{where}: cluster {chosen.get('cluster')!r} has no server")
    return Credentials(
        server.rstrip("/"),
        _access(cluster, user),
        chosen.get("namespace") or "default",
        cluster.get("tls-server-name") or None,
        cluster.get("proxy-url") or None,
        _pem(cluster, "certificate-authority"),
    )


def _merge(paths: list[Path]) -> Json:
    merged: dict[str, Any] = {}
    found = [path for path in paths if path.exists()]
    if not found:
        raise CredentialsError(f"no kubeconfig at {os.pathsep.join(map(str, paths))}")
    for path in found:
        config = _load(path)
        merged.setdefault("current-context", "")
        merged["current-context"] = merged["current-context"] or config.get("current-context") or ""
        for section, inner in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
            known = merged.setdefault(section, {})
            try:
                for entry in config.get(section) or []:
                    known.setdefault(entry["name"], _absolute(entry.get(inner) or {}, path.parent))
            except (KeyError, TypeError, AttributeError) as error:
                raise CredentialsError(f"{path}: {section} is not a list of named entries") from error
    return merged


def _load(path: Path) -> Json:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise CredentialsError(f"{path}: {error}") from error
    if not isinstance(config, dict):
        raise CredentialsError(f"{path}: not a kubeconfig")
    return config


def _absolute(entry: Json, folder: Path) -> Json:
    """Make file names absolute: they are relative to the file that names them."""
    files = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
    return {key: str(folder / value) if key in files and value else value for key, value in entry.items()}


def _named(config: Json, section: str, name: str, where: str) -> Json:
    try:
        return config[section][name]
    except KeyError:
        raise CredentialsError(f"{where}: {section} has no {name!r}") from None


def _refuse(entry: Json, fields: tuple[str, ...], where: str) -> None:
    for field in fields:
        if entry.get(field):
            raise CredentialsError(f"{where}: {field} is not supported")


def _access(cluster: Json, user: Json) -> Callable[[bool], Awaitable[Access]]:
    ca_pem = _pem(cluster, "certificate-authority")
    verify = not cluster.get("insecure-skip-tls-verify", False)
    cert, key = _pem(user, "client-certificate"), _pem(user, "client-key")
    tls = _checked_tls(ca_pem, verify, cert, key)
    if user.get("exec"):
        plugin = ExecPlugin(user["exec"])

        async def from_exec(renew: bool) -> Access:
            got = await plugin.credential(renew)
            pair = (got.cert_pem, got.key_pem)
            return Access(got.token, plugin.keep(pair, lambda: _checked_tls(ca_pem, verify, *pair)) if pair[0] else tls)

        return from_exec
    token_file = TokenFile(Path(user["tokenFile"])) if user.get("tokenFile") else None
    token = user.get("token") or None

    async def from_config(renew: bool) -> Access:
        # Kubernetes' own clients prefer the file over the literal when both are given.
        return Access(token_file.read(renew) if token_file else token, tls)

    return from_config


def _checked_tls(ca_pem: str | None, verify: bool, cert: str | None, key: str | None) -> ssl.SSLContext:
    try:
        return tls_context(ca_pem, verify, cert, key)
    except ssl.SSLError as error:
        raise CredentialsError(f"certificate-authority, client-certificate or client-key: {error}") from error


def _pem(entry: Json, field: str) -> str | None:
    data, path = entry.get(f"{field}-data"), entry.get(field)
    try:
        if data:
            return base64.b64decode("".join(data.split()), validate=True).decode()
        return Path(path).read_text() if path else None
    except (OSError, binascii.Error, UnicodeDecodeError) as error:
        raise CredentialsError(f"{field}: {error}") from error


def tls_context(
    ca_pem: str | None, verify: bool = True, cert_pem: str | None = None, key_pem: str | None = None
) -> ssl.SSLContext:
    """Build a client's TLS settings; without `verify` any certificate is accepted."""
    context = ssl.create_default_context(cadata=ca_pem) if verify and ca_pem else ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert_pem:
        # OpenSSL's loader takes only file names, so the pair lives on disk for a moment.
        with tempfile.TemporaryDirectory() as folder:
            cert, key = Path(folder, "cert"), Path(folder, "key")
            cert.write_text(cert_pem)
            key.touch(mode=0o600)
            key.write_text(key_pem or "")
            context.load_cert_chain(cert, key if key_pem else None)
    return context
