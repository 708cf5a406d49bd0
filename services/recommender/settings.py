"""Every setting of the recommender; from the environment, prefix `RECOMMENDER_`."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    DirectoryPath,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from services.common import starting
from services.common.access import AccessKey
from services.recommender.links import Templates

DATA_DIR: Final = Path(__file__).parent / "data"
WEB_DIR: Final = Path(__file__).parent / "web"
MiB: Final = 1024 * 1024


def _split_commas(value: object) -> object:
    """Split `a, b`, as the environment has it; a list stays one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_database_url(url: str) -> str:
    """Raise ValueError, without the URL's password, unless it names SQLite or PostgreSQL."""
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in {"sqlite", "postgresql"}:
        raise ValueError("should be sqlite:///path or postgresql://user:password@host/name")
    return url


Networks = Annotated[list[IPv4Network | IPv6Network], NoDecode, BeforeValidator(_split_commas)]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
Origins = Annotated[list[Origin], NoDecode, BeforeValidator(_split_commas)]
Level = Annotated[
    str, BeforeValidator(str.upper), StringConstraints(pattern="^(CRITICAL|ERROR|WARNING|INFO|DEBUG)$")
]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RECOMMENDER_", extra="ignore")

    host: str = "127.0.0.1"
    """Where `services.recommender.serve` listens; `::` is every address, IPv4 and IPv6."""
    access_key: AccessKey = None
    """What callers must send as `Authorization: Bearer KEY`; None is open to all."""
    inference_access_key: AccessKey = None
    """The key that inference asks for."""
    database_url: Annotated[str, AfterValidator(_check_database_url)] = "sqlite:///var/recommender.db"
    """SQLAlchemy's form. `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user:password@host/name`."""
    database_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a statement waits for a lock, or a request for a pooled connection."""
    database_pool_size: Annotated[int, Field(ge=1, le=100)] | None = None
    """Connections; None is 3 for SQLite, 10 for PostgreSQL."""
    database_shared: bool = False
    """Lets the group read and write a SQLite file, as containers need whose user changes."""
    catalogue_dir: DirectoryPath = DATA_DIR
    """The folder whose CSVs fill the catalogue at start; leave a file out to drop that part."""

    inference_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8001")
    inference_connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    inference_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """From the request's first byte to the answer's last."""
    inference_at_once: Annotated[int, Field(ge=1)] = 32
    """Photos that wait for inference; below `max_requests`, so that a slow inference blocks only photos."""
    inference_failures: Annotated[int, Field(ge=1, le=1000)] = 5
    """Failures in a row after which inference is not called for `inference_pause_s`."""
    inference_pause_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """After it, one request tests whether inference is back."""

    api_key: SecretStr | None = None
    """Allows catalogue editing over HTTP. Unset, those routes answer 403."""
    api_key_file: Path | None = None
    """A file that holds the key, for container secrets; used when `api_key` is unset."""

    max_upload_bytes: Annotated[int, Field(ge=1024)] = 10 * MiB
    max_json_bytes: Annotated[int, Field(ge=1024)] = 1 * MiB
    max_requests: Annotated[int, Field(ge=1)] = 64
    """Requests worked on at once; further ones are answered 503."""
    max_bodies_bytes: Annotated[int, Field(ge=1024)] = 64 * MiB
    """Of all requests under way together; beyond it 503."""
    body_grace_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    body_min_bytes_per_s: Annotated[int, Field(ge=1)] = 8192
    """A body that is slower on average, after the grace, is answered 408."""

    covers: bool = True
    """Lets the page offer real covers; browsers load them from other sites once a person switches them on."""

    links: Templates = {}
    """Further links of items, by medium and label: `{"movie": {"Where to watch": "https://…?q={title}"}}`."""

    rate_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Requests of one client; 0 is no limit. Off by default: behind a proxy that is not in `trusted_proxies`
    all clients look like one."""
    rate_burst: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    """Requests that may come at once; opening the page takes about 50."""
    feedback_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 60
    """`POST /feedback` of one client; 0 is no limit. On by default, since ids cost nothing."""
    memory_days: Annotated[int, Field(ge=0, le=36_500)] = 400
    """Ids that were not used for so long are erased; 0 keeps them for ever."""
    trusted_proxies: Networks = []
    """Addresses and networks whose X-Forwarded-For is believed."""
    cors_origins: Origins = []
    """Other sites whose pages may call this service, as `https://example.org`."""
    otlp_endpoint: Annotated[AnyHttpUrl | None, BeforeValidator(lambda text: text or None)] = None
    """Where traces are sent to, as OTLP over HTTP: http://collector:4318. Needs the extra `tracing`."""
    log_level: Level = "INFO"

    @model_validator(mode="after")
    def read_api_key_file(self) -> Self:
        """Read the key from its file, without the newline that editors add; ValueError if it is empty.

        An empty `api_key`, as compose files pass for one that is not set, counts as none.
        """
        if self.api_key is not None and not self.api_key.get_secret_value():
            self.api_key = None
        if self.api_key is None and self.api_key_file is not None:
            try:
                key = self.api_key_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ValueError(f"{self.api_key_file} cannot be read: {error.strerror}") from error
            if not key:
                raise ValueError(f"{self.api_key_file} holds no key")
            self.api_key = SecretStr(key)
        return self


def read_settings() -> Settings:
    """Read the environment; ends the process with one line where a variable is wrong."""
    return starting.read_settings(Settings, about_all="API_KEY_FILE")
