"""`kiosk eval forecast`: the definitions, on files whose answers are known."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from kiosk.cli import main
from kiosk.errors import InvalidValueError
from kiosk.evaluation.forecast import evaluate_file, read_vending, read_wide, rmsse

HEAD = "Device ID,RCoil,TransDate,RQty\n"


def wide(path, sales):
    lines = ["id," + ",".join(f"d_{d}" for d in range(sales.shape[1]))]
    lines += [f"item{i}," + ",".join(str(int(v)) for v in row) for i, row in enumerate(sales)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def shop(tmp_path):
    draws = np.random.default_rng(6)
    return wide(tmp_path / "shop.csv", draws.poisson(draws.gamma(1, 0.8, (30, 1)), (30, 280)) * draws.integers(1, 4, (30, 280)))


def test_rmsse_by_hand():
    sales = np.array([[0.0, 0, 2, 1, 1, 3, 1], [0, 0, 0, 0, 0, 1, 1]])
    assert rmsse(sales, 5, np.array([[1.0, 1.0], [0.0, 0.0]])) == pytest.approx(np.sqrt(2 / 0.5))


def test_the_command_prints_the_figures(shop, capsys):
    assert main(["eval", "forecast", str(shop), "--horizon", "14", "--origins", "2", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["origins"] == [252, 266]
    assert figures["items"] == 30
    assert 0.5 < figures["rmsse"] < 1
    assert 0 < figures["wape7"] < 1
    assert figures["pinball"]["ratio"] < 1
    assert set(figures["coverage"]) == {"0.9", "0.95", "0.98"}
    assert all(abs(float(nominal) - reached) < 0.06 for nominal, reached in figures["coverage"].items())
    assert (figures["peers"] is None) == bool(figures["note"])
    assert main(["eval", "forecast", str(shop), "--horizon", "14", "--origins", "2"]) == 0
    assert "RMSSE" in capsys.readouterr().out


def test_nothing_of_the_scored_days_leaks(tmp_path, shop):
    sales = read_wide(shop)[1]
    first = evaluate_file(shop, "wide", 14, 1)
    sales[:, -14:] = sales[::-1, -14:]
    assert evaluate_file(wide(tmp_path / "other.csv", sales), "wide", 14, 1).rmsse > first.rmsse


def test_vending_lines_become_lanes_by_day(tmp_path):
    path = tmp_path / "lines.csv.gz"
    lines = ['M1,101,"Saturday, January 1, 2022",2', 'M1,101,"Monday, January 3, 2022",1', 'M1,101,"Monday, January 3, 2022",1',
             'M2,101,"Sunday, January 2, 2022",1']
    path.write_bytes(gzip.compress((HEAD + "\n".join(lines)).encode()))
    lanes, sales = read_vending(path)
    assert lanes == ("M1 101", "M2 101")
    assert sales.tolist() == [[2, 0, 2], [0, 1, 0]]


@pytest.mark.parametrize("text", ["id,d_1,d_2\na,1\nb,1,2\n", "id,d_1\na,x\n", "id,d_1\na,-1\n", ""])
def test_a_broken_file_is_named(tmp_path, text):
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"broken\.csv"):
        read_wide(path)


def test_a_broken_vending_file_is_named(tmp_path):
    path = tmp_path / "broken.csv"
    for text in (HEAD, "a,b\n1,2\n", HEAD + "M1,101,2022-01-01,1\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidValueError, match=r"broken\.csv"):
            read_vending(path)


def test_too_few_days_are_refused(shop, capsys):
    assert main(["eval", "forecast", str(shop), "--horizon", "28", "--origins", "10"]) == 1
    assert "too few" in capsys.readouterr().err


SHOPS = {"m5": ("m5_ca3_hobbies_dev.csv.gz", "wide", 28), "vending": ("vending_dev.csv.gz", "vending", 14)}
WITH_DATA = pytest.mark.skipif("KIOSK_DATA" not in os.environ, reason="set KIOSK_DATA to the folder of evaluation data")


def of_shop(name):
    file, layout, horizon = SHOPS[name]
    return evaluate_file(Path(os.environ["KIOSK_DATA"]) / "stock" / file, layout, horizon, 4)


@WITH_DATA
@pytest.mark.parametrize(("name", "rmsse_bar"), [("m5", 0.7452), ("vending", 0.6693)])
def test_bars_on_real_shops(name, rmsse_bar):
    report = of_shop(name)
    assert report.rmsse <= rmsse_bar
    assert report.pinball["ratio"] <= 0.95


@WITH_DATA
@pytest.mark.parametrize("name", SHOPS)
def test_the_chances_that_are_promised_are_met(name):
    assert all(abs(float(nominal) - reached) <= 0.015 for nominal, reached in of_shop(name).coverage.items())
