"""`kiosk screens DIR`: every screen in every language and size as a PNG."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from kiosk.domain.catalog import LANGUAGES


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("screens", help="render every screen in every language and size to PNG files")
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the pictures go; it is made when it is not there")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this language; may be given again")
    parser.add_argument("--only", metavar="START", default="", help='only screens whose name starts so, e.g. "pay."')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the pictures; 1 when a text was clipped, too pale or has no glyph somewhere."""
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
    from kiosk.ui.samples import gallery
    from kiosk.ui.screens import draw, save

    args.folder.mkdir(parents=True, exist_ok=True)
    written, problems = 0, 0
    for language in args.language or LANGUAGES:
        for name, view, sizes in gallery(language):
            if not name.startswith(args.only):
                continue
            for size in sizes:
                canvas = draw(view, size, audit=True)
                path = args.folder / f"{name}.{language}.{size[0]}x{size[1]}.png"
                save(canvas, path)
                written += 1
                for problem in canvas.problems:
                    problems += 1
                    print(f"{path.name}: {problem}")
    print(f"{written} pictures in {args.folder}, {problems} problem(s)")
    return 1 if problems else 0
