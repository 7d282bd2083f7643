"""An HQ with its broker on this machine, as the kiosk in the emulator reaches it: made with the commands that a real HQ uses."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from kiosk.hq.ledger import fleet
from kiosk.hq.ledger.store import open_ledger
from kiosk.sim.broker import Broker
from kiosk.sim.processes import Child, free_port

SEEN_AS = "10.0.2.2"
"""This machine, as the emulator's network calls it."""
GROUP = "trial"
PRODUCTS = ("gtin,name_fr,name_en,name_zh,price,vat,unit_weight_g,picture,garment\n"
            "4006381333931,Eau de source,Spring water,天然矿泉水,1.50,5.5,520,water,\n")


class Headquarters:
    """Broker, authority and HQ in one folder; open it, ask what it has heard, close it."""

    def __init__(self, folder: Path) -> None:
        """Make the authority, the certificates and a price list."""
        folder.mkdir(parents=True)
        self._folder, self._hq = folder, folder / "hq"
        self.claim = folder / "claim.pem"
        self._kiosk("ca", "init")
        self._kiosk("ca", "issue", "--server", SEEN_AS, "127.0.0.1", "localhost")
        self._kiosk("ca", "issue", "--hq", "--out", str(folder / "hq.pem"))
        self._kiosk("ca", "issue", "--claim", "--out", str(self.claim))
        self.broker = Broker(folder / "broker", trust=self._hq / "ca" / "broker")
        self._serve = Child("hq", ("hq", "serve", "--folder", str(self._hq), "--broker", f"127.0.0.1:{self.broker.port}", "--group", GROUP,
                                   "--broker-ca", str(self._hq / "ca/broker/ca.pem"), "--broker-certificate", str(folder / "hq.pem"),
                                   "--port", str(free_port())), folder, {})

    def _kiosk(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "kiosk", "hq", arguments[0], "--folder", str(self._hq), *arguments[1:]],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"kiosk hq {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def code(self) -> str:
        """Return a one-time store code, for which nobody has to approve."""
        return self._kiosk("ca", "codes", "1", "--store", "Paris 11", "--automatic").split()[-1]

    def publish(self) -> None:
        """Publish a price list and an offline policy."""
        products = self._folder / "products.csv"
        products.write_text(PRODUCTS, encoding="utf-8")
        self._kiosk("import", "products", str(products))
        self._kiosk("publish")

    def open(self) -> None:
        """Start broker and HQ."""
        self.broker.start()
        self._serve.start()

    def close(self) -> None:
        """Stop both."""
        self._serve.stop()
        self.broker.stop()

    def sales(self) -> list[str]:
        """Return the id of every sale in the books, once for each time that it stands there."""
        with contextlib.closing(open_ledger(self._hq)) as ledger, ledger.read() as db:
            return [row["sale_id"] for row in db.execute("SELECT sale_id FROM sales ORDER BY rowid")]

    def facts(self) -> set[tuple[str, str, int, str]]:
        """Return (epoch, lane, number, id) of every fact that HQ holds."""
        with contextlib.closing(open_ledger(self._hq)) as ledger, ledger.read() as db:
            return {(row["epoch"], row["lane"], row["seq"], row["id"]) for row in db.execute(
                "SELECT s.epoch, s.lane, f.seq, f.id FROM facts f JOIN streams s ON s.id = f.stream")}

    def states(self, device: str) -> dict[str, str]:
        """Return how HQ thinks that a device is: part -> state, and in which time it was ready."""
        with contextlib.closing(open_ledger(self._hq)) as ledger, ledger.read() as db:
            return next((json.loads(row["states"]) for row in fleet.devices(db) if row["id"] == device), {})

    def photograph(self, device: str, path: Path) -> None:
        """Have a device send what its screen shows, as HQ's staff does; it is written to a file (JPEG)."""
        self._kiosk("command", device, "screenshot", "--good-for", "900", "--wait", "900", "--out", str(path))

    def gaps(self) -> int:
        """Return how many numbers of the money lane HQ has not heard of."""
        numbers: dict[str, list[int]] = {}
        for epoch, lane, number, _id in self.facts():
            if lane == "money":
                numbers.setdefault(epoch, []).append(number)
        return sum(max(seen) - min(seen) + 1 - len(set(seen)) for seen in numbers.values())
