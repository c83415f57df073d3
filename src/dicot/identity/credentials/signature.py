"""AWS signatures, versions 2 and 4, as keystoneclient's Ec2Signer makes them. Pure.

Versions 0 and 1 sign with SHA-1, and not the whole request: nobody uses them any more, and they are refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

V4 = "AWS4-HMAC-SHA256"
S3_SERVICES = ("s3", "iam", "sts")
"""Which services' requests Keystone checks as S3's (keystone/api/s3tokens.py)."""


class Unreadable(ValueError):
    """The request is signed in no way that is known here."""


def of(secret: str, request: Json) -> str:
    """Return the signature that the holder of a key puts under a request; Unreadable if it is of no known sort."""
    params: Mapping[str, Any] = request.get("params") or {}
    headers: Mapping[str, str] = request.get("headers") or {}
    version = params.get("SignatureVersion")
    if version == "2":
        return _v2(secret, request, params)
    if version is not None:
        raise Unreadable(f"Unknown signature version: {version}")
    if headers.get("Authorization", "").startswith(V4) or params.get("X-Amz-Algorithm") == V4:
        return _v4(secret, request, params, headers)
    raise Unreadable("Unexpected signature format")


def of_text(secret: str, token: str) -> tuple[str, str]:
    """Return the signature of a text to sign (base64, as S3's services hand it on), and the time that stands in it.

    Only version 4: what S3's clients signed before was SHA-1. Unreadable if it is not that.
    """
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise Unreadable("Invalid EC2 signature.") from None
    lines = text.split("\n")
    scope = lines[2].split("/") if len(lines) == 4 else []
    known = len(scope) == 4 and scope[2] in S3_SERVICES and scope[3] == "aws4_request"
    if not known or lines[0] != V4 or not lines[1].startswith(scope[0]):
        raise Unreadable("Invalid EC2 signature.")
    return _hmac(_derived(secret, scope), text).hex(), lines[1]


def _derived(secret: str, scope: list[str]) -> bytes:
    """Return the key of a day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (*scope[:3], "aws4_request"):
        key = _hmac(key, part)
    return key


def _query(params: Mapping[str, Any]) -> str:
    return "&".join(f"{quote(key, safe='')}={quote(str(params[key]), safe='-_~')}" for key in sorted(params))


def _text(request: Json, key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise Unreadable(f"Expecting to find {key} in credentials")
    return value


def _v2(secret: str, request: Json, params: Mapping[str, Any]) -> str:
    lines = (_text(request, "verb"), _text(request, "host"), _text(request, "path"))
    signed = "\n".join((*lines, _query({**params, "SignatureMethod": "HmacSHA256"})))
    return base64.b64encode(_hmac(secret.encode(), signed)).decode()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _v4(secret: str, request: Json, params: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    def stated(name: str) -> str:
        if "Authorization" in headers:
            return headers["Authorization"].partition(f"{name}=")[2].split(",")[0]
        return str(params.get(f"X-Amz-{name}", ""))

    date = str(headers.get("X-Amz-Date") or params.get("X-Amz-Date") or "")
    scope = stated("Credential").split("/")[1:]
    if len(scope) < 3 or not date.startswith(scope[0]):
        raise Unreadable("Request date mismatch error")
    verb = _text(request, "verb").upper()
    given = {key.lower().strip(): value.strip() for key, value in headers.items()}
    signed_headers = stated("SignedHeaders")
    lines = [f"{name}:{given[name]}" for name in signed_headers.split(";") if name in given]
    query = "" if verb == "POST" else _query(params)
    canonical = "\n".join(
        (verb, _text(request, "path"), query, "\n".join(lines) + "\n", signed_headers, _text(request, "body_hash"))
    )
    text = "\n".join((V4, date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    return _hmac(_derived(secret, scope), text).hex()
