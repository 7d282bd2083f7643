"""`kiosk garments`: product photographs made into garments that the mirror puts on, one file each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk.domain.garment import KINDS, Garment
from kiosk.errors import InvalidValueError
from kiosk.vision.garment import Refusal, author, marked, pack, tried_on, unpack, upload
from kiosk.vision.pictures import read_mask, sheet, write_picture

FOLDER = Path("garments")
SUFFIX = ".garment"


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("garments", help="make garments that can be tried on from product photographs")
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = commands.add_parser("add", help="make a garment from a flat-lay photograph; the next version when it is there already")
    adding.add_argument("photo", type=Path, metavar="PHOTO", help="PNG or JPEG, the garment upright on a plain background")
    adding.add_argument("--kind", choices=KINDS, required=True)
    adding.add_argument("--mask", type=Path, metavar="FILE", help="grey picture of the photograph's size, white on the garment")
    adding.add_argument("--name", help="what it is called, by default as the photograph's file")
    adding.set_defaults(run=_add)
    commands.add_parser("list", help="list the garments").set_defaults(run=_list)
    showing = commands.add_parser("show", help="say how a garment is cut, and draw it on a test body")
    showing.add_argument("name")
    showing.add_argument("--picture", type=Path, metavar="FILE", help="write it with its landmarks and on a test body (.png, .jpg)")
    showing.set_defaults(run=_show)
    removing = commands.add_parser("remove", help="remove a garment's file")
    removing.add_argument("name")
    removing.set_defaults(run=_remove)
    for command in commands.choices.values():
        command.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="where the garments' files lie (default: garments)")


def _add(args: argparse.Namespace) -> int:
    if not args.photo.is_file():
        raise InvalidValueError(f"{args.photo}: there is no such file")
    photo = upload(args.photo.read_bytes())
    mask = read_mask(args.mask) if args.mask else None
    name = args.name or args.photo.stem.lower().replace(" ", "-")
    path = args.folder / f"{name}{SUFFIX}"
    version = _open(path).version + 1 if path.is_file() else 1
    made = author(name, photo, args.kind, mask, version)
    if isinstance(made, Refusal):
        args.folder.mkdir(parents=True, exist_ok=True)
        seen = args.folder / f"{name}.refused.png"
        write_picture(seen, made.picture)
        print(f"{args.photo}: refused ({made.reason}): {made.why}\nsee {seen}", file=sys.stderr)
        return 1
    args.folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(made))
    (args.folder / f"{name}.refused.png").unlink(missing_ok=True)
    print(f"{path}: {_told(made)}")
    return 0


def _list(args: argparse.Namespace) -> int:
    found = sorted(args.folder.glob(f"*{SUFFIX}"))
    for path in found:
        print(_told(_open(path)))
    if not found:
        print(f"no garments in {args.folder}: make one with `kiosk garments add`, or name another folder with --folder", file=sys.stderr)
    return 0


def _show(args: argparse.Namespace) -> int:
    garment = _open(args.folder / f"{args.name}{SUFFIX}")
    print(_told(garment))
    if args.picture:
        write_picture(args.picture, sheet([[marked(garment), tried_on(garment)]]))
    return 0


def _remove(args: argparse.Namespace) -> int:
    path = args.folder / f"{args.name}{SUFFIX}"
    if not path.is_file():
        raise InvalidValueError(f"{path}: there is no such garment")
    path.unlink()
    return 0


def _open(path: Path) -> Garment:
    if not path.is_file():
        raise InvalidValueError(f"{path}: there is no such garment")
    return unpack(path.read_bytes())


def _told(garment: Garment) -> str:
    legs = "trousers" if garment.cut.legs else "skirt" if garment.kind == "bottom" else f"{garment.cut.sleeve} sleeves"
    return f"{garment.name}  version {garment.version}  {garment.kind}, {legs}, {garment.cut.length:.2f} times as long as wide"
