"""The first picture after the power came: the product's ground and its name straight into the frame buffer."""

from __future__ import annotations

from pathlib import Path

GROUND, MARK = (56, 16, 38, 0), (66, 200, 255, 0)
"""Blue, green, red, nothing: night and sun of the product's palette."""


def frame(width: int, height: int, stride: int) -> bytes:
    """Return a picture for a frame buffer of 32 bits a pixel: three bars that rise, as the product's mark, on its night ground."""
    ground = bytes(GROUND) * width + bytes(stride - 4 * width)
    unit = min(width, height) // 24
    left, foot = width // 2 - 4 * unit, height // 2 + 3 * unit
    rows = []
    for y in range(height):
        row = bytearray(ground)
        for number, tall in enumerate((3, 5, 7)):
            if foot - tall * unit <= y < foot:
                x = left + 3 * unit * number
                row[4 * x:4 * (x + 2 * unit)] = bytes(MARK) * (2 * unit)
        rows.append(bytes(row))
    return b"".join(rows)


def main(sys: Path = Path("/sys/class/graphics/fb0"), device: Path = Path("/dev/fb0")) -> int:
    """Draw it; a machine without a screen, or with one of another kind, starts all the same."""
    try:
        width, height = map(int, (sys / "virtual_size").read_text().split(","))
        if (sys / "bits_per_pixel").read_text().strip() != "32":
            return 0
        device.write_bytes(frame(width, height, int((sys / "stride").read_text())))
    except (OSError, ValueError):
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
