"""What the simulated store's cameras see: (who stands there, what he does, time) -> pixels. Pure, but for pictures that are kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache

import cv2
import numpy as np
import zxingcpp

from kiosk.devices.simulated.figure import Appearance, Figures, HeadPose, appearance, background, body_pose, hold_card
from kiosk.devices.simulated.station import WALK_S, Guest
from kiosk.domain.frame import Picture

PAY_SIZE = (640, 480)
MIRROR_SIZE = (720, 1280)
NOISE = 3
"""Sensor noise: the difference of two uniform values of 0..NOISE, per pixel and colour (0..255)."""

TURN_DEG, CLOSER = 24.0, 0.28
"""How far a head turns that is asked to, and by how much one grows that is asked to come closer."""

_CLOSE = ("pay.face", "enrol.face")
_MOVE_S = 0.32
_LIFT_S = 0.2
_STEP_S = 0.3
_FILM_S = 2.3
_SLACK = 96


def pay_view(figures: Figures | None, guest: Guest | None, t: float, seed: int) -> Picture:
    """Return what the terminal's camera sees: (480, 640, 3) uint8 RGB; bust of the guest and whatever he holds up."""
    canvas = _wall(*PAY_SIZE, seed).copy()
    if guest is None:
        return canvas
    who = _look_of(guest.shopper.identity, seed)
    away = _away(guest, t)
    if figures is not None:
        sway = 10 * math.sin(0.9 * t + guest.shopper.identity)
        near = 1 + CLOSER * _asked(guest, t, "closer")
        figures.draw_bust(canvas, who, _head(guest, t), (320 + sway - 470 * away, 205 + 5 * math.sin(1.3 * t)), 185 * near)
        if guest.mask is not None and guest.act.kind == "look":
            if guest.shopper.identity % 2:
                _hold_picture(canvas, _print(figures, guest.mask, seed), guest, t, who.skin)
            else:
                _hold(canvas, _film(figures, guest.mask, seed, t), (320 + 9 * math.sin(1.1 * t), 215), 300, 3 * math.sin(1.7 * t), who.skin)
    if guest.act.kind in ("show_item", "show_code"):
        lift = min(1.0, max(0.0, (t - guest.act_s) / _LIFT_S))
        item = guest.act.kind == "show_item"
        card, wide, y = (_item_card(guest.act.what), 300, 372) if item else (_phone(guest.act.what), 178, 384)
        _hold(canvas, card, (320 + 18 * math.sin(1.1 * t), y + 330 * (1 - lift)), wide, 5 * math.sin(0.8 * t + guest.act_s), who.skin)
    return canvas


def mirror_view(figures: Figures | None, guest: Guest | None, t: float, seed: int) -> Picture:
    """Return what the mirror's camera sees: (1280, 720, 3) uint8 RGB; the whole guest in moving poses, near while his face is asked for."""
    canvas = _wall(*MIRROR_SIZE, seed + 1).copy()
    if guest is None or figures is None:
        return canvas
    who = _look_of(guest.shopper.identity, seed)
    away = _away(guest, t)
    asked = guest.screen in _CLOSE and guest.act.kind == "look"
    # Who has stepped up stays there, whatever he is asked to do with his head.
    near = (1.0 if guest.before.kind == "look" else min(1.0, max(0.0, (t - guest.act_s) / _STEP_S))) if asked else 0.0
    if near >= 1.0:
        figures.draw_bust(canvas, who, _head(guest, t), (360 + 8 * math.sin(0.9 * t), 520), 300 * (1 + CLOSER * _asked(guest, t, "closer")))
        return canvas
    action, speed = ("walk", 1.2) if away > 0 or near > 0 else _mirror_action(guest, t)
    height = 1080 * who.height_m / 1.78 * (1 + near)
    feet = (360 - 620 * away, 1205 + 1050 * near)
    figures.draw_body(canvas, who, body_pose(action, speed * (t - guest.came_s)), feet, height, _head(guest, t))
    return canvas


def with_noise(picture: Picture, key: tuple[int, ...]) -> Picture:
    """Add sensor noise in place and return the picture; the same key gives the same noise."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(key)
    for change, sheet in ((cv2.add, 0), (cv2.subtract, 1)):
        y, x = (int(v) for v in rng.integers(0, _SLACK, 2))
        change(picture, _sheet(height, width, sheet)[y:y + height, x:x + width], dst=picture)
    return picture


def _mirror_action(guest: Guest, t: float) -> tuple[str, float]:
    """Which pose, and how many turns of it a second: people sway, lift their arms, and reach out for the glass to touch it."""
    if guest.act.kind == "touch" and t - guest.act_s < 0.5:
        return "reach", 1.0
    turn = int((t - guest.came_s) / 2.5) % 3
    return (("sway", 0.45), ("raise_arms", 0.4), ("stand", 0.3))[turn]


def _away(guest: Guest, t: float) -> float:
    """How far out of the picture the guest is: 1 outside, 0 in his place."""
    coming = 1.0 - (t - guest.came_s) / WALK_S
    going = (t - guest.left_s) / WALK_S if guest.left_s < math.inf else 0.0
    x = min(1.0, max(0.0, coming, going))
    return x * x * (3 - 2 * x)


def _head(guest: Guest, t: float) -> HeadPose:
    """Small natural motion; eyes go down to the screen or to what the hands hold unless the camera is looked at."""
    phase = guest.shopper.identity * 1.7
    blink = 1.0 if (t + phase) % 3.1 < 0.14 else 0.0
    yaw, pitch, roll = 6 * math.sin(1.1 * t + phase), 3 * math.sin(0.7 * t + phase), 2 * math.sin(0.5 * t + phase)
    if guest.act.kind == "look" and guest.act.what + guest.before.what == "":
        # Who wants to be recognised looks at the camera; the small turns that remain show that he lives.
        return HeadPose(yaw, pitch, roll, blink, 0.2)
    if guest.act.kind == "look":
        shut = 1.0 if guest.act.what == "blink" and 0.05 < t - guest.act_s < 0.55 else blink
        return HeadPose(0.3 * yaw + TURN_DEG * (_asked(guest, t, "left") - _asked(guest, t, "right")), 0.5 * pitch, roll, shut, 0.2)
    down = -9.0 if guest.act.kind != "wait" else -3.0
    return HeadPose(0.6 * yaw + (4.0 if guest.act.kind.startswith("show") else 0.0), pitch + down, roll, blink, 0.0)


def _asked(guest: Guest, t: float, what: str) -> float:
    """How far he has done what he is asked to do, 0..1, also while he leaves off."""
    x = min(1.0, max(0.0, (t - guest.act_s) / _MOVE_S))
    on = x * x * (3 - 2 * x)
    return on * (guest.act.what == what) + (1 - on) * (guest.before.what == what)


def _hold_picture(canvas: Picture, card: Picture, guest: Guest, t: float, skin: tuple[int, int, int]) -> None:
    """A printed face before the holder's own, turned and brought nearer as the screen asks: as good as paper can."""
    turn = math.radians(38 * (_asked(guest, t, "left") - _asked(guest, t, "right")) + 3 * math.sin(1.7 * t))
    wide = 330 * (1 + CLOSER * _asked(guest, t, "closer"))
    high = wide * card.shape[0] / card.shape[1]
    x, y, away = 320 + 9 * math.sin(1.1 * t), 215 + 6 * math.sin(1.4 * t), 1100.0

    def corner(across: float, down: float) -> tuple[float, float]:
        depth = away / (away + across * math.sin(turn))
        return x + across * math.cos(turn) * depth, y + down * depth

    w, h = wide / 2, high / 2
    hold_card(canvas, card, (corner(-w, -h), corner(w, -h), corner(w, h), corner(-w, h)), skin)


@lru_cache(maxsize=16)
def _print(figures: Figures, identity: int, seed: int) -> Picture:
    """A member's picture on paper with a white edge, (H, W, 3)."""
    paper = background(400, 460, seed + identity).copy()
    figures.draw_bust(paper, _look_of(identity, seed), HeadPose(smile=0.2), (200.0, 205.0), 225)
    return np.asarray(cv2.copyMakeBorder(paper, 14, 14, 14, 14, cv2.BORDER_CONSTANT, value=(240, 240, 236)), np.uint8)


def _film(figures: Figures, identity: int, seed: int, t: float) -> Picture:
    """A telephone that shows a member who turns, comes closer and blinks as was asked at another time, (H, W, 3)."""
    shown = background(400, 460, seed + identity).copy()
    turn, near = math.sin(2 * math.pi * t / _FILM_S), max(0.0, math.sin(2 * math.pi * t / (3 * _FILM_S)))
    figures.draw_bust(shown, _look_of(identity, seed), HeadPose(yaw_deg=TURN_DEG * turn, blink=float(t % 2.2 < 0.3)), (200.0, 205.0),
                      205 * (1 + 0.2 * near))
    return np.asarray(cv2.copyMakeBorder(shown, 44, 44, 18, 18, cv2.BORDER_CONSTANT, value=(17, 17, 19)), np.uint8)


def _hold(canvas: Picture, card: Picture, centre: tuple[float, float], wide: float, tilt_deg: float, skin: tuple[int, int, int]) -> None:
    high = wide * card.shape[0] / card.shape[1]
    cos, sin = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))

    def corner(x: float, y: float) -> tuple[float, float]:
        return centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos

    w, h = wide / 2, high / 2
    hold_card(canvas, card, (corner(-w, -h), corner(w, -h), corner(w, h), corner(-w, h)), skin)


@cache
def _wall(width: int, height: int, seed: int) -> Picture:
    return background(width, height, seed)


@cache
def _look_of(identity: int, seed: int) -> Appearance:
    return appearance(identity, seed)


@cache
def _sheet(height: int, width: int, number: int) -> Picture:
    rng = np.random.default_rng(number)
    return rng.integers(0, NOISE + 1, (height + _SLACK, width + _SLACK, 3), dtype=np.uint8)


@lru_cache(maxsize=64)
def _item_card(gtin: str) -> Picture:
    """Return the side of a box that carries the barcode, (H, W, 3)."""
    kind = zxingcpp.BarcodeFormat.EAN8 if len(gtin) == 8 else zxingcpp.BarcodeFormat.EAN13
    code = np.array(zxingcpp.create_barcode(gtin, kind).to_image(scale=5, add_hrt=False, add_quiet_zones=True))
    bars = np.repeat(code[code.shape[0] // 2][None, :], 210, axis=0)
    return _framed(bars, (36, 30), _tint(gtin))


@lru_cache(maxsize=16)
def _phone(text: str) -> Picture:
    """Return a phone that shows a QR code, (H, W, 3)."""
    code = np.array(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=1, add_quiet_zones=True))
    big = cv2.resize(code, (420, 420), interpolation=cv2.INTER_NEAREST)
    return _framed(big, (24, 110), (32, 34, 40))


def _framed(code: Picture, margin: tuple[int, int], colour: tuple[int, int, int]) -> Picture:
    height, width = code.shape
    x, y = margin
    card = np.full((height + 2 * y, width + 2 * x, 3), colour, np.uint8)
    # Paper and glass are not quite white, ink is not quite black.
    card[y:y + height, x:x + width] = (np.clip(code, 24, 238))[:, :, None]
    return card


def _tint(text: str) -> tuple[int, int, int]:
    hue = sum(text.encode()) * 7 % 180
    red, green, blue = cv2.cvtColor(np.array([[[hue, 120, 190]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


View = Callable[[Figures | None, Guest | None, float, int], Picture]
"""(figures, guest, t, seed) -> picture."""
