"""Certificates for loopback: one authority, and what it signs for servers and for clients."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)
_LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def write_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a private key and keep it as PEM, for its owner only."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    return key


def write_public(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Keep the public half of a key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))


class Authority:
    """A certificate authority in a folder: `ca.crt`, and a `.crt` and a `.key` for each name it signs."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "ca.crt"
        self._key = write_key(folder / "ca.key")
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self._write(self.path, made)

    @property
    def pem(self) -> bytes:
        """Return the authority's own certificate."""
        return self.path.read_bytes()

    def server(self, file: str, *names: str) -> tuple[Path, Path]:
        """Sign for a server on 127.0.0.1 that is also known by these DNS names; returns certificate and key."""
        alternatives = x509.SubjectAlternativeName([_LOOPBACK, *(x509.DNSName(one) for one in ("localhost", *names))])
        return self._sign(file, file, (), ExtendedKeyUsageOID.SERVER_AUTH, alternatives)

    def client(self, file: str, user: str, *groups: str) -> tuple[Path, Path]:
        """Sign for a client that Kubernetes knows as this user in these groups; returns certificate and key."""
        return self._sign(file, user, groups, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def _sign(
        self,
        file: str,
        common: str,
        groups: tuple[str, ...],
        use: x509.ObjectIdentifier,
        more: x509.ExtensionType | None,
    ) -> tuple[Path, Path]:
        certificate, path = self.folder / f"{file}.crt", self.folder / f"{file}.key"
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])
        made = self._builder(subject, write_key(path)).add_extension(x509.ExtendedKeyUsage([use]), False)
        self._write(certificate, made.add_extension(more, False) if more is not None else made)
        return certificate, path

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
        )

    def _write(self, path: Path, made: x509.CertificateBuilder) -> None:
        path.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
