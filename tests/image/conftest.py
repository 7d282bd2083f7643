from __future__ import annotations

from pathlib import Path

import pytest

from tests.image.cards import make_card


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of a card that passes the checker; tests spoil copies of it."""
    return make_card(tmp_path_factory.mktemp("image"))
