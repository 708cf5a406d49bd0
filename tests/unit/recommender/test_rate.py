"""Who a client is, behind proxies that are trusted and others that are not; and how many are remembered."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.recommender.rate import MAX_CLIENTS, NOBODY, RateLimit, client_of, parse_address

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
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(peer, forwarded, client):
    assert client_of(peer, forwarded, PROXIES) == client


@given(some.lists(some.text(max_size=50), max_size=5))
def test_who_is_no_proxy_cannot_choose_whom_to_count_for(forwarded):
    assert client_of("192.0.2.1", forwarded, PROXIES) == "192.0.2.1"


@given(some.text(max_size=30), some.ip_addresses())
def test_what_a_client_writes_before_its_proxy_does_changes_nothing(written, address):
    peer = "10.0.0.1"
    said = [f"{written}, {address}"]
    if not any(address in network for network in PROXIES):
        assert client_of(peer, said, PROXIES) == client_of(peer, [str(address)], PROXIES)


@given(some.text(max_size=60))
def test_no_text_breaks_the_reading_of_an_address(text):
    parse_address(text)


def test_many_addresses_do_not_grow_the_memory():
    limiter = RateLimit(app=None, per_minute=60, burst=2, trusted=[])
    for number in range(MAX_CLIENTS + 500):
        limiter.buckets.limit(str(number))
    backend = limiter.buckets._store._backend
    assert len(backend.get_client()) == len(backend.expire_info) == MAX_CLIENTS
