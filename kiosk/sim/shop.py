"""The store in a box before it opens: goods, people, and a folder of its own for each device, HQ and the broker."""

from __future__ import annotations

import csv
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import load
from kiosk.devices.simulated.setup import SeenSlot, ShelfCell, StoreProduct, StoreShopper, WorldSetup, read_setup, write_setup
from kiosk.devices.simulated.shelf_camera import references, watched_board
from kiosk.devices.simulated.shelf_view import BOARD_MM
from kiosk.domain.catalog import Cell, OfflinePolicy
from kiosk.domain.money import Money
from kiosk.domain.staff import Role
from kiosk.errors import WorldError
from kiosk.flows.facings import reference_folder
from kiosk.hq import imports, publish, wallet
from kiosk.hq.console import sessions
from kiosk.hq.ledger import accounts, catalogue, fleet, supply
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.stamp import Stamp, stamp
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import past
from kiosk.sim.processes import free_port
from kiosk.vision.facings_reference import EMPTY, FULL, save
from kiosk.vision.networks import ModelStore

GOODS = Path(__file__).parent / "demo_store"
STORE, GROUP, CURRENCY = "Paris 11", "demo", "EUR"
WELCOME = Money(50_000, CURRENCY)
CONSOLE_USER = "demo"
STAFF_PIN, STAFF_BADGE = "2468", "KS1.lea-7d1f0c52a9"
PAY, MIRROR, SHELF = "pay-1", "mirror-1", "shelf-1"
ROLES = {PAY: "pay", MIRROR: "mirror", SHELF: "stock"}
SIZES = {PAY: (800, 480), MIRROR: (720, 1280), SHELF: (800, 480)}
CAMERAS = {PAY: ("pay-camera", 640, 480, 10), MIRROR: ("mirror-camera", 720, 1280, 10)}
SHELF_CAMERA, SEEN_BOARD = "shelf-camera", "A"
CODES = 40
"""One-time payment codes on a member's phone: whom a terminal does not recognise pays with one of them."""
_LIMITS = OfflinePolicy(0, CURRENCY, per_sale_minor=8_000, per_member_minor=25_000, per_kiosk_minor=100_000, max_age_s=24 * 3600)
_ELSEWHERE = {PAY: 300, MIRROR: 40}
_ON_SHELF = {"A1": 12, "A2": 12, "A3": 8, "B1": 10, "B2": 12, "B3": 10}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the store in a box. identity: which rendered face. role: see devices.simulated.setup."""

    name: str
    identity: int
    role: str
    phone: str

    @property
    def member_id(self) -> str:
        """The id under which HQ knows a member."""
        return f"demo-{self.name}"

    @property
    def is_member(self) -> bool:
        """Whether this person has agreed to pay by face before the doors open."""
        return self.role in ("enrolled", "qr", "leaves")


PEOPLE = (
    Person("ada", 0, "enrolled", "41570321"), Person("bo", 1, "enrolled", "63370321"), Person("chen", 2, "enrolled", "90024418"),
    Person("dora", 3, "enrolled", "12875530"), Person("emil", 4, "qr", "55501234"), Person("fatou", 5, "enrols", "70716263"),
    Person("gus", 6, "stranger", "41570321"), Person("hana", 7, "puts_back", "33344455"), Person("ivo", 8, "empties", "22211100"),
    Person("jana", 7, "leaves", "36620915"),
)
"""Ada and Bo share their last four digits, so that two more are asked for only when a bucket is too large; Gus types Ada's number;
Jana has her face erased by her own phone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the store in a box keeps what. folder: everything lies below it."""

    folder: Path
    broker_port: int
    web_port: int
    window: bool
    camera: str = ""

    @property
    def hq(self) -> Path:
        """HQ's folder."""
        return self.folder / "hq"

    @property
    def socket(self) -> Path:
        """The world's socket."""
        return self.folder / "world.sock"

    @property
    def screens(self) -> Path:
        """The folder of the screens' pictures for the console."""
        return self.folder / "screens"

    def state(self, device: str) -> Path:
        """Return a device's state folder: database, vault and keys."""
        return self.folder / device / "state"

    def identity(self, device: str) -> Path:
        """Return the folder of a device's key and certificate."""
        return self.folder / device / "identity"

    def config(self, device: str) -> Path:
        """Return a device's kiosk.toml."""
        return self.folder / device / "kiosk.toml"


def open_hq(place: Place) -> None:
    """Fill HQ's ledger with goods, shelves, prices, limits, stores and the wallets of members."""
    place.hq.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(place.hq / "hq.db")
    moment = stamp(SystemClock().now(), new_id)
    with ledger.write() as db:
        for table in ("products", "promotions", "planogram"):
            preview = imports.read(db, table, (GOODS / f"{table}.csv").read_bytes(), CURRENCY)
            if preview.mistakes:
                raise WorldError(f"{table}.csv: " + "; ".join(f"line {m.line}: {m.reason}" for m in preview.mistakes))
            imports.apply(db, preview, moment, "demo")
        publish.publish_prices(db, moment, "demo")
        publish.publish_policy(db, _LIMITS, moment, "demo")
        for device in ROLES:
            fleet.assign(db, device, STORE, moment.at_ms)
        for person in PEOPLE:
            if person.is_member:
                accounts.add_member(db, (person.member_id, PAY, "demo", "fr", 0, moment.at_ms))
                wallet.open_member(db, person.member_id, WELCOME, moment.at_ms)
        setup = _world(db, moment)
        past.write(db, (SHELF, _cells(db, SHELF)), STORE, catalogue.products(db), moment.at_ms // supply.DAY_MS)
    ledger.close()
    write_setup(setup, place.folder / "world.json")


def console_password(place: Place) -> str:
    """Return a password that lets CONSOLE_USER into the console once; what it holds is rendered people's alone."""
    ledger = Ledger(place.hq / "hq.db")
    password = sessions.add_user(ledger, CONSOLE_USER, Role, "demo", stamp(SystemClock().now(), new_id))
    ledger.close()
    return password


def _world(db: Db, moment: Stamp) -> WorldSetup:
    goods = catalogue.products(db)
    weights = {product.gtin: product.unit_weight_g for product in goods}
    shelf, carried = _cells(db, SHELF), {cell.gtin for cell in _cells(db, PAY)}
    cells = tuple(ShelfCell(cell.slot, cell.gtin, weights[cell.gtin], _ON_SHELF[cell.slot], cell.capacity) for cell in shelf)
    scannable = tuple(StoreProduct(p.gtin, p.name("en")) for p in goods if p.gtin in carried)
    shoppers = tuple(StoreShopper(p.name, p.identity, p.role, p.is_member, p.phone, _codes(db, p, moment)) for p in PEOPLE)
    seen = tuple(SeenSlot(c.slot, c.x_mm, c.x_mm + c.width_mm) for c in shelf if c.shelf == SEEN_BOARD)
    return WorldSetup(seed=20, pay_device=PAY, pay_camera=CAMERAS[PAY][0], mirror_device=MIRROR, mirror_camera=CAMERAS[MIRROR][0],
                      shelf_device=SHELF, cells=cells, products=scannable, shoppers=shoppers, staff_pin=STAFF_PIN, pace=1.25,
                      staff_badge=STAFF_BADGE, shelf_waits=True, shelf_camera=SHELF_CAMERA,
                      seen=seen, portrait=str(ModelStore().path("astronaut")))


def _cells(db: Db, device: str) -> tuple[Cell, ...]:
    plan = catalogue.planogram(db, device)
    if plan is None:
        raise WorldError(f"planogram.csv has no cells for {device}")
    return plan.cells


def _codes(db: Db, person: Person, moment: Stamp) -> tuple[str, ...]:
    if not person.is_member:
        return ()
    return tuple(wallet.issue_code(db, person.member_id, secrets.token_urlsafe(18), moment.at_ms) for _ in range(CODES))


def write_config(place: Place, device: str, port: int) -> None:
    """Write a device's kiosk.toml, readable by its owner alone. port: of the broker, or of a line to it."""
    width, height = SIZES[device]
    lines = [
        "[device]", f"id = {_text(device)}", f"store = {_text(STORE)}", f"group = {_text(GROUP)}", f"roles = [{_text(ROLES[device])}]",
        "[storage]", f"folder = {_text(str(place.state(device)))}",
        "[broker]", f"port = {port}", f"identity = {_text(str(place.identity(device)))}",
        "[display]", f"kind = {_text('window' if place.window else 'offscreen')}", f"width = {width}", f"height = {height}",
        f"snapshot = {_text(str(place.screens / device) + '.jpg')}",
        "[world]", f"socket = {_text(str(place.socket))}",
        "[staff.pins]", f"lea = {_text(STAFF_PIN)}", "[staff.roles]", 'lea = "merchant"', "[staff.badges]", f"lea = {_text(STAFF_BADGE)}",
    ]
    if device in CAMERAS:
        name, camera_width, camera_height, rate = CAMERAS[device]
        webcam = bool(place.camera) and device == PAY
        lines += ["[camera]", f"kind = {_text('usb' if webcam else 'world')}", f"name = {_text(name)}", f"width = {camera_width}",
                  f"height = {camera_height}", f"rate_hz = {rate}", f"source = {_text(place.camera if webcam else '')}",
                  "[phone]", f"port = {free_port()}"]
        if device == MIRROR:
            lines += ["[mirror]", "lens_mm = 1037", "horizon = 0.45"]  # where the simulated mirror's lens is
    else:
        board = watched_board(read_setup(place.folder / "world.json"))
        corners = ", ".join(f"{value:.1f}" for corner in board.board_corners() for value in corner)
        lines += ["[scale]", 'kind = "world"', "record_mb = 50",
                  "[facings]", 'kind = "world"', f"name = {_text(SHELF_CAMERA)}", "every_s = 3.0",
                  f"[facings.boards.{SEEN_BOARD}]", f"corners = [{corners}]", f"length_mm = {BOARD_MM}"]
    path = place.config(device)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    if device == SHELF:
        _picture_shelf(place)


def _picture_shelf(place: Place) -> None:
    """Give the shelf's camera its two reference pictures, as `kiosk shelf reference` takes them."""
    empty, full = references(watched_board(read_setup(place.folder / "world.json")))
    folder = reference_folder(load(place.config(SHELF)))
    save(folder, EMPTY, empty)
    save(folder, FULL, full)


def _text(value: str) -> str:
    return json.dumps(value)


def first_stock(device: str) -> list[tuple[str, str, int]]:
    """Return (slot, GTIN, pieces) of what staff counted on a device before the doors opened."""
    rows = csv.DictReader((GOODS / "planogram.csv").read_text(encoding="utf-8").splitlines())
    return [(row["slot"], row["gtin"], _ON_SHELF.get(row["slot"], _ELSEWHERE.get(device, 0))) for row in rows if row["device"] == device]
