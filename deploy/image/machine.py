"""A kiosk in QEMU: the card's own kernel, initramfs and file systems on an emulated arm64 machine with a screen; no Pi is emulated."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pygame

from deploy.image.check import Fat
from deploy.image.disk import tool
from deploy.image.layout import MIB, starts
from kiosk.sim.processes import free_port

CARD_MIB = 8192
"""The size of the card that the image is flashed onto."""
BOOT_S = 1800.0
"""An emulated start takes minutes on a loaded machine."""
QEMU = ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "2048", "-display", "none", "-no-reboot",
        "-device", "virtio-gpu-pci,xres=800,yres=480", "-device", "virtio-rng-pci", "-device", "usb-ehci", "-device", "i6300esb",
        "-action", "watchdog=none")


class Machine:
    """One card in one machine. Files are laid on its FAT partition while it is off, as a technician does."""

    def __init__(self, image: Path, folder: Path, key: Path) -> None:
        """Flash a copy of the image onto a card of 8 GiB in `folder`. key: the technician's private ssh key."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.card, self._key = folder, folder / "card.img", key
        tool("cp", "--sparse=always", "--reflink=auto", str(image), str(self.card))
        with self.card.open("r+b") as file:
            file.truncate(CARD_MIB * MIB)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0

    def lay(self, name: str, content: bytes) -> None:
        """Write a file onto the partition KIOSK."""
        path = self.folder / "lay"
        path.write_bytes(content)
        tool("mcopy", "-o", "-i", f"{self.card}@@{starts()[0]}M", str(path), f"::/{name}")

    def read(self, name: str) -> str:
        """Return a file of the partition KIOSK, "" when it is not there."""
        return Fat(self.card, "KIOSK").text(name)

    def start(self) -> None:
        """Switch it on with what the boot loader would read from boot_a; returns at once. Each start has a console file of its own."""
        self._number += 1
        place = f"{self.card}@@{starts()[1]}M"
        config = dict(line.replace("initramfs ", "initramfs=").split("=", 1)
                      for line in Fat(self.card, "boot_a").text("config.txt").splitlines())
        for name, target in ((config["kernel"], "kernel"), (config["initramfs"], "initrd")):
            if not (self.folder / target).exists():
                tool("mcopy", "-o", "-i", place, f"::/{name}", str(self.folder / target))
        words = Fat(self.card, "boot_a").text("cmdline.txt").replace("console=ttyS1,115200", "console=ttyAMA0")
        (self.folder / "qmp").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*QEMU, "-kernel", str(self.folder / "kernel"), "-initrd", str(self.folder / "initrd"), "-append", words.strip(),
             "-drive", f"if=none,id=d0,format=raw,cache=writeback,file={self.card}", "-device", "virtio-blk-pci,drive=d0",
             "-netdev", f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.port}-:22", "-device", "virtio-net-pci,netdev=n0",
             "-serial", f"file:{self.folder / f'console-{self._number}.log'}", "-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off"],
            stdin=subprocess.DEVNULL, stdout=(self.folder / "qemu.log").open("ab"), stderr=subprocess.STDOUT)

    @property
    def running(self) -> bool:
        """Whether it is switched on."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Pull the plug. The host keeps what the guest had written: it is the guest's memory that is lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)

    def off(self) -> None:
        """Switch it off in good order."""
        self.run("sudo systemctl poweroff", check=False)
        if self._process is not None:
            try:
                self._process.wait(180)
            except subprocess.TimeoutExpired:
                self.kill()

    def ssh(self, command: str) -> list[str]:
        """Return the command line that runs something in it as the technician."""
        return ["ssh", "-i", str(self._key), "-p", str(self.port), "-o", "StrictHostKeyChecking=no", "-o",
                f"UserKnownHostsFile={self.folder / 'hosts'}",
                "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
                "technician@127.0.0.1", command]

    def run(self, command: str, check: bool = True, timeout_s: float = 300.0) -> str:
        """Run a command in it and return what it prints. Raises RuntimeError with what it complained of."""
        done = subprocess.run(self.ssh(command), capture_output=True, text=True, check=False, timeout=timeout_s)
        if check and done.returncode:
            raise RuntimeError(f"{command}: {done.returncode}: {done.stdout.strip()[-400:]} {done.stderr.strip()[-800:]}")
        return done.stdout

    def send(self, path: str, content: bytes) -> None:
        """Write a file in it, for root alone. Raises RuntimeError."""
        command = f"sudo sh -c 'umask 077; cat > {path}'"
        done = subprocess.run(self.ssh(command), input=content, capture_output=True, check=False, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{path} was not written: {done.stderr.decode(errors='replace').strip()}")

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = BOOT_S, every_s: float = 5.0) -> float:
        """Wait until something holds; return how long it took in seconds. Raises RuntimeError when it takes too long."""
        began = time.monotonic()
        while not holds():
            if not self.running:
                raise RuntimeError(f"the machine ended while it was waited for: {what}")
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"after {seconds:.0f} s it is not true that {what}")
            time.sleep(every_s)
        return time.monotonic() - began

    def wait_for_login(self) -> float:
        """Wait until the technician can log in."""
        return self.wait("the technician can log in", self.answers)

    def answers(self) -> bool:
        """Whether the technician can log in now."""
        try:
            return "there" in self.run("echo there", check=False, timeout_s=60)
        except subprocess.TimeoutExpired:
            return False

    def plug_in(self, files: dict[str, bytes]) -> Path:
        """Plug in a USB stick with these files; return the file that the stick is."""
        stick = self.folder / "stick.img"
        tool("mkfs.vfat", "-C", "-n", "STICK", str(stick), "65536")
        for name, content in files.items():
            (self.folder / "lay").write_bytes(content)
            tool("mcopy", "-o", "-i", str(stick), str(self.folder / "lay"), f"::/{name}")
        self._order("blockdev-add", {"driver": "raw", "node-name": "stick", "file": {"driver": "file", "filename": str(stick)}})
        self._order("device_add", {"driver": "usb-storage", "id": "plugged", "drive": "stick"})
        return stick

    def photograph(self, path: Path) -> int:
        """Write what its screen shows to a PNG file; return how many colours there are in it."""
        shot = self.folder / "screen.ppm"
        self._order("screendump", {"filename": str(shot)})
        picture = pygame.image.load(shot)
        pygame.image.save(picture, path)
        width, height = picture.get_size()
        return len({tuple(picture.get_at((x, y))) for x in range(0, width, 8) for y in range(0, height, 8)})

    def _order(self, command: str, arguments: dict[str, object]) -> None:
        """Have the emulator do something. Raises RuntimeError with what it complained of."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(30)
            line.connect(str(self.folder / "qmp"))
            stream = line.makefile("rw")
            for order in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(order) + "\n")
                stream.flush()
                while "return" not in (answer := json.loads(stream.readline())):
                    if "error" in answer:
                        raise RuntimeError(f"the emulator does not do {command}: {answer['error']['desc']}")
