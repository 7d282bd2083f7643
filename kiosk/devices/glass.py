"""A screen on which a renderer puts the picture together: the camera's frame, garments as textured meshes, and what stands over both."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pygame
from numpy.typing import NDArray
from pygame._sdl2.sdl2 import error as renderer_error
from pygame._sdl2.video import Renderer, Texture

from kiosk.design.presented import Presented
from kiosk.devices.display import Part, WindowDisplay, has_no_desktop
from kiosk.domain.frame import Picture
from kiosk.domain.meshes import MARGIN, Outfit, Patch, Worn
from kiosk.errors import DeviceLostError, DeviceMissingError

_KEPT_CLOTHS = 40
_ZERO, _ONE, _SRC_COLOUR, _SRC_ALPHA, _NOT_SRC_ALPHA, _DST_COLOUR, _ADD = 1, 2, 3, 5, 6, 7, 1
"""SDL_BlendFactor and SDL_BlendOperation."""
_OVER = (_ONE, _NOT_SRC_ALPHA, _ADD)
_CUT = (_ZERO, _SRC_ALPHA, _ADD)
_LIT = (_DST_COLOUR, _SRC_COLOUR, _ADD)
_STAYS = (_ZERO, _ONE, _ADD)


@dataclass(frozen=True, slots=True)
class _Blends:
    """Ways of drawing on a target: over what is multiplied by alpha; cut by the alpha drawn; twice multiplied by the colour drawn."""

    over: int
    cut: int
    lit: int


class GlassDisplay(WindowDisplay):
    """A window, or the whole screen, with SDL's renderer behind it: it turns, scales and mirrors pictures, and draws garments.

    The renderer belongs to the thread that made it.
    """

    def __init__(self, size: tuple[int, int], title: str, rotate: int = 0) -> None:
        """Open a window for pictures of `size`, turned clockwise by `rotate` degrees: 0, 90, 180 or 270. Raises DeviceMissingError."""
        self._prepare(size, rotate)
        os.environ["SDL_RENDER_SCALE_QUALITY"] = "linear"  # SDL asks the environment for its hints, and pygame has no other door to them
        try:
            pygame.display.init()
            bare = has_no_desktop(pygame.display.get_driver())
            self._window = pygame.Window(title, self._shown, fullscreen_desktop=bare, resizable=not bare)
            self._renderer = Renderer(self._window, vsync=bare, target_texture=True)
            self._renderer.logical_size = self._shown
            self._loom = Loom(self._renderer)
        except (pygame.error, renderer_error) as error:
            pygame.display.quit()
            raise DeviceMissingError(f"display: no renderer can be opened ({error}); the mirror draws without one") from error
        if bare:
            pygame.mouse.set_visible(False)
        self._page: Texture | None = None
        self._open = True

    def present(self, picture: pygame.Surface, presented: Presented) -> None:  # noqa: ARG002 - people see the picture
        """Show a picture. Raises InvalidValueError for one of another size, DeviceLostError when the window is gone."""
        self.draw(picture)
        self._renderer.present()

    def draw(self, picture: pygame.Surface) -> None:
        """Do what `present` does but for showing it."""
        self._turn_page(picture)
        self._renderer.draw_color = (0, 0, 0, 255)
        self._renderer.clear()
        self._put(self._page)

    def present_live(self, worn: Worn, part: Part, page: pygame.Surface | None, presented: Presented) -> None:  # noqa: ARG002
        """See `LiveDisplay`; raises what `present` raises."""
        self.draw_live(worn, part, page)
        self._renderer.present()

    def draw_live(self, worn: Worn, part: Part, page: pygame.Surface | None) -> None:
        """Do what `present_live` does but for showing it."""
        if page is not None:
            self._turn_page(page)
        elif not self._open:
            raise DeviceLostError("display: its window was closed; restart the service to open it again")
        scene = self._loom.draw(worn)
        self._renderer.draw_color = (0, 0, 0, 255)
        self._renderer.clear()
        self._put(scene, part, mirrored=True)
        self._put(self._page)

    def finish(self) -> None:
        """Wait until all that was drawn is drawn; for measuring."""
        self._renderer.to_surface(area=pygame.Rect(0, 0, 1, 1))

    def dressed(self, worn: Worn) -> Picture:
        """Return the frame with its garments as the renderer draws them: (H, W, 3) uint8 RGB. Slow; for comparing."""
        return self._loom.read(worn)

    def close(self) -> None:
        """Close the window."""
        if self._open:
            self._open = False
            self._page = None
            self._loom.clear()
            del self._renderer
            self._window.destroy()
            pygame.display.quit()

    def _turn_page(self, picture: pygame.Surface) -> None:
        self._check(picture)
        if self._page is None or bool(picture.get_flags() & pygame.SRCALPHA) != bool(self._page.blend_mode):
            self._page = Texture.from_surface(self._renderer, picture)
            self._page.blend_mode = 1 if picture.get_flags() & pygame.SRCALPHA else 0
        else:
            self._page.update(picture)

    def _put(self, texture: Texture | None, part: Part | None = None, mirrored: bool = False) -> None:
        if texture is None:
            return
        (across, down), (width, height) = self._shown, self._size
        place = pygame.Rect((across - width) // 2, (down - height) // 2, width, height)
        texture.draw(srcrect=part, dstrect=place, angle=self._rotate, flip_x=mirrored)


class Loom:
    """Draws garments on frames with a renderer; keeps cloths on the graphics chip, and garments until the next outfit comes."""

    def __init__(self, renderer: Renderer) -> None:
        """Raises renderer_error where the renderer cannot blend as garments need it."""
        self._renderer = renderer
        blends = [renderer.compose_custom_blend_mode(*modes) for modes in ((_OVER, _OVER), (_CUT, _CUT), (_LIT, _STAYS))]
        self._blends = _Blends(*blends)
        self.clear()
        probe = Texture(renderer, (1, 1), target=True)
        for mode in blends:
            probe.blend_mode = mode

    def clear(self) -> None:
        """Forget all textures."""
        self._cloths: list[tuple[NDArray[np.uint8], Texture]] = []
        self._sprites: list[Texture] = []
        self._sheets: tuple[Texture, Texture] | None = None
        self._size = (0, 0)
        self._outfit: Outfit | None = None

    def draw(self, worn: Worn) -> Texture:
        """Return a texture as large as the frame: the frame with its garments on it."""
        height, width = worn.frame.shape[:2]
        if self._sheets is None or (width, height) != self._size:
            self._size, self._sprites, self._outfit = (width, height), [], None
            self._sheets = Texture(self._renderer, self._size, streaming=True), Texture(self._renderer, self._size, target=True)
            self._sheets[0].blend_mode = 0
        frame, scene = self._sheets
        frame.update(pygame.image.frombuffer(np.ascontiguousarray(worn.frame).data, self._size, "RGB"))
        if worn.outfit is not None and worn.outfit is not self._outfit:
            self._weave(worn.outfit)
        self._renderer.target = scene
        frame.draw()
        if worn.outfit is not None:
            x0, y0, x1, y1 = worn.outfit.box
            for sprite in self._sprites[:len(worn.outfit.pieces)]:
                sprite.draw((0, 0, x1 - x0, y1 - y0), (x0 + worn.shift[0], y0 + worn.shift[1], x1 - x0, y1 - y0))
        self._renderer.target = None
        return scene

    def read(self, worn: Worn) -> Picture:
        """Return what `draw` draws as (H, W, 3) uint8 RGB."""
        self._renderer.target = self.draw(worn)
        drawn = self._renderer.to_surface()
        self._renderer.target = None
        pixels: Picture = np.frombuffer(pygame.image.tobytes(drawn, "RGB"), np.uint8).reshape(self._size[1], self._size[0], 3)
        return pixels

    def _weave(self, outfit: Outfit) -> None:
        """Draw each garment of an outfit into a texture of its own."""
        self._outfit = outfit
        x0, y0, x1, y1 = outfit.box
        place = pygame.Rect(0, 0, x1 - x0, y1 - y0)
        light = self._texture(np.dstack([outfit.light] * 3 + [np.full_like(outfit.light, 255)]), self._blends.lit)
        while len(self._sprites) < len(outfit.pieces):
            sprite = Texture(self._renderer, self._size, target=True)
            sprite.blend_mode = self._blends.over
            self._sprites.append(sprite)
        for sprite, piece in zip(self._sprites, outfit.pieces, strict=False):
            self._renderer.target = sprite
            self._renderer.draw_color = (0, 0, 0, 0)
            self._renderer.clear()
            for patch in piece.patches:
                self._lay(patch)
            mask = np.full((*piece.mask.shape, 4), 255, np.uint8)
            mask[:, :, 3] = piece.mask
            self._texture(mask, self._blends.cut).draw(dstrect=place)
            light.draw(dstrect=place)
        self._renderer.target = None

    def _lay(self, patch: Patch) -> None:
        """Draw a patch's cells on the target."""
        cloth = self._cloth(patch.cloth)
        height, width = patch.cloth.shape[:2]
        places = (patch.places + (MARGIN + 0.5)) / np.array([width + 2 * MARGIN, height + 2 * MARGIN], np.float32)
        strength = np.repeat(patch.strength[..., None], 4, axis=2).tolist()
        for corners, there, strong in zip((patch.corners + 0.5).tolist(), places.tolist(), strength, strict=True):
            cloth.draw_quad(*corners, *there, *strong)

    def _cloth(self, cloth: NDArray[np.uint8]) -> Texture:
        for known, texture in self._cloths:
            if known is cloth:
                return texture
        made = self._texture(np.pad(cloth, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))), self._blends.over)
        self._cloths = [*self._cloths, (cloth, made)][-_KEPT_CLOTHS:]
        return made

    def _texture(self, rgba: NDArray[np.uint8], blend: int) -> Texture:
        surface = pygame.image.frombuffer(np.ascontiguousarray(rgba).data, (rgba.shape[1], rgba.shape[0]), "RGBA")
        texture = Texture.from_surface(self._renderer, surface)
        texture.blend_mode = blend
        return texture
