"""Commands from HQ: a closed list, judged at HQ and on the device, expired ones never done; and what may be sent away of a device."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from contextlib import closing
from datetime import timedelta

import pytest

from kiosk.config import parse
from kiosk.devices.display import OffscreenDisplay
from kiosk.domain.commands import Command, may_order
from kiosk.domain.orders import CommandOrdered
from kiosk.domain.staff import Role
from kiosk.domain.standing import CommandDone
from kiosk.errors import HqError
from kiosk.flows.bundle import make_bundle, scrubbed
from kiosk.flows.parts import Parts
from kiosk.flows.remote import Obedience, Servant, picture_path
from kiosk.flows.stage import Stage
from kiosk.hq import commands
from kiosk.hq.ledger import catalogue, facts, fleet
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.runtime import ManualClock, new_id
from kiosk.storage.store import Store
from kiosk.ui import samples
from kiosk.wire import DeviceState, OrderMessage

PIN, BADGE, TOKEN = "739146", "KS1.lea-7d1f0c52a9", "dG9rZW4tdGhhdC1vcGVucy1ldmVyeXRoaW5n"
PASSWORD = "korrekt horse"


@pytest.fixture
def settings(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return parse(f'''[device]
id = "kiosk-1"
store = "Paris 11"
roles = ["stock"]
[storage]
folder = "{folder}"
reserve_mb = 1
[broker]
tls = false
port = 1
password = "{PASSWORD}"
[staff.pins]
lea = "{PIN}"
[staff.badges]
lea = "{BADGE}"
''')


@pytest.fixture
def parts(settings):
    clock = ManualClock()
    with closing(Store.open(settings.storage.folder / "kiosk.db", "kiosk-1", clock, new_id, 0)) as store:
        yield Parts(settings, store, clock, new_id)


def order(parts, command, number=1, role="operator", good_for_s=60):
    made = CommandOrdered(f"c{number}", command, role, "anna", parts.clock.now() + timedelta(seconds=good_for_s))
    with parts.store.unit() as unit:
        unit.inbox.commit(OrderMessage(f"o{number}", "kiosk-1", "box", number, 0, made))


def answers(parts):
    from kiosk import wire
    from kiosk.domain.events import Lane

    with parts.store.snapshot() as unit:
        batch = unit.outbox.batch(Lane.STOCK, 0, 100, 65536)
    sent = [fact for _n, payload in batch for fact in wire.decode_batch("v1/kiosk-1/up/stock", payload)]
    return {fact.event.command_id: fact.event for fact in sent if isinstance(fact.event, CommandDone)}


def obey(parts, obedience, until, deadline=20_000_000):
    for _ in range(deadline):
        obedience.tick()
        found = answers(parts) if not obedience._running else {}
        if until in found:
            return found[until]
    raise AssertionError(until)


@pytest.mark.parametrize("role", [*Role, "root", ""])
@pytest.mark.parametrize("command", [*Command, "rm -rf /", "shell", ""])
def test_nobody_but_whom_the_table_names_may_order_anything(parts, role, command):
    allowed = may_order(role, command)
    assert allowed == ((role == "operator" and command in set(Command)) or (role == "merchant" and command in ("doctor", "lock")))
    if not allowed:
        order(parts, command, role=role)
        with closing(Obedience(parts, lambda: "")) as obedience:
            assert obey(parts, obedience, "c1").outcome == "refused"
        with parts.store.snapshot() as unit:
            assert not unit.settings.get("out_of_order") and not unit.settings.get("command.restart")


def test_an_expired_command_is_never_done(parts):
    order(parts, "lock", good_for_s=60)
    parts.clock.move(61)
    with closing(Obedience(parts)) as obedience:
        assert obey(parts, obedience, "c1").outcome == "expired"
    with parts.store.snapshot() as unit:
        assert not unit.settings.get("out_of_order")


def test_hq_locks_and_unlocks_and_never_undoes_what_staff_did(parts):
    with closing(Obedience(parts)) as obedience:
        order(parts, "lock")
        assert obey(parts, obedience, "c1").outcome == "done"
        with parts.store.snapshot() as unit:
            assert unit.settings.get("out_of_order") == "hq"
        order(parts, "unlock", 2)
        assert obey(parts, obedience, "c2").outcome == "done"
        with parts.store.unit() as unit:
            assert unit.settings.get("out_of_order") == ""
            unit.settings.put("out_of_order", "staff")
        order(parts, "unlock", 3)
        assert obey(parts, obedience, "c3").outcome == "refused"
        for number, command in enumerate(("lock", "lock", "unlock"), 4):
            order(parts, command, number)
            assert obey(parts, obedience, f"c{number}").outcome == "done"
    with parts.store.snapshot() as unit:
        assert unit.settings.get("out_of_order") == "staff"


def test_logs_and_findings_come_back_scrubbed(parts):
    with closing(Obedience(parts, lambda: f"lea typed {PIN}\nok 019acd12-0000-7000-8000-000000000001\n")) as obedience:
        order(parts, "logs")
        order(parts, "doctor", 2)
        log = obey(parts, obedience, "c1")
        findings = obey(parts, obedience, "c2")
    assert log.result == "lea typed ***\nok 019acd12-0000-7000-8000-000000000001\n"
    assert findings.outcome == "done" and any(finding["part"] == "database" for finding in json.loads(findings.result))


def test_a_restart_ends_each_service_once(parts):
    ended = []
    servant = Servant(parts, lambda _path: False, lambda: ended.append(1))
    with closing(Obedience(parts)) as obedience:
        order(parts, "restart")
        obedience.tick()
    for _ in range(3):
        parts.clock.move(1)
        servant.tick()
    assert ended == [1]
    Servant(parts, lambda _path: False, lambda: ended.append(2)).tick()
    assert ended == [1], "a service that has just started fulfils an old wish by having started"


def test_a_screenshot_waits_until_nobody_is_served_and_shows_no_camera(parts):
    stage = Stage(OffscreenDisplay((800, 480)))
    servant = Servant(parts, stage.photograph)
    views = [view for _name, view, _sizes in samples.gallery("en")]
    with closing(Obedience(parts)) as obedience:
        order(parts, "screenshot")
        for view in (next(v for v in views if v.screen == "pay.face"), next(v for v in views if v.screen == "pay.confirm")):
            stage.show(view)
            obedience.tick()
            parts.clock.move(1)
            servant.tick()
            assert not picture_path(parts, "c1").exists() and "c1" not in answers(parts)
        stage.show(next(v for v in views if v.screen == "pay.attract"))
        parts.clock.move(1)
        servant.tick()
        assert picture_path(parts, "c1").stat().st_mode & 0o777 == 0o640, "the sync process reads it by its group"
        done = obey(parts, obedience, "c1")
    picture = base64.b64decode(done.result)
    assert done.outcome == "done" and picture.startswith(b"\xff\xd8") and not picture_path(parts, "c1").exists()
    stage.close()


def test_a_picture_that_cannot_be_read_is_a_failed_command_and_no_end_of_the_link(parts):
    with closing(Obedience(parts)) as obedience:
        order(parts, "screenshot")
        picture_path(parts, "c1").mkdir(parents=True)
        assert obey(parts, obedience, "c1").outcome == "failed"


def test_a_screenshot_that_could_not_be_taken_in_time_is_taken_no_more(parts):
    taken = []
    servant = Servant(parts, lambda path: bool(taken.append(path)) or True)
    with closing(Obedience(parts)) as obedience:
        order(parts, "screenshot", good_for_s=60)
        obedience.tick()
        obedience.tick()
        assert not answers(parts)
        picture_path(parts, "c1").write_bytes(b"of a screen, too late")
        parts.clock.move(61)
        obedience.tick()
        assert answers(parts)["c1"].outcome == "expired" and not picture_path(parts, "c1").exists()
    servant.tick()
    assert not taken


def test_hq_orders_with_role_audit_and_expiry_and_alarms_answers_that_nobody_asked_for(tmp_path):
    with closing(Ledger(tmp_path / "hq.db")) as ledger, ledger.write() as db:
        stamp = Stamp(1_000_000, new_id)
        with pytest.raises(HqError, match="never heard of"):
            commands.order(db, "kiosk-1", "lock", commands.Person("anna", "operator"), stamp)
        fleet.add_device(db, "kiosk-1", 1)
        fleet.set_state(db, "kiosk-1", DeviceState(True, "s", "1", "e1"), 1)
        ident = commands.order(db, "kiosk-1", "lock", commands.Person("anna", "operator"), stamp)
        bo = commands.Person("bo", "viewer")
        for person, what, good_for_s in ((bo, "lock", 60), (bo, "shell", 60), (commands.Person("anna", "operator"), "lock", 10**9)):
            with pytest.raises(HqError):
                commands.order(db, "kiosk-1", what, person, stamp, good_for_s)
        commands.note_refusal(db, "kiosk-1", "lock", bo, stamp)
        audit = [(row["who"], row["act"], row["after"]) for row in catalogue.audit(db, 10)]
        assert ("anna", "command", "lock") in audit and ("bo", "command_refused", "lock") in audit
        assert [row["kind"] for row in fleet.pending(db)] == ["command"]
        commands.finished(db, "kiosk-2", CommandDone(ident, "lock", "done"), stamp)
        assert commands.result(db, ident)["outcome"] == "", "another device's word counts for nothing"
        commands.finished(db, "kiosk-1", CommandDone(ident, "lock", "done"), stamp)
        commands.finished(db, "kiosk-1", CommandDone(ident, "lock", "failed"), stamp)
        assert commands.result(db, ident)["outcome"] == "done"
        commands.finished(db, "kiosk-1", CommandDone("invented", "lock", "done"), stamp)
        assert [row["kind"] for row in facts.alarms(db)] == ["command_unknown"]


PLANTED = {
    "pin": PIN, "badge": BADGE, "password": PASSWORD, "token": TOKEN, "code": "7K3M-9QXA-0B2C-DE4F", "phone": "+33 6 12 34 56 78",
    "template": base64.b64encode(bytes(range(256)) * 2).decode(), "hex": bytes(range(48)).hex(),
    "key": "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----", "bearer": "Authorization: Bearer abc.def-1"}


def test_a_support_bundle_holds_nothing_of_what_was_planted_everywhere(settings, parts):
    with parts.store.unit() as unit:
        for name, secret in PLANTED.items():
            unit.settings.put(name, secret)
            unit.quarantine.add("v1/kiosk-1/down/x", secret, secret.encode())
            unit.tallies.add(secret)
    log = "\n".join(f"12:00:01 kiosk-1/pay INFO something about {name}: {secret} and {secret}" for name, secret in PLANTED.items())
    (settings.storage.folder / "identity").mkdir()
    (settings.storage.folder / "identity" / "device.pem").write_text(PLANTED["key"])
    packed = make_bundle(settings, parts.clock, log)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(texts) == {"about.txt", "doctor.json", "settings.txt", "database.json", "log.txt"}
    whole = "\n".join(texts.values())
    for name, secret in PLANTED.items():
        assert secret not in whole and (len(secret) < 40 or secret[4:24] not in whole), name
    assert "MIGHAg" not in whole and "abc.def-1" not in whole
    assert "id='kiosk-1'" in texts["settings.txt"] and "'***'" in texts["settings.txt"] and '"part": "disk"' in texts["doctor.json"]


def test_what_a_technician_needs_stays_readable(settings):
    text = ("2026-11-22 12:00:01 kiosk-1/sync INFO broker 10.0.0.1:8883 is there, GTIN 4006381333931, 0.25 s,"
            " epoch 019acd12-0000-7000-8000-000000000001")
    assert scrubbed(text, settings) == text
