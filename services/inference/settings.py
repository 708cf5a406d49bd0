from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, FilePath
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.common import starting
from services.common.access import AccessKey
from services.inference.decode import MAX_DECODE_BYTES
from services.inference.model import MODEL_FILE

LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


class Settings(BaseSettings):
    """Read from the environment, prefix INFERENCE_; every one is in the README's table."""

    model_config = SettingsConfigDict(env_prefix="INFERENCE_", frozen=True, protected_namespaces=())

    host: str = "127.0.0.1"
    """Where `services.inference.serve` listens; `::` is every address, IPv4 and IPv6."""
    access_key: AccessKey = None
    """What callers must send as `Authorization: Bearer KEY`; None is open to all."""
    model_file: FilePath = MODEL_FILE
    """The classifier; its JSON card lies beside it."""
    detector: Literal["auto", "haar", "network"] = "auto"
    """auto: the cascade's quick look, then the finder; network: the finder alone; haar: the cascade alone."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that decode, detect and classify; each has its own cascade and interpreter."""
    queue: Annotated[int, Field(ge=0)] = 16
    """Requests that may wait for a worker; one more is answered 503."""
    max_upload_bytes: Annotated[int, Field(ge=1)] = 15_000_000
    max_pixels: Annotated[int, Field(ge=1, le=100_000_000)] = 50_000_000
    """Read from the header, before anything is decoded."""
    max_decode_bytes: Annotated[int, Field(ge=1)] = MAX_DECODE_BYTES
    """Memory that decoding one picture may take, estimated from its header; one large picture at a time."""
    max_faces: Annotated[int, Field(ge=1)] = 64
    """Faces classified per photo, the largest first."""
    max_batch: Annotated[int, Field(ge=1)] = 32
    """Files in one batch."""
    max_batch_bytes: Annotated[int, Field(ge=1)] = 60_000_000
    """All files of one batch together."""
    max_bodies_bytes: Annotated[int, Field(ge=1)] = 80_000_000
    """Of all requests under way together; beyond it 503."""
    body_grace_s: Annotated[float, Field(gt=0)] = 10.0
    body_min_bytes_per_s: Annotated[int, Field(ge=1)] = 8192
    """A body that is slower on average, after the grace, is cut with 408."""
    patience_s: Annotated[float, Field(gt=0)] = 20.0
    """Longest that a photo waits for a worker and is read; beyond it 503."""
    max_streams: Annotated[int, Field(ge=0)] = 8
    """Streams open at once."""
    stream_idle_s: Annotated[float, Field(gt=0)] = 30.0
    """A stream that sends no frame for this long is closed."""
    stream_length_s: Annotated[float, Field(gt=0)] = 3600.0
    """A stream is closed after this long; the client may open another."""
    otlp_endpoint: Annotated[AnyHttpUrl | None, BeforeValidator(lambda text: text or None)] = None
    """Where traces are sent to, as OTLP over HTTP: http://collector:4318. Needs the extra `tracing`."""
    log_level: Annotated[str, BeforeValidator(str.upper), Field(pattern=f"^({'|'.join(LEVELS)})$")] = "INFO"


def read_settings() -> Settings:
    """From the environment; ends the process with one line where a variable is wrong."""
    return starting.read_settings(Settings)
