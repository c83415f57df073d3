"""Certificates as keypairs: made, and read. Knows neither OpenStack nor Kubernetes."""

from __future__ import annotations

import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dicot.compute.keypairs.ssh import RSA_BITS

DAYS = 3650
PRINCIPAL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""By which Windows knows whose certificate it is."""
_UTF8_STRING, _SHORT_MAX = 0x0C, 127


def fingerprint(certificate: str) -> str:
    """Return the SHA-1 fingerprint of a certificate in PEM, as Nova shows it; ValueError if it is none."""
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA1()).hex(":")  # noqa: S303


def generate(user_id: str) -> tuple[str, str]:
    """Make a certificate to log in to WinRM with, as Nova does: key and certificate in PKCS#12 and base64; in PEM.

    ValueError for a user whose name a certificate cannot hold.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_principal(f"{user_id}@localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    both = pkcs12.serialize_key_and_certificates(None, key, certificate, None, serialization.NoEncryption())
    return base64.b64encode(both).decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def _principal(text: str) -> x509.OtherName:
    encoded = text.encode()
    if len(encoded) > _SHORT_MAX:
        raise ValueError(f"{text} is longer than {_SHORT_MAX} bytes")
    return x509.OtherName(PRINCIPAL_NAME, bytes([_UTF8_STRING, len(encoded)]) + encoded)
