"""Members of the store in a box before the doors open: their rendered faces are measured by the same code that enrols anybody."""

from __future__ import annotations

import numpy as np

from kiosk.config import load
from kiosk.devices.simulated.figure import Figures, HeadPose, appearance
from kiosk.domain.events import MemberEnrolled
from kiosk.domain.frame import Picture
from kiosk.domain.identity import Template, template
from kiosk.errors import WorldError
from kiosk.flows.enrol import CONSENT_VERSION
from kiosk.flows.opening import open_store, open_vault
from kiosk.flows.stock import Movement, count
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.storage.vault import Consent, Extras
from kiosk.storage.vault.pins import hashed
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore

_SHOTS = (HeadPose(), HeadPose(yaw_deg=6.0, pitch_deg=-2.0), HeadPose(yaw_deg=-6.0, pitch_deg=3.0))


_EXTRAS = Extras(pin=hashed("7294"))
"""All of them chose the same PIN."""


def enrol_members(place: shop.Place) -> None:
    """Put every member into the vaults of the terminal and the mirror, and the first count of stock into every device."""
    templates = _templates()
    clock = SystemClock()
    for device in shop.ROLES:
        settings = load(place.config(device))
        store = open_store(settings, clock)
        with store.unit() as unit:
            for slot, code, pieces in shop.first_stock(device):
                count(unit, Movement(slot, code, 0, "count"), pieces, new_id)
            if device in shop.CAMERAS:
                for member_id in templates:
                    unit.facts.record(MemberEnrolled(member_id, CONSENT_VERSION, "fr", len(_SHOTS)))
        store.close()
        if device in shop.CAMERAS:
            vault = open_vault(settings)
            for person in shop.PEOPLE:
                if person.member_id in templates:
                    consent = Consent(CONSENT_VERSION, "fr", clock.now().isoformat())
                    vault.enrol(person.member_id, person.phone, templates[person.member_id], consent, _EXTRAS)
            vault.close()


def _templates() -> dict[str, Template]:
    models = ModelStore()
    finder, embedder = FaceFinder(models), make_embedder("onnx", models)
    figures = Figures(models.path("astronaut"))
    made = {}
    for person in shop.PEOPLE:
        if not person.is_member:
            continue
        shots = []
        for head in _SHOTS:
            picture: Picture = np.full((480, 640, 3), 190, np.uint8)
            figures.draw_bust(picture, appearance(person.identity, 20), head, (320.0, 210.0), 190.0)
            faces = finder.find(picture)
            if not faces:
                raise WorldError(f"no face is found in the rendered picture of {person.name}: run `kiosk models fetch` again")
            shots.append(embedder.embed(picture, faces[0]))
        made[person.member_id] = template(shots)
    return made
