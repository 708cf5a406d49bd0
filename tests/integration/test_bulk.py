"""`python -m bulk`, in real processes, undisturbed and killed in the middle."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import LocalCluster

from bulk.command import main
from bulk.engine import engine
from services.emotions import EMOTIONS
from services.inference.classify import load_model
from services.inference.model import MODEL_FILE
from services.inference.pipeline import Limits
from tests.helpers import pictures
from tests.helpers.deadly import DEADLY, DeadlyReader
from tests.helpers.serving import ROOT

GOOD = 16
LIMIT = ("INFERENCE_MAX_UPLOAD_BYTES", "400000")


def start(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bulk", *map(str, words)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | dict([LIMIT]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*words: object) -> tuple[int, str, str]:
    process = start(*words)
    said, complained = process.communicate(timeout=120)
    return process.returncode, said, complained


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos with a face, without one, and every way to fail; more than a few chunks of them."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(GOOD):
        (folder / "deep" / f"{number:02}.JPG").write_bytes(pictures.ASTRONAUT.read_bytes())
    (folder / "deep" / "er" / "hopper.jpeg").write_bytes(pictures.HOPPER.read_bytes())
    (folder / "blank.png").write_bytes(pictures.png_of_zeros(320, 240))
    (folder / "bomb.png").write_bytes(pictures.png_of_zeros(30_000, 30_000)[:1000])
    (folder / "cut.jpg").write_bytes(pictures.ASTRONAUT.read_bytes()[:300])
    (folder / "empty.jpg").touch()
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "large.jpg").write_bytes(bytes(500_000))
    (folder / "notes.txt").write_text("no picture, and not named like one")
    (folder / "text.png").write_text("no picture")
    os.mkfifo(folder / "pipe.jpg")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png")).write_bytes(pictures.png_of_zeros(64, 64))
    return folder


@pytest.fixture(scope="module")
def undisturbed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, str, Path]:
    out = tmp_path_factory.mktemp("undisturbed") / "out.parquet"
    status, said, complained = run(photos, out, "--processes", 2)
    assert status == 0, complained
    assert not out.with_name("out.parquet.parts").exists()
    return pd.read_parquet(out), said, out


def test_every_photo_has_its_rows_in_order(undisturbed: tuple[pd.DataFrame, str, Path]) -> None:
    rows, said, _ = undisturbed
    assert rows["path"].tolist() == sorted(rows["path"])
    astronauts = rows[rows["path"].str.endswith(".JPG")]
    assert len(astronauts) == GOOD
    assert set(astronauts["emotion"]) == {"happy"}
    first = astronauts.iloc[0]
    assert first["x"] < pictures.ASTRONAUT_FACE[0] < first["x"] + first["width"]
    assert first[list(EMOTIONS)].sum() == pytest.approx(1, abs=1e-3)
    assert first["confidence"] == first["happy"]
    assert (first["faces"], first["face"], first["image_width"]) == (1, 0, 512)
    assert first["model_sha256"] == load_model(MODEL_FILE).card["sha256"]
    assert f"{len(rows)} photos: {GOOD + 1} with {GOOD + 1} faces, 2 without, 7 failed" in said
    assert re.search(r"\d photos/s, \d+\.\d per core on 2 cores", said)


def test_what_fails_is_a_row_that_says_why(undisturbed: tuple[pd.DataFrame, str, Path]) -> None:
    rows, _, _ = undisturbed
    failed = rows[rows["status"] == "failed"].set_index("path")
    assert failed["error"].to_dict() == {
        "bomb.png": "too_large",
        "cut.jpg": "unreadable_image",
        "empty.jpg": "bad_request",
        "gone.jpg": "missing",
        "large.jpg": "too_large",
        "pipe.jpg": "unreadable_file",
        "text.png": "unsupported_image",
    }
    assert failed["detail"].str.len().min() > 5
    assert failed["emotion"].isna().all()
    assert set(rows[rows["status"] == "no_face"]["path"]) == {"blank.png", "caf\\xe9.png"}


def test_killed_in_the_middle_it_goes_on_and_ends_with_the_same_rows(
    photos: Path, undisturbed: tuple[pd.DataFrame, str, Path], tmp_path: Path
) -> None:
    """SIGKILL after its first part, then to a worker: nothing is lost, nothing twice, nothing read again."""
    out = tmp_path / "out.parquet"
    process = start(photos, out, "--processes", 2)
    wait_for(lambda: parts_of(out), process)
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    assert not out.exists()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))

    done = len(parts_of(out))
    again = start(photos, out, "--processes", 2)
    wait_for(lambda: len(parts_of(out)) > done, again)
    os.kill(max(children(again.pid)), signal.SIGKILL)
    said, complained = again.communicate(timeout=120)
    assert again.returncode == 0, complained
    read = re.search(r"this run read (\d+) photos", said)
    assert read is not None
    assert int(read.group(1)) < len(undisturbed[0])
    pd.testing.assert_frame_equal(pd.read_parquet(out), undisturbed[0])


def test_a_photo_that_kills_its_worker_costs_one_row(tmp_path: Path) -> None:
    """Its neighbours in the chunk, and in the chunk beside it, are read all the same."""
    names = ["a.jpg", f"{DEADLY}.jpg", "b.jpg", "c.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(pictures.ASTRONAUT.read_bytes())
    reader = DeadlyReader("deadly-reader", load_model(MODEL_FILE), Limits(1_000_000, 4), 1_000_000)
    rows: dict[int, list[dict[str, Any]]] = {}
    with engine(None, 1, reader) as workers:
        workers.read(tmp_path, enumerate([names[:2], names[2:]]), rows.__setitem__)
    assert [(row["path"], row["status"]) for row in rows[0] + rows[1]] == [
        ("a.jpg", "face"),
        (f"{DEADLY}.jpg", "failed"),
        ("b.jpg", "face"),
        ("c.jpg", "face"),
    ]
    assert rows[0][1]["error"] == "worker_died"


def test_a_cluster_by_address_reads_a_list(
    photos: Path, undisturbed: tuple[pd.DataFrame, str, Path], tmp_path: Path
) -> None:
    """Its one worker has two threads, and a pipeline for each."""
    names = ["deep/00.JPG", "deep/er/hopper.jpeg", "nowhere.jpg", "deep/01.JPG", "deep/00.JPG"]
    listed, out = tmp_path / "list.txt", tmp_path / "out.parquet"
    listed.write_text("".join(f"{photos / name}\n" for name in names))
    with LocalCluster(
        n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        status, said, complained = run(listed, out, "--cluster", cluster.scheduler_address)
    assert status == 0, complained
    assert "on 2 cores" in said
    rows = pd.read_parquet(out)
    assert rows["path"].tolist() == [str(photos / name) for name in names[:4]]
    assert rows["error"].tolist()[2] == "missing"
    there = undisturbed[0].set_index("path").loc["deep/er/hopper.jpeg"]
    assert list(rows.iloc[1][list(EMOTIONS)]) == list(there[list(EMOTIONS)])


def test_a_finished_table_is_left_alone(
    photos: Path,
    undisturbed: tuple[pd.DataFrame, str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = undisturbed[2]
    before = out.read_bytes()
    monkeypatch.setenv(*LIMIT)
    assert main([str(photos), str(out)]) == 0
    assert "is complete" in capsys.readouterr().out
    monkeypatch.setenv("INFERENCE_MAX_FACES", "1")
    assert main([str(photos), str(out)]) == 2
    assert "was made with another INFERENCE_MAX_FACES" in capsys.readouterr().err
    assert out.read_bytes() == before


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str] | None = None) -> Any:
    end = time.monotonic() + 100
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def parts_of(out: Path) -> list[Path]:
    return list(out.parent.glob(f"{out.name}.parts/*.parquet"))


def children(pid: int) -> list[int]:
    """The workers that it started, from whichever of its threads."""
    started = (
        int(child)
        for path in Path(f"/proc/{pid}/task").glob("*/children")
        for child in path.read_text().split()
    )
    return [child for child in started if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
