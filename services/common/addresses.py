"""Addresses to listen on and to reach a service by: IPv4, IPv6, both at once."""

import errno
import socket
from typing import Final

WILDCARDS: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # nosec B104 - compared, not bound
HIGHEST_PORT: Final = 65535


class ListenError(Exception):
    """Why an address cannot be listened on; the message says what to do."""

    def __init__(self, reason: str, *, about_port: bool = False) -> None:
        super().__init__(reason)
        self.about_port = about_port


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind a socket to each address of `host`, where `::` takes IPv4 too; they do not listen yet."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"{host} is no address of this machine") from error
    bound: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((family, address) for family, *_, address in found):
            one = socket.socket(family, socket.SOCK_STREAM)
            bound.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
            one.bind(address)
    except OSError as error:
        for one in bound:
            one.close()
        raise _reason(error, host, port) from error
    return bound


def _reason(error: OSError, host: str, port: int) -> ListenError:
    match error.errno:
        case errno.EADDRINUSE:
            return ListenError(f"port {port} is in use", about_port=True)
        case errno.EACCES:
            return ListenError(f"port {port} needs rights that this user lacks", about_port=True)
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return ListenError(
                f"{host} is no address of this machine; 0.0.0.0 is every IPv4 one, :: every one"
            )
    return ListenError(f"{url(host, port)} cannot be listened on: {error.strerror}")


def reachable(host: str) -> str:
    """The address by which this machine reaches a service that listens on `host`."""
    return WILDCARDS.get(host, host)


def url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def port_number(text: str) -> int:
    """For argparse: ValueError unless it is a port."""
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise ValueError
    return port


port_number.__name__ = f"port (0 to {HIGHEST_PORT})"  # argparse names the function: "invalid port ... value"
