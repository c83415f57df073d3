"""A certificate authority for tests: PEM texts for a server on 127.0.0.1 and for clients."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("test authority")
        self.pem = self._sign(self.name, self.key.public_key(), ca=True)

    def issue(self, common: str) -> tuple[str, str]:
        """Return certificate and key for `common`, also valid as a server on 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        form, cipher = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, form, cipher).decode()
        return self._sign(_name(common), key.public_key(), ca=False), pem

    def _sign(self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> str:
        now = datetime.datetime.now(datetime.UTC)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            x509.CertificateBuilder(self.name, subject, public, x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(own, critical=False)
        )
        if not ca:
            names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("kubernetes")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signed = builder.sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()
