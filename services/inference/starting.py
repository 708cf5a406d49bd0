"""What can be wrong before the service starts, told in one line instead of a traceback."""

import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from fastapi.telemetry import TelemetryConfig
from pydantic import ValidationError

from services.inference.settings import Settings

if TYPE_CHECKING:
    from services.inference.tracing import Tracing

OTLP_STANDARD: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""OpenTelemetry's own settings for the collector's address."""
FASTAPIS_OWN: Final[TelemetryConfig] = {
    "auto_configure": False,
    "tracing": False,
    "metrics": False,
    "logs": False,
}
"""Off, whatever the environment says: it sends paths, queries and texts of errors."""
NO_TRACING: Final = (
    "traces are asked for by {}, and what sends them is not installed: "
    "python -m pip install -r requirements/tracing.txt"
)


def refuse(reason: str) -> NoReturn:
    """Ends the process with status 2: nothing was served yet, and a new start would not help."""
    sys.stderr.write(f"{reason}\n")
    raise SystemExit(2)


def read_settings() -> Settings:
    """From the environment. Refuses with the variables that are wrong, and never tells their values."""
    try:
        return Settings()
    except ValidationError as error:
        refuse("; ".join(f"{_variable(e['loc'])}: {e['msg']}" for e in error.errors()))


def start_tracing(settings: Settings) -> "Tracing | None":
    """None where no address for traces is set: nothing that records or sends them is imported then."""
    asked = [name for name in OTLP_STANDARD if os.environ.get(name)]
    if settings.otlp_endpoint:
        asked = ["INFERENCE_OTLP_ENDPOINT"]
    if not asked:
        return None
    try:
        from services.inference.tracing import Tracing  # noqa: PLC0415 # an extra
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        refuse(NO_TRACING.format(asked[0]))
    return Tracing(str(settings.otlp_endpoint or ""))


def _variable(place: tuple[int | str, ...]) -> str:
    return "INFERENCE_" + "_".join(map(str, place)).upper() if place else "INFERENCE_…"
