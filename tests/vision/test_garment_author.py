"""Product photographs as people take them: on hangers, with holes in the mask, worn, folded, cut off; and bombs among uploads."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from kiosk.domain.garment import landmarks
from kiosk.errors import InvalidValueError
from kiosk.vision.flaws import REASONS
from kiosk.vision.garment import Refusal, author, corrected, pack, tried_on, unpack, upload
from kiosk.vision.mannequin import test_body as body_of_ours

BLUE = (40, 70, 150)
TEE = [(235, 30), (270, 45), (345, 145), (305, 175), (270, 125), (272, 360)]
TROUSERS = [(260, 20), (272, 100), (265, 380), (225, 380), (205, 130)]


def shape(right, size=(400, 400)) -> np.ndarray:
    outline = np.array([*right, *((size[1] - x, y) for x, y in reversed(right))])
    return cv2.fillPoly(np.zeros(size, np.uint8), [outline], 255)


def photo(mask: np.ndarray, colour=BLUE, ground=250, seed=1) -> np.ndarray:
    sheet = np.full((*mask.shape, 3), ground, np.float64)
    sheet[mask > 0] = colour
    return np.clip(sheet + np.random.default_rng(seed).normal(0, 1.0, sheet.shape), 0, 255).astype(np.uint8)


def tee() -> np.ndarray:
    return photo(shape(TEE))


def reason(made) -> str:
    assert isinstance(made, Refusal), made.cut
    assert made.why == REASONS[made.reason]
    return made.reason


def test_a_garment_goes_into_its_file_and_comes_back():
    made = author("tee", tee(), "top", version=3)
    back = unpack(pack(made))
    assert (back.name, back.version, back.kind, back.cut) == ("tee", 3, "top", made.cut)
    assert np.array_equal(back.picture[back.picture[:, :, 3] > 0], made.picture[made.picture[:, :, 3] > 0])
    assert np.abs(back.trunk - made.trunk).max() < 5  # its outline lost half a pixel of background


@pytest.mark.parametrize("change", [b"", b"[]", b'{"format":1}', b"\x00\xff"])
def test_what_is_no_garment_file_is_said_so(change):
    with pytest.raises(InvalidValueError, match="no garment file"):
        unpack(change)


def test_a_file_whose_picture_would_fill_the_memory_is_not_unpacked():
    content = pack(author("tee", tee(), "top"))
    import base64
    import json

    held = json.loads(content)
    held["picture"] = base64.b64encode(bomb(30_000, 30_000)).decode()
    with pytest.raises(InvalidValueError, match="30000 x 30000"):
        unpack(json.dumps(held).encode())


def test_a_hangers_hook_is_taken_off():
    bare = shape(TEE)
    hung = bare.copy()
    cv2.ellipse(hung, (200, 30), (12, 20), 0, 90, 340, 255, 4)
    cv2.line(hung, (200, 50), (200, 70), 255, 4)
    made = author("tee", photo(hung), "top")
    assert abs(made.cut.length - author("tee", photo(bare), "top").cut.length) < 0.05


def test_holes_in_a_given_mask_are_closed_and_gaps_beside_sleeves_stay_open():
    mask = shape(TEE)
    holed = mask.copy()
    holed[150:190, 170:225] = 0
    made = author("tee", tee(), "top", holed)
    assert made.picture[160 - 30:170 - 30, 180 - 55:215 - 55, 3].min() == 255
    assert abs((made.picture[:, :, 3] > 127).mean() - (author("tee", tee(), "top", mask).picture[:, :, 3] > 127).mean()) < 0.01


def test_a_white_garment_on_white_keeps_its_inside():
    sheet = photo(shape(TEE), (250, 250, 250))
    contours, _ = cv2.findContours(shape(TEE), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(sheet, contours, -1, (226, 226, 226), 3)
    made = author("tee", sheet, "top")
    assert made.cut.sleeve == "short" and made.picture[150, made.picture.shape[1] // 2, 3] == 255


def test_a_background_of_many_colours_is_cut_away():
    mask = shape(TEE)
    random = np.random.default_rng(3)
    ground = cv2.resize(random.integers(120, 250, (20, 20, 1)).astype(np.uint8), (400, 400), interpolation=cv2.INTER_CUBIC)
    sheet = np.dstack([ground, np.minimum(ground, 200) + 40, ground // 2 + 90]).astype(np.uint8)
    sheet[mask > 0] = BLUE
    made = author("tee", sheet, "top")
    assert not isinstance(made, Refusal), made.reason
    assert made.cut.sleeve == "short"


@pytest.mark.parametrize(("kind", "sheet", "word"), [
    ("top", lambda: np.full((500, 400, 3), 250, np.uint8), "empty"),
    ("top", lambda: np.full((100, 100, 3), 250, np.uint8), "small"),
    ("top", lambda: np.ascontiguousarray(tee()[:, :250]), "cut_off"),
    ("bottom", lambda: np.ascontiguousarray(photo(shape(TROUSERS))[:300]), "cut_off"),
    ("top", lambda: np.hstack([tee(), tee()]), "several"),
    ("top", lambda: cv2.resize(tee(), (800, 60)), "small"),
    ("top", lambda: photo(cv2.resize(shape(TEE), (1000, 250))[:, :], BLUE), "shape"),
    ("top", lambda: np.random.default_rng(1).integers(0, 255, (260, 260, 3)).astype(np.uint8), "background"),
])
def test_what_cannot_be_used_is_refused_with_the_reason(kind, sheet, word):
    assert reason(author("tee", sheet(), kind)) == word


def worn() -> np.ndarray:
    sheet = tee()
    for x in (85, 315):
        cv2.rectangle(sheet, (x - 17, 150), (x + 17, 320), (206, 160, 132), -1)
    cv2.rectangle(sheet, (180, 5), (220, 45), (206, 160, 132), -1)
    return sheet


def test_a_photograph_of_somebody_wearing_it_is_refused_and_shows_the_skin():
    made = author("tee", worn(), "top")
    assert reason(made) == "person"
    assert made.picture.shape == (400, 400, 3)
    assert np.abs(made.picture[250, 85].astype(int) - (206, 160, 132)).max() < 12  # shown as it is
    assert made.picture[250, 200].min() > 160  # the rest is paled


def test_a_beige_print_is_no_skin():
    sheet = tee()
    cv2.circle(sheet, (200, 225), 45, (206, 160, 132), -1)
    assert not isinstance(author("tee", sheet, "top"), Refusal)


def test_a_folded_sleeve_is_refused():
    mask = shape([(235, 30), (270, 45), (350, 280), (310, 300), (270, 125), (272, 360)])
    mask[:, 280:] = 0  # the right sleeve lies on the trunk
    made = author("tee", photo(mask), "top")
    assert reason(made) == "folded"


def test_a_mask_of_another_size_is_refused():
    assert reason(author("tee", tee(), "top", np.full((10, 10), 255, np.uint8))) == "mask"


@pytest.mark.parametrize(("name", "kind"), [("../x", "top"), ("", "top"), ("a" * 41, "top"), ("tee", "hat")])
def test_names_and_kinds_that_cannot_be(name, kind):
    with pytest.raises(InvalidValueError):
        author(name, tee(), kind)


def test_trousers_have_legs_and_a_skirt_has_none():
    trousers = author("jeans", photo(shape(TROUSERS)), "bottom")
    legs = trousers.cut.legs
    assert legs is not None and legs[0].ankle[0] < legs[1].ankle[0]
    assert abs(trousers.cut.armpit_row - (130 - 20)) < 7
    skirt = author("skirt", photo(shape([(240, 50), (300, 350)])), "bottom")
    assert skirt.cut.legs is None and skirt.cut.top < skirt.cut.armpit_row < skirt.cut.hem_row


def test_landmarks_go_where_a_person_puts_them_and_nowhere_absurd():
    made = author("tee", tee(), "top")
    x, y = made.cut.left.armpit
    better = corrected(made, {"left.armpit": (x + 6, y + 5)}, 2)
    assert better.version == 2 and better.cut.left.armpit == (x + 6, y + 5)
    assert better.cut.right == made.cut.right
    with pytest.raises(InvalidValueError, match="make no garment"):
        corrected(made, {"left.armpit": (300.0, y), "right.armpit": (10.0, y)}, 2)
    with pytest.raises(InvalidValueError, match="landmark"):
        corrected(made, {"left.knee": (1.0, 1.0)}, 2)
    assert "left.cuff" in landmarks(made.cut)


@pytest.mark.parametrize("kind", ["top", "outer", "dress", "bottom"])
def test_each_kind_hangs_on_the_test_body(kind):
    sheet = {"bottom": lambda: photo(shape(TROUSERS))}.get(kind, tee)()
    dressed = tried_on(author("it", sheet, kind))
    plain, _ = body_of_ours()
    changed = np.abs(dressed.astype(int) - plain).max(axis=2) > 40
    row = 600 if kind == "bottom" else 300
    assert changed[row, 190:290].mean() > (0.5 if kind == "bottom" else 0.9)
    assert changed[:150].mean() < 0.002


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


def test_uploads_are_measured_before_they_are_unpacked():
    with pytest.raises(InvalidValueError, match="50000 x 50000"):
        upload(bomb(50_000, 50_000))
    for content in (b"", b"GIF89a", b"\xff\xd8\xff", b"\xff\xd8" + b"\xff" * 400, b"\x89PNG\r\n\x1a\n" + b"\0" * 40):
        with pytest.raises(InvalidValueError):
            upload(content)
    _, jpeg = cv2.imencode(".jpg", np.full((2000, 3200, 3), 90, np.uint8))
    assert upload(jpeg.tobytes()).shape == (1000, 1600, 3)
