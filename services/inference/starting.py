"""What can be wrong before the service starts, told in one line instead of a traceback."""

import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from fastapi.telemetry import TelemetryConfig
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.inference.errors import ModelFileError
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


class OneLineRefusals:
    """Shortens what the server prints where the model file is not what it should be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_shortened(message: Message) -> None:
            error = sys.exc_info()[1]  # Starlette sends this from where it caught the failure
            if message["type"] == "lifespan.startup.failed" and isinstance(error, ModelFileError):
                message = {**message, "message": f"INFERENCE_MODEL_FILE: {error}"}
            await send(message)

        await self.app(scope, receive, send_shortened if scope["type"] == "lifespan" else send)


def refuse(reason: str) -> NoReturn:
    """Ends the process with status 2: nothing was served yet, and a new start would not help."""
    sys.stderr.write(f"{reason}\n")
    raise SystemExit(2)


def read_settings() -> Settings:
    """From the environment. Refuses with the variables that are wrong, and never tells their values."""
    try:
        return Settings()
    except ValidationError as error:
        # A variable once, with the first that is wrong with it.
        wrong = {_variable(e["loc"]): e["msg"] for e in reversed(error.errors(include_input=False))}
        refuse("; ".join(f"{name}: {what}" for name, what in reversed(wrong.items())))


def start_tracing(settings: Settings) -> "Tracing | None":
    """None where no address for traces is set: nothing that records or sends them is imported then."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
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
    return f"INFERENCE_{str(place[0]).upper()}"
