"""The tables of deploy/ that name tests tell the truth: each of those tests exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for page in (ROOT / "deploy").glob("*.md") if "`test_" in page.read_text())


def known_tests():
    return {node.name for path in (ROOT / "tests").rglob("test_*.py") for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page):
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    assert named, page
    assert named <= known_tests(), named - known_tests()
    heads = ("| item", "|---", "| arrow", "| | threat")
    rows = [line for line in page.read_text().splitlines() if line.startswith("|") and not line.startswith(heads)]
    assert all("`test_" in row or "**accepted**" in row for row in rows), [r for r in rows if "`test_" not in r and "**accepted**" not in r]
