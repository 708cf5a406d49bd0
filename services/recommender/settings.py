"""Every setting of the recommender; from the environment, prefix `RECOMMENDER_`."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DATA_DIR = Path(__file__).parent / "data"
WEB_DIR = Path(__file__).parent / "web"

MiB = 1024 * 1024


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RECOMMENDER_", extra="ignore")

    database_url: str = "sqlite:///var/recommender.db"
    """SQLAlchemy's form. `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user:password@host/name`."""
    database_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a statement waits for SQLite's write lock, or a request for a pooled connection."""
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    catalogue_dir: Path = DATA_DIR
    """The folder whose CSVs fill the catalogue at start; leave a file out to drop that part."""

    inference_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8001")
    inference_connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    inference_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """From the request's first byte to the answer's last."""

    api_key: SecretStr | None = None
    """Allows catalogue editing over HTTP. Unset, those routes answer 403."""
    api_key_file: Path | None = None
    """A file that holds the key, for container secrets; used when `api_key` is unset."""

    max_upload_bytes: Annotated[int, Field(ge=1024)] = 10 * MiB
    max_json_bytes: Annotated[int, Field(ge=1024)] = 1 * MiB
    log_level: str = "INFO"

    @model_validator(mode="after")
    def read_api_key_file(self) -> Self:
        """The file's key, without the newline that editors add; ValueError if the file is empty.

        An empty `api_key`, as compose files pass for one that is not set, is none: it would let everyone in.
        """
        if self.api_key is not None and not self.api_key.get_secret_value():
            self.api_key = None
        if self.api_key is None and self.api_key_file is not None:
            key = self.api_key_file.read_text(encoding="utf-8").strip()
            if not key:
                raise ValueError(f"{self.api_key_file} holds no key")
            self.api_key = SecretStr(key)
        return self
