import xml.etree.ElementTree as ET

import pytest

from kiosk.design import products
from kiosk.design.icons import ICONS, icon, icon_svg
from kiosk.design.products import PRODUCTS
from kiosk.design.shapes import box, circle, path, ring
from kiosk.design.tokens import COLOURS
from kiosk.errors import InvalidValueError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", [*PRODUCTS, "nobody knows"])
def test_products_are_svg_that_stays_in_its_square(name):
    root = ET.fromstring(products.svg(name, "Product"))
    assert root.tag == f"{SVG}svg" and root.get("viewBox") == "0 0 100 100" and root.get("aria-label") == "Product"
    assert len(root) == len(products.product(name))
    for shape in products.product(name):
        assert all(-1 <= x <= 101 and -1 <= y <= 101 for x, y in shape.points)


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_svg_in_one_colour(name):
    root = ET.fromstring(icon_svg(name, COLOURS.coral))
    paints = {v for e in root for k, v in e.attrib.items() if k in ("fill", "stroke") and v != "none"}
    assert paints == {"#d63040"}
    for shape in icon(name):
        half = shape.stroke / 2
        assert all(half - 1 <= x <= 101 - half and half - 1 <= y <= 101 - half for x, y in shape.points), name


def test_an_icon_that_is_not_drawn_is_named():
    with pytest.raises(InvalidValueError, match="unicorn"):
        icon("unicorn")


def test_paths_are_flattened_where_they_should():
    square = path("M0 0 L10 0 L10 10 Z")
    assert square.points == ((0, 0), (10, 0), (10, 10), (0, 0))
    curve = path("M0 0 Q50 100 100 0").points
    assert curve[-1] == (100, 0) and max(y for _, y in curve) == pytest.approx(50)
    bow = path("M0 0 C0 40 100 40 100 0").points
    assert max(y for _, y in bow) == pytest.approx(30)


def test_round_things_are_round():
    assert all((x - 50) ** 2 + (y - 50) ** 2 == pytest.approx(400) for x, y in circle(50, 50, 20).points)
    assert ring(50, 50, 20, 5).stroke == 5
    corner = box(0, 0, 100, 60, 10).points
    assert all(0 <= x <= 100 and 0 <= y <= 60 for x, y in corner) and (0, 0) not in corner
