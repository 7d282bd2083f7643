"""Certificates as values: a root that is carried offline, an issuing key that works every day, and what they issue.

X.509 (RFC 5280), ECDSA P-256 with SHA-256. Nothing here touches a file; `folder` keeps them, the ledger knows what was issued.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.errors import TrustError

ROOT_DAYS, ISSUING_DAYS = 20 * 365, 2 * 365
DEVICE_DAYS = 90
CRL_DAYS = 90
"""A list is made anew with every revocation and once a week: so long HQ may be away before the broker lets nobody in any more."""
BACK = timedelta(minutes=5)
"""Certificates begin so much earlier than they were made: clocks differ."""
RESERVED = ("hq", "fleet", "claim")
CLAIM = "claim-"
"""Names of claim certificates begin with this."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Purpose(StrEnum):
    """What a certificate is for. A server's is for TLS servers alone, the others for TLS clients alone."""

    DEVICE = "device"
    CLAIM = "claim"
    HQ = "hq"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate that signs others, with its key. chain: what lies between it and a root of before (a cross-signed root)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """Its common name."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is for. hosts: names and addresses of a server."""

    name: str
    purpose: Purpose
    hosts: tuple[str, ...] = ()
    days: int = DEVICE_DAYS


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that counts no more: its serial number, and since when."""

    serial: int
    at: datetime


def make_root(name: str, now: datetime) -> Issuer:
    """Make a root certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key.public_key(), (now - BACK, now + timedelta(days=ROOT_DAYS)))
    return Issuer(_signing(builder, 2).sign(key, hashes.SHA256()), key)


def make_issuing(root: Issuer, name: str, now: datetime) -> Issuer:
    """Make an issuing certificate below a root; it can sign devices' certificates and nothing that signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(now + timedelta(days=ISSUING_DAYS), root.certificate.not_valid_after_utc)
    builder = _builder(_name(name), root.certificate.subject, key.public_key(), (now - BACK, until))
    return Issuer(_signing(builder, 0).add_extension(_authority_key(root), critical=False).sign(root.key, hashes.SHA256()), key, root.chain)


def cross_sign(old: Issuer, new: Issuer, now: datetime) -> x509.Certificate:
    """Return the new root's name and key, signed by the old root: who knows the old one alone believes what the new one signs."""
    until = min(old.certificate.not_valid_after_utc, new.certificate.not_valid_after_utc)
    builder = _builder(new.certificate.subject, old.certificate.subject, new.key.public_key(), (now - BACK, until))
    return _signing(builder, 1).add_extension(_authority_key(old), critical=False).sign(old.key, hashes.SHA256())


def issue(issuer: Issuer, subject: Subject, public: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
    """Return a certificate over a public key. Raises TrustError for a name that cannot be, or an issuer that has ended."""
    check_name(subject)
    until = min(now + timedelta(days=subject.days), issuer.certificate.not_valid_after_utc)
    if until <= now:
        raise TrustError("the issuing certificate has expired: `kiosk hq ca rotate issuing`, with the root key at hand")
    server = subject.purpose is Purpose.SERVER
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(_name(subject.name), issuer.certificate.subject, public, (now - BACK, until))
    builder = (builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
               .add_extension(_key_usage(signs=False), critical=True)
               .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
               .add_extension(_authority_key(issuer), critical=False))
    if server:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in subject.hosts]), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def check_name(subject: Subject) -> None:
    """Raise TrustError when a name cannot be given for this purpose: it is what the broker's rules go by."""
    name, purpose = subject.name, subject.purpose
    if purpose is Purpose.SERVER:
        if not subject.hosts:
            raise TrustError(f"server {name!r} has no host name or address that its certificate could be for")
        return
    if not _NAME.fullmatch(name):
        raise TrustError(f"{name!r} may hold a-z, 0-9, dot, dash and underscore only")
    if (purpose is Purpose.HQ) != (name == "hq") or (purpose is Purpose.CLAIM) != name.startswith(CLAIM):
        raise TrustError(f"the name {name!r} is not for a {purpose}")
    if purpose is Purpose.DEVICE and name in RESERVED:
        raise TrustError(f"the name {name!r} is kept for HQ's own topics: give the device another id")


def read_request(text: str) -> tuple[str, ec.EllipticCurvePublicKey]:
    """Return (common name, public key) of a certificate request (PKCS #10, PEM) whose key has signed it. Raises TrustError."""
    try:
        request = x509.load_pem_x509_csr(text.encode())
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        sound, key = request.is_signature_valid, request.public_key()
    except (ValueError, TypeError, InvalidSignature) as error:
        raise TrustError("the certificate request cannot be read") from error
    if not sound:
        raise TrustError("the certificate request is not signed by its own key")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TrustError("the certificate request has another key than ECDSA P-256")
    if len(names) != 1:
        raise TrustError("the certificate request has not one common name")
    return str(names[0].value), key


def make_crl(issuer: Issuer, revoked: Iterable[Revoked], number: int, now: datetime) -> x509.CertificateRevocationList:
    """Return an issuer's list of what it has revoked. number: grows with each list."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject).last_update(now - BACK)
               .next_update(now + timedelta(days=CRL_DAYS)).add_extension(x509.CRLNumber(number), critical=False)
               .add_extension(_authority_key(issuer), critical=False))
    for entry in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at).build())
    return builder.sign(issuer.key, hashes.SHA256())


def pem(certificates: Sequence[x509.Certificate]) -> str:
    """Return certificates as PEM, one after the other."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def sign(issuer: Issuer, message: bytes) -> bytes:
    """Return the issuing key's ECDSA signature (SHA-256, DER) over a message: what a device can check with its root alone."""
    return issuer.key.sign(message, ec.ECDSA(hashes.SHA256()))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey,
             life: tuple[datetime, datetime]) -> x509.CertificateBuilder:
    begin, end = (moment.astimezone(UTC).replace(tzinfo=None, microsecond=0) for moment in life)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
            .not_valid_before(begin).not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False))


def _signing(builder: x509.CertificateBuilder, below: int) -> x509.CertificateBuilder:
    return (builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
            .add_extension(_key_usage(signs=True), critical=True))


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=not signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
                         key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False)


def _authority_key(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
