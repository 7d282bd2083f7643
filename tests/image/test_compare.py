"""Two images of a card held against each other: equal ones are, and each kind of difference is told with its place."""

from __future__ import annotations

import pytest

from deploy.image import compare, layout
from deploy.image.compare import Difference
from tests.image.cards import LACKING, MISSING, copied, debugfs, fat, lay, make_card, poke, put

pytestmark = pytest.mark.skipif(bool(MISSING), reason=LACKING)


def test_two_builds_of_one_tree_are_equal_to_the_last_file(good, tmp_path):
    again = make_card(tmp_path)
    assert compare.differences(good, again) == []
    assert compare.main([str(good), str(again)]) == 0


def test_every_kind_of_difference_is_told_with_its_place(good, tmp_path):
    other = copied(good, tmp_path / "other.img")
    put(other, "root_a", "/etc/machine-id", "0" * 32 + "\n")
    debugfs(other, "root_a", "rm /etc/fstab", "sif /etc/shadow mode 0100600", "sif /etc/sudoers.d/technician uid 7",
            "sif /usr/lib/kiosk/grow mtime 20300101000000", "symlink /etc/localtime /usr/share", "mkdir /home/new")
    debugfs(other, "data", "mkdir /kiosk/left")
    lay(other, "boot_a", "cmdline.txt", layout.CMDLINE + " rw\n")
    fat(other, "KIOSK", "mdel", "::/autoboot.txt")
    found = {(difference.place, difference.what) for difference in compare.differences(good, other)}
    assert {("root_a:/etc/machine-id", "content"), ("root_a:/etc/fstab", "only in A"), ("root_a:/etc/shadow", "rights"),
            ("root_a:/etc/sudoers.d/technician", "owner"), ("root_a:/usr/lib/kiosk/grow", "time"), ("root_a:/etc/localtime", "only in B"),
            ("root_a:/home/new", "only in B"), ("data:/kiosk/left", "only in B"), ("boot_a:/cmdline.txt", "content"),
            ("KIOSK:/autoboot.txt", "only in A")} <= found
    assert not [place for place, what in found if what == "content" and place not in ("root_a:/etc/machine-id", "boot_a:/cmdline.txt")]
    assert compare.main([str(good), str(other)]) == 1


def test_another_table_is_told_first(good, tmp_path):
    other = copied(good, tmp_path / "other.img")
    poke(other, 1024 + 56, b"k\0")
    with pytest.raises(ValueError, match="damaged"):
        compare.differences(good, other)


def test_many_differences_are_counted():
    one = Difference("root_a:/etc/shadow", "content")
    assert compare.told([one]) == "root_a:/etc/shadow: content\n1 difference(s)\n"
    assert compare.told([one] * (compare.MOST_LINES + 5)).endswith(f"and 5 more\n{compare.MOST_LINES + 5} difference(s)\n")
    assert compare.told([]) == "equal to the last file\n"
