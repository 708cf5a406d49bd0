"""The command line for people without a server, run as they run it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from tests.helpers import pictures

ROOT = Path(__file__).parents[3]


def read(path: Path) -> NDArray[Any]:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "services.inference", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_photos_are_a_line_each_and_a_bad_one_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    done = run(tmp_path / "bad.jpg", pictures.ASTRONAUT, pictures.HOPPER)
    assert done.returncode == 1
    assert "bad.jpg: not an image we read" in done.stderr
    assert "astronaut.jpg: happy" in done.stdout.splitlines()[0]
    assert len(done.stdout.splitlines()) == 2


def test_json_is_the_services_answer() -> None:
    done = run(pictures.ASTRONAUT, "--json")
    answer = json.loads(done.stdout)
    assert answer["emotion"] == "happy"
    assert list(answer["probabilities"]) == list(EMOTIONS)


def test_draw_outlines_the_face(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run(pictures.ASTRONAUT, "--draw", out).returncode == 0
    before, after = read(pictures.ASTRONAUT).astype(int), read(out).astype(int)
    changed = np.abs(after - before).max(axis=2) > 30
    ys, xs = np.nonzero(changed)
    x, y = pictures.ASTRONAUT_FACE
    assert xs.min() < x < xs.max()
    assert ys.min() < y < ys.max()
    assert changed.mean() < 0.05


def test_a_folder_becomes_a_table_with_its_failures(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jpg").write_bytes(pictures.ASTRONAUT.read_bytes())
    (tmp_path / "in" / "deep" / "b.png").write_bytes(pictures.png_of_zeros(64, 64))
    (tmp_path / "in" / "c.gif").write_bytes(b"nonsense")
    done = run("--folder", tmp_path / "in", "--csv", tmp_path / "out.csv")
    assert done.returncode == 1
    assert "1 pictures could not be read" in done.stderr
    a, c, b = rows(tmp_path / "out.csv")
    assert (a["source"], a["emotion"]) == ("a.jpg", "happy")
    assert (b["source"], b["error"]) == ("deep/b.png", "no face")
    assert c["source"] == "c.gif"
    assert c["error"]


def test_folder_by_content(tmp_path: Path) -> None:
    """In a folder pictures are known by their content, the others are counted and named, odd names too."""
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["a.jfif", "b.jpe", "c", "d.dat", os.fsdecode(b"caf\xe9.jpg"), os.fsdecode(b"caf\xe9")]
    for name in names:
        (folder / name).write_bytes(pictures.ASTRONAUT.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    (folder / os.fsdecode(b"no\xe9.txt")).write_text("no picture")
    done = run("--folder", folder, "--csv", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert "skipped 2 files that are no pictures: notes.txt, no\\xe9.txt" in done.stderr
    assert {r["source"] for r in rows(tmp_path / "out.csv")} == {*names[:4], "caf\\xe9.jpg", "caf\\xe9"}


def test_formulas_in_names(tmp_path: Path) -> None:
    """A name that begins like a formula is written so that a spreadsheet runs nothing."""
    names = ["=cmd.png", "+a.png", "-b.png", "@c.png", "\td.png", "'=e.png", "f=.png"]
    for name in names:
        (tmp_path / name).write_bytes(pictures.png_of_zeros(64, 64))
    done = run("--folder", tmp_path, "--csv", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert {r["source"] for r in rows(tmp_path / "out.csv")} == {*(f"'{one}" for one in names[:6]), names[6]}


def test_a_video_keeps_the_faces_id(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (512, 512))
    photo = read(pictures.ASTRONAUT)
    for step in range(12):
        video.write(np.roll(photo, 4 * step, axis=1))
    video.release()
    assert run("--video", path, "--csv", tmp_path / "v.csv").returncode == 0
    found = rows(tmp_path / "v.csv")
    assert [int(r["frame"]) for r in found] == list(range(12))
    assert {r["face"] for r in found} == {"1"}
    assert int(found[-1]["x"]) > int(found[0]["x"]) + 30


def test_wrong_words_are_explained(tmp_path: Path) -> None:
    for words in (
        [],
        ["--folder", tmp_path],
        ["a.jpg", "--video", "b"],
        ["a.jpg", "b.jpg", "--draw", "c.jpg"],
    ):
        done = run(*words)
        assert done.returncode == 2
        assert "usage:" in done.stderr
    missing = run("--video", tmp_path / "none.mp4", "--csv", tmp_path / "x.csv")
    assert missing.returncode == 1
    assert "no video that can be read" in missing.stderr
