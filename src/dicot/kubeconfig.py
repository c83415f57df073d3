"""`dicot kubeconfig`: an OpenStack login, as every OpenStack client reads it, exchanged for a kubeconfig.

A client of Dicot's HTTP API and nothing else: it needs no cluster and no other module of Dicot.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import yaml

Json = dict[str, Any]

TIMEOUT_S = 30.0
PLACES = (Path(), Path("~/.config/openstack"), Path("/etc/openstack"))
"""Where clouds.yaml is looked for, as openstacksdk does."""
_TLS = ("cacert", "insecure", "verify")


class LoginError(Exception):
    """What stands in the way of a login, in one sentence without a secret."""


def settings(cloud: str | None, environment: Mapping[str, str] | None = None) -> Json:
    """Return {auth_type, auth, cacert, verify} of a named cloud, or of the OS_* variables; LoginError if neither."""
    environment = os.environ if environment is None else environment
    told = {key[3:].lower(): value for key, value in environment.items() if key.startswith("OS_") and value}
    name = cloud or told.pop("cloud", None)
    if name is None:
        if "auth_url" not in told:
            raise LoginError("set OS_CLOUD or OS_AUTH_URL: nothing says which cloud is meant")
        return {"auth_type": told.get("auth_type", ""), "auth": told, **{key: told[key] for key in _TLS if key in told}}
    file = environment.get("OS_CLIENT_CONFIG_FILE")
    found = _merged(_read([Path(file)] if file else [place / "clouds.yaml" for place in PLACES], name), name)
    return {**found, "auth": {**(found.get("auth") or {})}}


def _read(paths: list[Path], name: str) -> tuple[Path, Json]:
    for path in (one.expanduser() for one in paths):
        if not path.exists():
            continue
        clouds = (_yaml(path).get("clouds")) or {}
        if name not in clouds:
            raise LoginError(f"{path} has no cloud {name!r}")
        return path, clouds[name]
    raise LoginError(f"no clouds.yaml for cloud {name!r}: looked at {', '.join(map(str, paths))}")


def _merged(found: tuple[Path, Json], name: str) -> Json:
    """Add what secure.yaml beside the file says of a cloud: passwords may stand there."""
    path, cloud = found
    secret = path.with_name("secure.yaml")
    extra: Json = ((_yaml(secret).get("clouds") or {}).get(name) or {}) if secret.exists() else {}
    return {**cloud, **extra, "auth": {**(cloud.get("auth") or {}), **(extra.get("auth") or {})}}


def _yaml(path: Path) -> Json:
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise LoginError(f"{path} cannot be read: {type(error).__name__}") from None
    return found if isinstance(found, dict) else {}


def _domain(auth: Json, prefix: str) -> Json:
    for key in ("id", "name"):
        value = auth.get(f"{prefix}_domain_{key}") or auth.get(f"default_domain_{key}")
        if value:
            return {key: value}
    return {"id": "default"}


def _need(auth: Json, key: str) -> str:
    value = auth.get(key)
    if not value:
        raise LoginError(f"the login lacks {key}")
    return str(value)


def _user(auth: Json) -> Json:
    if auth.get("user_id"):
        return {"id": str(auth["user_id"])}
    return {"name": _need(auth, "username"), "domain": _domain(auth, "user")}


def identity(auth_type: str, auth: Json) -> Json:
    """Return the identity part of a request for a token; LoginError names a type that is not known here."""
    kind = auth_type.removeprefix("v3")
    if kind == "applicationcredential" or (not kind and auth.get("application_credential_secret")):
        named = auth.get("application_credential_id")
        who: Json = (
            {"id": named} if named else {"name": _need(auth, "application_credential_name"), "user": _user(auth)}
        )
        secret = _need(auth, "application_credential_secret")
        return {"methods": ["application_credential"], "application_credential": {**who, "secret": secret}}
    if kind == "token" or (not kind and auth.get("token")):
        return {"methods": ["token"], "token": {"id": _need(auth, "token")}}
    if kind == "oidcaccesstoken":  # Dicot takes a bearer token of Kubernetes in the place of its own
        return {"methods": ["token"], "token": {"id": _need(auth, "access_token")}}
    if kind in {"", "password"}:
        return {"methods": ["password"], "password": {"user": {**_user(auth), "password": _need(auth, "password")}}}
    raise LoginError(f"auth_type {auth_type!r} is not supported: use password, applicationcredential or token")


def scope(auth: Json) -> Json | None:
    """Return the project that is asked for; None leaves it to the credential, or to the user's default project."""
    if auth.get("project_id") or auth.get("tenant_id"):
        return {"project": {"id": auth.get("project_id") or auth.get("tenant_id")}}
    name = auth.get("project_name") or auth.get("tenant_name")
    return {"project": {"name": name, "domain": _domain(auth, "project")}} if name else None


async def fetch(found: Json, lifetime_s: int | None) -> Json:
    """Log in and return the kubeconfig; LoginError says what the cloud answered."""
    auth = found["auth"]
    proof = identity(str(found.get("auth_type") or ""), auth)
    request: Json = {"auth": {"identity": proof}}
    wanted = scope(auth)
    if wanted is not None and "application_credential" not in proof["methods"]:
        request["auth"]["scope"] = wanted
    base = _need(auth, "auth_url").rstrip("/")
    base = base if base.endswith("/v3") else f"{base}/v3"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(ssl=_tls(found))) as http:
            _, headers = await _post(http, f"{base}/auth/tokens", request, {})
            token = {"X-Auth-Token": headers.get("X-Subject-Token", "")}
            body: Json = {"kubeconfig": {"lifetime_s": lifetime_s} if lifetime_s else {}}
            answer, _ = await _post(http, f"{base}/OS-DICOT/kubeconfig", body, token)
    except (aiohttp.ClientError, OSError) as error:
        raise LoginError(f"{base} does not answer: {error or type(error).__name__}") from error
    return answer["kubeconfig"]


async def _post(http: aiohttp.ClientSession, url: str, body: Json, headers: Json) -> tuple[Json, Mapping[str, str]]:
    async with http.post(url, json=body, headers=headers) as response:
        if response.status != 201:
            raise LoginError(f"{url}: {response.status} {await _told(response)}")
        return await response.json(content_type=None), response.headers


async def _told(response: aiohttp.ClientResponse) -> str:
    try:
        return str((await response.json(content_type=None))["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason or ""


def _tls(found: Json) -> ssl.SSLContext | bool:
    insecure = str(found.get("insecure", "")).lower() in {"1", "true", "yes"}
    if insecure or str(found.get("verify", "")).lower() in {"0", "false", "no"}:
        return False
    return ssl.create_default_context(cafile=found["cacert"]) if found.get("cacert") else True
