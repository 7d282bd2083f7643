"""`kiosk garments`: a photograph becomes a file, is listed, shown, made again as the next version, and removed."""

import cv2
import numpy as np

from kiosk.cli import main
from kiosk.vision.garment import unpack
from kiosk.vision.wardrobe import photo


def test_a_garment_is_added_shown_listed_and_removed(tmp_path, capsys):
    picture, folder = tmp_path / "Red tee.png", tmp_path / "garments"
    cv2.imwrite(str(picture), cv2.resize(cv2.cvtColor(photo("tshirt_red"), cv2.COLOR_RGB2BGR), (360, 440), interpolation=cv2.INTER_AREA))
    where = ["--folder", str(folder)]
    assert main(["garments", "add", str(picture), "--kind", "top", *where]) == 0
    assert main(["garments", "add", str(picture), "--kind", "top", *where]) == 0
    assert unpack((folder / "red-tee.garment").read_bytes()).version == 2
    assert "red-tee  version 2  top, short sleeves" in capsys.readouterr().out
    assert main(["garments", "show", "red-tee", "--picture", str(tmp_path / "seen.png"), *where]) == 0
    assert cv2.imread(str(tmp_path / "seen.png")).shape[0] > 800
    assert main(["garments", "list", *where]) == 0
    assert capsys.readouterr().out.count("red-tee") == 2
    assert main(["garments", "remove", "red-tee", *where]) == 0
    assert main(["garments", "remove", "red-tee", *where]) == 1
    assert "there is no such garment" in capsys.readouterr().err


def test_what_is_refused_leaves_a_picture_and_no_garment(tmp_path, capsys):
    picture, folder = tmp_path / "sheet.png", tmp_path / "garments"
    cv2.imwrite(str(picture), np.full((400, 400, 3), 245, np.uint8))
    assert main(["garments", "add", str(picture), "--kind", "dress", "--folder", str(folder)]) == 1
    assert "refused (empty): nothing stands out" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["sheet.refused.png"]
