"""So many requests of one client in a time, and who a client is behind proxies; pure ASGI."""

import math
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from throttled import MemoryStore, Throttled, rate_limiter

from services.common.problems import TooManyRequestsError, problem
from services.common.telemetry import request_id_from

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EXEMPT: Final = {"/healthz", "/readyz", "/metrics"}
"""An orchestrator that asks often must not be told that the service is ill."""
MAX_CLIENTS: Final = 20_000
"""Clients remembered, the latest; about 6 MB. One who is forgotten starts anew, with a full bucket."""
NOBODY: Final = "unknown"
"""Counts all whose address the server does not know, as behind a Unix socket, as one."""


def parse_address(text: str) -> Address | None:
    """`1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`; None for what is none of them."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whose request it is: the peer, or behind trusted proxies the last address that none of them has.

    `forwarded` holds the X-Forwarded-For headers. Each proxy appends whom it heard from, so only what stands
    to the right of the first address that is not trusted was written by a trusted one. IPv6 clients
    are told apart by their /64, of which one of them has 2^64 addresses.
    """
    address = parse_address(peer)
    hops = [hop for line in forwarded for hop in line.split(",")]
    while address and hops and any(address in network for network in trusted):
        hop = parse_address(hops.pop())
        if hop is None:
            break
        address = hop
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address) if address else NOBODY


class RateLimit:
    """429 for a client whose bucket is empty. Health and metrics are exempt."""

    def __init__(self, app: ASGIApp, per_minute: int, burst: int, trusted: Sequence[Network]) -> None:
        self.app = app
        self.trusted = trusted
        self.policy = f'"client";q={burst};w={math.ceil(60 * burst / per_minute)}'
        self.buckets = Throttled(
            using="gcra",  # a token bucket that needs one number for each client
            quota=rate_limiter.per_min(per_minute, burst),
            store=MemoryStore(options={"MAX_SIZE": MAX_CLIENTS}),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in EXEMPT:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        client = client_of(peer, headers.getlist("x-forwarded-for"), self.trusted)
        result = self.buckets.limit(client)
        told = {
            "RateLimit-Policy": self.policy,
            "RateLimit": f'"client";r={result.state.remaining};t={math.ceil(result.state.reset_after)}',
        }
        if not result.limited:
            await self.app(scope, receive, adding(told, send))
            return
        await refuse(math.ceil(result.state.retry_after), told, scope, receive, send)


async def refuse(wait_s: int, told: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
    headers = {**told, "Retry-After": str(max(1, wait_s))}
    error = TooManyRequestsError(f"Too many requests. Try again in {headers['Retry-After']} s.")
    # A WebSocket's handshake passes no telemetry, which gives ids.
    request_id = scope.get("state", {}).get("request_id") or request_id_from(Headers(scope=scope))
    answer = problem(request_id, error.status, error.code, str(error.detail), headers)
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)


def adding(headers: dict[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers
