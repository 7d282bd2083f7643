"""Pixels to numbers and pixels to pixels: networks, faces, bodies, garments. Decides nothing."""
