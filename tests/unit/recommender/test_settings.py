from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.recommender.settings import Settings


def test_defaults() -> None:
    """The defaults need no environment."""
    settings = Settings()
    assert settings.database_url == "sqlite:///var/recommender.db"
    assert settings.api_key is None


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the environment, and the key is not printed."""
    monkeypatch.setenv("RECOMMENDER_INFERENCE_URL", "http://inference:8001")
    monkeypatch.setenv("RECOMMENDER_API_KEY", "secret")
    settings = Settings()
    assert str(settings.inference_url) == "http://inference:8001/"
    assert "secret" not in repr(settings)


def test_empty_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty key is none; else an empty X-API-Key header would match it."""
    monkeypatch.setenv("RECOMMENDER_API_KEY", "")
    assert Settings().api_key is None


def test_key_file(tmp_path: Path) -> None:
    """A key file is read without its newline and must not be empty."""
    path = tmp_path / "key"
    path.write_text("k\n")
    key = Settings(api_key_file=path).api_key
    assert key is not None
    assert key.get_secret_value() == "k"
    path.write_text("\n")
    with pytest.raises(ValidationError, match="holds no key"):
        Settings(api_key_file=path)


@pytest.mark.parametrize(
    "change", [{"inference_url": "ftp://x"}, {"max_upload_bytes": 0}, {"database_timeout_s": 0}]
)
def test_wrong_settings(change: Any) -> None:
    """Invalid settings raise an error."""
    with pytest.raises(ValidationError):
        Settings(**change)
