"""`make image-test`: starts the card in an emulator with a technician's files, sells, pulls the plug three times, counts at HQ."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from deploy.image.air import Air, Network, networks
from deploy.image.disk import tool
from deploy.image.headquarters import GROUP, SEEN_AS, Headquarters
from deploy.image.machine import Machine
from deploy.image.rootfs import ROOT

DEVICE, OTHER = "paris-11-pay-1", "paris-11-pay-2"
ROLES = ("pay", "sync")
KILLS = 3
COLOURS = 40
"""More of them are on the terminal's picture; the splash has fewer, and a black screen one."""
SOLD_BEFORE = 4
"""So many sales are announced before the plug is pulled."""
SELL = ("sudo systemd-run -q --pipe --wait --collect -p User=kiosk -p Group=kiosk -p UMask=0007"
        " -p LoadCredential=journal.key:/etc/kiosk/journal.key sh -c '/opt/kiosk/.venv/bin/kiosk sell --config /etc/kiosk/kiosk.toml"
        " --record /dev/stdout --sales-per-s 2 | cat'")
"""A shopper in the machine, under the user and with the journal's key that services have."""
MISSING_HERE = {"camera", "scale", "printer", "clock"}
"""What the emulator does not have, a time server among it: what `kiosk doctor` says of that does not count."""
PICTURES, PYTHON = "/var/lib/kiosk/pictures", "/opt/kiosk/.venv/bin/python"
LIVELY = ('import cv2; seen = cv2.imread("/opt/kiosk/cache/models/astronaut.png"); '
          f'[cv2.imwrite(f"{PICTURES}/{{at}}.png", seen[:, at:at + 400]) for at in range(0, 96, 16)]')
"""Pictures for its camera that move, for one that stands still is a lost one."""


def card(broker_port: int, code: str, key: str) -> str:
    """Return the kiosk.toml of the trial, as a technician would write it."""
    return (f'[device]\nid = "{DEVICE}"\nstore = "Paris 11"\nroles = ["pay"]\ngroup = "{GROUP}"\nlanguage = "fr"\n'
            f'[broker]\nhost = "{SEEN_AS}"\nport = {broker_port}\n[camera]\nkind = "file"\nsource = "{PICTURES}"\n'
            f'[members]\nvault = "/var/lib/kiosk-vault"\nkey = "/etc/kiosk/vault.key"\n'
            f'[setup]\ncode = "{code}"\nssh_key = "{key}"\n')


class Trial:
    """The run, step by step; what it found stands in `report`."""

    def __init__(self, image: Path, folder: Path, kills: int = KILLS) -> None:
        self._image, self._folder, self._kills = image, folder, kills
        self.report: dict[str, object] = {"emulator": "QEMU virt, cortex-a72, TCG; not a Pi"}
        key = folder / "technician"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        self._key = key.with_suffix(".pub").read_text().strip()
        self.hq = Headquarters(folder / "headquarters")
        self.machine = Machine(image, folder / "machine", key)
        self._announced: list[str] = []

    def say(self, text: str) -> None:
        """Say how far the trial is."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def hold(self, what: str, holds: bool) -> None:
        """Say what holds. Raises RuntimeError with what does not."""
        if not holds:
            raise RuntimeError(f"it is not true that {what}")
        self.say(f"  ok  {what}")

    def run(self) -> None:
        """Do it all."""
        self.hq.publish()
        self.hq.open()
        try:
            self.first_boot()
            self.whole()
            for number in range(self._kills):
                self.pull_the_plug(number + 1)
            self.count()
            self.crash_loop()
            self.machine.kill()
            self.wrong_card()
        finally:
            self.machine.kill()
            self.hq.close()

    def wrong_card(self) -> None:
        """A fresh card with mistakes: they are told on it, and a stick with a corrected one mends it without a restart.

        That the screen draws them is for `tests/flows` and a real screen.
        """
        self.say("a fresh card with mistakes")
        fresh = Machine(self._image, self._folder / "fresh", self._folder / "technician")
        fresh.lay("kiosk.toml", card(self.hq.broker.port, self.hq.code(), self._key).replace("store", "stroe").encode())
        fresh.start()
        try:
            took = fresh.wait("the mistakes stand on the card", lambda: "did you mean device.store?" in fresh.read("kiosk-provision.log"))
            self.report["mistakes_told_s"] = round(took)
            self.hold("every mistake is listed: stroe, no store, no claim.pem", fresh.read("kiosk-provision.log").startswith("3 mistakes:"))
            tried = networks(self._folder / "air")
            stick = fresh.plug_in({"kiosk.toml": card(self.hq.broker.port, self.hq.code(), self._key).replace(DEVICE, OTHER).encode(),
                                   "claim.pem": self.hq.claim.read_bytes(), "wifi.toml": tried[0].toml().encode()})
            self.report["login_after_stick_s"] = round(fresh.wait_for_login())
            fresh.wait("the stick says OK", lambda: tool("mtype", "-i", str(stick), "::/kiosk-provision.log").startswith(f"OK {OTHER}"))
            fresh.wait("kiosk@sync is active", lambda: fresh.run("systemctl is-active kiosk@sync", check=False).strip() == "active")
            self.hold("wifi.toml is gone from the stick", "wifi" not in tool("mdir", "-b", "-i", str(stick), "::/").lower())
            for name in ("kiosk.toml", "claim.pem"):
                fresh.send(f"/boot/firmware/{name}", tool("mtype", "-i", str(stick), f"::/{name}").encode())
            self.wifi(fresh, tried)
        finally:
            fresh.kill()

    def wifi(self, machine: Machine, tried: list[Network]) -> None:
        """The shop's Wi-Fi: hidden; of WPA3 alone; one that asks for a name and whose server an authority of the shop's own signed."""
        self.say("the shop's Wi-Fi, by simulated radios")
        air, took = Air(machine, self._folder / "air"), {}
        air.begin()
        for number, network in enumerate(tried):
            air.offer(network)
            if number:
                machine.send("/boot/firmware/wifi.toml", network.toml().encode())
                machine.run("sudo systemctl restart kiosk-provision wpa_supplicant@wlan0; sudo test ! -e /boot/firmware/wifi.toml",
                            timeout_s=900)
            took[network.seen_as] = round(machine.wait(f"it is in the network {network.name}", partial(air.joined, network), 600))
            self.say(f"  ok  it is in the network {network.name} ({network.seen_as}), has its address from there, and wifi.toml is erased")
        self.report["wifi_joined_s"] = took

    def first_boot(self) -> None:
        """The corrected card, and how long the way to a certificate takes."""
        self.say("the corrected card")
        self.machine.lay("kiosk.toml", b"\xef\xbb\xbf" + card(self.hq.broker.port, self.hq.code(), self._key).replace("\n",
            "\r\n").encode())
        self.machine.lay("claim.pem", self.hq.claim.read_bytes())
        self.machine.start()
        self.report["login_s"] = round(self.machine.wait_for_login())
        self.hold("kiosk-provision.log says OK", self.machine.run("sudo cat /boot/firmware/kiosk-provision.log").startswith(f"OK {DEVICE}"))
        self.machine.run("sudo mkdir -p /run/systemd/system/kiosk@.service.d; printf '[Service]\\nTimeoutStartSec=900\\n' "
                         "| sudo tee /run/systemd/system/kiosk@.service.d/slow.conf; sudo systemctl daemon-reload")
        self.machine.run(f"sudo -u kiosk mkdir -p {PICTURES} && sudo -u kiosk {PYTHON} -c '{LIVELY}'"
                         " && sudo systemctl --no-block restart kiosk@pay")
        began = time.monotonic()
        self.machine.wait("it has its certificate", lambda: "there" in self.machine.run(
            "sudo test -e /var/lib/kiosk/identity/device.pem && echo there", check=False))
        self.report["certificate_after_login_s"] = round(time.monotonic() - began)

    def whole(self) -> None:
        """Units, read-only root, memory, doctor, screen."""
        self.machine.wait("kiosk@sync and kiosk@pay are active", lambda: all(
            self.machine.run(f"systemctl is-active kiosk@{role}", check=False).strip() == "active" for role in ROLES))
        said = self.machine.run("findmnt -n -o OPTIONS /media/below; findmnt -n -o FSTYPE /; cat /etc/machine-id; "
                                "lsblk -bno SIZE /dev/vda6").splitlines()
        self.hold("the root is read-only below an overlay", "ro" in said[0].split(",") and said[1] == "overlay")
        self.hold("the data partition has grown to the end of the card", int(said[3]) > 2_500_000_000)
        self.hold("the hardware watchdog is on", "active" in self.machine.run("cat /sys/class/watchdog/watchdog0/state", check=False))
        memory = {role: int(self.machine.run(f"systemctl show -P MemoryPeak kiosk@{role}") or 0) // 1_000_000 for role in ROLES}
        self.report["memory_peak_mb"] = memory
        self.report["boot"] = self.machine.run("systemd-analyze", check=False).splitlines()[0]
        found = json.loads(self.machine.run("sudo kiosk doctor --json", check=False))
        bad = [finding for finding in found if not finding["well"] and finding["part"] not in MISSING_HERE]
        self.report["doctor"] = {finding["part"]: "ok" if finding["well"] else finding["said"] for finding in found}
        self.hold(f"the doctor finds nothing but missing hardware {[finding['said'] for finding in bad]}", not bad)
        self.machine.wait("HQ has heard of the device", lambda: bool(self.hq.facts()), 300)
        self.machine.wait("HQ knows in which time it was ready", lambda: "ready" in self.hq.states(DEVICE))
        self.report["ready_after_power"] = self.hq.states(DEVICE)["ready"]
        screen = self._folder / "screen.png"
        self.machine.wait("the terminal is on the screen itself", lambda: self.machine.photograph(screen) > COLOURS, 300)
        self.hq.photograph(DEVICE, self._folder / "pay.jpg")
        self.hold("HQ sees the screen of the running terminal", self._folder.joinpath("pay.jpg").stat().st_size > 5000)
        self.machine.run("sudo sh -c 'SDL_VIDEODRIVER=dummy /opt/kiosk/.venv/bin/kiosk screens /tmp/screens --only pay.attract"
                         " --language fr'",
                         timeout_s=900)
        self.hold("its screens are drawn off-screen", "pay.attract.fr.800x480.png" in self.machine.run("sudo ls /tmp/screens"))

    def crash_loop(self) -> None:
        """A terminal that cannot start: staff is called on its screen, and the others do not notice."""
        self.say("the terminal's service fails at each start")
        before = self.machine.run("systemctl show -P MainPID -P NRestarts kiosk@sync")
        self.machine.run("sudo mkdir -p /run/systemd/system/kiosk@pay.service.d; "
                         "printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' "
                         "| sudo tee /run/systemd/system/kiosk@pay.service.d/broken.conf; sudo systemctl daemon-reload; "
                         "sudo systemctl --no-block restart kiosk@pay")
        took = self.machine.wait("staff is called", lambda: self.machine.run("systemctl is-active kiosk-call-staff@pay",
                                                                             check=False).strip() == "active")
        self.report["staff_called_after_s"] = round(took)
        self.hold("it will be tried again", self.machine.run("systemctl is-active kiosk-retry@pay.timer", check=False).strip() == "active")
        self.hold("the other services did not notice", self.machine.run("systemctl show -P MainPID -P NRestarts kiosk@sync") == before)
        self.machine.run("sudo rm -r /run/systemd/system/kiosk@pay.service.d; sudo systemctl daemon-reload; "
                         "sudo systemctl reset-failed kiosk@pay; sudo systemctl start kiosk@pay", timeout_s=400)
        self.hold("a repaired service takes its screen back",
                  self.machine.run("systemctl is-active kiosk-call-staff@pay", check=False).strip() != "active")

    def pull_the_plug(self, number: int) -> None:
        """Sell until some sales are announced, kill the machine in the middle of it, and start it again."""
        self.say(f"the plug is pulled, {number} of {self._kills}")
        lines: list[str] = []
        seller = subprocess.Popen(self.machine.ssh(SELL), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def listen() -> None:
            lines.extend(seller.stdout or ())

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()

        def sold() -> bool:
            return sum('"stock"' in line for line in lines) >= SOLD_BEFORE

        self.machine.wait("the shopper in the machine buys", sold, 400, 0.1)
        self.machine.kill()
        seller.wait(60)
        listener.join(30)
        self._announced += [line for line in lines if line.endswith("\n")]
        stamp = self.machine.read("kiosk-provision.log")
        self.machine.start()
        self.report.setdefault("login_again_s", []).append(round(self.machine.wait_for_login()))  # type: ignore[attr-defined]
        said = self.machine.run("sudo journalctl -b -u kiosk-provision -o cat --no-pager")
        self.hold("nothing is provisioned again", "nothing new on the card" in said and self.machine.read("kiosk-provision.log") == stamp)

    def count(self) -> None:
        """What was announced is at HQ, once."""
        wanted = {(epoch, lane, seq, ident) for line in self._announced for epoch, *facts in [json.loads(line)]
                  for lane, seq, ident, _name in facts if lane == "money"}
        sales = {name for line in self._announced for _epoch, *facts in [json.loads(line)] for _l, _s, _i, name in facts if name}
        self.machine.wait("all that was announced is at HQ", lambda: wanted <= self.hq.facts(), 600)
        booked = self.hq.sales()
        self.report |= {"announced_facts": len(wanted), "announced_sales": len(sales), "booked": len(booked), "gaps": self.hq.gaps()}
        self.hold(f"{len(sales)} announced sales are in the books, each once", sales <= set(booked) and len(set(booked)) == len(booked))
        self.hold("no number is missing", self.hq.gaps() == 0)


def main(argv: list[str] | None = None) -> int:
    """Run the trial; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(prog="make image-test", description="Start the card in an emulator and try it.")
    parser.add_argument("--image", type=Path, default=ROOT / "build/image/kiosk-debian-pi4.img")
    parser.add_argument("--folder", type=Path, help="keep everything there (default: a temporary folder that is removed)")
    parser.add_argument("--report", type=Path, help="write the figures there, as JSON")
    parser.add_argument("--kills", type=int, default=KILLS, metavar="N", help="how often the plug is pulled (default: %(default)s)")
    args = parser.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        trial = Trial(args.image, folder.resolve(), args.kills)
        try:
            trial.run()
            trial.say("the card is as it must be")
        except RuntimeError as error:
            trial.report["wrong"] = str(error)
            trial.say(f"WRONG: {error}")
        trial.report["took_s"] = round(time.monotonic() - began)
        text = json.dumps(trial.report, indent=2)
        trial.say(text)
        if args.report is not None:
            args.report.write_text(text + "\n")
    return 1 if "wrong" in trial.report else 0


if __name__ == "__main__":
    raise SystemExit(main())
