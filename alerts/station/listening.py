"""Knows which homes have said nothing for too long, by a clock that no one can set.

The timer of every home starts with the station, so a restart raises no storm of false alarms; what was silent before
is found again one limit later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Listening:
    """When each home was last heard.

    Args:
        homes: the ids of all homes served.
        limit_s: seconds of silence that are too long.
        at_s: the monotonic clock now.
    """

    def __init__(self, homes: Iterable[str], *, limit_s: float, at_s: float) -> None:
        self._limit_s = limit_s
        self._heard_s = dict.fromkeys(homes, at_s)
        self._noted: set[str] = set()

    def heard(self, home: str, at_s: float) -> None:
        """A home spoke."""
        if home in self._heard_s:
            self._heard_s[home] = at_s
            self._noted.discard(home)

    def silent(self, at_s: float) -> list[tuple[str, float]]:
        """The homes whose silence is too long and not yet noted, and how many seconds it has lasted."""
        return [
            (home, at_s - heard_s)
            for home, heard_s in self._heard_s.items()
            if home not in self._noted and at_s - heard_s >= self._limit_s
        ]

    def noted(self, home: str) -> None:
        """A home's silence is on the disk."""
        self._noted.add(home)
