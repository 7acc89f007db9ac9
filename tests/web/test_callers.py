"""Whose address counts, and who may call."""

import ipaddress
import logging

import pytest

from connector.settings import Networks
from connector.web.callers import Callers, address, client
from connector.web.tally import Tally


PROXIES = Networks.read("10.0.0.0/8, 2001:db8:1::/48")


def asked(peer):
    return {"client": None if peer is None else (peer, 50000)}


@pytest.mark.parametrize(
    "peer, forwarded, seen",
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", " , ", None),
        ("10.0.0.1", ",", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1,203.0.113.9,10.9.9.9", "203.0.113.9"),
        ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:9::1]:4711, 2001:db8:1::5", "2001:db8:9::1"),
        ("10.0.0.1", "2001:db8:9::1", "2001:db8:9::1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, unknown", None),
        ("10.0.0.1", "203.0.113.9, ", None),
        ("10.0.0.1", "203.0.113.9, 10.0.0.1.1", None),
        ("/run/web.sock", "10.0.0.1", None),
        ("", "10.0.0.1", None),
        (None, "10.0.0.1", None),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_counts(peer, forwarded, seen):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}

    found = client(asked(peer), headers, PROXIES)

    assert found == (ipaddress.ip_address(seen) if seen else None)


def test_without_trusted_proxies_no_header_is_believed():
    found = client(asked("10.0.0.1"), {"x-forwarded-for": "203.0.113.9"}, Networks())

    assert str(found) == "10.0.0.1"


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "[::1", "::1]", "1.2.3.4:x", "[1.2.3.4]x"])
def test_what_is_no_address_is_none(text):
    assert address(text) is None


class TestCallers:
    CALLERS = Callers({("kannel", "eu"): Networks.read("203.0.113.0/24,::1")}, PROXIES)

    @pytest.mark.parametrize(
        "place, peer, stranger",
        [
            (("kannel", "eu"), "203.0.113.9", None),
            (("kannel", "eu"), "::1", None),
            (("kannel", "eu"), "192.0.2.7", "192.0.2.7"),
            (("kannel", "eu"), None, "unknown"),
            (("kannel", ""), "192.0.2.7", None),
            (("kannel", ""), None, None),
        ],
    )
    def test_only_accounts_with_networks_keep_anyone_out(self, place, peer, stranger):
        assert self.CALLERS.stranger(place, asked(peer), {}) == stranger

    def test_a_stranger_behind_the_proxy_is_one_whatever_he_writes(self):
        forged = {"x-forwarded-for": "203.0.113.9, 192.0.2.7"}

        assert self.CALLERS.stranger(("kannel", "eu"), asked("10.0.0.1"), forged) == "192.0.2.7"


def test_the_log_names_who_was_kept_out(clock, caplog):
    caplog.set_level(logging.WARNING)

    Tally(clock).refused("kannel", "address not allowed", caller="192.0.2.7")

    assert caplog.records[0].caller == "192.0.2.7"
