"""The screen and the finger on it: a picture goes out, touches come in."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pygame

from kiosk.design.presented import Box, Presented
from kiosk.domain.meshes import Worn
from kiosk.errors import DeviceLostError, DeviceMissingError, InvalidValueError

__all__ = ["Box", "Display", "OffscreenDisplay", "Presented", "Touch", "WindowDisplay"]

log = logging.getLogger(__name__)

_SNAPSHOT_SIDE = 640


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger at (x, y), in pixels of the picture as it was presented, origin top-left. moved: it was down already and moved there."""

    x: int
    y: int
    moved: bool = False


class Display(Protocol):
    """A screen with touch."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the picture that `present` wants."""

    def present(self, picture: pygame.Surface, presented: Presented) -> None:
        """Show a picture of exactly `size`."""

    def touches(self) -> list[Touch]:
        """Return the touches since the last call, oldest first; never waits."""

    def close(self) -> None:
        """Give the screen back; safe to call twice."""


Part = tuple[int, int, int, int]
"""x, y, width and height in pixels of a frame."""


class LiveDisplay(Display, Protocol):
    """A screen that puts frame, garments and page together by itself."""

    def present_live(self, worn: Worn, part: Part, page: pygame.Surface | None, presented: Presented) -> None:
        """Show a part of a frame, mirrored, with its garments on it, and over it a page with alpha; None keeps the last one."""


class OffscreenDisplay:
    """A screen that nobody sees, but whoever reads its snapshot. Touches come from `touch`."""

    def __init__(self, size: tuple[int, int], snapshot: Path | None = None, every_s: float = 0.4,
                 monotonic: Callable[[], float] = time.monotonic) -> None:
        """Write what is presented to `snapshot` (JPEG or PNG by its ending) at most once in `every_s` seconds; None writes nothing."""
        if snapshot is not None and snapshot.suffix not in (".jpg", ".png"):
            raise InvalidValueError(f"snapshot {snapshot}: its name must end in .jpg or .png")
        self._size, self._snapshot, self._every_s, self._monotonic = size, snapshot, every_s, monotonic
        self._written_s: float | None = None
        self._touches: list[Touch] = []
        self._writable = True
        self.presented: Presented | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self._size

    def present(self, picture: pygame.Surface, presented: Presented) -> None:
        """Keep what is presented and, when it is time, write the snapshot. Raises InvalidValueError for a picture of another size."""
        _check_size(picture, self._size)
        self.presented = presented
        now = self._monotonic()
        if self._snapshot is not None and (self._written_s is None or now - self._written_s >= self._every_s):
            self._written_s = now
            self._write(picture, self._snapshot)

    def _write(self, picture: pygame.Surface, path: Path) -> None:
        try:
            write_picture(picture, path)
        except (pygame.error, OSError) as error:
            if self._writable:
                log.warning("display: the snapshot %s cannot be written (%s); sales go on without it", path, error)
            self._writable = False
        else:
            if not self._writable:
                log.info("display: the snapshot %s is written again", path)
            self._writable = True

    def touch(self, x: int, y: int, moved: bool = False) -> None:
        """Put a finger down, or move it there; one that misses the picture is not felt."""
        if 0 <= x < self._size[0] and 0 <= y < self._size[1]:
            self._touches.append(Touch(x, y, moved))

    def touches(self) -> list[Touch]:
        """Return the touches since the last call, oldest first."""
        felt, self._touches = self._touches, []
        return felt

    def close(self) -> None:
        """Remove the snapshot: it may show people."""
        if self._snapshot is not None:
            self._snapshot.unlink(missing_ok=True)
        self._touches = []


class WindowDisplay:
    """A window, or the whole screen on a device without a desktop (KMSDRM; SDL turns nothing there, so we turn picture and touches)."""

    def __init__(self, size: tuple[int, int], title: str, rotate: int = 0) -> None:
        """Open a window for pictures of `size`, turned clockwise by `rotate` degrees: 0, 90, 180 or 270. Raises DeviceMissingError."""
        self._prepare(size, rotate)
        try:
            pygame.display.init()
            bare = has_no_desktop(pygame.display.get_driver())
            how = pygame.FULLSCREEN | pygame.SCALED if bare else pygame.SCALED | pygame.RESIZABLE
            self._screen = pygame.display.set_mode(self._shown, how)
            if bare:
                pygame.mouse.set_visible(False)
        except pygame.error as error:
            pygame.display.quit()
            raise DeviceMissingError(f"display: no screen can be opened ({error}); connect one, or run with --headless") from error
        pygame.display.set_caption(title)
        self._open = True

    def _prepare(self, size: tuple[int, int], rotate: int) -> None:
        if rotate not in (0, 90, 180, 270):
            raise InvalidValueError(f"display: rotate must be 0, 90, 180 or 270, not {rotate}")
        # SDL would take a SIGTERM that comes before the service minds them for a closed window: a failure where systemd asked for an end.
        os.environ["SDL_NO_SIGNAL_HANDLERS"] = "1"
        self._size, self._rotate = size, rotate
        self._shown = size if rotate in (0, 180) else (size[1], size[0])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of a picture before it is turned."""
        return self._size

    def present(self, picture: pygame.Surface, presented: Presented) -> None:  # noqa: ARG002 - people see the picture
        """Show a picture. Raises InvalidValueError for one of another size, DeviceLostError when the window is gone."""
        self._check(picture)
        turned = pygame.transform.rotate(picture, -self._rotate) if self._rotate else picture
        self._screen.blit(turned, (0, 0))
        pygame.display.flip()

    def _check(self, picture: pygame.Surface) -> None:
        _check_size(picture, self._size)
        if not self._open:
            raise DeviceLostError("display: its window was closed; restart the service to open it again")

    def touches(self) -> list[Touch]:
        """Return fingers and clicks since the last call in pixels of the picture. Raises DeviceLostError when the window was closed."""
        felt: list[Touch] = []
        if not self._open:
            return felt
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self.close()
                raise DeviceLostError("display: its window was closed; restart the service to open it again")
            if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1 and not event.touch:
                felt.append(self._unturned(event.pos[0], event.pos[1]))
            elif event.type == pygame.MOUSEMOTION and event.buttons[0] and not event.touch:
                felt.append(replace(self._unturned(event.pos[0], event.pos[1]), moved=True))
            elif event.type in (pygame.FINGERDOWN, pygame.FINGERMOTION):
                width, height = self._shown
                at = self._unturned(round(event.x * (width - 1)), round(event.y * (height - 1)))
                felt.append(replace(at, moved=event.type == pygame.FINGERMOTION))
        return felt

    def close(self) -> None:
        """Close the window."""
        if self._open:
            self._open = False
            pygame.display.quit()

    def _unturned(self, x: int, y: int) -> Touch:
        width, height = self._size
        places = {0: (x, y), 90: (y, height - 1 - x), 180: (width - 1 - x, height - 1 - y), 270: (width - 1 - y, x)}
        return Touch(*places[self._rotate])


def has_no_desktop(driver: str) -> bool:
    """Return whether SDL's video driver is the bare screen's (KMSDRM); there, have it draw with OpenGL ES.

    Its own first choice is OpenGL, which a system without a desktop need not have; SDL does not notice, and the screen stays black.
    """
    bare = driver.lower() == "kmsdrm"
    if bare:
        os.environ.setdefault("SDL_RENDER_DRIVER", "opengles2")  # SDL asks the environment for its hints
    return bare


def _check_size(picture: pygame.Surface, size: tuple[int, int]) -> None:
    if picture.get_size() != size:
        raise InvalidValueError(f"display: a picture of {picture.get_size()} came to a screen of {size}")


def write_picture(picture: pygame.Surface, path: Path) -> None:
    """Write a picture, at most 640 pixels long, beside its place and move it there, so that nobody reads half of one."""
    width, height = picture.get_size()
    share = min(1.0, _SNAPSHOT_SIDE / max(width, height))
    small = pygame.transform.smoothscale(picture, (round(width * share), round(height * share))) if share < 1 else picture
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        beside.touch(mode=0o640)  # the process that sends it to HQ is of the same group, under a user of its own
        pygame.image.save(small, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
