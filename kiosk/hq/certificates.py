"""Acts of HQ's certificate authority. Each is written into the ledger and its audit, and reaches the broker's folder before it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.domain.orders import CertificateIssued, TrustAnnounced
from kiosk.errors import HqError, TrustError
from kiosk.hq import downbox
from kiosk.hq.ledger import catalogue, facts, fleet, trust
from kiosk.hq.ledger.store import Db
from kiosk.hq.rules import rules
from kiosk.hq.stamp import Stamp, milliseconds
from kiosk.hq.trust.authority import Purpose, Revoked, Subject, read_request
from kiosk.hq.trust.folder import RESTART, SERVER_FILE, Authority, Issued, Own, write_file
from kiosk.sync.trust.identity import RENEW_AT

REFRESH_MS = 7 * 24 * 3600 * 1000
"""The list of revoked certificates is made anew so often, changed or not: it says itself until when it may be believed."""


def init(db: Db, ca: Authority, root: tuple[Path, str], stamp: Stamp, who: str) -> None:
    """Make the authority and HQ's own certificate. root: (folder of the root key, its passphrase or "")."""
    ca.init(root[0], stamp.moment, root[1])
    catalogue.note(db, (stamp.at_ms, who, "ca_init", "root", "", str(root[0])))
    give_broker(db, ca, stamp)


def issue(db: Db, ca: Authority, subject: Subject, stamp: Stamp, who: str) -> tuple[Issued, str]:
    """Issue a certificate over a key that is made here: for HQ, the broker, a claim or a test. Returns it with its key (PEM)."""
    made, key = ca.issue_with_key(subject, stamp.moment)
    _write_down(db, made, stamp, who)
    if subject.purpose is Purpose.SERVER:
        ca.give_broker_server(made, key)
    give_broker(db, ca, stamp)
    return made, key


def sign_request(db: Db, ca: Authority, device: str, request: str, stamp: Stamp) -> Issued:
    """Issue a device's certificate over the key of its own request. Raises TrustError for a request that is another's or unsound."""
    name, public = read_request(request)
    if name != device:
        raise HqError(f"device {device} asked for a certificate of {name!r}")
    made = ca.issue(Subject(device, Purpose.DEVICE), public, stamp.moment)
    _write_down(db, made, stamp, device)
    return made


def answer_requests(db: Db, ca: Authority, stamp: Stamp) -> None:
    """Answer the devices that ask for their next certificate; one that was revoked, or asks for another name, is alarmed."""
    for row in trust.asked(db):
        device = row["device"]
        trust.answered(db, device)
        try:
            if not trust.living(db, device, stamp.at_ms):
                raise HqError("it has no certificate that counts")
            made = sign_request(db, ca, device, row["request"], stamp)
        except (HqError, TrustError) as error:
            facts.alarm(db, "renewal_refused", device, str(error), stamp.at_ms)
            continue
        downbox.put(db, device, row["epoch"], CertificateIssued(made.chain), stamp)


def renew_own(db: Db, ca: Authority, hq_file: Path | None, stamp: Stamp) -> bool:
    """Renew the broker's certificate, and HQ's own in `hq_file`, at two thirds of their life, and while a root is being changed.

    Return whether one was. The broker reads its folder again; HQ's file is read at its next connection, until when the present one stands.
    """
    due = []
    server, hq = ca.own(ca.broker / SERVER_FILE), ca.own(hq_file)
    if server is not None and _is_due(ca, server, stamp):
        due.append(Subject(server.name, Purpose.SERVER, server.hosts))
    if hq is not None and hq.name == "hq" and _is_due(ca, hq, stamp):
        due.append(Subject("hq", Purpose.HQ))
    for subject in due:
        made, key = issue(db, ca, subject, stamp, "hq")
        if subject.purpose is Purpose.HQ and hq_file is not None:
            write_file(hq_file, key + made.chain, 0o600)
    return bool(due)


def _is_due(ca: Authority, own: Own, stamp: Stamp) -> bool:
    changing = len(ca.roots()) > 1 and own.issuer != ca.issuers()[-1].name
    return changing or stamp.moment >= own.begins + RENEW_AT * (own.ends - own.begins)


def revoke(db: Db, ca: Authority, name: str, stamp: Stamp, who: str) -> int:
    """Revoke all certificates of a name; the broker refuses them, and its sessions, once it has read its folder. Returns how many."""
    count = trust.revoke(db, name, stamp.at_ms)
    if not count:
        raise HqError(f"{name} has no certificate that counts: `kiosk hq ca status` lists them")
    catalogue.note(db, (stamp.at_ms, who, "ca_revoke", name, str(count), "0"))
    fleet.let_go(db, name, stamp.at_ms)  # its last will is refused too: nobody else says that it is gone
    give_broker(db, ca, stamp)
    return count


def rotate_issuing(db: Db, ca: Authority, root: tuple[Path, str], stamp: Stamp, who: str) -> None:
    """Issue with a new key from now on. The former key's certificates count until they end: nothing has to be told to anybody."""
    ca.rotate_issuing(root[0], stamp.moment, root[1])
    _note_rotation(db, ca, "issuing", stamp, who)


def rotate_root(db: Db, ca: Authority, folders: tuple[Path, Path, str], stamp: Stamp, who: str) -> None:
    """Begin to change the root: both are believed, every device is told and renews. folders: (present root, new root, passphrase)."""
    ca.rotate_root(folders[0], folders[1], stamp.moment, folders[2])
    _note_rotation(db, ca, "root", stamp, who)
    announce(db, ca, stamp, renew=True)


def finish_rotation(db: Db, ca: Authority, stamp: Stamp, who: str) -> list[str]:
    """Stop believing the former root, once nothing that counts hangs on it; returns the names of what was dropped."""
    present = ca.issuers()[-1].name
    rows = [row for row in trust.certificates(db, stamp.at_ms) if row["revoked_ms"] is None]
    for row in rows:
        if row["purpose"] == Purpose.CLAIM and row["issuer"] != present:
            trust.revoke(db, row["name"], stamp.at_ms)  # a claim file ends with the root that it names: issue new ones
    rows = [row for row in rows if row["purpose"] != Purpose.CLAIM or row["issuer"] == present]
    newest: dict[str, str] = {}
    for row in reversed(rows):
        newest[row["name"]] = row["issuer"]
    dropped = ca.finish(newest.values())
    catalogue.note(db, (stamp.at_ms, who, "ca_rotate", "finish", ", ".join(dropped), ""))
    give_broker(db, ca, stamp)
    announce(db, ca, stamp, renew=False)
    return dropped


def announce(db: Db, ca: Authority, stamp: Stamp, *, renew: bool) -> None:
    """Tell every device, also one that is yet to come, which roots count now; renew: each asks for a new certificate at once."""
    version = int(trust.setting(db, "roots_version") or "0") + 1
    trust.put_setting(db, "roots_version", str(version))
    downbox.put_roots(db, TrustAnnounced(version, ca.roots_text(), renew), stamp)


def give_broker(db: Db, ca: Authority, stamp: Stamp) -> None:
    """Write the broker's folder anew. Where a reload is not enough (other roots, or a name that counts again), `restart` changes."""
    denied, roots = trust.denied(db, stamp.at_ms), ca.roots_text()
    number = int(trust.setting(db, "crl_number") or "0") + 1
    revoked: dict[str, list[Revoked]] = {}
    for row in trust.revoked(db, stamp.at_ms):
        moment = datetime.fromtimestamp(row["revoked_ms"] / 1000, UTC)
        revoked.setdefault(row["issuer"], []).append(Revoked(int(row["serial"], 16), moment))
    ca.broker.mkdir(parents=True, exist_ok=True, mode=0o750)
    before = set(trust.setting(db, "denied").split())
    if not before <= set(denied) or trust.setting(db, "roots") != roots:
        write_file(ca.broker / RESTART, f"{number}\n", 0o644)
    # The list of revoked certificates is written last: who waits for it finds the rest.
    ca.give_broker(revoked, rules(trust.claimers(db, stamp.at_ms), denied), number, stamp.moment)
    for key, value in (("crl_number", str(number)), ("denied", " ".join(denied)), ("roots", roots), ("given_ms", str(stamp.at_ms))):
        trust.put_setting(db, key, value)


def refresh_due(db: Db, at_ms: int) -> bool:
    """Return whether the broker's list of revoked certificates is a week old."""
    given = trust.setting(db, "given_ms")
    return bool(given) and at_ms - int(given) >= REFRESH_MS


def _write_down(db: Db, made: Issued, stamp: Stamp, who: str) -> None:
    row = (made.serial, made.name, str(made.purpose), made.issuer, made.key, milliseconds(made.begins), milliseconds(made.ends))
    before = trust.living(db, made.name, stamp.at_ms)
    trust.add_certificate(db, row, stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "ca_issue", made.name, before[0]["serial"] if before else "", made.serial))


def _note_rotation(db: Db, ca: Authority, what: str, stamp: Stamp, who: str) -> None:
    catalogue.note(db, (stamp.at_ms, who, "ca_rotate", what, "", f"{len(ca.issuers())} issuing keys"))
    give_broker(db, ca, stamp)
