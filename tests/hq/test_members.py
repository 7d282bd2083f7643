"""HQ and members' faces: who is told of whom, who is asked to seal, and how an erasure is followed to its end."""

import json

import pytest

from kiosk.domain.events import MemberEnrolled, MemberErased, MemberLocked, TemplateHeld, TemplateRequested, TemplateSealed
from kiosk.errors import HqError
from kiosk.hq import members
from kiosk.hq.ledger import accounts, facts
from kiosk.hq.ledger import members as rows
from kiosk.hq.ledger.members import Place
from kiosk.hq.stamp import Stamp
from tests.hq.conftest import Device

ANNA = MemberEnrolled("anna", "2026-11", "fr", 3)
LATER_S = 21


class Group:
    """Devices that HQ knows, and what lies in their downboxes."""

    def __init__(self, ledger, ingest, stamp):
        self.ledger, self.ingest, self.stamp = ledger, ingest, stamp
        self.devices = {}
        for name in ("pay-1", "mirror-1", "pay-2"):
            self.born(name)

    def born(self, name, epoch="e1", online=True):
        device = self.devices.get((name, epoch)) or Device(name, epoch)
        self.devices[name] = self.devices[name, epoch] = device
        self.ingest.states([device.birth(f"s-{epoch}", online)], self.stamp)
        return device

    def say(self, name, *events):
        self.ingest.commit([self.devices[name].send(*events)], self.stamp)

    def told(self, name, epoch="e1"):
        """What lies in a downbox, taken out: (kind, data)."""
        with self.ledger.write() as db:
            found = db.execute("SELECT m.kind, m.body FROM downbox m JOIN boxes b ON b.id = m.box WHERE b.device = ? AND b.epoch = ?"
                               " ORDER BY m.seq", (name, epoch)).fetchall()
            db.execute("DELETE FROM downbox WHERE box IN (SELECT id FROM boxes WHERE device = ? AND epoch = ?)", (name, epoch))
        return [(row["kind"], json.loads(row["body"])) for row in found]

    def alarms(self):
        with self.ledger.read() as db:
            return [(row["kind"], row["device"]) for row in facts.alarms(db)]

    def do(self, work, *args):
        with self.ledger.write() as db:
            return work(db, *args)


@pytest.fixture
def group(ledger, ingest, stamp):
    return Group(ledger, ingest, stamp)


def test_a_template_is_asked_for_sealed_forwarded_and_held(group):
    group.say("pay-1", ANNA)
    assert group.told("mirror-1") == group.told("pay-2") == [("members", {"member_ids": ["anna"], "lost": False})]
    assert group.told("pay-1") == []
    group.say("mirror-1", TemplateRequested("anna", "a2V5"))
    assert group.told("pay-1") == [("template-wanted", {"member_id": "anna", "receiver": "mirror-1", "receiver_epoch": "e1",
                                                       "public_key": "a2V5"})]
    group.say("pay-1", TemplateSealed("anna", "mirror-1", "e1", "Y2lwaGVy"))
    assert group.told("mirror-1") == [("template", {"member_id": "anna", "sealed": "Y2lwaGVy"})]
    group.say("mirror-1", TemplateHeld("anna"))
    with group.ledger.read() as db:
        assert {row["device"] for row in rows.holders(db, "anna")} == {"pay-1", "mirror-1"}
        assert members.overdue(db, 2**50) == []
        assert not any(b"Y2lwaGVy" in bytes(row[0]) for row in db.execute("SELECT body FROM facts")), "HQ keeps no sealed template"


def test_one_holder_at_a_time_and_the_next_when_the_first_is_silent_or_empty(group):
    group.say("pay-1", ANNA)
    group.say("mirror-1", TemplateHeld("anna"))
    for name in ("pay-1", "mirror-1", "pay-2"):
        group.told(name)
    group.say("pay-2", TemplateRequested("anna", "a2V5"))
    asked = [name for name in ("pay-1", "mirror-1") if group.told(name)]
    assert len(asked) == 1
    other = ({"pay-1", "mirror-1"} - set(asked)).pop()
    with group.ledger.read() as db:
        assert members.overdue(db, group.stamp.at_ms) == []
        (late,) = members.overdue(db, group.stamp.at_ms + 2 * LATER_S * 1000)
    group.do(members.forward, late, group.stamp)
    assert (group.told(asked[0]), [kind for kind, _ in group.told(other)]) == ([], ["template-wanted"])
    group.say(other, TemplateSealed("anna", "pay-2", "e1", ""))
    assert [kind for kind, _ in group.told(asked[0])] == ["template-wanted"]


def test_nobody_is_asked_who_is_not_there_and_when_all_lost_it_the_member_enrols_again(group):
    group.say("pay-1", ANNA)
    group.born("pay-1", online=False)
    group.told("pay-1")
    group.say("mirror-1", TemplateRequested("anna", "a2V5"))
    assert group.told("pay-1") == []
    group.born("pay-1")
    with group.ledger.read() as db:
        (waiting,) = members.overdue(db, group.stamp.at_ms + LATER_S * 1000)
    group.do(members.forward, waiting, group.stamp)
    assert [kind for kind, _ in group.told("pay-1")] == ["template-wanted"]
    group.told("mirror-1")
    group.born("pay-1", "e2")
    group.say("mirror-1", TemplateRequested("anna", "a2V5"))
    assert group.told("mirror-1") == [("members", {"member_ids": ["anna"], "lost": True})]
    assert ("member_lost", "mirror-1") in group.alarms()
    with group.ledger.read() as db:
        assert [row["lost"] for row in rows.overview(db)] == [1]
    group.say("pay-1", ANNA)
    with group.ledger.read() as db:
        assert [row["lost"] for row in rows.overview(db)] == [0]


def test_an_empty_card_is_told_of_everybody_and_another_key_is_alarmed(group):
    group.say("pay-1", ANNA, MemberEnrolled("bert", "2026-11", "en", 3))
    group.say("mirror-1", TemplateRequested("anna", "a2V5"))
    assert group.alarms() == []
    fresh = group.born("mirror-1", "e2")
    told = group.told("mirror-1", "e2")
    # What the former card was not told comes along; a card that hears of a member twice asks once.
    assert ("members", {"member_ids": ["anna", "bert"], "lost": False}) in told and {kind for kind, _ in told} == {"members"}
    group.ingest.commit([fresh.send(TemplateRequested("anna", "bmV3"))], group.stamp)
    assert ("device_key", "mirror-1") in group.alarms()
    group.say("pay-1", TemplateSealed("anna", "mirror-1", "e2", "Y2lwaGVy", key_known=False))
    assert group.told("mirror-1", "e2")[-1][0] == "template"


def test_a_device_that_sees_nobody_is_told_of_nobody(group):
    shelf = Device("shelf-1")
    topic, _state = shelf.birth()
    group.ingest.states([(topic, b'{"online":true,"session":"s","version":"1","epoch":"e1","roles":["stock"]}')], group.stamp)
    group.say("pay-1", ANNA)
    assert group.told("shelf-1") == []


def test_an_erasure_reaches_every_card_and_each_word_is_kept_with_its_time(group):
    group.say("pay-1", ANNA)
    group.say("mirror-1", TemplateHeld("anna"))
    group.born("mirror-1", "e2")
    group.say("pay-2", TemplateRequested("anna", "a2V5"))
    group.say("pay-1", TemplateSealed("anna", "pay-2", "e1", "Y2lwaGVy"))
    for name, epoch in (("pay-1", "e1"), ("mirror-1", "e1"), ("mirror-1", "e2")):
        group.told(name, epoch)
    group.do(members.erase, "anna", "console", group.stamp)
    order = ("erasure", {"member_id": "anna"})
    assert group.told("pay-1") == group.told("mirror-1", "e1") == group.told("mirror-1", "e2") == [order]
    assert all(kind != "template" for kind, _ in group.told("pay-2")), "what was on its way is not delivered any more"
    later = Stamp(group.stamp.at_ms + 5000, group.stamp.new_id)
    group.ingest.commit([group.devices["pay-1"].send(MemberErased("anna", "hq"))], later)
    with group.ledger.read() as db:
        places = {(row["device"], row["epoch"]): row for row in rows.places(db)["anna"]}
        assert places["pay-1", "e1"]["erased_ms"] == later.at_ms and places["mirror-1", "e1"]["erased_ms"] is None
        assert rows.overview(db)[0]["open"] == 3 and rows.is_erased(db, "anna")
    with pytest.raises(HqError, match="nobody"):
        group.do(members.erase, "nobody", "console", group.stamp)


def test_an_erasure_at_one_kiosk_goes_on_to_the_others_but_disuse_does_not(group):
    group.say("pay-1", ANNA, MemberEnrolled("bert", "2026-11", "en", 3))
    group.say("mirror-1", TemplateHeld("anna"), TemplateHeld("bert"))
    for name in ("pay-1", "mirror-1", "pay-2"):
        group.told(name)
    group.say("pay-1", MemberErased("bert", "retention"))
    assert group.told("mirror-1") == []
    with group.ledger.read() as db:
        assert not rows.is_erased(db, "bert")
    group.say("pay-1", MemberErased("anna", "phone"))
    assert group.told("mirror-1") == [("erasure", {"member_id": "anna"})]
    group.say("mirror-1", MemberErased("bert", "retention"))
    with group.ledger.read() as db:
        assert rows.is_erased(db, "bert"), "nobody holds it any more"


@pytest.mark.parametrize("late", [ANNA, TemplateRequested("anna", "a2V5"), TemplateHeld("anna")])
def test_whoever_comes_late_with_an_erased_member_is_told_to_erase(group, late):
    group.say("pay-1", ANNA)
    group.do(members.erase, "anna", "console", group.stamp)
    group.say("pay-1", MemberErased("anna", "hq"))
    group.told("pay-2")
    group.say("pay-2", late)
    assert group.told("pay-2") == [("erasure", {"member_id": "anna"})]
    with group.ledger.read() as db:
        assert rows.is_erased(db, "anna") and accounts.members(db)[0]["templates"] == 0


def test_a_lock_reaches_the_others_and_hq_unlocks_for_all(group):
    group.say("pay-1", ANNA)
    group.say("mirror-1", TemplateHeld("anna"))
    for name in ("pay-1", "mirror-1"):
        group.told(name)
    group.say("pay-1", MemberLocked("anna", True))
    assert (group.told("pay-1"), group.told("mirror-1")) == ([], [("member-lock", {"member_id": "anna", "locked": True})])
    group.do(members.unlock, "anna", "console", group.stamp)
    order = ("member-lock", {"member_id": "anna", "locked": False})
    assert group.told("pay-1") == group.told("mirror-1") == [order]
    assert not group.do(rows.was_told, "nobody", Place("pay-1", "e1"))
