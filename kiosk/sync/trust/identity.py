"""Who this device is: a key that was made here and never leaves, the certificate over it, and the roots that it believes.

Everything lies in one folder of mode 0700, in files of mode 0600: `device.pem` (key and chain together, so that both change at once),
`next.key` while a certificate is asked for, `roots.pem`, `hq.pub`. Where systemd hands over a credential `identity.key`
(LoadCredentialEncrypted= seals it to the machine's TPM), keys lie here encrypted under it. A key inside the TPM itself would take this
module's place behind the same calls.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kiosk.errors import TrustError
from kiosk.sync.trust.signature import public_key
from kiosk.wire import claims

CREDENTIAL = "identity.key"
DEVICE, NEXT, ROOTS, HQ_KEY = "device.pem", "next.key", "roots.pem", "hq.pub"
RENEW_AT = 2 / 3
"""A certificate is renewed when so much of its life is over."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says."""

    name: str
    begins: datetime
    ends: datetime
    serial: str


class Identity:
    """The folder of one device's key, certificate and roots."""

    def __init__(self, folder: Path, credentials: str = "") -> None:
        """credentials: systemd's folder of credentials, "" where there is none."""
        self.folder = folder
        handed = Path(credentials) / CREDENTIAL
        self.passphrase = hashlib.sha256(handed.read_bytes()).hexdigest() if credentials and handed.exists() else ""

    @property
    def file(self) -> Path:
        """The file of key and certificate, for TLS."""
        return self.folder / DEVICE

    @property
    def roots(self) -> Path:
        """The file of the roots that are believed, for TLS."""
        return self.folder / ROOTS

    @property
    def hq_key(self) -> str:
        """HQ's public signing key as it was claimed (base64), "" before."""
        path = self.folder / HQ_KEY
        return path.read_text().strip() if path.exists() else ""

    def certificate(self) -> Certificate | None:
        """Return what this device's certificate says, None before it has one."""
        if not self.file.exists():
            return None
        return told(_certificates(self._read(self.file), self.file)[0])

    def due(self, now: datetime) -> bool:
        """Whether two thirds of the certificate's life are over."""
        held = self.certificate()
        return held is not None and now >= held.begins + RENEW_AT * (held.ends - held.begins)

    def request(self, device: str) -> str:
        """Return a certificate request (PKCS #10, PEM) over the next key, which is made when there is none."""
        path = self.folder / NEXT
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            self._write(NEXT, self._key_pem(key))
        made = x509.CertificateSigningRequestBuilder().subject_name(_name(device)).sign(self._load(path), hashes.SHA256())
        return made.public_bytes(Encoding.PEM).decode()

    def waiting_key(self) -> str:
        """Return the fingerprint of the next key, "" when no certificate is asked for."""
        path = self.folder / NEXT
        return fingerprint(self._load(path).public_key()) if path.exists() else ""

    def accept(self, device: str, answer: claims.ClaimAnswer, believed: str) -> None:
        """Take HQ's answer to a claim. believed: the roots (PEM) that came with the claim. Raises TrustError when it does not hold."""
        chain = _certificates(answer.chain.encode(), "HQ's answer")
        check_chain(chain, _certificates(believed.encode(), "the claim's roots"))
        vouched = claims.vouched(device, answer.hq_key, answer.roots)
        if len(chain) < 2 or not _signed(chain[1], vouched, answer.voucher):
            raise TrustError("HQ's answer is not vouched for by the key that issues certificates: nothing was kept; tell HQ")
        public_key(answer.hq_key)
        check_chain(chain, _certificates(answer.roots.encode(), "HQ's roots"))
        self._write(HQ_KEY, answer.hq_key + "\n")
        self._write(ROOTS, answer.roots)
        self.install(device, answer.chain)

    def install(self, device: str, chain: str) -> None:
        """Take a certificate over the next key. Raises TrustError when it is another device's, another key's, or of no known root."""
        certificates = _certificates(chain.encode(), "HQ's answer")
        key = self._load(self.folder / NEXT)
        if told(certificates[0]).name != device:
            raise TrustError(f"HQ answered with a certificate of {told(certificates[0]).name!r}, not of {device!r}")
        if certificates[0].public_key() != key.public_key():
            raise TrustError("HQ answered with a certificate over another key than this device's")
        check_chain(certificates, _certificates(self._read(self.roots), self.roots))
        self._write(DEVICE, self._key_pem(key) + _pem(certificates))
        (self.folder / NEXT).unlink()

    def believe(self, roots: str) -> None:
        """Take the roots that count from now on, which HQ has signed. Raises TrustError when they would leave this device without HQ."""
        offered = _certificates(roots.encode(), "HQ's roots")
        if any(certificate.issuer != certificate.subject for certificate in offered):
            raise TrustError("HQ announced something that is no root")
        check_chain(_certificates(self._read(self.file), self.file), offered)
        self._write(ROOTS, _pem(offered))

    def sign(self, message: bytes) -> tuple[str, str]:
        """Return this device's signature over a message (ECDSA, SHA-256, base64) and the certificates (PEM) to check it with."""
        signature = self._load(self.file).sign(message, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode(), _pem(_certificates(self._read(self.file), self.file))

    def _load(self, path: Path) -> ec.EllipticCurvePrivateKey:
        raw = self._read(path)
        try:
            key = load_pem_private_key(raw, self.passphrase.encode() or None)
        except (ValueError, TypeError) as error:
            raise TrustError(f"{path} is damaged, or its credential {CREDENTIAL} is another: `kiosk provision` with a new code") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TrustError(f"{path} holds no ECDSA key: remove it, then `kiosk provision`")
        return key

    def _read(self, path: Path) -> bytes:
        try:
            if path.stat().st_mode & 0o077:
                raise TrustError(f"{path} can be read by others: `chmod 600 {path}`")
            return path.read_bytes()
        except OSError as error:
            raise TrustError(f"{path}: {error.strerror}; `kiosk provision` gives this device its certificate") from error

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.folder / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        owner = self.folder.stat()
        if os.geteuid() == 0 and owner.st_uid:  # provisioned by root for the services' own user
            os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.rename(self.folder / name)

    def _key_pem(self, key: ec.EllipticCurvePrivateKey) -> str:
        sealed = BestAvailableEncryption(self.passphrase.encode()) if self.passphrase else NoEncryption()
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


def believed_by_claim(claim: Path) -> str:
    """Return the roots (PEM) that lie in a claim file. Raises TrustError when it holds none."""
    try:
        certificates = x509.load_pem_x509_certificates(claim.read_bytes())
    except OSError as error:
        raise TrustError(f"{claim}: {error.strerror}: copy the claim file that HQ wrote (`kiosk hq ca issue --claim`)") from error
    except ValueError as error:
        raise TrustError(f"{claim} is no claim file: copy it anew from HQ") from error
    roots = [certificate for certificate in certificates if certificate.issuer == certificate.subject]
    if not roots:
        raise TrustError(f"{claim} names no root: copy it anew from HQ")
    return _pem(roots)


def check_chain(chain: list[x509.Certificate], roots: list[x509.Certificate]) -> None:
    """Raise TrustError unless each certificate is signed by the next, and one of them by a root."""
    for at, certificate in enumerate(chain):
        if any(_issued_by(certificate, root) for root in roots):
            return
        if at + 1 == len(chain) or not _issued_by(certificate, chain[at + 1]):
            break
    raise TrustError("the certificate leads to no root that this device believes: nothing was kept; tell HQ")


def told(certificate: x509.Certificate) -> Certificate:
    """Return what a certificate says."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Certificate(str(names[0].value) if names else "", certificate.not_valid_before_utc, certificate.not_valid_after_utc,
                       f"{certificate.serial_number:x}")


def fingerprint(public: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo, DER) in hexadecimal."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca


def _signed(issuer: x509.Certificate, message: bytes, signature: str) -> bool:
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _certificates(raw: bytes, where: object) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(raw)
    except ValueError as error:
        raise TrustError(f"{where} holds no certificate that can be read") from error


def _pem(certificates: list[x509.Certificate]) -> str:
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
