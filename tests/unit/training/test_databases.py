"""The layouts of the usual databases, on tiny made-up folders: what is read, left out and refused."""

import pytest

from services.emotions import EMOTIONS
from tests.helpers.faces import draw
from training.data import DataError
from training.measure.face_databases import find


def labels(pictures):
    return [(picture.path.name, EMOTIONS[picture.label], picture.person) for picture in pictures]


def test_ck_folders_give_label_and_person_and_leave_contempt_out(tmp_path, capsys):
    draw(tmp_path / "anger" / "S010_004_00000017.png")
    draw(tmp_path / "happy" / "S011_006_00000011.png")
    draw(tmp_path / "contempt" / "S138_008_00000007.png")
    draw(tmp_path / "__MACOSX" / "S138_008_00000007.png")
    draw(tmp_path / "sadness" / "deeper" / "mine.PNG")
    assert labels(find(tmp_path)) == [
        ("S010_004_00000017.png", "angry", "S010"),
        ("S011_006_00000011.png", "happy", "S011"),
        ("mine.PNG", "sad", "mine"),
    ]
    assert capsys.readouterr().out.startswith("left out: contempt/")


def test_jaffe_names_carry_label_and_person(tmp_path):
    for name in ("KA.AN1.39.tiff", "KA.DI2.43.tiff", "MK.NE3.113.tiff", "YM.FE1.67.tiff", "YM.SU1.58.tiff"):
        draw(tmp_path / "jaffedbase" / name)
    assert labels(find(tmp_path)) == [
        ("KA.AN1.39.tiff", "angry", "KA"),
        ("KA.DI2.43.tiff", "angry", "KA"),  # disgust is angry
        ("MK.NE3.113.tiff", "neutral", "MK"),
        ("YM.FE1.67.tiff", "fear", "YM"),
        ("YM.SU1.58.tiff", "surprise", "YM"),
    ]


def test_kdef_takes_faces_straight_on_and_says_how_many_others_there_are(tmp_path, capsys):
    for name in ("AF01ANS.JPG", "AF01AFFL.JPG", "AF01AFHL.JPG"):
        draw(tmp_path / "AF01" / name)
    for name in ("BM35AFS.JPG", "BM35HAHR.JPG"):
        draw(tmp_path / "BM35" / name)
    assert labels(find(tmp_path)) == [("AF01ANS.JPG", "angry", "F01"), ("BM35AFS.JPG", "fear", "M35")]
    assert capsys.readouterr().out == "left out: 3 pictures that are not taken straight on\n"


def test_a_person_of_kdef_is_the_same_in_both_sessions(tmp_path):
    for name in ("AF01ANS.JPG", "BF01ANS.JPG"):
        draw(tmp_path / name)
    assert {picture.person for picture in find(tmp_path)} == {"F01"}


def test_each_folder_that_names_no_emotion_is_told_in_a_line(tmp_path):
    draw(tmp_path / "happy" / "1.png")
    draw(tmp_path / "silly" / "1.png")
    draw(tmp_path / "test" / "1.png")
    with pytest.raises(DataError) as caught:
        find(tmp_path)
    first, second, known = str(caught.value).splitlines()
    assert "silly/ names no emotion" in first
    assert "test/ names no emotion" in second
    assert "surprise" in known


def test_each_wrongly_named_picture_is_told_in_a_line_and_very_many_are_counted(tmp_path):
    draw(tmp_path / "KA.AN1.39.tiff")
    for i in range(25):
        (tmp_path / f"photo{i:02}.png").touch()
    with pytest.raises(DataError) as caught:
        find(tmp_path)
    lines = str(caught.value).splitlines()
    assert "photo00.png is not named as JAFFE names its pictures" in lines[0]
    assert lines[-1] == "… and 5 more"


@pytest.mark.parametrize("layout", ["folders", "jaffe", "kdef"])
def test_another_layout_than_the_named_one_is_refused(tmp_path, layout):
    if layout == "folders":
        draw(tmp_path / "AF01" / "AF01ANS.JPG")
    else:
        draw(tmp_path / "happy" / "1.png")
    with pytest.raises(DataError, match=r"names no emotion|is not named as"):
        find(tmp_path, layout)


def test_no_folder_an_empty_one_and_strange_names_each_say_so(tmp_path):
    with pytest.raises(DataError, match="nowhere is not a folder"):
        find(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds neither .* nor pictures named as JAFFE's .* or KDEF's"):
        find(tmp_path)
    (tmp_path / "happy").mkdir()
    with pytest.raises(DataError, match="holds no pictures in the layout `folders`"):
        find(tmp_path)
