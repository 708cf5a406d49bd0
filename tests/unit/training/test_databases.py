"""The layouts of the usual databases, on tiny made-up folders: what is read, left out and refused."""

from pathlib import Path
from typing import Any

import pytest

from services.emotions import EMOTIONS
from tests.helpers.faces import draw
from training.dataset import DataError
from training.measure.face_databases import find_pictures


def labels(pictures: Any) -> Any:
    return [(picture.path.name, EMOTIONS[picture.label], picture.person) for picture in pictures]


def test_ck(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CK+ folders give label and person; contempt is left out."""
    draw(tmp_path / "anger" / "S010_004_00000017.png")
    draw(tmp_path / "happy" / "S011_006_00000011.png")
    draw(tmp_path / "contempt" / "S138_008_00000007.png")
    draw(tmp_path / "__MACOSX" / "S138_008_00000007.png")
    draw(tmp_path / "sadness" / "deeper" / "mine.PNG")
    assert labels(find_pictures(tmp_path)) == [
        ("S010_004_00000017.png", "angry", "S010"),
        ("S011_006_00000011.png", "happy", "S011"),
        ("mine.PNG", "sad", "mine"),
    ]
    assert capsys.readouterr().out.startswith("left out: contempt/")


def test_jaffe(tmp_path: Path) -> None:
    """JAFFE file names give label and person."""
    for name in ("KA.AN1.39.tiff", "KA.DI2.43.tiff", "MK.NE3.113.tiff", "YM.FE1.67.tiff", "YM.SU1.58.tiff"):
        draw(tmp_path / "jaffedbase" / name)
    assert labels(find_pictures(tmp_path)) == [
        ("KA.AN1.39.tiff", "angry", "KA"),
        ("KA.DI2.43.tiff", "angry", "KA"),  # disgust is angry
        ("MK.NE3.113.tiff", "neutral", "MK"),
        ("YM.FE1.67.tiff", "fear", "YM"),
        ("YM.SU1.58.tiff", "surprise", "YM"),
    ]


def test_kdef(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of KDEF only faces straight on are read, and the others are counted."""
    for name in ("AF01ANS.JPG", "AF01AFFL.JPG", "AF01AFHL.JPG"):
        draw(tmp_path / "AF01" / name)
    for name in ("BM35AFS.JPG", "BM35HAHR.JPG"):
        draw(tmp_path / "BM35" / name)
    assert labels(find_pictures(tmp_path)) == [
        ("AF01ANS.JPG", "angry", "F01"),
        ("BM35AFS.JPG", "fear", "M35"),
    ]
    assert capsys.readouterr().out == "left out: 3 pictures that are not taken straight on\n"


def test_kdef_person(tmp_path: Path) -> None:
    """A person of KDEF is the same in both sessions."""
    for name in ("AF01ANS.JPG", "BF01ANS.JPG"):
        draw(tmp_path / name)
    assert {picture.person for picture in find_pictures(tmp_path)} == {"F01"}


def test_unknown_folders(tmp_path: Path) -> None:
    """Each folder that names no emotion is listed on a line."""
    draw(tmp_path / "happy" / "1.png")
    draw(tmp_path / "silly" / "1.png")
    draw(tmp_path / "test" / "1.png")
    with pytest.raises(DataError) as caught:
        find_pictures(tmp_path)
    first, second, known = str(caught.value).splitlines()
    assert "silly/ names no emotion" in first
    assert "test/ names no emotion" in second
    assert "surprise" in known


def test_misnamed(tmp_path: Path) -> None:
    """Each misnamed picture is listed on a line; of very many, the rest is counted."""
    draw(tmp_path / "KA.AN1.39.tiff")
    for i in range(25):
        (tmp_path / f"photo{i:02}.png").touch()
    with pytest.raises(DataError) as caught:
        find_pictures(tmp_path)
    lines = str(caught.value).splitlines()
    assert "photo00.png is not named as JAFFE names its pictures" in lines[0]
    assert lines[-1] == "… and 5 more"


@pytest.mark.parametrize("layout", ["folders", "jaffe", "kdef"])
def test_wrong_layout(tmp_path: Path, layout: Any) -> None:
    """A folder in another layout than the named one is refused."""
    if layout == "folders":
        draw(tmp_path / "AF01" / "AF01ANS.JPG")
    else:
        draw(tmp_path / "happy" / "1.png")
    with pytest.raises(DataError, match=r"names no emotion|is not named as"):
        find_pictures(tmp_path, layout)


def test_nothing_found(tmp_path: Path) -> None:
    """A missing folder, one without a known layout and one without pictures are named."""
    with pytest.raises(DataError, match="nowhere is not a folder"):
        find_pictures(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds neither .* nor pictures named as JAFFE's .* or KDEF's"):
        find_pictures(tmp_path)
    (tmp_path / "happy").mkdir()
    with pytest.raises(DataError, match="holds no pictures in the layout `folders`"):
        find_pictures(tmp_path)
