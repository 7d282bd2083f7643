import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.devices.scanner import CameraScanner, Code
from kiosk.domain.frame import Frame

F = zxingcpp.BarcodeFormat
CODES = {
    "ean13": (F.EAN13, "4006381333931"), "ean8": (F.EAN8, "96385074"), "upca": (F.UPCA, "036000291452"),
    "qr": (F.QRCode, "K1:member:42:prix 1€"),
}


def shown(form, text, blur=0.0, turn=0.0, wide=320) -> Frame:
    """A card with the code before a grey wall, blurred (standard deviation in pixels) and turned (degrees)."""
    code = np.array(zxingcpp.create_barcode(text, form).to_image(scale=4, add_quiet_zones=True))
    high = round(wide * code.shape[0] / code.shape[1])
    picture = np.full((480, 640), 150, np.uint8)
    top, left = 240 - high // 2, 320 - wide // 2
    picture[top:top + high, left:left + wide] = cv2.resize(code, (wide, high), interpolation=cv2.INTER_AREA)
    picture = cv2.warpAffine(picture, cv2.getRotationMatrix2D((320, 240), turn, 1.0), (640, 480), borderValue=150)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    noisy = np.clip(picture.astype(int) + np.random.default_rng(1).normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    return Frame(np.repeat(noisy[:, :, None], 3, axis=2), 0.0, 1, "pay-cam")


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize(("blur", "turn"), [(0, 0), (0.7, 0), (0, 12), (0.6, -20), (0, 90), (0, 180)])
def test_codes_are_read(name, blur, turn):
    form, text = CODES[name]
    assert CameraScanner().scan(shown(form, text, blur, turn)) == [Code(name, text)]


def test_two_codes_are_both_read():
    frame, other = shown(*CODES["ean13"], wide=260), shown(*CODES["qr"], wide=200)
    frame.pixels[:, :170] = other.pixels[:, 235:405]
    frame = Frame(np.hstack([other.pixels[:, 200:440], frame.pixels[:, 170:]]), 0.0, 1, "pay-cam")
    assert {code.symbology for code in CameraScanner().scan(frame)} == {"ean13", "qr"}


def test_nothing_is_read_where_nothing_is():
    rng = np.random.default_rng(3)
    for _ in range(10):
        noise = cv2.GaussianBlur(rng.integers(0, 255, (480, 640, 3)).astype(np.uint8), (0, 0), 1.0)
        assert CameraScanner().scan(Frame(noise, 0.0, 1, "pay-cam")) == []
