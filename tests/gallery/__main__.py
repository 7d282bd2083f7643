"""The pictures in README: real screens with rendered shoppers, and the console of a running store in Chromium. `python -m tests.gallery`"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pygame
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from kiosk.devices.simulated.attack_camera import Scene, turned
from kiosk.devices.simulated.attack_head import Head, Subject
from kiosk.devices.simulated.attacks import render as render_attempt
from kiosk.devices.simulated.figure import Figures, HeadPose, appearance, background, body_pose
from kiosk.devices.simulated.portrait import landmarks
from kiosk.domain.catalog import LANGUAGES
from kiosk.domain.challenge import draw as draw_challenge
from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.domain.money import Money
from kiosk.hq.console import sessions
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.ledger import people
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import stamp
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.demo import Options, StoreInABox
from kiosk.sim.shop import CONSOLE_USER
from kiosk.ui import samples, views
from kiosk.ui.screens import render
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment

HERE = Path(__file__).parent
TERMINAL, MIRROR = (800, 480), (720, 1280)
GAP, GROUND = 24, (250, 244, 238)
PAGES = {
    "console-fleet": "", "console-stock": "stock", "console-sales": "sales", "console-products": "products", "console-screens": "screens",
    "console-days": "days", "console-money": "wallet", "console-packs": "packs", "console-item": "stock/shelf-1/A1",
}
TALL = {"console-packs": 980, "console-item": 1420}
"""Pages that are shown whole, so many pixels high, and not on the phone."""
HERO = (1200, 705)
"""The console in the hero, in pixels of its window: as wide to high as the room that it has there."""
LOOKS = (("coat_camel", 1, "stand"), ("shirt_white", 0, "stand"), ("hoodie_grey", 5, "stand"), ("jacket_blue", 4, "sway"),
         ("dress_green", 2, "stand"))


def pixels(view: views.View, size: tuple[int, int]) -> Picture:
    """A screen as a picture: (H, W, 3) uint8 RGB."""
    surface, _ = render(view, size)
    return np.ascontiguousarray(pygame.surfarray.array3d(surface).transpose(1, 0, 2))


def sheet(pictures: list[Picture], columns: int, width: int) -> Picture:
    """Pictures of one size in rows on a light ground, `width` pixels wide in all."""
    cell = (width - GAP * (columns + 1)) // columns
    scale = cell / pictures[0].shape[1]
    height = round(pictures[0].shape[0] * scale)
    rows = -(-len(pictures) // columns)
    canvas = np.full((rows * (height + GAP) + GAP, width, 3), GROUND, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = GAP + i // columns * (height + GAP), GAP + i % columns * (cell + GAP)
        canvas[y:y + height, x:x + cell] = cv2.resize(picture, (cell, height), interpolation=cv2.INTER_AREA)
    return canvas


def write(name: str, picture: Picture, quality: int = 82) -> None:
    """Write a picture beside this file and say so. quality: JPEG's, 0..100."""
    path = HERE / f"{name}.jpg"
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    sys.stdout.write(f"{path.name}: {picture.shape[1]}x{picture.shape[0]}, {path.stat().st_size // 1024} kB\n")


def named(language: str) -> dict[str, views.View]:
    """The sample views of a language by name."""
    return {name: view for name, view, _ in samples.gallery(language)}


def terminal(figures: Figures) -> list[Picture]:
    """Six moments at the pay terminal in three languages."""
    bust = background(640, 480, 3).copy()
    figures.draw_bust(bust, appearance(5, 20), HeadPose(yaw_deg=4.0, smile=0.5), (320.0, 215.0), 190.0)
    french, english, chinese = named("fr"), named("en"), named("zh")
    face = replace(french["pay.face"], preview=bust, face_box=(225, 110, 190, 210))
    moments = (french["pay.attract"], english["pay.basket"], chinese["pay.tender"], face, english["pay.confirm"], chinese["pay.paid"])
    return [pixels(view, TERMINAL) for view in moments]


def challenge(models: ModelStore) -> dict[str, Picture]:
    """What a shopper is led through, and what a telephone that shows somebody's film comes to: lying and upright, three languages."""
    head = Head(Subject(read_picture(models.path("astronaut")), landmarks()))
    asked, scene = draw_challenge(5), Scene(480.0, 500.0, 2.0, 0.0, 0.0, 0.0, 1.0)

    def stands(yaw_deg: float, near: float, shut: float) -> Picture:
        return head.seen(scene, (turned(yaw_deg, 0, 0), np.array([0.0, 0.0, scene.distance_mm / near])), shut, (0.0, 0.0))

    _, held = next(iter(render_attempt("phone", head, asked, 9, "tune")))
    moments = (("fr", stands(24, 1.0, 0.0), "left", (0.9, 0.0)), ("en", stands(0, 1.3, 0.0), "closer", (0.0, 0.9)),
               ("zh", stands(0, 1.0, 1.0), "blink", (0.0, 0.0)), ("en", held, "right", (-0.9, 0.0)))
    shown = [replace(named(language)["pay.face-left"], preview=picture, asked=ask, ring=ring, progress=0.2 + 0.2 * number)
             for number, (language, picture, ask, ring) in enumerate(moments)]
    shown += [named(language)["pay.refused"] for language in LANGUAGES]
    return {f"challenge-{size[0]}x{size[1]}": sheet([pixels(view, size) for view in shown], columns, 1600)
            for size, columns in ((TERMINAL, 4), (MIRROR, 7))}


def mirror(figures: Figures, models: ModelStore) -> list[Picture]:
    """Five rendered shoppers, each in another garment."""
    finder, dresser, made = BodyFinder(models), Dresser(), []
    for i, (name, identity, action) in enumerate(LOOKS):
        frame = background(*MIRROR, 5).copy()
        figures.draw_body(frame, appearance(identity, 20), body_pose(action, 0.25), (360.0, 1190.0), 1000.0)
        body = finder.find(frame, None)
        if body is None:
            raise SystemExit(f"no body is found in the rendered picture {i}")
        language = ("fr", "en", "zh")[i % 3]
        card = views.GarmentCard(WORDS[name][language], Money(PRICES[name], "EUR"), stock=12 - i)
        dressed = dresser.dress(frame, body, garment(name))
        view = replace(named(language)["mirror.tryon"], picture=dressed, guide=False, card=card, index=i, count=5, basket_count=i % 3)
        made.append(pixels(view, MIRROR))
    return made


WORDS = {
    "coat_camel": {"fr": "Manteau camel", "en": "Camel coat", "zh": "驼色大衣"},
    "shirt_white": {"fr": "Chemise blanche", "en": "White shirt", "zh": "白衬衫"},
    "hoodie_grey": {"fr": "Sweat à capuche gris", "en": "Grey hoodie", "zh": "灰色连帽衫"},
    "jacket_blue": {"fr": "Veste bleue", "en": "Blue jacket", "zh": "蓝色夹克"},
    "dress_green": {"fr": "Robe verte", "en": "Green dress", "zh": "绿色连衣裙"},
}
PRICES = {"coat_camel": 12900, "shirt_white": 2990, "hoodie_grey": 3391, "jacket_blue": 6900, "dress_green": 4950}


def console(pages: dict[str, str]) -> dict[str, Picture]:
    """Pages of the console of a store that has been open for a while, on a wide screen and on a phone; and the stock for the hero."""
    shots: dict[str, Picture] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = StoreInABox(Options(seconds=30.0, folder=Path(folder) / "store"), lambda _text: None)
        try:
            store.open()
            store.run(lambda: False)
            store.end_day()
            store.console_password()
            ledger = Ledger(Path(folder) / "store" / "hq" / "hq.db")
            with ledger.write() as db:
                people.set_password(db, CONSOLE_USER, "no digest: the picture needs none")
                word = sessions.open_session(db, CONSOLE_USER, stamp(SystemClock().now(), new_id))
            ledger.close()
            for name, (width, height) in {"wide": (1280, 800), "phone": (390, 844)}.items():
                shots.update({f"{page}-{name}": shot(f"{store.address}{path}", width, TALL.get(page, height), word)
                              for page, path in pages.items() if name == "wide" or page not in TALL})
            shots["hero"] = shot(f"{store.address}stock", *HERO, word)
        finally:
            store.close()
    return shots


def shot(address: str, width: int, height: int, word: str) -> Picture:
    """A page in Debian's Chromium, logged in by the word of a session: (height, width, 3) uint8 RGB."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
        try:
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                   {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
            driver.get(f"{address.split('/', 3)[0]}//{address.split('/', 3)[2]}/static/mark.svg")
            driver.add_cookie({"name": SESSION_COOKIE, "value": word, "httpOnly": True, "sameSite": "Strict"})
            driver.get(address)
            time.sleep(1.5)
            png = driver.get_screenshot_as_png()
        finally:
            driver.quit()
    return np.asarray(cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def hero(pay: Picture, glass: Picture, stock: Picture) -> Picture:
    """The picture at the top of README: mirror, terminal and console side by side."""
    height = 760
    tall = cv2.resize(glass, (round(glass.shape[1] * height / glass.shape[0]), height), interpolation=cv2.INTER_AREA)
    width = 620
    small = cv2.resize(pay, (width, round(width * pay.shape[0] / pay.shape[1])), interpolation=cv2.INTER_AREA)
    room = height - small.shape[0] - GAP
    page = cv2.resize(stock, (width, room), interpolation=cv2.INTER_AREA)
    canvas = np.full((height + 2 * GAP, tall.shape[1] + width + 3 * GAP, 3), GROUND, np.uint8)
    canvas[GAP:GAP + height, GAP:GAP + tall.shape[1]] = tall
    left = 2 * GAP + tall.shape[1]
    canvas[GAP:GAP + small.shape[0], left:left + width] = small
    top = 2 * GAP + small.shape[0]
    canvas[top:top + page.shape[0], left:left + width] = page
    return canvas


def states() -> dict[str, Picture]:
    """Every state of the terminal on contact sheets, for shoppers and for staff, lying and upright, its three languages in turn."""
    made = {}
    everybody = [named(language) for language in LANGUAGES]
    names = [name for name in everybody[0] if name.startswith(("pay.", "enrol.", "staff.")) and not name.endswith(".troubled")]
    for who, areas in {"shoppers": ("pay.", "enrol."), "staff": ("staff.",)}.items():
        for size, columns in ((TERMINAL, 6), (MIRROR, 9)):
            shown = [name for name in names if name.startswith(areas)]
            pictures = [captioned(pixels(everybody[i % 3][name], size), name) for i, name in enumerate(shown)]
            made[f"states-{who}-{size[0]}x{size[1]}"] = sheet(pictures, columns, 1600)
    return made


def mirror_states(figures: Figures, models: ModelStore) -> Picture:
    """The mirror from the attract loop to the order, its three languages in turn, with rendered shoppers in drawn garments."""
    finder, dresser = BodyFinder(models), Dresser()
    frame = background(*MIRROR, 5).copy()
    figures.draw_body(frame, appearance(3, 20), body_pose("sway", 0.2), (360.0, 1190.0), 1000.0)
    body = finder.find(frame, None)
    worn = [garment(name) for name in ("jacket_blue", "dress_green")]
    looks = [dresser.dress(frame, body, one) for one in worn]
    everybody, shown = [named(language) for language in LANGUAGES], []
    names = [name for name in everybody[0] if name.startswith("mirror.") and not name.endswith((".troubled", "-none", "-off", "-lost"))]
    for number, name in enumerate(names):
        view = everybody[number % 3][name]
        if getattr(view, "picture", None) is not None:
            view = replace(view, picture=looks[0])
        if isinstance(view, views.MirrorCompare):
            view = replace(view, pictures=(looks[0], looks[1]))
        if isinstance(view, views.MirrorAttract) and view.preview is not None:
            view = replace(view, preview=background(*MIRROR, 5))
        shown.append(captioned(pixels(_clothed(view, worn), MIRROR), name))
    return sheet(shown, 9, 1600)


def _clothed(view: views.View, worn: list[Garment]) -> views.View:
    """A view whose garments are drawn ones instead of outlines."""
    if isinstance(view, views.MirrorLikes):
        return replace(view, items=tuple(replace(tile, cloth=worn[i % 2].picture) for i, tile in enumerate(view.items)))
    if isinstance(view, views.MirrorCard):
        tiles = tuple(replace(tile, cloth=worn[1 - i % 2].picture) for i, tile in enumerate(view.card.matches))
        return replace(view, card=replace(view.card, matches=tiles), cloth=worn[0].picture)
    return view


def captioned(picture: Picture, name: str) -> Picture:
    """A picture with its name under it."""
    strip = np.full((max(36, picture.shape[1] // 14), picture.shape[1], 3), GROUND, np.uint8)
    scale = picture.shape[1] / 620
    place, thick = (4, round(strip.shape[0] * 0.72)), max(1, round(2 * scale))
    cv2.putText(strip, name, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (43, 20, 51), thick, cv2.LINE_AA)
    return np.concatenate([picture, strip])


def sights() -> Picture:
    """Four screens as they are, in large type, in high contrast, and in training."""
    rows = [{}, {"large": True}, {"large": True, "contrast": True}, {"training": True}]
    shown = [(named(language)[name]) for language, name in (
        ("fr", "pay.attract"), ("en", "pay.basket-offers"), ("zh", "pay.tender"), ("fr", "pay.refused"), ("en", "staff.menu"))]
    return sheet([pixels(replace(view, status=replace(view.status, **row)), TERMINAL) for row in rows for view in shown], len(shown), 1600)


def curves() -> None:
    """Draw the curves that README and the model cards show, from runs on the evaluation data in KIOSK_DATA; no picture of it is drawn."""
    faces = Path(os.environ["KIOSK_DATA"]) / "faces" / "lfw_dev"
    command = ("faces", "--images", faces / "images", "--identification", faces / "identification.json")
    drawn = HERE.parents[1] / "models" / "face_embedding.svg"
    subprocess.run([sys.executable, "-m", "kiosk", "eval", *command, "--plot", drawn], check=True)


def front(figures: Figures, models: ModelStore, wanted: dict[str, str]) -> dict[str, Picture]:
    """Make the hero, the terminal and the mirror; return the console's pages that are wanted (name -> path)."""
    moments, looks, pages = terminal(figures), mirror(figures, models), console(wanted)
    write("terminal", sheet(moments, 3, 1500))
    write("mirror", sheet(looks, 5, 1500))
    write("hero", hero(moments[3], looks[0], pages["hero"]), 78)
    return pages


def main() -> None:
    """Make them all; with "states" or "challenge" only those up to there, which need no store; with "curves" or "hero" those alone."""
    if "curves" in sys.argv[1:]:
        curves()
        return
    models = ModelStore()
    figures = Figures(models.path("astronaut"))
    if "hero" in sys.argv[1:]:
        front(figures, models, {})
        return
    for name, picture in states().items():
        write(name, picture)
    write("sights", sights())
    write("states-mirror", mirror_states(figures, models))
    if "states" in sys.argv[1:]:
        return
    for name, picture in challenge(models).items():
        write(name, picture)
    if "challenge" in sys.argv[1:]:
        return
    pages = front(figures, models, PAGES)
    for name in PAGES:
        write(name, pages[f"{name}-wide"])
    write("console-phone", sheet([pages[f"{name}-phone"] for name in PAGES if name not in TALL], 4, 1500))


if __name__ == "__main__":
    main()
