import pytest
from pydantic import ValidationError

from services.recommender.settings import Settings


def test_defaults_need_no_environment():
    settings = Settings()
    assert settings.database_url == "sqlite:///var/recommender.db"
    assert settings.api_key is None


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("RECOMMENDER_INFERENCE_URL", "http://inference:8001")
    monkeypatch.setenv("RECOMMENDER_API_KEY", "secret")
    settings = Settings()
    assert str(settings.inference_url) == "http://inference:8001/"
    assert "secret" not in repr(settings)


def test_an_empty_key_is_no_key(monkeypatch):
    """Else an empty X-API-Key header would be the right one."""
    monkeypatch.setenv("RECOMMENDER_API_KEY", "")
    assert Settings().api_key is None


def test_a_key_file_is_read_without_its_newline_and_may_not_be_empty(tmp_path):
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
def test_wrong_settings_are_refused(change):
    with pytest.raises(ValidationError):
        Settings(**change)
