"""`kiosk eval packs`: planted preferences of a simulated chain, and a real chain's bag snacks."""

import json
import os
from pathlib import Path

import pytest

from kiosk.cli import main

DATA = os.environ.get("KIOSK_DATA")


def test_planted_preferences_are_found(capsys):
    assert main(["eval", "packs", "--simulate", "4", "--seed", "100", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["planted"] > 20
    assert figures["found"] >= 0.8
    assert figures["false"] <= 0.15


@pytest.mark.skipif(DATA is None, reason="set KIOSK_DATA to the folder of evaluation data")
def test_a_chains_stores_that_want_small_bags_are_named(capsys):
    folder = Path(DATA or "") / "stock"
    files = [str(folder / f"grocery_{name}.csv.gz") for name in ("products", "transactions_sample")]
    assert main(["eval", "packs", *files, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "372" in {one["store"] for one in report["advice"] if one["size"] == "small"}
    assert report["silent"] > 50
    assert all(one["lines"] for one in report["advice"])


def test_files_that_are_not_a_chains_are_refused(tmp_path, capsys):
    table = tmp_path / "products.csv"
    table.write_text("a,b\n1,2\n")
    assert main(["eval", "packs", str(table), str(table)]) == 1
    assert "the header lacks product_id" in capsys.readouterr().err
    assert main(["eval", "packs", str(table)]) == 1
