"""Credentials from a program, as kubeconfig's `exec` describes (client.authentication.k8s.io/v1 and v1beta1).

Runs the program without a terminal, keeps its answer until it expires.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from dicot.kube import Json
from dicot.kube.errors import Unauthorized

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
TIMEOUT_S = 60.0
EXPIRES_EARLY_S = 10.0  # renewed this long before the end, so that no request starts with a token about to die


class ExecCredential(msgspec.Struct, frozen=True):
    """What the program gave: a token, a client certificate, or both; `expires_at` in Unix seconds."""

    token: str | None = None
    cert_pem: str | None = None
    key_pem: str | None = None
    expires_at: float | None = None


class ExecPlugin:
    """One `exec` entry of a kubeconfig, with the answer it keeps."""

    def __init__(self, spec: Json) -> None:
        self.api_version = str(spec.get("apiVersion") or API_VERSIONS[0])
        self.command = [str(spec.get("command") or ""), *map(str, spec.get("args") or [])]
        self.environment = {entry["name"]: str(entry["value"]) for entry in spec.get("env") or []}
        self._kept: ExecCredential | None = None
        self._lock = asyncio.Lock()
        self._tls: tuple[Any, ssl.SSLContext] | None = None

    async def credential(self, renew: bool = False) -> ExecCredential:
        """Return a credential that is still valid, running the program when none is; raise Unauthorized if it fails."""
        before = self._kept
        async with self._lock:
            # Whoever waited for the lock after a 401 takes what the first in line has renewed.
            asked_anew = renew and self._kept is before
            if self._kept is None or asked_anew or _expired(self._kept):
                self._kept = await self._run()
            return self._kept

    def keep(self, pair: Any, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """Return the TLS settings made for this certificate pair, making them only when the pair is new."""
        if self._tls is None or self._tls[0] != pair:
            self._tls = (pair, make())
        return self._tls[1]

    async def _run(self) -> ExecCredential:
        if self.api_version not in API_VERSIONS:
            raise Unauthorized(f"exec credential plugin: apiVersion {self.api_version} is not supported")
        info = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
        environment = {**os.environ, **self.environment, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}
        output = await _output(self.command, environment)
        try:
            answer = msgspec.json.decode(output, type=dict[str, Any])
            return _credential(answer["status"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            raise Unauthorized(f"exec credential plugin {self.command[0]}: no ExecCredential in its output") from error


async def _output(command: list[str], environment: dict[str, str]) -> bytes:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise Unauthorized(f"exec credential plugin {command[0]!r}: {error.strerror}") from error
    try:
        output, complaint = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    except TimeoutError:
        raise Unauthorized(f"exec credential plugin {command[0]}: no answer within {TIMEOUT_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        sentence = complaint.decode("utf-8", "replace").strip()[-500:]
        raise Unauthorized(f"exec credential plugin {command[0]} failed ({process.returncode}): {sentence}")
    return output


def _credential(status: Json) -> ExecCredential:
    expires = status.get("expirationTimestamp")
    got = ExecCredential(
        status.get("token") or None,
        status.get("clientCertificateData") or None,
        status.get("clientKeyData") or None,
        datetime.fromisoformat(expires).timestamp() if expires else None,
    )
    if not got.token and not (got.cert_pem and got.key_pem):
        raise ValueError("neither a token nor a client certificate with its key")
    return got


def _expired(kept: ExecCredential) -> bool:
    return kept.expires_at is not None and time.time() >= kept.expires_at - EXPIRES_EARLY_S
