"""A certificate for this machine alone, made by the demo itself: browsers show frames of other sites only over https.

Not an authority for anything else: its key signs one certificate and is thrown away.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)
# One that ends sooner is replaced at the next start.
LEAST_LEFT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Certificate:
    """``server``: PEM file with key and certificate; ``authority``: what clients must trust."""

    server: Path
    authority: Path


def get_or_make(folder: Path, names: tuple[str, ...]) -> Certificate:
    """The folder's certificate for these host names and addresses; a new one if it has none that is good for longer."""
    found = Certificate(folder / "server.pem", folder / "authority.pem")
    if not _is_good(found, names):
        folder.mkdir(parents=True, exist_ok=True)
        _make(found, names)
    return found


def _is_good(found: Certificate, names: tuple[str, ...]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(found.server.read_bytes())
    except (OSError, ValueError):
        return False
    known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        found.authority.exists()
        and list(known) == _alternatives(names)
        and certificate.not_valid_after_utc - datetime.now(tz=UTC) > LEAST_LEFT
    )


def _make(target: Certificate, names: tuple[str, ...]) -> None:
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Demo of edx-proctoring: authority of this folder")
    authority = (
        _builder(issuer, issuer, authority_key.public_key(), authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name(names[0]), issuer, key.public_key(), authority_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    target.server.touch(mode=0o600)
    target.server.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    target.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(tz=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        # Python 3.13 refuses certificates without these two.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in names]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
