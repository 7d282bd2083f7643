"""What a tag's code says (GS1's own example), and when a tag has left."""

from __future__ import annotations

import pytest

from kiosk.domain.tags import LEAVE_S, TagSeen, TagWatch, gtin_of
from kiosk.errors import InvalidValueError

EPC = "3074257BF7194E4000001A85"
"""urn:epc:id:sgtin:0614141.812345.6789 of GS1's EPC Tag Data Standard: GTIN 8 0614141 12345 8."""


def test_the_example_of_the_standard() -> None:
    assert gtin_of(EPC) == "80614141123458"


@pytest.mark.parametrize("epc", ["", "xyz", "3174257BF7194E4000001A85", EPC[:-1], "3" * 30, "307C257BF7194E4000001A85"])
def test_other_tags_are_refused(epc: str) -> None:
    with pytest.raises(InvalidValueError, match="tag"):
        gtin_of(epc)


def read(watch: TagWatch, begins: float, ends: float, step: float = 0.1, epc: str = EPC) -> list[str]:
    """Read a tag every `step` seconds, and look every tenth; return what left."""
    left, at, due = [], begins, begins
    while at < ends:
        seen = []
        if at >= due:
            seen, due = [TagSeen(epc, 1, at)], due + step
        left += [tag.gtin for tag in watch.feed(at, seen)]
        at = round(at + 0.1, 3)
    return left


def test_a_tag_that_is_read_no_more_has_left_once() -> None:
    watch = TagWatch()
    assert read(watch, 0, 5) == []
    assert watch.present() == {"80614141123458": 1}
    assert [tag.time_s for at in range(50, 90) for tag in watch.feed(at / 10, [])] == [pytest.approx(4.9)]
    assert watch.present() == {}


def test_a_tag_that_is_read_rarely_is_waited_for() -> None:
    watch = TagWatch()
    assert read(watch, 0, 30, step=1.2) == []
    assert watch.feed(30 + LEAVE_S + 0.5, []) == ()
    assert len(watch.feed(36, [])) == 1


def test_a_tag_that_passed_by_was_never_there() -> None:
    watch = TagWatch()
    watch.feed(0, [TagSeen(EPC, 1, 0.0)])
    assert watch.feed(10, []) == ()


def test_a_reader_that_paused_makes_nobody_leave() -> None:
    watch = TagWatch()
    read(watch, 0, 5)
    watch.pause(60.0)
    assert watch.feed(60.5, []) == ()


def test_a_tag_that_comes_back_is_known_again_once() -> None:
    watch = TagWatch()
    read(watch, 0, 5)
    assert watch.returned() == ()
    assert len(watch.feed(20, [])) == 1
    read(watch, 30, 30.2)
    assert watch.returned() == ()
    read(watch, 30.2, 31)
    assert watch.returned() == ("80614141123458",)
    read(watch, 31, 33)
    assert watch.returned() == ()


def test_badges_and_other_tags_are_counted_apart() -> None:
    watch = TagWatch()
    watch.feed(0, [TagSeen("E200001B2B0E01", 1, 0.0)] * 5)
    assert (watch.strange, watch.present()) == (1, {})
