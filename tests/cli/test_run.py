"""`kiosk config`: what a kiosk.toml holds, with every default, and no secret."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from kiosk.cli import CUT_OFF, main
from kiosk.config import parse

EXAMPLE = Path(__file__).parents[2] / "deploy" / "kiosk.example.toml"


def test_what_it_prints_is_toml_that_holds_the_same_and_no_secret(capsys, tmp_path):
    board = "[facings.boards.top]\ncorners = [[0, 0], [1, 0], [1, 1], [0, 1]]\nlength_mm = 900\n"
    text = f"{EXAMPLE.read_text()}\n{board}"
    file = tmp_path / "kiosk.toml"
    file.write_text(text)
    assert main(["config", str(file)]) == 0
    printed = capsys.readouterr().out
    assert tomllib.loads(printed)["facings"]["boards"]["top"] == {"corners": [[0, 0], [1, 0], [1, 1], [0, 1]], "length_mm": 900}
    given, shown = parse(text), parse(printed)
    assert (shown.device, shown.scale, shown.members) == (given.device, given.scale, given.members)
    assert given.broker.password.reveal() not in printed
    assert shown.broker.password.reveal() == "***"


def test_who_has_read_enough_gets_no_traceback():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "kiosk", "config", EXAMPLE], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (CUT_OFF, b"")
