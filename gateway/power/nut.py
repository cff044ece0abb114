"""The words of Network UPS Tools' protocol: a request line, a list of variables, and what they say of the power. Pure.

Source: NUT's docs/net-protocol.txt (port 3493, IANA) and docs/new-drivers.txt for the words of `ups.status`; both tried
against upsd 2.8.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gateway.power.supply import Silence, Supply, figure

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LINES = 2000
"""Variables in one list. Source: our choice: a rack unit with many outlets tells a few hundred."""

LONGEST_RUNTIME_S = 30 * 86_400.0
"""A figure above this is none. Source: our choice; some drivers say 0xffffffff for "not known"."""

SILENCES = {
    "DATA-STALE": Silence.STALE,
    "DRIVER-NOT-CONNECTED": Silence.DRIVER,
    "UNKNOWN-UPS": Silence.REFUSED,
    "ACCESS-DENIED": Silence.REFUSED,
    "USERNAME-REQUIRED": Silence.REFUSED,
    "PASSWORD-REQUIRED": Silence.REFUSED,
    "INVALID-USERNAME": Silence.REFUSED,
    "INVALID-PASSWORD": Silence.REFUSED,
}
"""What upsd's errors mean for us; any other is an answer that makes no sense to what was asked."""

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"\\]+))(?=\s|$)')
_ESCAPED = re.compile(r"\\(.)")


class NutFault(Exception):
    """An answer that gives no figures; `silence` names why, the text quotes nothing that a far end wrote."""

    def __init__(self, silence: Silence, sentence: str) -> None:
        super().__init__(sentence)
        self.silence = silence


def request(*words: str) -> bytes:
    """Write a request.

    Args:
        words: command and arguments; whatever is not plain is quoted.

    Raises:
        NutFault: if a word holds a control character, which would begin another command.
    """
    if not all(word.isprintable() for word in words):
        raise NutFault(Silence.REFUSED, "a user name or password with a control character cannot be sent to upsd")
    return (" ".join(_quoted(word) for word in words) + "\n").encode()


def _quoted(word: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._-]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def split(line: str) -> list[str]:
    """Split a line of upsd's into its words, quotes and backslashes undone.

    Raises:
        NutFault: if a quote is left open.
    """
    words, place = [], 0
    while line[place:].strip():
        found = _WORD.match(line, place)
        if found is None:
            raise NutFault(Silence.GARBLED, "upsd sent a line with a quote left open")
        quoted, plain = found.groups()
        words.append(plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
        place = found.end()
    return words


def granted(line: str) -> None:
    """Read the answer to USERNAME, PASSWORD or LOGIN.

    Raises:
        NutFault: if it is not OK.
    """
    if split(line)[:1] != ["OK"]:
        raise _refusal(split(line))


class Listing:
    """The answer to LIST VAR, line by line.

    Args:
        ups: which UPS was asked for.
    """

    def __init__(self, ups: str) -> None:
        self._name = ["LIST", "VAR", ups]
        self._begun = False
        self.variables: dict[str, str] = {}

    def take(self, line: str) -> bool:
        """Take a line.

        Returns:
            True when it was the last; `variables` is complete then.

        Raises:
            NutFault: if upsd refuses, or says what belongs to no list of this UPS.
        """
        match split(line):
            case ["BEGIN", *name] if name == self._name and not self._begun:
                self._begun = True
            case ["END", *name] if name == self._name and self._begun:
                return True
            case ["VAR", ups, variable, value, *_] if self._begun and ups == self._name[-1]:
                self.variables[variable] = value
            case words:
                raise _refusal(words)
        if len(self.variables) > MOST_LINES:
            raise NutFault(Silence.GARBLED, "upsd sent a list without an end")
        return False


def _refusal(words: list[str]) -> NutFault:
    if words[:1] == ["ERR"] and words[1:]:
        known = SILENCES.get(words[1])
        return NutFault(known or Silence.GARBLED, f"upsd answered {words[1]}" if known else "upsd answered an error")
    return NutFault(Silence.GARBLED, "upsd sent something that is no answer to what was asked")


def supply(variables: Mapping[str, str]) -> Supply:
    """Say what a UPS's variables mean.

    `OB` is on battery, unless `CAL` says that the UPS measures its battery on purpose; `FSD` is to be taken as `OB LB`;
    `OL` and `BYPASS` are on mains. LB, RB: nearly empty, replace. Others (CHRG, DISCHRG, BOOST, TRIM, OVER, HB, ALARM,
    ...) change nothing for us. A runtime of 0 is what a UPS says that cannot tell.

    Raises:
        NutFault: if there is no word that says what feeds the load (a driver that has just begun says WAIT).
    """
    words = set(variables.get("ups.status", "").upper().split())
    if not words & {"OL", "OB", "BYPASS", "FSD"}:
        raise NutFault(Silence.GARBLED, "ups.status says neither OL nor OB")
    on_battery = "FSD" in words or ("OB" in words and "CAL" not in words)
    return Supply(
        mains=not on_battery,
        percent=figure(variables.get("battery.charge", ""), 100),
        runtime_s=figure(variables.get("battery.runtime", ""), LONGEST_RUNTIME_S) or None,
        low=on_battery and bool(words & {"LB", "FSD"}),
        worn="RB" in words,
    )
