"""A self-signed certificate for the HTTPS port: clients as kubectl send their token over TLS only."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=3650)


def ensure(path: Path, host: str) -> None:
    """Write a key and a certificate for this address to a PEM file, unless it is there."""
    if path.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dicot development cluster")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(host))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    fresh = path.with_suffix(".new")  # a kill must not leave half of it for ever
    fresh.touch(mode=0o600)
    fresh.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    fresh.replace(path)


def public(path: Path) -> bytes:
    """Return the certificate alone, as PEM: what clients trust."""
    found = x509.load_pem_x509_certificates(path.read_bytes())
    return found[0].public_bytes(serialization.Encoding.PEM)
