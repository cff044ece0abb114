"""Knows which homes, and which of their paths, have said nothing for too long, by a clock that no one can set.

Theory of operation
-------------------
Every heartbeat promises when the next one on its path comes, and says whether the station answers on any other path.
So a main path is silent after `limit_s`, or after three promises where a home speaks more rarely than that. A spare
path is silent after `spare_limit_s`. A home is silent when its main path is and the spare one does not stand in: a
spare path stands in when it was heard later than the main path, said that it is alone, and keeps its promise.

The timers start with the station, so a restart raises no storm of false alarms; what was silent before is found again
one limit later. What the store knows of spare paths is known from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from alerts.topics import MAIN, SPARE

if TYPE_CHECKING:
    from collections.abc import Iterable

PROMISES = 3
"""Promises that may be broken in a row before it is silence. Source: the same as `Limits.heartbeat_s` of the home."""

STANDS_IN = 2
"""The same for a spare path that stands in: it has been checked more often just before."""

AFTER_HOME_S = 8.0
"""How much later than the home itself the station tells of a path, so that the home's own alert is there first.
Source: our choice: 170 s and 8 s are still less than the 3 min of EN grade 4."""


class Sign(NamedTuple):
    """A home spoke by a path.

    Args:
        home, path: which.
        next_s: when it promised to speak again by this path, in seconds; None keeps what was promised before.
        alone: the station answers it on no other path; None keeps what was said before.
        paths: the paths that it has; empty keeps what is known.
    """

    home: str
    path: str
    next_s: float | None = None
    alone: bool | None = None
    paths: tuple[str, ...] = ()


class Bearing(NamedTuple):
    """How long a home may rightly say nothing on any path, in seconds, and whether its spare path stands in."""

    silent_after_s: float
    by_spare: bool


def bearing(main: Sign | None, spare: Sign | None, *, limit_s: float, spare_is_newer: bool) -> Bearing:
    """What is to be expected of a home by its latest heartbeats.

    Args:
        main: the latest on the main path; None where there was none.
        spare: the same on the spare path.
        limit_s: seconds of silence of a main path that are too long.
        spare_is_newer: the spare path was heard later than the main one.
    """
    if spare is not None and spare.alone and spare_is_newer:
        return Bearing(max(limit_s, STANDS_IN * (spare.next_s or 0.0)), by_spare=True)
    next_s = main.next_s if main is not None and main.next_s is not None else 0.0
    return Bearing(max(limit_s, PROMISES * next_s), by_spare=False)


class Silence(NamedTuple):
    """What has been silent for too long: a path, or with "" the home itself; and for how many seconds."""

    home: str
    path: str
    lasted_s: float


@dataclass(slots=True)
class _Ear:
    """What is known of one path."""

    heard_s: float
    next_s: float = 0.0
    alone: bool = False


class Listening:
    """When each home was last heard, by each of its paths.

    Args:
        homes: the ids of all homes served.
        limit_s: seconds of silence of a main path that are too long.
        spare_limit_s: the same of a spare path.
        at_s: the monotonic clock now.
    """

    def __init__(self, homes: Iterable[str], *, limit_s: float, spare_limit_s: float, at_s: float) -> None:
        self._limit_s, self._spare_limit_s = limit_s, spare_limit_s
        self._ears = {home: {MAIN: _Ear(at_s)} for home in homes}
        self._noted: set[tuple[str, str]] = set()

    def heard(self, sign: Sign, at_s: float) -> None:
        """A home spoke, or the store knows that it once did."""
        ears = self._ears.get(sign.home)
        if ears is None:
            return
        ear = ears.setdefault(sign.path, _Ear(at_s))
        ear.heard_s = at_s
        ear.next_s = ear.next_s if sign.next_s is None else sign.next_s
        ear.alone = ear.alone if sign.alone is None else sign.alone
        if sign.paths:
            self._ears[sign.home] = {path: ears.get(path) or _Ear(at_s) for path in (MAIN, *sign.paths)}
        self._noted -= {(sign.home, sign.path), (sign.home, "")}

    def silent(self, at_s: float) -> list[Silence]:
        """What has been silent for too long and is not yet noted."""
        found = [each for home in self._ears for each in self._silences(home, at_s)]
        return [each for each in found if (each.home, each.path) not in self._noted]

    def noted(self, silence: Silence) -> None:
        """A silence is on the disk."""
        self._noted.add((silence.home, silence.path))

    def _silences(self, home: str, at_s: float) -> list[Silence]:
        ears = self._ears[home]
        main, spare = ears[MAIN], ears.get(SPARE)
        main_limit_s = max(self._limit_s, PROMISES * main.next_s)
        main_s = at_s - main.heard_s
        if main_s >= main_limit_s and not self._stands_in(main, spare, at_s):
            return [Silence(home, "", at_s - max(ear.heard_s for ear in ears.values()))]
        found = []
        if main_s >= main_limit_s + AFTER_HOME_S:
            found.append(Silence(home, MAIN, main_s))
        if spare is not None:
            spare_s = at_s - spare.heard_s
            if spare_s >= max(self._spare_limit_s, PROMISES * spare.next_s) + AFTER_HOME_S:
                found.append(Silence(home, SPARE, spare_s))
        return found

    def _stands_in(self, main: _Ear, spare: _Ear | None, at_s: float) -> bool:
        if spare is None or not spare.alone or spare.heard_s < main.heard_s:
            return False
        return at_s - spare.heard_s < max(self._limit_s, STANDS_IN * spare.next_s)
