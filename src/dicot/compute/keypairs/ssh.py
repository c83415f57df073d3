"""SSH keys as such: made, and read. Knows neither OpenStack nor Kubernetes."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_BITS = 2048
_COMMENT = "Generated-by-Dicot"


def fingerprint(public_key: str) -> str:
    """Return the MD5 fingerprint of a key in OpenSSH's format, as Nova shows it; ValueError if it is none."""
    try:
        serialization.load_ssh_public_key(public_key.encode())
        blob = base64.b64decode(public_key.split(" ")[1])
    except (ValueError, IndexError, UnsupportedAlgorithm, binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not an SSH public key") from error
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def generate() -> tuple[str, str]:
    """Make an RSA key, as Nova does: the private key in PEM (PKCS#1), the public key in OpenSSH's format."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} {_COMMENT}"
