"""Joining, staff mode and the shelf, on a real database with rendered faces and simulated weight."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kiosk.config import parse
from kiosk.design import consent as texts
from kiosk.devices.scale import Sample
from kiosk.devices.scale_calibration import write_calibrations
from kiosk.domain.calibration import Calibration
from kiosk.domain.events import Lane
from kiosk.domain.identity import Template
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.domain.units import Grams
from kiosk.errors import ConfigError, DeviceLostError, DeviceMissingError
from kiosk.flows.enrol import EnrolFlow
from kiosk.flows.forget import forget
from kiosk.flows.health import states
from kiosk.flows.parts import calibration_file
from kiosk.flows.printing import Press
from kiosk.flows.scales import open_scale
from kiosk.flows.shelf import ShelfFlow
from kiosk.flows.staff import Site, StaffFlow
from kiosk.flows.staff_desk import StaffDoor
from kiosk.flows.terminal import pay_terminal, shelf_terminal
from kiosk.flows.watch import Watched
from tests.flows.conftest import TEA, TOML, Device, screen


def keys(digits: str) -> list[str]:
    return [f"key:{digit}" for digit in digits]


def sign(device: Device, flow: EnrolFlow) -> None:
    """Read, be of age, and sign."""
    assert screen(flow.tick([])) == "enrol.consent"
    assert screen(flow.tick(["accept"])) == "enrol.age"
    assert screen(flow.tick(["adult", "ok"])) == "enrol.sign", "nobody goes on without a signature"
    assert screen(flow.tick(["pad:100:500", "pad+:300:400", "pad+:500:600", "pad:700:500", "ok"])) == "enrol.digits"


def look_to_enrol(device: Device, flow: EnrolFlow, identity: int) -> None:
    for i in range(8):
        device.clock.move(0.4)
        device.show_face(identity, yaw=(i % 3) * 5.0 - 5.0)
        if screen(flow.tick([])) != "enrol.face":
            break
    assert screen(flow.tick([])) == "enrol.review"


def join(device: Device, digits: str, identity: int, pin: str = "7294") -> EnrolFlow:
    flow = EnrolFlow(device.sight, device.shop, "en")
    sign(device, flow)
    assert screen(flow.tick([*keys(digits), "ok"])) == "enrol.pin"
    assert flow.tick(keys(pin)).again
    assert screen(flow.tick(keys(pin))) == "enrol.face"
    look_to_enrol(device, flow, identity)
    assert device.sight.vault.members() == [] or identity != 2, "nothing is kept before the last button"
    assert screen(flow.tick(["keep"])) == "enrol.done"
    return flow


def test_joining_keeps_a_sealed_template_and_no_picture(device: Device, member_template: Callable[[int], Template], tmp_path: Path) -> None:
    flow = join(device, "55501234", 2)
    assert flow.tick([]).ok
    assert flow.tick(["done"]) is None
    (member,) = device.sight.vault.bucket("1234")
    assert np.linalg.norm(member.template - member_template(2)) < 0.4
    assert device.sight.vault.consent(member.member_id).version == texts.VERSION
    with device.sight.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 2, "that there is a member, and what HQ judges the PIN by"
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert not re.search(rb"\xff\xd8\xff|\x89PNG|55501234", kept)
    assert member.template.tobytes() not in kept


def test_declining_or_leaving_keeps_nothing(device: Device) -> None:
    flow = EnrolFlow(device.sight, device.shop, "fr")
    assert flow.tick(["decline"]) is None
    flow = EnrolFlow(device.sight, device.shop, "fr")
    sign(device, flow)
    assert screen(flow.tick([*keys("5550123"), "ok"])) == "enrol.digits"
    device.clock.move(61.0)
    assert flow.tick([]) is None
    assert device.sight.vault.members() == []


def test_a_member_whom_hq_erases_is_gone_and_hq_hears_of_it(device: Device) -> None:
    join(device, "55501234", 2)
    (member_id,) = device.sight.vault.members()
    with device.sight.store.unit() as unit:
        unit.erasures.add(member_id)
    Watched(device.sight).tick()
    assert device.sight.vault.members() == []
    with device.sight.store.snapshot() as unit:
        assert unit.erasures.queued() == []
        assert unit.outbox.waiting()[Lane.MONEY] == 3
    assert not forget(device.sight, device.sight.vault, member_id, "staff")


def staff(device: Device) -> StaffFlow:
    flow = StaffFlow(Site(device.sight, device.shop, "en", Press(device.sight, device.shop)), StaffDoor(device.sight))
    assert screen(flow.tick([])) == "staff.login"
    assert screen(flow.tick([*keys("2468"), "ok"])) == "staff.menu"
    return flow


def test_a_wrong_pin_opens_nothing_and_guessing_is_slowed_down(device: Device) -> None:
    door = StaffDoor(device.sight)
    flow = StaffFlow(Site(device.sight, device.shop, "en", Press(device.sight, device.shop)), door)
    for _ in range(5):
        assert flow.tick([*keys("1111"), "ok"]).wrong
    assert flow.tick([*keys("2468"), "ok"]).wrong
    device.clock.move(30.0)
    flow.tick(["key:1", "erase"])
    device.clock.move(31.0)
    assert screen(flow.tick([*keys("2468"), "ok"])) == "staff.menu"
    with device.sight.store.snapshot() as unit:
        assert unit.journal.verify() is None


def test_a_badge_before_the_camera_opens_staff_mode(device: Device) -> None:
    terminal = pay_terminal(device.sight, device.shop)
    device.show_code("KS1.badge-of-nobody", "QRCode")
    assert screen(terminal.tick([])) == "pay.attract"
    device.show_code("KS1.badge-of-max", "QRCode")
    terminal.tick([])
    view = terminal.tick([])
    assert (screen(view), view.who) == ("staff.menu", "max")
    assert screen(terminal.tick(["leave"])) == "pay.attract"


def test_refill_and_count_are_booked_and_answer_the_request(device: Device) -> None:
    flow = staff(device)
    assert flow.tick(["refill"]).mode == "refill"
    assert flow.owns_shelf
    view = flow.tick(["slot:P2", "plus", "plus", "plus", "minus", "ok"])
    assert next(slot.on_hand for slot in view.slots if slot.slot == "P2") == 8
    flow.tick(["back"])
    view = flow.tick(["count", "slot:P1", "minus", "minus"])
    assert view.value == 18
    flow.tick(["ok"])
    with device.sight.store.snapshot() as unit:
        assert (unit.stock.on_hand("P1"), unit.stock.on_hand("P2")) == (18, 8)
        assert unit.outbox.waiting()[Lane.STOCK] == 2
        assert unit.outbox.waiting()[Lane.MONEY] == 3


def test_out_of_order_is_shown_and_survives_until_staff_ends_it(device: Device) -> None:
    terminal = pay_terminal(device.sight, device.shop)
    assert screen(terminal.tick(["staff"])) == "staff.login"
    terminal.tick([*keys("2468"), "ok"])
    terminal.tick(["out_of_order"])
    assert screen(terminal.tick(["leave"])) == "out_of_order"
    assert screen(pay_terminal(device.sight, device.shop).tick([])) == "out_of_order"
    terminal.tick(["staff"])
    terminal.tick([*keys("2468"), "ok", "out_of_order"])
    assert screen(terminal.tick(["leave"])) == "pay.attract"


def test_a_full_disk_is_a_screen_that_goes_when_there_is_room(device: Device) -> None:
    terminal = pay_terminal(device.sight, device.shop)
    terminal.tick([])
    kept, device.sight.store._reserve = device.sight.store._reserve, 2**62
    device.show_code("952000000002")
    view = terminal.tick([])
    assert (screen(view), view.reason) == ("out_of_order", "disk_full")
    assert screen(terminal.tick([])) == "out_of_order"
    device.sight.store._reserve = kept
    device.clock.move(5.0)
    device.show_code("952000000002")
    terminal.tick([])
    assert screen(terminal.tick([])) == "pay.basket"


class Weights:
    """Load cells whose weight a test sets; sampled at ten hertz as often as it is asked."""

    def __init__(self) -> None:
        self.grams: dict[str, float] = {"P1": 20 * 515.0, "P2": 6 * 60.0}
        self._rng, self._time_s = np.random.default_rng(3), 0.0
        self.silent = False

    def read(self) -> list[Sample]:
        if self.silent:
            raise DeviceLostError("scale: no weight from P1; check the cells' cable and power")
        self._time_s += 0.1
        return [Sample(slot, self._time_s, Grams(grams + self._rng.normal(0, 1.0))) for slot, grams in self.grams.items()]

    def close(self) -> None:
        pass


@pytest.fixture
def weights() -> Weights:
    return Weights()


def shelf_of(device: Device, weights: Weights) -> ShelfFlow:
    flow = ShelfFlow(device.sight, device.shop, lambda _plan: weights)
    settle(flow)
    return flow


def settle(flow: ShelfFlow, staff_owns: bool = False) -> None:
    for _ in range(40):
        flow.follow(staff_owns)


def test_a_disk_that_is_full_for_a_shelf_or_a_camera_ends_no_service(device: Device, weights: Weights) -> None:
    flow, store = shelf_of(device, weights), device.sight.store
    terminal = shelf_terminal(device.sight, device.shop, flow)
    kept, store._reserve = store._reserve, 2**62
    weights.grams["P2"] -= 60.0
    for _ in range(40):
        terminal.beside(lambda: flow.follow(False))
    assert (screen(view := terminal.tick([])), view.reason) == ("out_of_order", "disk_full")
    device.eyes.lost = True
    terminal.beside(Watched(device.sight).tick)
    with store.snapshot() as unit:
        assert states(unit)["camera"] == "lost", "HQ is told of a camera on the disk's reserve"
    store._reserve = kept
    terminal.beside(lambda: flow.follow(False))
    assert screen(terminal.tick([])) == "shelf.board"
    with store.snapshot() as unit:
        assert unit.stock.on_hand("P2") == 5, "what was taken meanwhile is booked once there is room"


def test_a_pick_becomes_a_fact_and_a_low_slot_asks_once(device: Device, weights: Weights) -> None:
    flow = shelf_of(device, weights)
    for taken in (1, 1, 1):
        weights.grams["P2"] -= taken * 60.0
        settle(flow)
    weights.grams["P1"] += 515.0
    settle(flow)
    with device.sight.store.snapshot() as unit:
        assert (unit.stock.on_hand("P1"), unit.stock.on_hand("P2")) == (21, 3)
        assert unit.tallies.all()["picks"] == 3
        assert unit.tallies.all()["put_backs"] == 1
        request = unit.requests.open_for("P2")
        assert (request.quantity, request.on_hand, request.gtin) == (18, 4, TEA)
        assert unit.outbox.waiting()[Lane.STOCK] == 5
    assert next(slot.state for slot in flow.board().slots if slot.slot == "P2") == "low"


def test_an_approval_is_on_order_and_staffs_refill_is_no_put_back(device: Device, weights: Weights) -> None:
    flow = shelf_of(device, weights)
    weights.grams["P2"] -= 2 * 60.0
    settle(flow)
    with device.sight.store.snapshot() as unit:
        request_id = unit.requests.open_for("P2").request_id
    device.receive(ReplenishmentAnswered(request_id, "approved", 18))
    assert next(slot.on_order for slot in flow.board().slots if slot.slot == "P2") == 18
    visit = staff(device)
    visit.tick(["refill"])
    weights.grams["P2"] += 18 * 60.0
    settle(flow, staff_owns=True)
    visit.tick(["slot:P2", *["plus"] * 18, "ok", "back"])
    settle(flow)
    with device.sight.store.snapshot() as unit:
        state = next(s for s in unit.stock.all() if s.slot == "P2")
        assert (state.on_hand, state.on_order) == (22, 0)
        assert "put_backs" not in unit.tallies.all()
        assert unit.tallies.all()["requests_approved"] == 1


def test_silent_cells_are_an_alert_and_what_happened_meanwhile_is_no_pick(device: Device, weights: Weights) -> None:
    flow = shelf_of(device, weights)
    weights.silent = True
    flow.follow(staff_owns_shelf=False)
    assert flow.board().alerts == ("scale_lost",)
    weights.grams["P1"] = 515.0
    weights.silent = False
    settle(flow)
    assert flow.board().alerts == ()
    with device.sight.store.snapshot() as unit:
        assert unit.stock.on_hand("P1") == 20
        assert unit.stock.on_hand("P2") == 6


def test_a_thing_that_is_no_goods_is_unsure_on_the_board_and_books_nothing(device: Device, weights: Weights) -> None:
    flow = shelf_of(device, weights)
    weights.grams["P2"] += 27.0
    settle(flow)
    settle(flow)
    board = flow.board()
    assert next(slot.state for slot in board.slots if slot.slot == "P2") == "unsure"
    assert board.alerts == ("unsure",)
    weights.grams["P2"] -= 27.0
    settle(flow)
    assert flow.board().alerts == ()
    with device.sight.store.snapshot() as unit:
        assert unit.stock.on_hand("P2") == 6
        assert unit.tallies.all()["unsure"] == 1


@pytest.mark.parametrize(("cell", "told"), [
    ("device = 'iio:device0'\nchannel = 0", ""),
    ("device = 'iio:device0'\nchanel = 0", "chanel"),
])
def test_iio_cells_of_kiosk_toml_are_opened_or_their_mistake_is_told(tmp_path: Path, cell: str, told: str) -> None:
    root = tmp_path / "iio:device0"
    root.mkdir()
    (root / "in_voltage0_raw").write_text("150\n")
    settings = parse(f"{TOML.format(folder=tmp_path)}\n[scale]\nkind = 'iio'\nroot = '{tmp_path}'\n[scale.cells.P1]\n{cell}\n")
    with pytest.raises(ConfigError if told else DeviceMissingError, match=told or "kiosk shelf calibrate P1"):
        open_scale(settings, ("P1",))
    if told:
        return
    with pytest.raises(ConfigError, match=r"scale\.cells\.P2"):
        open_scale(settings, ("P1", "P2"))
    write_calibrations(calibration_file(settings), {"P1": Calibration(0.0, 2.0, 500.0, 1.0, "")})
    scale = open_scale(settings, ("P1",))
    deadline = time.monotonic() + 20
    samples: list[Sample] = []
    while not samples and time.monotonic() < deadline:
        samples = scale.read()
    scale.close()
    assert (samples[0].cell, samples[0].grams) == ("P1", 300.0)
