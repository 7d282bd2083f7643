"""The threat model says nothing that is not tested: each arrow has all six letters, each test exists, each acceptance says why."""

from __future__ import annotations

from tests.attacks.model import MODEL, places, threats


def test_every_test_that_the_threat_model_names_exists():
    known = places()
    assert not [name for threat in threats() for name in threat.tests if name not in known]


def test_every_arrow_is_held_against_every_letter():
    letters = {}
    for threat in threats():
        letters.setdefault(threat.arrow, set()).add(threat.letter)
    assert len(letters) == MODEL.read_text(encoding="utf-8").count("\n## ") >= 12
    assert {arrow: "".join(sorted(found)) for arrow, found in letters.items()} == dict.fromkeys(letters, "DEIRST")


def test_every_threat_has_a_test_or_says_why_it_is_accepted():
    for threat in threats():
        accepted = threat.answer.startswith("**accepted**: ")
        assert bool(threat.tests) != accepted, threat
        assert not accepted or len(threat.answer) > 40, threat


def test_a_row_that_names_nothing_would_be_noticed():
    text = "## 1. x\n| S | a | b | `test_that_is_not_there` |\n| T | a | b | |\n"
    found = threats(text)
    assert [threat.tests for threat in found] == [("test_that_is_not_there",), ()] and "test_that_is_not_there" not in places()
