"""The checker of a card's image: a sound one passes, and each thing that can go wrong is named. No root, no mount, no emulator."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.image import check, layout
from deploy.image.layout import MIB, TABLE, starts
from tests.image.cards import LACKING, LATE, MISSING, SHADOW, copied, debugfs, fat, lay, poke, put

pytestmark = pytest.mark.skipif(bool(MISSING), reason=LACKING)


def resize(image: Path) -> None:
    subprocess.run(["sfdisk", "-q", "--no-reread", "--force", "-N", "6", str(image)], input=", 128M\n", text=True, check=True,
                   capture_output=True)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no table": (lambda i: poke(i, 512, bytes(8)), "no GPT partition table"),
    "a damaged table": (lambda i: poke(i, 1024 + 60, b"\xff"), "partition table is damaged"),
    "another size": (resize, "data begins at"),
    "no file system": (lambda i: poke(i, starts()[3] * MIB + 1024 + 56, bytes(2)), "root_a holds no ext4"),
    "a second system": (lambda i: poke(i, starts()[4] * MIB + 600, b"x"), "root_b must be empty"),
    "no slots": (lambda i: lay(i, "KIOSK", "autoboot.txt", "[all]\nboot_partition=1\n"), "autoboot.txt does not name the slots"),
    "somebody's card": (lambda i: lay(i, "KIOSK", "wifi.toml", "secret"), "wifi.toml must not be on a fresh card"),
    "cma": (lambda i: lay(i, "boot_a", "cmdline.txt", layout.CMDLINE + " cma=64M\n"), "cma="),
    "writable root": (lambda i: lay(i, "boot_a", "cmdline.txt", layout.CMDLINE.replace(" ro ", " rw ") + "\n"), "lacks ro"),
    "kernel text": (lambda i: lay(i, "boot_a", "cmdline.txt", "console=tty0 " + layout.CMDLINE + "\n"), "console on the screen"),
    "another root": (lambda i: lay(i, "boot_a", "cmdline.txt", layout.CMDLINE.replace("root_a", "rootfs") + "\n"),
                     "lacks root=LABEL=root_a"),
    "a kernel that is not there": (lambda i: lay(i, "boot_a", "config.txt", layout.config_txt("vmlinuz-7", "initrd.img-6")),
                                   "names vmlinuz-7"),
    "no firmware": (lambda i: fat(i, "boot_a", "mdel", "::/start4.elf"), "start4.elf is missing"),
    "no Pi 4": (lambda i: fat(i, "boot_a", "mdel", "::/bcm2711-rpi-4-b.dtb"), "bcm2711-rpi-4-b.dtb is missing"),
    "a used second slot": (lambda i: lay(i, "boot_b", "config.txt", "x"), "boot_b: must be empty"),
    "a host key": (lambda i: put(i, "root_a", "/etc/ssh/ssh_host_ed25519_key", "x"), "ssh_host_ed25519_key must not be there"),
    "a vault key": (lambda i: put(i, "data", "/etc/vault.key", "x"), "vault.key must not be on a fresh card"),
    "one machine id": (lambda i: put(i, "root_a", "/etc/machine-id", "0" * 32), "machine-id would be the same"),
    "a password": (lambda i: put(i, "root_a", "/etc/shadow", SHADOW + "pi:$6$x$y:1::::::\n"), "pi has a password"),
    "no password asked for": (lambda i: put(i, "root_a", "/etc/shadow", SHADOW.replace("root:*", "root:")), "root has a password, or none"),
    "a journal on the card": (lambda i: put(i, "root_a", "/etc/systemd/journald.conf.d/kiosk.conf", "[Journal]\n"), "journal in memory"),
    "a queue in the slot": (lambda i: put(i, "root_a", "/etc/fstab",
                                          (LATE / "etc/fstab").read_text().replace("/var/lib/kiosk  ", "/srv  ")),
                            "/var/lib/kiosk does not lie on the data partition"),
    "no folder for the queue": (lambda i: debugfs(i, "data", "rmdir /kiosk"), "the folder /data/kiosk is missing"),
    "no kiosk": (lambda i: debugfs(i, "root_a", "rm /opt/kiosk/.venv/bin/kiosk"), "opt/kiosk/.venv/bin/kiosk is missing"),
    "a kiosk that does not start": (lambda i: debugfs(i, "root_a", "rm /etc/systemd/system/multi-user.target.wants/kiosk.target"),
                                    "kiosk.target is missing"),
}


def test_a_sound_image_passes(good):
    assert check.mistakes(good) == []
    check.report(good)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_named(good, tmp_path, name):
    image = copied(good, tmp_path / "broken.img")
    spoil, said = BROKEN[name]
    spoil(image)
    assert said in "\n".join(check.mistakes(image)), name
    image.unlink()


def test_the_table_is_the_one_that_is_promised():
    assert [row.name for row in TABLE] == ["KIOSK", "boot_a", "boot_b", "root_a", "root_b", "data"]
    assert all(start % layout.FIRST_MIB == 0 for start in starts())
    assert layout.size_mib() < 7200, "it must fit onto a card that is sold as 8 GB"
