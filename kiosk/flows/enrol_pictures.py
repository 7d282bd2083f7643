"""Enrolment without the screen, by somebody at a keyboard: the consent was signed on paper; pictures come from files or the camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from kiosk.config import Settings
from kiosk.design import consent as texts
from kiosk.design.words import say as word
from kiosk.domain.frame import Picture
from kiosk.domain.identity import Policy, Template, hint, template
from kiosk.errors import VaultError
from kiosk.flows.enrol import SAME_FACE, SHOTS, enrol
from kiosk.flows.identify import quality_of
from kiosk.flows.parts import Parts
from kiosk.flows.pin import NUMBER_DIGITS
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

    Raises VaultError for what `check` refuses, for too few pictures, and for pictures of more than one person.
    """
    check(parts, paper)
    if len(shots) < SHOTS:
        raise VaultError(f"{len(shots)} good picture(s), {SHOTS} are needed: closer, more light, looking at the camera, nobody beside")
    for number, shot in enumerate(shots[1:], 2):
        if float(np.linalg.norm(shot - shots[0])) > SAME_FACE:
            raise VaultError(f"good picture {number} shows somebody else than the first: nobody is enrolled from pictures of two people")
    search = TwinSearch(vault, template(shots), Policy(), member_id)
    while not search.done:
        search.step()
    consent = Consent(texts.VERSION, paper.language, f"{paper.day}T00:00:00+00:00", texts.fingerprint(paper.language))
    extras = Extras(hashed(paper.pin), bool(search.found), lodged=vault.pin_keys.lodged(member_id, paper.digits, paper.pin))
    enrol(parts, vault, member_id, paper.digits, (shots, consent), extras)
    for other in search.found:
        vault.ask_pin_always(other)
    return search.found


def check(parts: Parts, paper: Paper) -> None:
    """Raise VaultError for a paper that nobody is enrolled by.

    That is: number or PIN of the wrong length, an easy PIN, a day to come or one so long ago that the face would be erased at once as
    unused; and any paper on devices where the key goes onto the member's own code.
    """
    if parts.settings.members.mode == "card":
        raise VaultError("with [members] mode = \"card\" the key goes onto the member's phone: enrol at the kiosk's screen")
    if len(paper.digits) != NUMBER_DIGITS or not (paper.digits.isascii() and paper.digits.isdigit()):
        raise VaultError(f"{paper.digits!r}: the last {NUMBER_DIGITS} digits of the phone number are needed")
    if why := objection(paper.pin, paper.digits):
        raise VaultError(f"this PIN is too easy or of the wrong length ({why}): choose another of four digits")
    # Where it is tomorrow already, a paper of today is not yet to come.
    age, keeps = (parts.clock.now().date() - date.fromisoformat(paper.day)).days, parts.settings.members.retention_days
    if not -1 <= age < keeps:
        raise VaultError(f"a consent signed on {paper.day} enrols nobody: it lies ahead, or {keeps} days and more ago, after which"
                         " an unused face is erased; have it signed anew")


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
        say(f"{name}: {word(f'hint.{advice}', 'en') if advice else 'good'}")
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
