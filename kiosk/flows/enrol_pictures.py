"""Enrolment without the screen, by somebody at a keyboard: the consent was signed on paper; pictures come from files or the camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import Settings
from kiosk.design import consent as texts
from kiosk.domain.frame import Picture
from kiosk.domain.identity import Policy, Template, hint, template
from kiosk.errors import VaultError
from kiosk.flows.enrol import SHOTS, enrol
from kiosk.flows.identify import quality_of
from kiosk.flows.parts import Parts
from kiosk.flows.sight import open_camera
from kiosk.flows.twins import TwinSearch
from kiosk.storage.vault import Consent, Extras, Vault
from kiosk.storage.vault.pins import hashed, objection
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture

CAMERA_WITHIN_S = 60.0
_BETWEEN_S = 0.5


@dataclass(frozen=True, slots=True)
class Paper:
    """What was signed on paper, by an adult: day (YYYY-MM-DD) and language of the text; digits: the last 8 of the phone; pin: 4 digits."""

    day: str
    language: str
    digits: str
    pin: str


def enrol_pictures(parts: Parts, vault: Vault, member_id: str, paper: Paper, shots: list[Template]) -> list[str]:
    """Enrol somebody and return the members who look alike: they too give their PIN every time from now on.

    Raises VaultError for a PIN that is too easy, too few pictures, and on devices where the key goes onto the member's own code.
    """
    if parts.settings.members.mode == "card":
        raise VaultError("with [members] mode = \"card\" the key goes onto the member's phone: enrol at the kiosk's screen")
    if why := objection(paper.pin, paper.digits):
        raise VaultError(f"this PIN is too easy or of the wrong length ({why}): choose another of four digits")
    if len(shots) < SHOTS:
        raise VaultError(f"{len(shots)} good picture(s), {SHOTS} are needed: closer, more light, looking at the camera, nobody beside")
    search = TwinSearch(vault, template(shots), Policy(), member_id)
    while not search.done:
        search.step()
    consent = Consent(texts.VERSION, paper.language, f"{paper.day}T00:00:00+00:00", texts.fingerprint(paper.language))
    extras = Extras(hashed(paper.pin), bool(search.found), lodged=vault.pin_keys.lodged(member_id, paper.digits, paper.pin))
    enrol(parts, vault, member_id, paper.digits, (shots, consent), extras)
    for other in search.found:
        vault.ask_pin_always(other)
    return search.found


def measured(settings: Settings, pictures: list[Path], say: Callable[[str], None]) -> list[Template]:
    """Return what good pictures measure, from files or, without any, this device's camera; `say` hears what is wrong with the others."""
    models = ModelStore()
    finder, embedder, policy = FaceFinder(models), make_embedder(settings.identity.backend, models), Policy()
    made: list[Template] = []
    for name, pixels in _files(pictures) if pictures else _camera(settings):
        faces = finder.find(pixels)
        advice = hint(quality_of(faces), policy) if faces else "look_here"
        if not advice:
            made.append(embedder.embed(pixels, faces[0]))
        say(f"{name}: {advice or 'good'}")
        if not pictures and len(made) == SHOTS:
            break
    return made


def _files(pictures: list[Path]) -> Iterator[tuple[str, Picture]]:
    return ((str(path), read_picture(path)) for path in pictures)


def _camera(settings: Settings) -> Iterator[tuple[str, Picture]]:
    camera = open_camera(settings)
    try:
        deadline, last_s = time.monotonic() + CAMERA_WITHIN_S, 0.0
        while time.monotonic() < deadline:
            frame = camera.read(1.0)
            if frame is not None and time.monotonic() - last_s >= _BETWEEN_S:
                last_s = time.monotonic()
                yield settings.camera.name, frame.pixels
    finally:
        camera.close()
