import argparse
import os
import struct

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

from kiosk.cli import screens


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    screens.add(parser.add_subparsers(required=True))
    args = parser.parse_args(["screens", *arguments])
    return args.run(args)


def test_screens_are_written_as_pictures_of_their_size(tmp_path, capsys):
    assert run(str(tmp_path / "new"), "--language", "zh", "--only", "shelf.") == 0
    names = sorted(p.name for p in (tmp_path / "new").iterdir())
    assert names == ["shelf.board-small.zh.800x480.png", "shelf.board.troubled.zh.800x480.png", "shelf.board.zh.800x480.png"]
    assert struct.unpack(">II", (tmp_path / "new" / names[0]).read_bytes()[16:24]) == (800, 480)
    assert capsys.readouterr().out == f"3 pictures in {tmp_path / 'new'}, 0 problem(s)\n"
