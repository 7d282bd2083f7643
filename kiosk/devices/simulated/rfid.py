"""An RFID reader's program without a reader: prints the lines of `devices.rfid` from a script, as `python -m` a technician can run.

    python -m kiosk.devices.simulated.rfid SCRIPT.json

SCRIPT: {"tags": [{"epc": "...", "antenna": 1, "from_s": 0, "until_s": 8.5}], "lasts_s": 60}; each tag is read ten times a second.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from random import Random
from typing import TextIO

_TURN_S = 0.1


def play(script: Path, out: TextIO) -> None:
    """Print reads until the script ends. One read in ten is missed, as in a shop."""
    plan, rng = json.loads(script.read_text(encoding="utf-8")), Random(1)
    began = time.monotonic()
    while (at := time.monotonic() - began) < plan["lasts_s"]:
        for tag in plan["tags"]:
            if tag["from_s"] <= at < tag["until_s"] and rng.random() < 0.9:
                out.write(json.dumps({"epc": tag["epc"], "antenna": tag["antenna"]}) + "\n")
        out.write('{"alive": true}\n')
        out.flush()
        time.sleep(_TURN_S)


if __name__ == "__main__":
    play(Path(sys.argv[1]), sys.stdout)
