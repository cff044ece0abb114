"""What is wrong between the telephone's keys: calls without a trunk, without a number, or to real people too early.

Whether a number may be dialled is decided here, and again by `alerts.channels.phone_number` immediately before each
dialling. The two share no code, since configuration imports nothing of ours; a test holds them together.
"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from config import regions
from config.faults import HIDDEN, MISSING, Allowed, Fault, quoted, shown
from config.secret import SecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.telephone import Trunk

HOTLINE = "hotline"
"""The contact that needs no number: it is the hotline of the home's region."""

UNQUOTABLE = re.compile(r'[\s;,"<>\\]')

TEST_TARGET = re.compile(r"test-[a-z]{1,32}")
"""Dialled only at an address that is nowhere on the public internet; anything else may be a real person's."""

NOWHERE = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "::1/128", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""Loopback, and what RFC 5737 and RFC 3849 keep for documentation."""


def telephone_checks(data: dict[str, Any], rungs: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    """Everything that is wrong about telephone calls.

    Args:
        data: the file's tables with the environment laid over them.
        rungs: the ladder's tables, each with its key as an installer finds it.
    """
    trunks = _tables(data, "trunks")
    yield from _twice(trunks)
    for key, rung in rungs:
        channels = rung.get("channels")
        if isinstance(channels, list | tuple) and "call" in channels:
            yield from _called(key, rung, data, trunks)


def number_of(rung: dict[str, Any], data: dict[str, Any]) -> str | None:
    """The number that a rung calls; None where there is none."""
    number = rung.get("number")
    if number is None and rung.get("contact") == HOTLINE:
        home = data.get("home")
        region = home.get("region", "default") if isinstance(home, dict) else "default"
        return regions.hotline(region).number if region in regions.IDS else None
    return number if isinstance(number, str) else None


def unusable_passwords(trunks: Iterable[Trunk], env: Mapping[str, str]) -> Iterator[Fault]:
    """Passwords that baresip cannot be told: it has no way to quote these characters."""
    for place, trunk in enumerate(trunks):
        with suppress(SecretError):  # which the check of every secret tells
            if trunk.password is not None and UNQUOTABLE.search(trunk.password.reveal(env)):
                allowed = Allowed(
                    '不含空格和 ; , " < > \\ 的密码，请向运营商更换', 'a password without blanks and ; , " < > \\'
                )
                yield Fault(key=f"trunks[#{place + 1}].password", found=HIDDEN, allowed=str(allowed))


def _called(key: str, rung: dict[str, Any], data: dict[str, Any], trunks: list[dict[str, Any]]) -> Iterator[Fault]:
    if not trunks:
        allowed = Allowed("先写 [[trunks]]（运营商的线路），或去掉 call", "a [[trunks]] table first, or no call")
        yield Fault(key=f"{key}.channels", found=shown("call"), allowed=str(allowed))
    if "number" not in rung and rung.get("contact") != HOTLINE:
        allowed = Allowed('要拨的号码；contact = "hotline" 时可不写', 'the number; only contact = "hotline" needs none')
        yield Fault(key=f"{key}.number", found=MISSING, allowed=str(allowed))
    number = number_of(rung, data)
    if number is None:
        return
    if not TEST_TARGET.fullmatch(number):
        yield from _real(key, rung, data)
    elif not all(_is_nowhere(trunk.get("host")) for trunk in trunks):
        allowed = Allowed("测试号码只用于本机的线路（host 为 127.0.0.1）", "a test target needs trunks at 127.0.0.1")
        yield Fault(key=f"{key}.number", found=quoted(number), allowed=str(allowed))


def _real(key: str, rung: dict[str, Any], data: dict[str, Any]) -> Iterator[Fault]:
    switch = data.get(HOTLINE)
    if isinstance(switch, dict) and switch.get("production") is True:
        return
    allowed = Allowed(
        '正式启用后才能拨打真实号码：[hotline] production = true；试验用 "test-" 加小写字母',
        'real numbers only with [hotline] production = true; for trials "test-" and small letters',
    )
    where = f"{key}.number" if "number" in rung else f"{HOTLINE}.production"
    yield Fault(key=where, found="真实号码 / a real number", allowed=str(allowed))


def _twice(trunks: list[dict[str, Any]]) -> Iterator[Fault]:
    """Two trunks with one address: baresip could not tell them apart."""
    seen: set[tuple[str, str]] = set()
    for place, trunk in enumerate(trunks):
        at = trunk.get("domain") or f"{trunk.get('host')}:{trunk.get('port', 5060)}"
        address = (str(trunk.get("username")), str(at))
        if address in seen:
            allowed = Allowed("每条线路的账号和服务器不能都相同", "a user name and server that no earlier trunk has")
            yield Fault(key=f"trunks[#{place + 1}].username", found=shown(trunk.get("username")), allowed=str(allowed))
        seen.add(address)


def _is_nowhere(host: object) -> bool:
    try:
        address = ip_address(str(host))
    except ValueError:
        return False
    return any(address in network for network in NOWHERE)


def _tables(data: dict[str, Any], section: str) -> list[dict[str, Any]]:
    entries = data.get(section)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list | tuple) else []
