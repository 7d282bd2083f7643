"""`kiosk eval replenishment`: a year of a small shop replayed."""

import json

import numpy as np
import pytest

from kiosk.cli import main
from kiosk.domain.replenishment_ladder import Ladder
from kiosk.domain.replenishment_replay import Rhythm
from tests.evaluation.test_forecast import wide


def sales(days=600):
    draws = np.random.default_rng(8)
    return (draws.poisson(draws.gamma(1.5, 0.4, (20, 1)), (20, days)) * draws.integers(1, 3, (20, days))).astype(float)


def test_the_asked_fill_is_reached_and_the_command_tells_it(tmp_path, capsys):
    path = wide(tmp_path / "shop.csv", sales())
    assert main(["eval", "replenishment", str(path), "--review", "7", "--lead", "2", "--case", "3", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["reached"] == pytest.approx(0.95, abs=0.02)
    ours = figures["curves"]["quantile"]
    assert figures["less_than_par"] == pytest.approx(1 - ours["cover_at_fill"] / figures["curves"]["par"]["cover_at_fill"])
    assert np.interp(figures["reached"], ours["fill"], ours["cover"]) == pytest.approx(figures["cover"], rel=0.06)


def test_an_evening_knows_nothing_of_the_days_after():
    demand = sales()
    later = demand.copy()
    later[:, 500:] += 9.0
    one, other = (Ladder(d, Rhythm(7, 2), np.ones(len(d), dtype=int)).levels(499) for d in (demand, later))
    assert (one.target == other.target).all()
    assert (np.diff(one.target, axis=0) >= 0).all()


@pytest.mark.parametrize("arguments", [["--review", "0", "--lead", "1"], ["--review", "1", "--lead", "1", "--fill", "2"]])
def test_what_cannot_be_is_refused(tmp_path, arguments, capsys):
    path = wide(tmp_path / "shop.csv", sales())
    assert main(["eval", "replenishment", str(path), *arguments]) == 1
    assert capsys.readouterr().err.startswith("kiosk eval:")


def test_too_short_a_file_is_refused(tmp_path, capsys):
    path = wide(tmp_path / "shop.csv", sales(200))
    assert main(["eval", "replenishment", str(path), "--review", "1", "--lead", "1"]) == 1
    assert "574 are needed" in capsys.readouterr().err
