"""The partitions of a card, as one table that the builder writes and the checker asserts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

SECTOR = 512
MIB = 1 << 20
FIRST_MIB = 4
"""Cards erase in blocks of some MiB: every partition begins on a whole multiple of this."""
BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
FAT_TYPE, EXT4_TYPE = "fat", "ext4"
DISK = uuid.UUID("6b696f73-6b00-4000-8000-000000000001")
"""The id of the partition table."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition. name: in the partition table; label: of its file system, "" where it has none yet; size_mib: its length."""

    name: str
    label: str
    filesystem: str
    size_mib: int

    @property
    def kind(self) -> str:
        """Its type in the partition table (GUID): the boot loader of a Pi reads FAT in partitions of basic data."""
        return BASIC_DATA if self.filesystem == FAT_TYPE else LINUX

    @property
    def id(self) -> str:
        """Its id in the partition table (GUID): it follows from the name, so that two builds write the same table."""
        return str(uuid.uuid5(DISK, self.name)).upper()


TABLE = (
    Partition("KIOSK", "KIOSK", FAT_TYPE, 64),
    Partition("boot_a", "BOOT_A", FAT_TYPE, 256),
    Partition("boot_b", "BOOT_B", FAT_TYPE, 256),
    Partition("root_a", "root_a", EXT4_TYPE, 2304),
    Partition("root_b", "", EXT4_TYPE, 2304),
    Partition("data", "data", EXT4_TYPE, 256),
)
"""data is last: it grows to the end of the card at the first start."""

BOOT_A, BOOT_B = 2, 3
"""Numbers of the boot partitions, as autoboot.txt says them."""
AUTOBOOT = f"[all]\ntryboot_a_b=1\nboot_partition={BOOT_A}\n[tryboot]\nboot_partition={BOOT_B}\n"
"""Which slot the boot loader starts, and which it tries once after `reboot "0 tryboot"`."""
CMDLINE = ("console=ttyS1,115200 root=LABEL=root_a ro rootwait net.ifnames=0 fsck.repair=yes panic=10 quiet loglevel=0 logo.nologo "
           "vt.global_cursor_default=0 systemd.show_status=false rd.udev.log_level=3")
"""No console on the screen: the first thing on it is the splash. No `cma=`: with it a Pi 4 may not boot."""
BOARDS = ("bcm2711-rpi-4-b.dtb", "bcm2711-rpi-400.dtb", "bcm2711-rpi-cm4-io.dtb", "bcm2712-rpi-5-b.dtb")
FIRMWARE = ("start4.elf", "fixup4.dat")


def starts() -> list[int]:
    """Return where each partition of the table begins, in MiB."""
    at, found = FIRST_MIB, []
    for partition in TABLE:
        found.append(at)
        at += partition.size_mib
    return found


def size_mib() -> int:
    """Return the length of the whole image in MiB, with room for the second table at its end."""
    return starts()[-1] + TABLE[-1].size_mib + FIRST_MIB


def config_txt(kernel: str, initrd: str) -> str:
    """Return config.txt of a slot: how the boot loader starts the kernel."""
    return ("arm_64bit=1\nupstream_kernel=1\nenable_uart=1\ndisable_splash=1\n"
            f"kernel={kernel}\ninitramfs {initrd}\n"
            "cmdline=cmdline.txt\n")


def sfdisk_script() -> str:
    """Return the table as sfdisk reads it."""
    lines = ["label: gpt", f"label-id: {DISK}", "unit: sectors", f"sector-size: {SECTOR}"]
    for start, partition in zip(starts(), TABLE, strict=True):
        first, length = start * MIB // SECTOR, partition.size_mib * MIB // SECTOR
        lines.append(f"start={first}, size={length}, type={partition.kind}, uuid={partition.id}, name={partition.name}")
    return "\n".join(lines) + "\n"
