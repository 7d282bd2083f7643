"""No code of ours is shown to people: what was done, what is wrong and how devices are stands in words, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kiosk.hq
from kiosk.design.words import known, say
from kiosk.domain.money import Money
from kiosk.flows import health
from kiosk.hq import publish, replenishment
from kiosk.hq.ledger import people
from tests.hq.conftest import GTIN
from tests.hq.test_console import site  # noqa: F401

NOTED = re.compile(r'note\(\s*db, \([^"]*?, "(\w+)",')
ALARMED = re.compile(r'alarm\(db, "(\w+)"')


def sources() -> str:
    folder = Path(kiosk.hq.__file__).parent
    return "".join(path.read_text() for path in (*folder.rglob("*.py"), *(folder.parent / "cli").glob("hq*.py")))


def test_every_act_and_every_alarm_has_a_name():
    acts, kinds = set(NOTED.findall(sources())), set(ALARMED.findall(sources()))
    assert {"price", "ca_init", "log_in", "order_done"} <= acts and {"day_end", "flood"} <= kinds
    assert [act for act in sorted(acts | {"approved", "rejected"}) if not known(f"console.audit.act.{act}")] == []
    assert [kind for kind in sorted(kinds) if not known(f"console.alarm.{kind}")] == []
    assert [part for part in (*health.NAMES, "storage", "lost", "unsure", "rebuilt") if not known(f"console.part.{part}")] == []


@pytest.mark.parametrize(("language", "amounts", "camera", "role"), [
    ("fr", ("1,20 €", "1,45 €"), "caméra : perdue", "vente"), ("zh", ("€1.20", "€1.45"), "摄像头：断开", "店员")])
def test_pages_say_what_was_done_and_how_devices_are_in_words(site, language, amounts, camera, role):  # noqa: F811
    with site.ledger.write() as db:
        publish.set_price(db, GTIN, Money(145, "EUR"), site.stamp(), "olga")
        replenishment.approve(db, "r1", None, "olga", site.stamp(), replenishment.UNDO_S)
        replenishment.undo(db, "r1", "olga", site.stamp())
    with site.client() as client:
        made = client.post("/users", data={"token": site.token(), "name": "lea", "role-clerk": "1"})
        users, fleet, alarms = (client.get(f"/{page}?lang={language}").text.replace("\u00a0", " ") for page in ("users", "fleet", "alarms"))
    assert made.status_code == 200
    audit = users[users.index('id="audit"'):]
    for word in (*amounts, role, say("console.replenish.open", language), say("console.audit.act.pricelist", language)):
        assert word in audit, word
    assert "pricelist" not in audit and "clerk" not in audit and "approved" not in audit
    assert camera in fleet and camera in alarms and say("console.kind.pay", language) in fleet
    with site.ledger.read() as db:
        assert people.user(db, "lea") is not None
