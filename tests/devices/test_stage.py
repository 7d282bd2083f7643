"""What is held before the terminal's camera by who wants to be taken for somebody else."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.devices.simulated.figure import Figures
from kiosk.devices.simulated.setup import StoreShopper
from kiosk.devices.simulated.shopper import Act
from kiosk.devices.simulated.stage import pay_view
from kiosk.devices.simulated.station import Guest
from kiosk.vision.face import FaceFinder
from kiosk.vision.networks import ModelStore


@pytest.mark.parametrize(("identity", "telephone"), [(3, False), (4, True)])
def test_a_spoof_holds_up_paper_or_a_telephone_that_shows_a_film(identity: int, telephone: bool) -> None:
    figures, finder = Figures(ModelStore().path("astronaut")), FaceFinder(ModelStore())
    guest = Guest(StoreShopper("Ada", identity, "stranger", False, "12345678"), 0.0, Act("look", ""), 5.0, "pay.face", mask=2)
    views = [pay_view(figures, guest, 5.6 + 0.5 * number, 20) for number in range(4)]
    turns = [finder.find(view)[0].yaw_deg for view in views]
    assert (max(turns) - min(turns) > 15) is telephone, "the film moves by itself; paper waits until it is turned"
    dark = [float((view.max(axis=2) < 30).mean()) for view in views]
    assert (min(dark) > 0.03) is telephone, np.round(dark, 3)
