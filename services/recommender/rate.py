"""Limits how many requests one client may send, and tells clients apart behind proxies; pure ASGI."""

import math
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from throttled import MemoryStore, Throttled, rate_limiter

from services.common.problems import TooManyRequestsError, problem
from services.common.telemetry import request_id_from

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EXEMPT: Final = {"/healthz", "/readyz", "/metrics"}
"""Health checks and metrics must get through while the service is busy."""
MAX_CLIENTS: Final = 20_000
"""Clients remembered, the latest; about 6 MB. A forgotten client starts again with a full bucket."""
NOBODY: Final = "unknown"
"""One client for all whose address the server does not know, as behind a Unix socket."""


def parse_address(text: str) -> Address | None:
    """Read `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1` or `[2001:db8::1]:80`; None for anything else."""
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


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    address = parse_address(peer) if trusted else None
    return address is not None and any(address in network for network in trusted)


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Find whose request it is: the peer, or behind trusted proxies the last address that is none of them.

    `forwarded` holds the X-Forwarded-For headers. Each proxy appends the address it heard from, so trusted
    proxies wrote only what stands to the right of the first untrusted address. IPv6 clients are grouped by
    /64, as one client usually has 2^64 addresses.
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


def is_feedback(scope: Scope) -> bool:
    return scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/feedback")


def is_limited(scope: Scope) -> bool:
    return not (scope["type"] == "lifespan" or scope["path"] in EXEMPT)


class RateLimit:
    """Answers 429 to a client whose bucket is empty. Only requests that `applies` accepts are counted."""

    def __init__(  # noqa: PLR0913 # one for each part of the rule
        self,
        app: ASGIApp,
        per_minute: int,
        burst: int,
        trusted: Sequence[Network],
        *,
        name: str = "client",
        applies: Callable[[Scope], bool] = is_limited,
    ) -> None:
        self.app = app
        self.trusted = trusted
        self.name, self.applies = name, applies
        self.policy = f'"{name}";q={burst};w={math.ceil(60 * burst / per_minute)}'
        self.buckets = Throttled(
            using="gcra",  # a token bucket that stores one number per client
            quota=rate_limiter.per_min(per_minute, burst),
            store=MemoryStore(options={"MAX_SIZE": MAX_CLIENTS}),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.applies(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        result = self.buckets.limit(client_of(peer, headers.getlist("x-forwarded-for"), self.trusted))
        limits = {
            "RateLimit-Policy": self.policy,
            "RateLimit": f'"{self.name}";r={result.state.remaining};t={math.ceil(result.state.reset_after)}',
        }

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in limits.items():  # both fields are lists: other limits add theirs
                    headers.append(header, value)
            await send(message)

        if not result.limited:
            await self.app(scope, receive, send_with_limits)
            return
        wait_s = str(max(1, math.ceil(result.state.retry_after)))
        error = TooManyRequestsError(f"Too many requests. Try again in {wait_s} s.")
        # Telemetry gives ids to HTTP requests only, not to a WebSocket's handshake.
        request_id = scope.get("state", {}).get("request_id") or request_id_from(headers)
        answer = problem(request_id, error.status, error.code, str(error), {**limits, "Retry-After": wait_s})
        await answer(scope, receive, send)
