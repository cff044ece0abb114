"""Which numbers may be dialled or messaged: the guard that keeps tests and trials away from real telephones. Pure.

Theory of operation
-------------------
A number is one of two things, and anything else is refused:

* a *telephone number*: 3 to 15 ASCII digits, perhaps after one "+", perhaps parted by spaces or hyphens. Whatever
  looks like this may ring somewhere (96111, 12349, 120, a mobile), so it takes `production`, which the installer
  sets when the home goes live.
* a *test target*: "test-" and a name. It holds no digits that a switch could take for a number, so no carrier in the
  world can route it to a person. It is dialled only at a host that is nowhere on the public internet: loopback, or
  the networks that RFC 5737 keeps for documentation.

There is no list of forbidden numbers to be incomplete, and nothing is cleaned up but spaces and hyphens: a number
written in any other way (full-width digits, "sip:", "%39", letters, parameters) is no number at all, with production
or without. The same function is asked when the channels are made and again immediately before each dialling.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
"""Source: ITU-T E.164, at most 15 digits; 110 is the shortest that anybody dials."""

_TEST_TARGET = re.compile(r"test-[a-z]{1,32}")

_NOWHERE = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "::1/128", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""Loopback, and what RFC 5737 and RFC 3849 keep for documentation: routers drop it, tests use it in namespaces."""


class NumberRefused(Exception):
    """A number that must not be dialled or messaged.

    Args:
        reason: "not_a_number", "not_production" or "test_target_outside".
        sentence: what is wrong and what to do, without the number itself.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


def permitted(number: str, *, production: bool, host: str = "") -> str:
    """Say what may be dialled for a number, or refuse it.

    Args:
        number: as configured.
        production: whether the installer has said that real people may be called.
        host: where it would be dialled, as an IP address; a test target is dialled nowhere else.

    Returns:
        What to dial: only "+", ASCII digits, or a test target.

    Raises:
        NumberRefused: it is no number, or real and `production` is not set, or a test target at a real host.
    """
    if _TEST_TARGET.fullmatch(number):
        if not is_nowhere(host):
            raise NumberRefused(
                "test_target_outside",
                "a test target (test-…) is dialled only at a loopback or documentation address: write a telephone "
                "number, or a trunk such as 127.0.0.1",
            )
        return number
    plain = number.replace(" ", "").replace("-", "")
    if not _NUMBER.fullmatch(plain):
        raise NumberRefused(
            "not_a_number", "write 3 to 15 plain digits, with + before a country code, such as +86 471 555 0417"
        )
    if production is not True:
        raise NumberRefused(
            "not_production",
            "real numbers are refused until [hotline] production = true stands in the configuration file",
        )
    return plain


def is_nowhere(host: str) -> bool:
    """Say whether a host is an IP address that no public network carries."""
    try:
        address = ip_address(host)
    except ValueError:
        return False  # a name may lead anywhere, whatever it says
    return any(address in network for network in _NOWHERE)
