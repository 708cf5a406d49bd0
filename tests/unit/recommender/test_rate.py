"""Telling clients apart behind proxies."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.recommender.rate import (
    MAX_CLIENTS,
    NOBODY,
    RateLimit,
    client_of,
    is_feedback,
    is_limited,
    parse_address,
)

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.9.9.9, 10.0.0.2"], "10.9.9.9"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("fd00::1", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("2001:db8:1:2::1", [], "2001:db8:1:2::/64"),
        ("", ["198.51.100.7"], NOBODY),
    ],
)
def test_client(peer: Any, forwarded: Any, client: Any) -> None:
    """The client is the last address that is no trusted proxy."""
    assert client_of(peer, forwarded, PROXIES) == client


@given(some.lists(some.text(max_size=50), max_size=5))
def test_untrusted_peer(forwarded: Any) -> None:
    """A peer that is no trusted proxy counts under its own address."""
    assert client_of("192.0.2.1", forwarded, PROXIES) == "192.0.2.1"


@given(some.text(max_size=30), some.ip_addresses())
def test_forged_header(written: Any, address: Any) -> None:
    """What a client writes into the header itself changes nothing."""
    peer = "10.0.0.1"
    forwarded = [f"{written}, {address}"]
    if not any(address in network for network in PROXIES):
        assert client_of(peer, forwarded, PROXIES) == client_of(peer, [str(address)], PROXIES)


@given(some.text(max_size=60))
def test_parse_address(text: str) -> None:
    """No text makes parsing an address fail."""
    parse_address(text)


def test_bounded_memory() -> None:
    """Only the latest clients are remembered."""
    no_app: Any = None
    limiter = RateLimit(app=no_app, per_minute=60, burst=2, trusted=[])
    for number in range(MAX_CLIENTS + 500):
        limiter.buckets.limit(str(number))
    backend: Any = limiter.buckets._store._backend
    assert len(backend.get_client()) == len(backend.expire_info) == MAX_CLIENTS


@pytest.mark.parametrize(
    ("kind", "path", "method", "counts"),
    [
        ("http", "/feedback", "POST", True),
        ("http", "/feedback", "OPTIONS", False),
        ("http", "/recommend", "POST", False),
    ],
)
def test_feedback_counts(kind: str, path: str, method: str, counts: bool) -> None:
    """Only the sending of feedback counts for its limit."""
    assert is_feedback({"type": kind, "path": path, "method": method}) == counts


def test_other_scopes() -> None:
    """A live view counts as a request, not as feedback; the start of the app counts as neither."""
    assert is_limited({"type": "websocket", "path": "/stream"})
    assert not is_feedback({"type": "websocket", "path": "/feedback"})
    assert not is_limited({"type": "lifespan"})
    assert not is_feedback({"type": "lifespan"})
