"""`kiosk hq ca`: who may speak. Certificates, store codes, claims, revocation, and changing the keys that sign."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kiosk.errors import HqError, TrustError
from kiosk.hq import certificates, claims
from kiosk.hq.ledger import trust
from kiosk.hq.ledger.store import Db, open_ledger
from kiosk.hq.stamp import Stamp, stamp
from kiosk.hq.trust import SigningKey
from kiosk.hq.trust.authority import CLAIM, DEVICE_DAYS, Purpose, Subject
from kiosk.hq.trust.folder import Authority, Issued, write_file
from kiosk.runtime import SystemClock, new_id

WHO = "command line"
Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
Act = Callable[[argparse.Namespace, Db, Authority, Stamp], int]


def add(command: Command) -> None:
    """Register the command."""
    parser = command("ca", _status, "certificates: init, issue, codes, claims, approve, revoke, rotate, status")
    acts = parser.add_subparsers(dest="ca_command", required=True, metavar="ACT")

    def act(name: str, run: Act, text: str) -> argparse.ArgumentParser:
        made = acts.add_parser(name, help=text)
        made.set_defaults(run=lambda args: _inside(args, run))
        return made

    root = {"type": Path, "metavar": "FOLDER", "help": "where the root key lies: a stick that is carried away (default: <folder>/ca/root)"}
    act("init", _init, "make a root and an issuing key").add_argument("--root", **root)  # type: ignore[arg-type]
    issuing = act("issue", _issue, "issue a certificate over a key that is made here")
    kind = issuing.add_mutually_exclusive_group(required=True)
    kind.add_argument("--server", nargs="+", metavar="HOST", help="the broker's own: its names and addresses")
    kind.add_argument("--hq", action="store_true", help="HQ's own link to the broker")
    kind.add_argument("--claim", action="store_true", help="a claim file, with which devices that have a store code ask for theirs")
    issuing.add_argument("--out", type=Path, metavar="FILE", help="key, chain and, for a claim, the roots (mode 600)")
    issuing.add_argument("--days", type=int, default=DEVICE_DAYS, help="default: %(default)s")
    codes = act("codes", _codes, "print one-time store codes")
    codes.add_argument("count", type=int)
    codes.add_argument("--store", default="store-1", help="whose devices claim with them (default: %(default)s)")
    codes.add_argument("--automatic", action="store_true", help="a printed list: nobody has to approve its devices")
    act("claims", _claims, "list the devices that wait for approval")
    act("approve", _approve, "approve a device that waits").add_argument("device")
    act("revoke", _revoke, "let a name in no more: its certificates, and sessions that stand").add_argument("name")
    rotating = act("rotate", _rotate, "change the issuing key, or the root; `finish` stops believing the former root")
    rotating.add_argument("what", choices=("issuing", "root", "finish"))
    rotating.add_argument("--root", **root)  # type: ignore[arg-type]
    rotating.add_argument("--new-root", type=Path, metavar="FOLDER", help="an empty folder for the new root key")
    act("status", _told, "what counts, until when, and what is revoked")
    parser.epilog = "A root key is encrypted under the passphrase in KIOSK_ROOT_PASSPHRASE, where that is set."


def _status(_args: argparse.Namespace) -> int:
    raise HqError("name an act: `kiosk hq ca --help`")


def _inside(args: argparse.Namespace, run: Act) -> int:
    ledger, authority = open_ledger(args.folder), Authority(args.folder)
    if not authority.exists and args.ca_command != "init":
        raise TrustError(f"{args.folder} has no certificate authority: `kiosk hq ca init`")
    try:
        with ledger.write() as db:
            return run(args, db, authority, stamp(SystemClock().now(), new_id))
    finally:
        ledger.close()


def _root(args: argparse.Namespace) -> tuple[Path, str]:
    return args.root or args.folder / "ca" / "root", os.environ.get("KIOSK_ROOT_PASSPHRASE", "")


def _init(args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    root = _root(args)
    certificates.init(db, ca, root, now, WHO)
    print(f"Root key in {root[0]}{'' if root[1] else ', not encrypted'}: carry it away; it is needed for `rotate` alone.")
    print(f"HQ's signing key: {SigningKey(args.folder).public}")
    print(f"The broker reads {ca.broker}: next, `kiosk hq ca issue --server HOST` and `kiosk hq ca issue --hq --out FILE`.")
    return 0


def _issue(args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    if args.server:
        subject = Subject(args.server[0], Purpose.SERVER, tuple(args.server), args.days)
    elif args.hq:
        subject = Subject("hq", Purpose.HQ, (), args.days)
    else:
        subject = Subject(CLAIM + new_id()[-12:], Purpose.CLAIM, (), args.days)
    if args.out is None and not args.server:
        raise HqError("--out FILE says where key and certificate go")
    made, key = certificates.issue(db, ca, subject, now, WHO)
    if args.out is not None:
        write_file(args.out, packed(made, key, ca), 0o600)
    print(f"{made.name}: serial {made.serial}, until {made.ends:%Y-%m-%d}, in {args.out or ca.broker}")
    return 0


def packed(made: Issued, key: str, ca: Authority) -> str:
    """Return a certificate with its key as one file's text; a claim's says too which roots are to be believed."""
    return key + made.chain + (ca.roots_text() if made.purpose is Purpose.CLAIM else "")


def _codes(args: argparse.Namespace, db: Db, _ca: Authority, now: Stamp) -> int:
    for code in claims.make_codes(db, args.store, args.count, now, WHO, automatic=args.automatic):
        print(code)
    return 0


def _claims(_args: argparse.Namespace, db: Db, _ca: Authority, _now: Stamp) -> int:
    for row in trust.waiting_codes(db):
        print(f"{row['device']:24} store {row['store']}, key {row['key'][:16]}")
    return 0


def _approve(args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    claims.approve(db, ca, args.device, now, WHO)
    print(f"{args.device} has its certificate when it asks again, within seconds")
    return 0


def _revoke(args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    count = certificates.revoke(db, ca, args.name, now, WHO)
    print(f"{args.name}: {count} certificate(s) revoked; the broker refuses them once it has read {ca.broker}")
    return 0


def _rotate(args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    root = _root(args)
    if args.what == "issuing":
        certificates.rotate_issuing(db, ca, root, now, WHO)
        print("A new key issues from now on; what the former one issued counts until it ends.")
    elif args.what == "root":
        if args.new_root is None:
            raise HqError("--new-root FOLDER says where the new root key goes")
        certificates.rotate_root(db, ca, (root[0], args.new_root, root[1]), now, WHO)
        print("Both roots are believed; every device is told and renews. When `status` shows that all have: `rotate finish`.")
    else:
        print(f"No longer believed: {', '.join(certificates.finish_rotation(db, ca, now, WHO)) or 'nothing, there was one root'}")
    return 0


def _told(_args: argparse.Namespace, db: Db, ca: Authority, now: Stamp) -> int:
    for root in ca.roots():
        print(f"root       {root.subject.rfc4514_string()}, until {root.not_valid_after_utc:%Y-%m-%d}")
    for issuer in ca.issuers():
        certificate = issuer.certificate
        print(f"issuing    {certificate.subject.rfc4514_string()}, until {certificate.not_valid_after_utc:%Y-%m-%d}")
    for row in trust.certificates(db, now.at_ms):
        ends = datetime.fromtimestamp(row["ends_ms"] / 1000, UTC)
        state = "REVOKED" if row["revoked_ms"] else f"until {ends:%Y-%m-%d}"
        print(f"{row['purpose']:10} {row['name']:24} {state:18} of {row['issuer']}, serial {row['serial'][:16]}")
    return 0
