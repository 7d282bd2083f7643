"""When a face alone is not enough, or has not come to this kiosk yet: who is asked for the PIN, and how five tries end."""

from __future__ import annotations

from kiosk.domain.events import MemberLocked
from kiosk.domain.identity import Decision
from kiosk.domain.money import Money
from kiosk.flows.sight import Sight

PIN_DIGITS, NUMBER_DIGITS = 4, 8


def step_up(parts: Sight, decision: Decision, amount: Money) -> str:
    """Return what a face that was recognised leads to: "" (it is enough), pin, or why it cannot pay.

    Reasons: pin_locked, pin_missing, not_recognised (the face was a little too far, and there is no PIN that could decide).
    The PIN is asked for when the decision says so, above the amount of [members] pin_over_minor, and always from those whose face is near
    somebody else's.
    """
    standing = parts.vault.standing(decision.member_id)
    if standing.locked:
        return "pin_locked"
    needed = decision.outcome == "ask_pin" or standing.pin_always or amount.minor > parts.settings.members.pin_over_minor
    if not needed:
        return ""
    if standing.has_pin:
        return "pin"
    return "not_recognised" if decision.outcome == "ask_pin" else "pin_missing"


class PinPad:
    """One member's tries. A PIN is judged a tick after its last digit, so that the screen shows first that it is being checked."""

    def __init__(self, parts: Sight, member_id: str) -> None:
        self._parts, self._member_id = parts, member_id
        self.entered = ""
        self.wrong = False
        self._shown = False

    @property
    def checking(self) -> bool:
        """Whether all digits are there."""
        return len(self.entered) == PIN_DIGITS

    def press(self, target: str) -> None:
        """Take a key, or take back the last digit."""
        if target == "erase":
            self.entered = self.entered[:-1]
        elif target.startswith("key:") and not self.checking:
            self.entered += target.removeprefix("key:")
            self.wrong = False

    def step(self) -> str:
        """Return right, wrong or locked once all digits are there and that was shown, "" before; HQ hears of a member who is locked."""
        if not self.checking or not self._shown:
            self._shown = self.checking
            return ""
        self._shown = False
        answer = self._parts.vault.check_pin(self._member_id, self.entered)
        self.entered, self.wrong = "", answer == "wrong"
        if answer == "locked":
            with self._parts.store.unit() as unit:
                unit.facts.record(MemberLocked(self._member_id, locked=True))
        return answer


class OnlinePin:
    """Number and PIN of a member whose face has not come to this kiosk: HQ judges both, so nothing here knows whether they are right."""

    def __init__(self) -> None:
        self.number = self.entered = ""
        self._shown = False

    @property
    def asks_number(self) -> bool:
        """Whether the number comes first: its digits are not all there."""
        return len(self.number) < NUMBER_DIGITS

    @property
    def checking(self) -> bool:
        """Whether all digits of the PIN are there."""
        return len(self.entered) == PIN_DIGITS

    def press(self, target: str) -> None:
        """Take a key of the number, then of the PIN, or take back the last digit."""
        if self.asks_number:
            self.number = typed(self.number, target, NUMBER_DIGITS)
        elif not self.checking:
            self.entered = typed(self.entered, target, PIN_DIGITS)

    def step(self) -> bool:
        """Return True once all digits are there and that was shown."""
        shown, self._shown = self._shown, self.checking
        return shown


def typed(text: str, target: str, length: int) -> str:
    """Return a text after one more key, or without its last digit."""
    if target == "erase":
        return text[:-1]
    return text + target.removeprefix("key:") if target.startswith("key:") and len(text) < length else text
