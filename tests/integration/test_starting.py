"""Wrong settings: one line that names the variable, status 2, and neither a traceback nor a secret."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bulk.command import main as bulk
from services.inference.model import MODEL_FILE
from services.recommender.__main__ import main as recommender
from services.recommender.settings import read_settings
from tests.helpers.serving import ROOT


def serve(service: Any, **settings: Any) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.main:create_app", "--port", "0"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_inference_names_every_wrong_variable() -> None:
    done = serve(
        "inference", INFERENCE_WORKERS="many", INFERENCE_MODEL_FILE="nowhere", INFERENCE_LOG_LEVEL="loud"
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("INFERENCE_MODEL_FILE: Path does not point to a file; INFERENCE_WORKERS: Input")
    assert "INFERENCE_LOG_LEVEL: " in line


def test_the_recommender_names_the_variable_and_keeps_the_secret() -> None:
    done = serve("recommender", RECOMMENDER_DATABASE_URL="mysql://me:secret@host/name")
    assert done.returncode == 2
    assert done.stderr == (
        "RECOMMENDER_DATABASE_URL: Value error, should be sqlite:///path or "
        "postgresql://user:password@host/name\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("DATABASE_URL", "secret", "should be sqlite:///path or postgresql://"),
        ("API_KEY_FILE", "/nowhere", "/nowhere cannot be read: No such file or directory"),
        ("CATALOGUE_DIR", "/nowhere", "Path does not point to a directory"),
        ("OTLP_ENDPOINT", "collector", "Input should be a valid URL"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, secret", "is not a valid IPv4 network"),
    ],
)
def test_every_kind_of_setting_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: Any,
    value: Any,
    reason: Any,
) -> None:
    monkeypatch.setenv(f"RECOMMENDER_{variable}", value)
    with pytest.raises(SystemExit) as refused:
        read_settings()
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"RECOMMENDER_{variable}: ")
    assert reason in said
    assert said.count("\n") == len(said.splitlines()) == 1
    assert "secret" not in said


def test_commands_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text("a.jpg\n")
    monkeypatch.setenv("INFERENCE_WORKERS", "many")
    monkeypatch.setenv("RECOMMENDER_DATABASE_POOL_SIZE", "0")
    with pytest.raises(SystemExit, match="2"):
        bulk([str(tmp_path / "list.txt"), str(tmp_path / "out")])
    assert capsys.readouterr().err.startswith("INFERENCE_WORKERS: Input should be ")
    with pytest.raises(SystemExit, match="2"):
        recommender(["prepare"])
    assert capsys.readouterr().err.startswith("RECOMMENDER_DATABASE_POOL_SIZE: Input should be ")


def test_a_model_that_is_not_what_its_card_says_is_named_without_a_traceback(tmp_path: Path) -> None:
    model = tmp_path / "emotion.tflite"
    model.write_bytes(b"not the network")
    shutil.copy(MODEL_FILE.with_suffix(".json"), tmp_path)
    done = serve("inference", INFERENCE_MODEL_FILE=str(model))
    assert done.returncode != 0
    assert "INFERENCE_MODEL_FILE: emotion.tflite is not the file that its card describes" in done.stderr
    assert "Traceback" not in done.stderr
