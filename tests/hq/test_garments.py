"""Garments at HQ: an uploaded photograph becomes a published garment, its landmarks are dragged, mirrors fetch it as it was signed."""

import json
import threading
import time
from dataclasses import replace

import cv2
import httpx
import numpy as np
import pytest

from kiosk import wire
from kiosk.domain.staff import Role
from kiosk.domain.wardrobe import GarmentList
from kiosk.flows.wardrobe import Wardrobe as Worn
from kiosk.hq import publish
from kiosk.hq.ledger import garments as kept
from kiosk.sync.fetch import Fetcher
from kiosk.sync.wardrobe import Wardrobe
from kiosk.vision.garment import unpack
from tests.hq.test_console import Site

OUTLINE = [(235, 30), (270, 45), (345, 145), (305, 175), (270, 125), (272, 360)]


def photo(colour=(40, 70, 150)) -> bytes:
    corners = np.array([*OUTLINE, *((400 - x, y) for x, y in reversed(OUTLINE))])
    sheet = np.full((400, 400, 3), 250, np.uint8)
    cv2.fillPoly(sheet, [corners], colour[::-1])
    return cv2.imencode(".png", sheet)[1].tobytes()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.server.stop()
    made.ledger.close()


def upload(site, content: bytes, name="tee", kind="top", word=None) -> httpx.Response:
    with site.client(word) as client:
        return client.post("/garments", data={"token": site.token(word), "name": name, "kind": kind}, files={"file": ("p.png", content)})


def listed(site) -> GarmentList:
    """The list as a mirror reads it off the broker."""
    with site.ledger.read() as db:
        messages = dict(publish.manifests(db, "shop", lambda body: b"s", site.url))
    found = wire.decode_manifest(messages[wire.manifest_topic("shop", "garments")], "shop", lambda *_: True)
    assert isinstance(found, GarmentList)
    return found


def until(condition) -> None:
    deadline = time.monotonic() + 25
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_an_upload_is_shown_on_a_test_body_corrected_and_removed(site):
    assert upload(site, photo()).status_code == 303
    with site.client() as client:
        page = client.get("/garments/tee").text
        assert 'data-mark="left.armpit"' in page and 'data-mark="left.cuff"' in page
        for what in ("flat", "worn"):
            seen = client.get(f"/garments/tee/{what}.jpg")
            assert cv2.imdecode(np.frombuffer(seen.content, np.uint8), cv2.IMREAD_COLOR).shape[0] > 300
        before = listed(site)
        with site.ledger.read() as db:
            x, y = unpack(kept.body(db, "tee", 1)).cut.left.armpit
        moved = {"token": site.token(), "marks": json.dumps({"left.armpit": [x + 5, y + 4]})}
        assert client.post("/garments/tee", data=moved).status_code == 303
        absurd = client.post("/garments/tee", data=moved | {"marks": json.dumps({"left.armpit": [300, y], "right.armpit": [5, y]})})
        assert absurd.status_code == 422 and "make no garment" in absurd.text
        assert client.post("/garments/tee", data=moved | {"marks": "[1"}).status_code == 400
        after = listed(site)
        assert (after.version, after.garments[0].version) == (before.version + 1, 2)
        with site.ledger.read() as db:
            assert unpack(kept.body(db, "tee", 2)).cut.left.armpit == (x + 5, y + 4)
        assert client.post("/garments/tee/remove", data={"token": site.token()}).status_code == 303
    assert listed(site).garments == ()


def test_what_cannot_be_used_is_refused_with_its_reason_and_picture(site):
    answer = upload(site, cv2.imencode(".png", np.full((400, 400, 3), 250, np.uint8))[1].tobytes())
    assert answer.status_code == 422 and "Nothing stands out" in answer.text and "data:image/jpeg;base64," in answer.text
    for content, word in ((b"GIF89a", "neither a PNG nor a JPEG"), (b"x" * (11 << 20), "10 MB"), (photo(), "names have up to")):
        answer = upload(site, content, name="tee" if word != "names have up to" else "../tee")
        assert answer.status_code == 422 and word in answer.text
    with site.ledger.read() as db:
        assert kept.rows(db) == []


def test_only_merchants_make_garments_and_files_are_there_for_devices(site):
    word = site.log_in(Role.VIEWER, name="vera")
    assert upload(site, photo(), word=word).status_code == 403
    assert upload(site, photo()).status_code == 303
    with httpx.Client(base_url=site.url) as device:  # not logged in
        assert device.get("/manifests/garment/tee/1").status_code == 200
        assert device.get("/manifests/garment/tee/2").status_code == 404
        assert device.get("/garments").status_code in (303, 401)


def test_a_mirror_fetches_wears_and_drops_garments_without_a_restart(site, tmp_path):
    folder = tmp_path / "mirror" / "garments"
    worn = Worn(folder)
    assert "tee" not in worn and worn.get("tee") is None
    fetcher = Fetcher(first_pause_s=0.02)
    mirror = Wardrobe(folder, fetcher)
    upload(site, photo())

    def followed(version):
        wanted = listed(site)
        mirror.follow(wanted)
        return {p.name for p in folder.iterdir()} == {f"tee.{version}.garment"}

    until(lambda: followed(1))
    first = worn.get("tee")
    assert first is not None and first.version == 1 and "tee#204080" in worn
    upload(site, photo((150, 30, 30)))
    until(lambda: followed(2))
    second = worn.get("tee")
    assert second is not None and second.version == 2 and second.picture[150, 140, 0] > 100
    with site.client() as client:
        client.post("/garments/tee/remove", data={"token": site.token()})
    mirror.follow(listed(site))
    assert list(folder.iterdir()) == [] and worn.get("tee") is None
    fetcher.close()


def test_a_garment_that_is_not_the_signed_one_is_not_kept(site, tmp_path):
    upload(site, photo())
    wanted = listed(site)
    other = replace(wanted, garments=tuple(replace(g, sha256="0" * 64) for g in wanted.garments))
    fetcher = Fetcher(first_pause_s=0.02)
    folder = tmp_path / "garments"
    folder.mkdir()
    (folder / "tee.0.garment").write_bytes(b"the version before")
    mirror, came = Wardrobe(folder, fetcher), threading.Event()
    mirror.follow(other)
    with site.client() as client:
        until(lambda: client.get("/manifests/garment/tee/1").status_code == 200)
    for _ in range(50):
        mirror.follow(other)
        came.wait(0.02)
    assert [p.name for p in folder.iterdir()] == ["tee.0.garment"]
    mirror.follow(replace(wanted, garments=(replace(wanted.garments[0], name="../../tee"),), version=9))
    assert not (tmp_path / "tee.1.garment").exists()
    fetcher.close()
