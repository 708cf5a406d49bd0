"""Runs one service: `python -m services.inference.serve`, `python -m services.recommender.serve`."""

import argparse
from collections.abc import Callable
from typing import Final, Protocol

import uvicorn

from services.common.addresses import ListenError, bind, port_number
from services.common.protocol import FarewellProtocol, HeadTimeoutProtocol
from services.common.starting import REFUSED, refuse

GRACE_S: Final = 8
"""How long requests under way may take after a stop: an engine kills what has not ended after 10 s."""
NOT_STARTED: Final = 2


class HasHost(Protocol):
    """The settings of a service."""

    @property
    def host(self) -> str: ...


def serve(name: str, default_port: int, read_settings: Callable[[], HasHost], arguments: list[str]) -> int:
    """Serve `services.{name}` until Ctrl-C; return the exit status, 2 where it cannot start."""
    parser = argparse.ArgumentParser(f"python -m services.{name}.serve")
    parser.add_argument("--host", help=f"where to listen; default: {name.upper()}_HOST")
    parser.add_argument("--port", type=port_number, default=default_port)
    options = parser.parse_args(arguments)
    host = read_settings().host if options.host is None else options.host
    try:
        sockets = bind(host, options.port)
    except ListenError as error:
        setting = f"{name.upper()}_HOST" if options.host is None else "--host"
        refuse(f"{'--port' if error.about_port else setting}: {error}")
    server = uvicorn.Server(
        uvicorn.Config(
            f"services.{name}.main:create_app",
            factory=True,
            host=host,
            port=options.port,
            http=HeadTimeoutProtocol,
            ws=FarewellProtocol,
            proxy_headers=False,  # whose X-Forwarded-For to believe is a setting
            timeout_graceful_shutdown=GRACE_S,
            log_config=None,
        )
    )
    try:
        server.run(sockets)
    except KeyboardInterrupt:  # uvicorn raises it again when it has stopped
        return 0
    except SystemExit:
        if server.lifespan.state.get(REFUSED):
            return NOT_STARTED
        raise
    return 0
