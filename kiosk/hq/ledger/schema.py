"""The tables of HQ's database and how they change. Times are integer milliseconds since 1970 UTC; money is integer minor units."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("kiosk.hq")

_FACTS = """
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
  mark INTEGER NOT NULL DEFAULT 0, top INTEGER NOT NULL DEFAULT 0, UNIQUE (device, epoch, lane)) STRICT;
CREATE TABLE facts (
  stream INTEGER NOT NULL REFERENCES streams, seq INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  time_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (stream, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE skips (
  stream INTEGER NOT NULL REFERENCES streams, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (stream, first, last)) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, device TEXT NOT NULL, lane TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  kind TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL, at_ms INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX quarantine_device ON quarantine (device, id);
CREATE TABLE alarms (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, device TEXT NOT NULL, detail TEXT NOT NULL, at_ms INTEGER NOT NULL,
  times INTEGER NOT NULL DEFAULT 1, seen_ms INTEGER, UNIQUE (kind, device, detail)) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

_FLEET = """
CREATE TABLE stores (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE devices (
  id TEXT PRIMARY KEY, store TEXT NOT NULL REFERENCES stores, online INTEGER NOT NULL DEFAULT 0, since_ms INTEGER NOT NULL,
  session TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '', epoch TEXT NOT NULL DEFAULT '', roles TEXT NOT NULL DEFAULT '[]',
  last_seen_ms INTEGER NOT NULL DEFAULT 0, queue TEXT NOT NULL DEFAULT '{}', oldest_s INTEGER NOT NULL DEFAULT 0,
  states TEXT NOT NULL DEFAULT '{}', free_mb INTEGER NOT NULL DEFAULT -1, dropped_frames INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0, identity TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE boxes (
  id TEXT PRIMARY KEY, device TEXT NOT NULL, epoch TEXT NOT NULL, next_seq INTEGER NOT NULL DEFAULT 1,
  committed INTEGER NOT NULL DEFAULT 0, planogram INTEGER NOT NULL DEFAULT 0, UNIQUE (device, epoch)) STRICT;
CREATE TABLE downbox (
  box TEXT NOT NULL REFERENCES boxes, seq INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
  ttl_s INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (box, seq)) STRICT, WITHOUT ROWID;
"""

_TRADE = """
CREATE TABLE sales (
  sale_id TEXT PRIMARY KEY, device TEXT NOT NULL, store TEXT NOT NULL, receipt TEXT NOT NULL, intent_id TEXT NOT NULL,
  total_minor INTEGER NOT NULL, currency TEXT NOT NULL, tender TEXT NOT NULL, member_id TEXT NOT NULL, offline INTEGER NOT NULL,
  pricelist_version INTEGER NOT NULL, policy_version INTEGER NOT NULL, time_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX sales_intent ON sales (intent_id) WHERE intent_id != '';
CREATE INDEX sales_time ON sales (time_ms);
CREATE TABLE sale_lines (
  sale_id TEXT NOT NULL REFERENCES sales, n INTEGER NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL, unit_minor INTEGER NOT NULL,
  discount_minor INTEGER NOT NULL, amount_minor INTEGER NOT NULL, vat_permille INTEGER NOT NULL, promotion TEXT NOT NULL,
  PRIMARY KEY (sale_id, n)) STRICT, WITHOUT ROWID;
CREATE TABLE stock (
  device TEXT NOT NULL, slot TEXT NOT NULL, gtin TEXT NOT NULL, on_hand INTEGER NOT NULL, on_order INTEGER NOT NULL DEFAULT 0,
  epoch TEXT NOT NULL DEFAULT '', seq INTEGER NOT NULL DEFAULT 0, at_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (device, slot)) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
  request_id TEXT PRIMARY KEY, device TEXT NOT NULL, epoch TEXT NOT NULL, slot TEXT NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL,
  on_hand INTEGER NOT NULL, reorder_point INTEGER NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'open',
  answer INTEGER NOT NULL DEFAULT 0, who TEXT NOT NULL DEFAULT '', decided_ms INTEGER, send_ms INTEGER) STRICT;
CREATE INDEX requests_state ON requests (state, at_ms);
"""

_CATALOGUE = """
CREATE TABLE products (
  gtin TEXT PRIMARY KEY, name_fr TEXT NOT NULL, name_en TEXT NOT NULL, name_zh TEXT NOT NULL, price_minor INTEGER NOT NULL,
  currency TEXT NOT NULL, vat_permille INTEGER NOT NULL, unit_weight_g REAL NOT NULL, picture TEXT NOT NULL, garment TEXT NOT NULL) STRICT;
CREATE TABLE promotions (id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE pricelists (version INTEGER PRIMARY KEY, body BLOB NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
CREATE TABLE policies (version INTEGER PRIMARY KEY, body BLOB NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
CREATE TABLE planograms (device TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (device, version)) STRICT, WITHOUT ROWID;
CREATE TABLE audit (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
  before TEXT NOT NULL, after TEXT NOT NULL) STRICT;
"""

_MONEY = """
CREATE TABLE members (id TEXT PRIMARY KEY, device TEXT NOT NULL, consent_version TEXT NOT NULL, consent_language TEXT NOT NULL,
  templates INTEGER NOT NULL, at_ms INTEGER NOT NULL, erased_ms INTEGER) STRICT;
CREATE TABLE codes (digest TEXT PRIMARY KEY, member_id TEXT NOT NULL REFERENCES members, at_ms INTEGER NOT NULL, intent_id TEXT) STRICT;
CREATE TABLE accounts (id TEXT NOT NULL, currency TEXT NOT NULL, balance_minor INTEGER NOT NULL DEFAULT 0,
  held_minor INTEGER NOT NULL DEFAULT 0 CHECK (held_minor >= 0), at_ms INTEGER NOT NULL, PRIMARY KEY (id, currency)) STRICT, WITHOUT ROWID;
CREATE TABLE intents (intent_id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('held', 'declined', 'released', 'captured')),
  account TEXT NOT NULL, currency TEXT NOT NULL, amount_minor INTEGER NOT NULL, member_id TEXT NOT NULL, reason TEXT NOT NULL,
  device TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX intents_held ON intents (at_ms) WHERE state = 'held';
CREATE TABLE transfers (id TEXT PRIMARY KEY, kind TEXT NOT NULL, sale_id TEXT, intent_id TEXT, exposure_minor INTEGER NOT NULL,
  at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE postings (transfer TEXT NOT NULL REFERENCES transfers, account TEXT NOT NULL, currency TEXT NOT NULL,
  amount_minor INTEGER NOT NULL) STRICT;
CREATE INDEX postings_account ON postings (account);
CREATE TRIGGER postings_stay BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER postings_remain BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_remain BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
"""


@migrations()  # type: ignore[untyped-decorator]
def m001_first(db: Database) -> None:
    """The tables of the first release."""
    for statement in _statements(_FACTS + _FLEET + _TRADE + _CATALOGUE + _MONEY):
        db.execute(statement)
    db.execute("INSERT INTO stores (id, name) VALUES ('store-1', 'Store 1')")


_FACES = """
ALTER TABLE members ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
CREATE TABLE holders (
  member_id TEXT NOT NULL, device TEXT NOT NULL, epoch TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('announced', 'held', 'gone')),
  at_ms INTEGER NOT NULL, erase_ms INTEGER, erased_ms INTEGER, cause TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (member_id, device, epoch)) STRICT, WITHOUT ROWID;
CREATE TABLE template_requests (
  member_id TEXT NOT NULL, device TEXT NOT NULL, epoch TEXT NOT NULL, public_key TEXT NOT NULL, holder TEXT NOT NULL, tried TEXT NOT NULL,
  tries INTEGER NOT NULL, sent_ms INTEGER NOT NULL, PRIMARY KEY (member_id, device, epoch)) STRICT, WITHOUT ROWID;
CREATE TABLE device_keys (
  device TEXT PRIMARY KEY, epoch TEXT NOT NULL, public_key TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

_TENDERS = """
CREATE TABLE charges (
  intent_id TEXT PRIMARY KEY, tender TEXT NOT NULL, purpose TEXT NOT NULL CHECK (purpose IN ('sale', 'top_up')), device TEXT NOT NULL,
  epoch TEXT NOT NULL, store TEXT NOT NULL, member_id TEXT NOT NULL, payer TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL, number TEXT NOT NULL, reference TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'asked' CHECK (status IN ('asked', 'pending', 'authorised', 'captured', 'declined', 'voided')),
  wish TEXT NOT NULL DEFAULT 'ask' CHECK (wish IN ('ask', 'take', 'drop')), reason TEXT NOT NULL DEFAULT '',
  told TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, expires_ms INTEGER NOT NULL, due_ms INTEGER,
  at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX charges_due ON charges (due_ms) WHERE due_ms IS NOT NULL;
CREATE UNIQUE INDEX charges_number ON charges (tender, number);
CREATE TABLE refunds (
  refund_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL REFERENCES sales, tender TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL, reason TEXT NOT NULL, who TEXT NOT NULL, device TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('asked', 'done', 'failed')), note TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,
  due_ms INTEGER, at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX refunds_sale ON refunds (sale_id);
CREATE INDEX refunds_due ON refunds (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE refund_lines (
  refund_id TEXT NOT NULL REFERENCES refunds, n INTEGER NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL,
  amount_minor INTEGER NOT NULL, PRIMARY KEY (refund_id, n)) STRICT, WITHOUT ROWID;
CREATE TABLE mandates (
  member_id TEXT NOT NULL, tender TEXT NOT NULL, payer TEXT NOT NULL, at_ms INTEGER NOT NULL, ended_ms INTEGER,
  PRIMARY KEY (member_id, tender)) STRICT, WITHOUT ROWID;
CREATE TABLE tender_policies (version INTEGER PRIMARY KEY, body BLOB NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
CREATE TABLE day_ends (day TEXT PRIMARY KEY, zero INTEGER NOT NULL, body BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT;
"""


_FLOOR = """
ALTER TABLE products ADD COLUMN sold_by TEXT NOT NULL DEFAULT 'piece';
ALTER TABLE products ADD COLUMN deposit_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE products ADD COLUMN deposit_vat_permille INTEGER NOT NULL DEFAULT 0;
ALTER TABLE products ADD COLUMN min_age INTEGER NOT NULL DEFAULT 0;
CREATE TABLE code_formats (prefix TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE receipts (token TEXT PRIMARY KEY, sale_id TEXT NOT NULL REFERENCES sales, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE closures (device TEXT NOT NULL, journal TEXT NOT NULL, period TEXT NOT NULL, last INTEGER NOT NULL, currency TEXT NOT NULL,
  name TEXT NOT NULL, body BLOB NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (device, journal, period, last, currency)) STRICT, WITHOUT ROWID;
"""


@migrations()  # type: ignore[untyped-decorator]
def m_floor(db: Database) -> None:
    """Goods by weight, deposits and ages; receipts that can be shown again; closures of the kiosks' journals."""
    for statement in _statements(_FLOOR):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_faces(db: Database) -> None:
    """Which device holds whose template, who asks for one, and the keys of devices."""
    for statement in _statements(_FACES):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_tenders(db: Database) -> None:
    """Charges at payment services, refunds, mandates, and the ends of days."""
    for statement in _statements(_TENDERS):
        db.execute(statement)


_PEOPLE = """
CREATE TABLE users (
  name TEXT PRIMARY KEY, roles TEXT NOT NULL, password TEXT NOT NULL, one_time INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  off_ms INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  digest TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users, at_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);
CREATE TABLE log_in_tries (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


_SUPPLY = """
ALTER TABLE requests ADD COLUMN reason BLOB;
ALTER TABLE requests ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE TABLE supply_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE supplier_orders (order_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE deliveries (
  receipt_id TEXT NOT NULL, n INTEGER NOT NULL, device TEXT NOT NULL, slot TEXT NOT NULL, gtin TEXT NOT NULL, expected INTEGER NOT NULL,
  received INTEGER NOT NULL, who TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (receipt_id, n)) STRICT, WITHOUT ROWID;
CREATE TABLE daily_demand (
  device TEXT NOT NULL, slot TEXT NOT NULL, gtin TEXT NOT NULL, day INTEGER NOT NULL, sold INTEGER NOT NULL, empty INTEGER NOT NULL,
  PRIMARY KEY (device, slot, gtin, day)) STRICT, WITHOUT ROWID;
"""
_ASSORTMENT = """
ALTER TABLE products ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE products ADD COLUMN keeps_days INTEGER NOT NULL DEFAULT 0;
"""
_STYLES = "".join(f"ALTER TABLE products ADD COLUMN {name} TEXT NOT NULL DEFAULT '';\n" for name in ("style", "size", "origin", "matches"))
_CLOSING = "ALTER TABLE daily_demand ADD COLUMN closing INTEGER"
_CHECKS = """
CREATE TABLE receipts_by_fact (
  n INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, stream INTEGER, seq INTEGER, boot_id TEXT, time TEXT, clock_set INTEGER,
  body BLOB) STRICT;
INSERT INTO receipts_by_fact (token, body) SELECT token, body FROM receipts;
INSERT INTO counters SELECT 'seals_checked', max(n) FROM receipts_by_fact HAVING count(*) > 0;
DROP TABLE receipts;
ALTER TABLE receipts_by_fact RENAME TO receipts;
"""
_JOURNALS = """
CREATE TABLE journal_heads (device TEXT NOT NULL, journal TEXT NOT NULL, chain TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL,
  key TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (device, journal)) STRICT, WITHOUT ROWID;
ALTER TABLE devices ADD COLUMN offline_minor INTEGER NOT NULL DEFAULT 0;
"""


@migrations()  # type: ignore[untyped-decorator]
def m_people(db: Database) -> None:
    """Who may use the console, who is there, and who has tried in vain."""
    for statement in _statements(_PEOPLE):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_journals(db: Database) -> None:
    """How long the kiosks' journals are, and what they have sold that HQ did not know of when they last told."""
    for statement in _statements(_JOURNALS):
        db.execute(statement)


_TRUST = """
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY, name TEXT NOT NULL, purpose TEXT NOT NULL CHECK (purpose IN ('device', 'claim', 'hq', 'server')),
  issuer TEXT NOT NULL, key TEXT NOT NULL, begins_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  who TEXT NOT NULL, revoked_ms INTEGER) STRICT;
CREATE INDEX certificates_name ON certificates (name);
CREATE TABLE claim_codes (
  digest TEXT PRIMARY KEY, store TEXT NOT NULL, automatic INTEGER NOT NULL, at_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'waiting', 'issued')), device TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL DEFAULT '', request TEXT NOT NULL DEFAULT '', chain TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
CREATE TABLE certificate_requests (device TEXT PRIMARY KEY, epoch TEXT NOT NULL, request TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE unset_clocks (
  device TEXT NOT NULL, boot_id TEXT NOT NULL, stream INTEGER NOT NULL, seq INTEGER NOT NULL, sale_id TEXT NOT NULL,
  PRIMARY KEY (device, boot_id, stream, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE clock_offsets (device TEXT NOT NULL, boot_id TEXT NOT NULL, offset_ms INTEGER NOT NULL,
  PRIMARY KEY (device, boot_id)) STRICT, WITHOUT ROWID;
CREATE TABLE sale_clocks (sale_id TEXT PRIMARY KEY, clock TEXT NOT NULL CHECK (clock IN ('unset', 'corrected'))) STRICT, WITHOUT ROWID;
CREATE TABLE commands (
  id TEXT PRIMARY KEY, device TEXT NOT NULL, command TEXT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, at_ms INTEGER NOT NULL,
  ends_ms INTEGER NOT NULL, outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '',
  done_ms INTEGER) STRICT;
CREATE INDEX commands_device ON commands (device, at_ms);
CREATE TABLE trust_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


@migrations()  # type: ignore[untyped-decorator]
def m_trust(db: Database) -> None:
    """Certificates, and the codes under which devices claim theirs."""
    for statement in _statements(_TRUST):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_facings(db: Database) -> None:
    """What shelf cameras see of slots."""
    db.execute("CREATE TABLE facings (device TEXT NOT NULL, slot TEXT NOT NULL, fill REAL NOT NULL, state TEXT NOT NULL,"
               " epoch TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (device, slot)) STRICT, WITHOUT ROWID")


@migrations()  # type: ignore[untyped-decorator]
def m_supply(db: Database) -> None:
    """Reasons of requests, supplier orders, deliveries, demand by day."""
    for statement in _statements(_SUPPLY):
        db.execute(statement)


_GARMENTS = """
CREATE TABLE garments (
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, sha256 TEXT NOT NULL, at_ms INTEGER NOT NULL,
  who TEXT NOT NULL) STRICT;
CREATE TABLE garment_lists (version INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
"""


@migrations()  # type: ignore[untyped-decorator]
def m_garments(db: Database) -> None:
    """Garments for the mirrors."""
    for statement in _statements(_GARMENTS):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_assortment(db: Database) -> None:
    """Categories of products, and how long they keep."""
    for statement in _statements(_ASSORTMENT):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_closing(db: Database) -> None:
    """What lay in a slot when a day ended."""
    db.execute(_CLOSING)


@migrations()  # type: ignore[untyped-decorator]
def m_styles(db: Database) -> None:
    """Garments in sizes: style, size, origin, and what goes with it."""
    for statement in _statements(_STYLES):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_checks(db: Database) -> None:
    """Receipts name the fact that they show, so that its signature can be checked at any time; older ones keep their own text."""
    for statement in _statements(_CHECKS):
        db.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m_home(db: Database) -> None:
    """Orders of mirrors' shoppers: fetched in the store, or delivered home."""
    db.execute("CREATE TABLE home_orders (order_id TEXT PRIMARY KEY, number TEXT NOT NULL, kind TEXT NOT NULL, device TEXT NOT NULL,"
               " store TEXT NOT NULL, total_minor INTEGER NOT NULL, currency TEXT NOT NULL, lines TEXT NOT NULL, address TEXT NOT NULL,"
               " state TEXT NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL DEFAULT '') STRICT")


@migrations()  # type: ignore[untyped-decorator]
def m_past(db: Database) -> None:
    """What stores sold before Kiosk came: for what is read off sales, not for the books."""
    db.execute("CREATE TABLE past_sales (store TEXT NOT NULL, gtin TEXT NOT NULL, day INTEGER NOT NULL, units INTEGER NOT NULL,"
               " purchases INTEGER NOT NULL, PRIMARY KEY (store, gtin, day)) STRICT, WITHOUT ROWID")


@migrations()  # type: ignore[untyped-decorator]
def m_roots(db: Database) -> None:
    """Which word on roots went into a downbox last."""
    db.execute("ALTER TABLE boxes ADD COLUMN roots INTEGER NOT NULL DEFAULT 0")


@migrations()  # type: ignore[untyped-decorator]
def m_pins(db: Database) -> None:
    """What members' PINs are judged by where their faces have not come yet."""
    db.execute("CREATE TABLE member_pins (member_id TEXT PRIMARY KEY REFERENCES members, key_id TEXT NOT NULL, mark TEXT NOT NULL,"
               " proof TEXT NOT NULL, tries INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX member_pins_mark ON member_pins (key_id, mark)")


def _statements(script: str) -> list[str]:
    """Split a script where a line ends in ';': none of ours has one inside a statement's line end."""
    return [s.strip() for s in script.split(";\n") if s.strip()]
