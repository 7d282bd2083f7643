"""Pictures out of files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kiosk.domain.frame import Picture
from kiosk.errors import InvalidValueError


def read_picture(path: Path) -> Picture:
    """(H, W, 3) uint8 RGB of a JPEG, PNG or other picture file. Raises InvalidValueError, naming it, when it cannot be read."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InvalidValueError(f"{path}: cannot be read ({error.strerror})") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise InvalidValueError(f"{path}: is no picture")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
