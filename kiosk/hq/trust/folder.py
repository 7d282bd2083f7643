"""Where HQ's certificate authority lies, and what the broker is given.

<hq>/ca/roots.pem              the roots that are believed, newest first: one, or two while a root is being changed
<hq>/ca/issuing-<n>.pem, .key  issuing certificates with what lies below a former root; the highest number issues, the others only revoke
<hq>/ca/broker/                what the broker reads: ca.pem, crl.pem, server.pem (key and chain together: both change at once), acl,
                               and `restart`, whose text changes when a reload is not enough
<root folder>/root.pem, .key   the root, made to be carried away; encrypted under a passphrase where one is given
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kiosk.errors import TrustError
from kiosk.hq.trust import authority
from kiosk.hq.trust.authority import Issuer, Purpose, Revoked, Subject
from kiosk.sync.trust.identity import fingerprint

FOLDER, BROKER = "ca", "broker"
ROOTS = "roots.pem"
ROOT_CERTIFICATE, ROOT_KEY = "root.pem", "root.key"
CA_FILE, CRL_FILE, ACL_FILE = "ca.pem", "crl.pem", "acl"
SERVER_FILE, RESTART = "server.pem", "restart"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was issued. chain: it and what lies below a root, PEM; key: fingerprint of its public key; serial: hexadecimal."""

    name: str
    purpose: Purpose
    serial: str
    issuer: str
    key: str
    begins: datetime
    ends: datetime
    chain: str


@dataclass(frozen=True, slots=True)
class Own:
    """What a certificate of HQ's own says: the broker's with its hosts, or HQ's."""

    name: str
    issuer: str
    hosts: tuple[str, ...]
    begins: datetime
    ends: datetime


class Authority:
    """The certificate authority in HQ's folder. What it issued is the ledger's matter."""

    def __init__(self, hq: Path) -> None:
        """Name the folder; nothing is read before it is needed."""
        self.folder = hq / FOLDER
        self.broker = self.folder / BROKER

    @property
    def exists(self) -> bool:
        """Whether `init` was ever called here."""
        return (self.folder / ROOTS).exists()

    def init(self, root_folder: Path, now: datetime, passphrase: str = "") -> None:
        """Make a root in `root_folder` and an issuing key below it. Raises TrustError when there is an authority already."""
        if self.exists:
            raise TrustError(f"{self.folder} holds an authority already; `kiosk hq ca rotate` changes its keys")
        root = authority.make_root(f"Kiosk root {now:%Y-%m-%d}", now)
        write_root(root_folder, root, passphrase)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._add_issuing(root, now)
        write_file(self.folder / ROOTS, authority.pem([root.certificate]), 0o644)

    def roots(self) -> list[x509.Certificate]:
        """Return the roots that are believed, newest first."""
        return x509.load_pem_x509_certificates(self._read(self.folder / ROOTS))

    def issuers(self) -> list[Issuer]:
        """Return the issuing keys, the one that issues last."""
        found = []
        for path in sorted(self.folder.glob("issuing-*.pem"), key=_number):
            chain = x509.load_pem_x509_certificates(self._read(path))
            found.append(Issuer(chain[0], _load_key(path.with_suffix(".key"), ""), tuple(chain[1:])))
        if not found:
            raise TrustError(f"{self.folder} holds no issuing key: `kiosk hq ca init`")
        return found

    def issue(self, subject: Subject, public: ec.EllipticCurvePublicKey, now: datetime) -> Issued:
        """Issue a certificate with the newest issuing key."""
        issuer = self.issuers()[-1]
        made = authority.issue(issuer, subject, public, now)
        chain = authority.pem([made, issuer.certificate, *issuer.chain])
        return Issued(subject.name, subject.purpose, f"{made.serial_number:x}", _common_name(issuer.certificate),
                      fingerprint(public), made.not_valid_before_utc, made.not_valid_after_utc, chain)

    def issue_with_key(self, subject: Subject, now: datetime) -> tuple[Issued, str]:
        """Issue a certificate over a key that is made here, and return it with the key as PEM: for HQ, its broker, and claims."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self.issue(subject, key.public_key(), now), _key_pem(key, "")

    def vouch(self, message: bytes) -> bytes:
        """Return the newest issuing key's signature over a message."""
        return authority.sign(self.issuers()[-1], message)

    def rotate_issuing(self, root_folder: Path, now: datetime, passphrase: str = "") -> None:
        """Add a new issuing key below the present root. What the former one issued goes on to count until it ends or is revoked."""
        root = self._present_root(root_folder, passphrase)
        cross = self.issuers()[-1].chain
        self._add_issuing(Issuer(root.certificate, root.key, cross), now)

    def rotate_root(self, old_folder: Path, new_folder: Path, now: datetime, passphrase: str = "") -> None:
        """Make a new root, signed by the present one too, and an issuing key below it. Both roots are believed until `finish`."""
        if len(self.roots()) > 1:
            raise TrustError("a root is being changed already: `kiosk hq ca rotate finish` first")
        old = self._present_root(old_folder, passphrase)
        new = authority.make_root(f"Kiosk root {now:%Y-%m-%d %H:%M:%S}", now)
        write_root(new_folder, new, passphrase)
        self._add_issuing(Issuer(new.certificate, new.key, (authority.cross_sign(old, new, now),)), now)
        write_file(self.folder / ROOTS, authority.pem([new.certificate, old.certificate]), 0o644)

    def finish(self, in_use: Iterable[str]) -> list[str]:
        """Drop the former root, and issuing keys of which nothing is in use. in_use: names of issuers whose certificates still count.

        Returns the names of what was dropped. Raises TrustError while the former root is needed.
        """
        used, root = set(in_use), self.roots()[0]
        kept: list[tuple[Path, x509.Certificate, str]] = []
        dropped: list[tuple[Path, x509.Certificate, str]] = []
        for path in sorted(self.folder.glob("issuing-*.pem"), key=_number):
            certificate = x509.load_pem_x509_certificates(self._read(path))[0]
            name = _common_name(certificate)
            (kept if name in used or certificate == self.issuers()[-1].certificate else dropped).append((path, certificate, name))
        waiting = [name for _path, certificate, name in kept if certificate.issuer != root.subject]
        if waiting:
            raise TrustError(f"certificates of {', '.join(waiting)} are still in use: wait until the devices have renewed, or revoke them")
        former = [_common_name(certificate) for certificate in self.roots()[1:]]
        write_file(self.folder / ROOTS, authority.pem([root]), 0o644)
        for path, _certificate, _name in dropped:
            path.unlink()
            path.with_suffix(".key").unlink()
        if former:
            path, certificate, _name = kept[-1]
            write_file(path, authority.pem([certificate]), 0o644)  # what leads to the former root is of no use any more
        return [*former, *(name for _path, _certificate, name in dropped)]

    def give_broker(self, revoked: Mapping[str, Sequence[Revoked]], rules: str, number: int, now: datetime) -> None:
        """Write what the broker goes by. revoked: issuer's name -> what it revoked; rules: the access rules; number: of this list."""
        lists = [authority.make_crl(issuer, revoked.get(_common_name(issuer.certificate), ()), number, now) for issuer in self.issuers()]
        write_file(self.broker / CA_FILE, authority.pem(self.roots()), 0o644)
        write_file(self.broker / ACL_FILE, rules, 0o644)
        write_file(self.broker / CRL_FILE, "".join(made.public_bytes(Encoding.PEM).decode() for made in lists), 0o644)

    def give_broker_server(self, server: Issued, key: str) -> None:
        """Write the broker's own key and certificate: in one file, for it may start at any moment and refuses what is no pair."""
        self.broker.mkdir(parents=True, exist_ok=True, mode=0o750)
        write_file(self.broker / SERVER_FILE, key + server.chain, 0o600)

    def own(self, path: Path | None) -> Own | None:
        """Return what the certificate in a file says, None where there is none."""
        if path is None or not path.exists():
            return None
        found = x509.load_pem_x509_certificates(self._read(path))[0]
        try:
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            hosts = tuple(str(name.value) for name in names)
        except x509.ExtensionNotFound:
            hosts = ()
        issuer = str(found.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
        return Own(_common_name(found), issuer, hosts, found.not_valid_before_utc, found.not_valid_after_utc)

    def roots_text(self) -> str:
        """Return the believed roots as PEM, newest first."""
        return self._read(self.folder / ROOTS).decode()

    def _add_issuing(self, root: Issuer, now: datetime) -> None:
        number = max((_number(path) for path in self.folder.glob("issuing-*.pem")), default=0) + 1
        made = authority.make_issuing(root, f"Kiosk issuing {number}", now)
        write_file(self.folder / f"issuing-{number}.key", _key_pem(made.key, ""), 0o600)
        write_file(self.folder / f"issuing-{number}.pem", authority.pem([made.certificate, *made.chain]), 0o644)

    def _present_root(self, folder: Path, passphrase: str) -> Issuer:
        certificate = x509.load_pem_x509_certificate(self._read(folder / ROOT_CERTIFICATE))
        if certificate != self.roots()[0]:
            raise TrustError(f"{folder} holds another root than the one that HQ goes by: bring the newest")
        return Issuer(certificate, _load_key(folder / ROOT_KEY, passphrase))

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise TrustError(f"{path}: {error.strerror}; `kiosk hq ca init` makes an authority, a root is brought by --root") from error


def write_root(folder: Path, root: Issuer, passphrase: str) -> None:
    """Write a root's certificate and key into a folder, e.g. of a USB stick. Raises TrustError when one lies there already."""
    if (folder / ROOT_KEY).exists():
        raise TrustError(f"{folder} holds a root key already: name an empty folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(folder / ROOT_KEY, _key_pem(root.key, passphrase), 0o600)
    write_file(folder / ROOT_CERTIFICATE, authority.pem([root.certificate]), 0o644)


def write_file(path: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all, on the disk when this returns."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str) -> str:
    sealed = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


def _load_key(path: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    try:
        if path.stat().st_mode & 0o077:
            raise TrustError(f"{path} can be read by others: chmod 600 it")
        key = load_pem_private_key(path.read_bytes(), passphrase.encode() or None)
    except OSError as error:
        raise TrustError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise TrustError(f"{path} is damaged, or its passphrase (KIOSK_ROOT_PASSPHRASE) is another") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TrustError(f"{path} holds no ECDSA key")
    return key


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
