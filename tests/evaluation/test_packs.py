"""`kiosk eval packs`: planted preferences of simulated chains."""

import json

from kiosk.cli import main


def test_planted_preferences_are_found(capsys):
    assert main(["eval", "packs", "--simulate", "4", "--seed", "100", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["planted"] > 20
    assert figures["found"] >= 0.8
    assert figures["false"] <= 0.15


def test_no_chain_is_no_question(capsys):
    assert main(["eval", "packs", "--simulate", "0"]) == 1
    assert "1 or more" in capsys.readouterr().err
