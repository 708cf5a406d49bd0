"""The claims of docs/privacy.md."""

import base64
import json
import os
import re
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from websockets.sync.client import connect

from services.recommender.prepare import prepare
from services.recommender.store.db import make_engine
from services.recommender.store.models import Feedback, User, UserItem
from tests.helpers import pictures
from tests.helpers.recommender import FakeInference, recommender
from tests.helpers.serving import ROOT, free_port, is_ready, server_command

KEY = "an-editors-key"
NAME = "anna-on-the-beach.jpg"
WINDOW = 24
"""Bytes in a row of a photo that no log has by chance."""


def write_nothing() -> None:
    """Every write to a file fails from here on; sockets and pipes go on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@contextmanager
def served_without_files(
    service: str, logs: dict[str, str], **settings: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The service's address and process; at the end its log is in `logs`."""
    port = free_port()
    environment = os.environ | {f"{service.upper()}_{k.upper()}": v for k, v in settings.items()}
    process = subprocess.Popen(
        server_command(service, port),
        cwd=ROOT,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=write_nothing,  # noqa: PLW1509 # no thread of this process holds a lock that it takes
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        ready = is_ready(address, process)
        if ready:
            yield address, process
    finally:
        process.terminate()
        logs[service] = process.communicate(timeout=30)[1]
    assert ready, logs[service]


@pytest.fixture(scope="module")
def large_photo() -> bytes:
    """The astronaut in noise, so that it weighs several megabytes: beyond what libraries keep in memory."""
    noise = np.random.default_rng(1).integers(0, 255, (1200, 1200, 3), np.uint8)
    picture = Image.fromarray(noise)
    picture.paste(pictures.astronaut().resize((1000, 1000)), (100, 100))
    return pictures.encode(picture, "PNG")


def database_that_only_reads(folder: Path, catalogue: Path) -> str:
    path = folder / "r.db"
    engine = make_engine(f"sqlite:///{path}")
    prepare(engine, catalogue)
    engine.dispose()
    return f"sqlite:///file:{path}?immutable=1&uri=true"


def writable_files(pid: int) -> list[str]:
    """What the process has open for writing and is a file on some disk, deleted ones too."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            told = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
            regular, target = stat.S_ISREG(entry.stat().st_mode), str(entry.readlink())
        except FileNotFoundError:
            continue  # a connection that has ended since the folder was read
        flags = next(int(line.split()[1], 8) for line in told.splitlines() if line.startswith("flags"))
        if regular and flags & os.O_ACCMODE != os.O_RDONLY:
            found.append(target)
    return found


def test_a_file_is_what_the_limit_forbids() -> None:
    """Else the next test could not fail: a spooled file may not leave the memory under it."""
    code = "import tempfile; f = tempfile.SpooledTemporaryFile(10); f.write(b'x' * 99); f.flush()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=write_nothing,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1


def test_photos_are_read_without_a_byte_in_any_file_or_log(
    tmp_path: Path, made_catalogue: Path, large_photo: bytes
) -> None:
    small, url = pictures.ASTRONAUT.read_bytes(), database_that_only_reads(tmp_path, made_catalogue)
    logs: dict[str, str] = {}
    assert len(large_photo) > 2_000_000
    with (
        served_without_files("inference", logs) as (inference, reader),
        served_without_files(
            "recommender",
            logs,
            database_url=url,
            catalogue_dir=str(made_catalogue),
            inference_url=inference,
            api_key=KEY,
        ) as (
            address,
            front,
        ),
    ):
        for base in (inference, address):
            for photo in (small, large_photo):
                form = {"file": (NAME, photo, "image/png")}
                assert httpx.post(f"{base}/predict", content=photo, timeout=30).status_code == 200
                assert httpx.post(f"{base}/predict", files=form, timeout=30).status_code == 200
        answer = httpx.post(f"{address}/recommend/photo", files={"file": (NAME, large_photo)}, timeout=30)
        assert answer.status_code == 200
        batch = [("files", (NAME, large_photo))] * 3
        results = httpx.post(f"{inference}/predict/batch", files=batch, timeout=60).json()["results"]
        assert [result["status"] for result in results] == [200] * 3
        with connect(f"{address}/stream".replace("http", "ws")) as socket:
            socket.send(small)
            assert json.loads(socket.recv(timeout=30))["frame"] == 0
        httpx.post(f"{address}/items", json={}, headers={"X-API-Key": KEY})
        for process in (reader, front):
            assert set(writable_files(process.pid)) <= {str(tmp_path / "r.db")}
    for service in ("inference", "recommender"):
        assert '"route": "/predict"' in logs[service]
        assert NAME not in logs[service]
        assert KEY not in logs[service]
        for photo in (small, large_photo):
            assert not_in(photo, logs[service])


def not_in(photo: bytes, log: str) -> bool:
    """Whether no stretch of the photo is in the log, as it is, in hex, in base64 or as Python shows bytes."""
    data = log.encode()
    for start in range(0, min(len(photo), 200_000) - WINDOW, WINDOW):
        piece = photo[start : start + WINDOW]
        shown = (piece, piece.hex().encode(), base64.b64encode(piece), repr(piece)[2:-1].encode())
        if any(form in data for form in shown):
            return False
    return True


def test_erasure_leaves_no_byte_of_a_user_in_the_files(tmp_path: Path, made_catalogue: Path) -> None:
    user, other, key = "anna-of-the-erasure-test", "bert-who-stays", "a-key-of-annas"
    path = tmp_path / "r.db"
    settings = {"database_url": f"sqlite:///{path}", "catalogue_dir": made_catalogue}
    with recommender(**settings, feedback_per_minute=0) as client:
        for item in range(1, 41):
            for who in (user, other):
                said = {"user_id": who, "item_id": item, "action": "like", "emotion": "sad"}
                headers = {"Idempotency-Key": f"{key}-{who}-{item}"}
                assert client.post("/feedback", json=said, headers=headers).status_code == 201
        assert user in on_disk(tmp_path)
        assert client.delete(f"/users/{user}").status_code == 204
        left = on_disk(tmp_path)
        assert user not in left
        assert other in left
        assert len(client.get(f"/users/{other}/history").json()["feedback"]) == 40


def on_disk(folder: Path) -> str:
    """All bytes of all files: the database, its journal and whatever else lies there."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir() if path.is_file())


def test_asking_for_recommendations_keeps_nothing(
    api: httpx.Client, inference: FakeInference, database_url: str
) -> None:
    inference.reset()
    before = rows(database_url)
    asked = {"emotion": "sad", "user_id": "one-who-only-asks"}
    assert api.get("/recommend", params=asked).status_code == 200
    photo = {"file": ("a.jpg", b"\xff\xd8 a photo")}
    assert api.post("/recommend/photo", params={"user_id": "one-who-only-asks"}, files=photo).is_success
    assert rows(database_url) == before


def rows(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with engine.connect() as connection:
        counts = {
            model.__tablename__: len(connection.execute(model.__table__.select()).all())
            for model in (Feedback, UserItem, User)
        }
    engine.dispose()
    return counts


@pytest.mark.parametrize("model", [Feedback, UserItem, User])
def test_the_note_names_every_column_that_is_kept_of_a_user(model: Any) -> None:
    """A column more is a promise to change first."""
    note = (ROOT / "docs" / "privacy.md").read_text()
    row = re.search(rf"^\| `{model.__tablename__}` \| (.*?) \|", note, re.MULTILINE)
    assert row
    assert re.findall(r"`(\w+)`", row[1]) == [column.name for column in model.__table__.columns]
