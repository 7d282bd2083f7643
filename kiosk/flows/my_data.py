"""A member who is known sees what is kept: on the own phone by a code, and erases it there or here. Nothing has to be bought for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.identity import Candidate, Decision
from kiosk.flows.forget import forget
from kiosk.flows.identify import Digits, FaceSearch, face_task
from kiosk.flows.parts import Shop, next_language, status
from kiosk.flows.pin import PIN_DIGITS, PinPad
from kiosk.flows.sight import Sight
from kiosk.phone.tokens import LIFE_S
from kiosk.storage.vault import CARD_PREFIX
from kiosk.ui import views

_GIVE_UP_S = 45.0
_SHOWS_S = 120.0


class MyDataFlow:
    """One visit; `tick` returns None when it is over. Who it is: digits or card, face, and the PIN of those who have one."""

    def __init__(self, parts: Sight, shop: Shop, language: str) -> None:
        self._parts, self._shop, self.language = parts, shop, language
        self._face_task = face_task(parts)
        self._scan_task = lambda frame: [code.text for code in parts.scanner.scan(frame)]
        self._screen, self._reason = "digits", ""
        self._digits = Digits(parts)
        self._search: FaceSearch | None = None
        self._pad: PinPad | None = None
        self._member_id = self._token = ""
        self._entered_s = parts.clock.monotonic()

    def tick(self, touched: list[str]) -> views.View | None:
        """Take what was touched since the last tick; return what to show, None when the visit is over."""
        for target in touched:
            if target in ("cancel", "other_way", "back", "done"):
                self._leave()
                return None
            self._touch(target)
        self._watch()
        stays = _SHOWS_S if self._screen == "show" else _GIVE_UP_S
        if self._parts.clock.monotonic() - self._entered_s > stays:
            self._leave()
            return None
        return self._view()

    def _leave(self) -> None:
        """A code that no phone took is worth nothing any more: whoever took a picture of it in passing opens nothing later."""
        self._parts.eyes.look(None)
        phone = self._parts.phone
        if phone is not None and self._token and not phone.tokens.is_used(self._token):
            phone.tokens.revoke(self._token)

    def _touch(self, target: str) -> None:
        if target == "language":
            self.language = next_language(self.language)
        elif self._screen == "digits" and not self._with_card:
            if target == "erase":
                self._digits.erase()
            elif target.startswith("key:"):
                self._look_for(self._digits.press(target.removeprefix("key:")))
        elif self._screen == "pin" and self._pad is not None:
            self._pad.press(target)
        elif (self._screen, target) == ("show", "erase"):
            self._to("erase")
        elif (self._screen, target) == ("erase", "no"):
            self._to("show")
        elif (self._screen, target) == ("erase", "yes"):
            forget(self._parts, self._parts.vault, self._member_id, "kiosk")
            if self._parts.phone is not None:
                self._parts.phone.tokens.end(self._member_id)
            self._to("erased")

    @property
    def _with_card(self) -> bool:
        return self._parts.settings.members.mode == "card"

    def _look_for(self, bucket: list[Candidate] | None) -> None:
        if bucket is not None:
            self._search = FaceSearch(self._parts, bucket)
            self._to("face")

    def _to(self, screen: str) -> None:
        self._screen = screen
        self._entered_s = self._parts.clock.monotonic()

    def _watch(self) -> None:
        scans = self._screen == "digits" and self._with_card
        self._parts.eyes.look(self._face_task if self._screen == "face" else self._scan_task if scans else None)
        if scans:
            self._scan()
        elif self._screen == "face" and self._search is not None:
            decision = self._search.step(self._parts.eyes.take())
            if decision is not None:
                self._known(decision)
        elif self._screen == "pin" and self._pad is not None:
            answer = self._pad.step()
            if answer == "right":
                self._open()
            elif answer == "locked":
                self._refuse("pin_locked")

    def _scan(self) -> None:
        for text in self._parts.eyes.take() or ():
            if text.startswith(CARD_PREFIX):
                self._look_for([Candidate(member.member_id, member.template) for member in self._parts.vault.by_card(text)])
                return

    def _known(self, decision: Decision) -> None:
        self._member_id = decision.member_id
        if self._parts.vault.standing(decision.member_id).has_pin:
            self._pad = PinPad(self._parts, decision.member_id)
            self._to("pin")
        elif decision.outcome == "accepted":
            self._open()
        else:
            self._refuse("not_recognised")

    def _refuse(self, reason: str) -> None:
        self._reason = reason
        self._to("refused")

    def _open(self) -> None:
        self._token = self._parts.phone.tokens.issue(self._member_id) if self._parts.phone is not None else ""
        self._to("show")

    def _view(self) -> views.View:
        seen, now_s = status(self._parts, self._shop, self.language), self._parts.clock.monotonic()
        made: dict[str, Callable[[], views.View]] = {
            "digits": lambda: self._asking(seen, now_s),
            "face": lambda: self._looking(seen, now_s),
            "pin": lambda: views.PayWaiting(seen, "checking", now_s) if self._pad and self._pad.checking else views.PayPin(
                seen, len(self._pad.entered) if self._pad else 0, PIN_DIGITS, wrong=bool(self._pad and self._pad.wrong)),
            "refused": lambda: views.MyData(seen, refused=self._reason),
            "show": lambda: views.MyData(seen, self._code(), round(LIFE_S / 60)),
            "erase": lambda: views.MyErase(seen),
            "erased": lambda: views.MyErase(seen, done=True),
        }
        return made[self._screen]()

    def _asking(self, seen: views.Status, now_s: float) -> views.View:
        frame = self._parts.eyes.frame
        if self._with_card:
            return views.PayQr(seen, None, frame.pixels if frame else None, now_s, card=True)
        return views.PayDigits(seen, self._digits.shown, self._digits.wanted, bool(self._digits.suffix))

    def _looking(self, seen: views.Status, now_s: float) -> views.View:
        frame, look = self._parts.eyes.frame, self._search.look if self._search else None
        shown = views.PayFace(seen, frame.pixels if frame else None, look.box if look else None,
                              self._search.progress if self._search else 0.0, look.hint if look else "look_here", now_s)
        return replace(shown, asked=self._search.asked, ring=self._search.ring) if self._search else shown

    def _code(self) -> str:
        phone = self._parts.phone
        if phone is None or not self._token or phone.tokens.is_used(self._token):
            return ""
        return phone.address_for(self._token)
