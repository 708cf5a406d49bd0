"""Reports why the service cannot start in one line instead of a traceback."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from fastapi.telemetry import TelemetryConfig
from pydantic import AnyHttpUrl, ValidationError
from pydantic_settings import BaseSettings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.problems import reason_of
from services.common.telemetry import logger

if TYPE_CHECKING:
    from services.common.tracing import Tracing

S = TypeVar("S", bound=BaseSettings)
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


REFUSED: Final = "refused"
"""Set in the lifespan's state after a StartError; see server.py."""


class StartError(Exception):
    """An error that the operator can fix; the message says how, in one line."""


class OneLineRefusals:
    """Prints one line where the start fails with a StartError, and logs when it succeeded."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_shortened(message: Message) -> None:
            error = sys.exc_info()[1]  # Starlette sends this from where it caught the failure
            if message["type"] == "lifespan.startup.failed" and isinstance(error, StartError):
                sys.stderr.write(f"{error}\n")
                scope["state"][REFUSED] = True
                message = {**message, "message": ""}
            if message["type"] == "lifespan.startup.complete":
                logger.info("ready", extra={"fields": {"process": os.getpid()}})
            await send(message)

        await self.app(scope, receive, send_shortened if scope["type"] == "lifespan" else send)


def refuse(reason: str) -> NoReturn:
    """Ends the process with status 2: nothing was served yet, and a new start would not help."""
    sys.stderr.write(f"{reason}\n")
    raise SystemExit(2)


def print_lines(run: Callable[[], Iterable[str]], *expected: type[Exception]) -> int:
    """Print what a command yields; return its exit status.

    2 after a StartError, as after a wrong setting; 1 after an expected error; 130 after Ctrl-C; 141 where
    the reader of the lines has gone.
    """
    try:
        for line in run():
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except expected as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on\n")
        return 130
    except BrokenPipeError:  # as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at the end
        return 141
    return 0


def read_settings(kind: type[S], about_all: str = "") -> S:
    """From the environment. Refuses with the variables that are wrong, and never tells their values.

    `about_all` names the one to blame where a check is about no single field.
    """
    prefix = kind.model_config.get("env_prefix", "")
    try:
        return kind()
    except ValidationError as error:
        # A variable once, with the first that is wrong with it.
        wrong = {
            f"{prefix}{str(e['loc'][0]).upper() if e['loc'] else about_all}": reason_of(e)
            for e in reversed(error.errors(include_input=False))
        }
        refuse("; ".join(f"{name}: {what}" for name, what in reversed(wrong.items())))


def start_tracing(service: str, endpoint: AnyHttpUrl | None) -> "Tracing | None":
    """None where no address for traces is set: nothing that records or sends them is imported then."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    asked = [name for name in OTLP_STANDARD if os.environ.get(name)]
    if endpoint:
        asked = [f"{service.upper()}_OTLP_ENDPOINT"]
    if not asked:
        return None
    try:
        from services.common.tracing import Tracing  # noqa: PLC0415 # an extra
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        refuse(NO_TRACING.format(asked[0]))
    return Tracing(service, str(endpoint or ""))
