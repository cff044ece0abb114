"""What is usual for this person: how long she was silent at home, when and where, on the days behind us.

Theory of operation
-------------------
A silence of `NOTED_S` or more that a sign of life ends, at home, is noted: on which day it ended, at which minute of
the day it began and in which place, and how long it lasted. A *place* is the room of the last sign (the sensor's
own name where it has no room), and whether she had settled there: a bed or a seat whose sensor still said so. That is
all that is remembered; `usual` makes limits of it.

*What does not poison it.* Being out is no silence. Time away (a holiday, a hospital stay) adds no days, and age is
counted in days at home, so that nothing is forgotten meanwhile. While a sensor that sees her is lost nothing is
noted: the silences of a half-blind home are not hers. A silence that was told counts for at most `TOLD_FACTOR` times
the limit that it reached: one freak cannot loosen the limits, a new season can, in steps.

*When it counts.* The silences of a day count once the day is over, so that limits change once a day and a restart
in between makes no difference. `KEPT_DAYS` days at home are kept; `usual` lets older ones weigh less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind
from gateway.detection.presence import Place, bed_since
from gateway.detection.signs import watchers

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.home import Home
    from gateway.detection.state import State

NOTED_S = 20 * 60.0
"""Shorter silences are nobody's concern. Source: our choice: no limit is ever near it, and a day has some ten longer
ones."""
TOLD_FACTOR = 1.25
"""Source: our choice: three longer nights in a row move a limit, a single one hardly does."""
KEPT_DAYS = 63
"""Source: our choice: nine weeks, of which the oldest weighs three tenths of the newest (see `lasting`)."""
PLACES_MAX = 40
"""Places told apart; silences that begin in others count for the home as a whole. Source: our choice: four for each of
ten rooms."""

ELSEWHERE = -1
"""The number of a place that is not told apart."""
IN_BED, SEATED = "/bed", "/seat"


class Silence(NamedTuple):
    """A silence at home that a sign of life ended.

    Args:
        day: on which it ended, by the home's own calendar (`date.toordinal`).
        minute: of the day at which it began, by the home's clock.
        lasted_min: in minutes.
        place: where it began, as a number in `Profile.places`, or `ELSEWHERE`.
        told: it was told, and then she moved: a false alarm.
    """

    day: int
    minute: int
    lasted_min: int
    place: int
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is remembered of this person's silences.

    Args:
        places: the names of the places in which they began, in the order of their first.
        silences: of the days that are over, in order.
        today: of the day that goes on.
    """

    places: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()
    today: tuple[Silence, ...] = ()

    def number_of(self, place: str) -> int:
        """Give the number of a place, `ELSEWHERE` if none of these silences began there."""
        return self.places.index(place) if place in self.places else ELSEWHERE


def place_of(home: Home, state: State) -> str:
    """Name the place in which the present silence began."""
    sign = state.last_sign
    where = "" if sign is None else sign.room or sign.device
    if bed_since(state) is not None:
        return where + IN_BED
    return where + SEATED if _is_seated(home, state) else where


def _is_seated(home: Home, state: State) -> bool:
    return any(Kind.PRESENCE in known.levels and device in home.devices for device, known in state.devices.items())


def learn(home: Home, before: State, at: datetime) -> Profile:
    """What is remembered after a sign of life at `at`, which ends the silence that `before` was in.

    Args:
        home: the home.
        before: what was believed before the sign; its silence has lasted `NOTED_S` or more.
        at: the time of the sign (aware UTC).
    """
    mine, since = before.profile, before.quiet_since
    if before.presence.place is Place.AWAY or before.last_sign is None or is_half_blind(home, before):
        return mine
    lasted_s = (at - since).total_seconds()
    told_at = before.inactivity.told_at
    if told_at is not None:
        lasted_s = min(lasted_s, TOLD_FACTOR * (told_at - since).total_seconds())
    begun = since.astimezone(home.timezone)
    place, places = place_of(home, before), mine.places
    if place not in places and len(places) < PLACES_MAX:
        places = (*places, place)
    number = places.index(place) if place in places else ELSEWHERE
    day = at.astimezone(home.timezone).toordinal()
    silence = Silence(day, begun.hour * 60 + begun.minute, round(lasted_s / 60), number, told_at is not None)
    silences, today = mine.silences, mine.today
    if today and today[-1].day != day:
        silences, today = _kept((*silences, *today)), ()
    return Profile(places=places, silences=silences, today=(*today, silence))


def is_half_blind(home: Home, state: State) -> bool:
    """Whether a sensor that sees her inside is known to be silent, or to miss her."""
    if state.weak.misses:
        return True
    return bool(state.silence.lost) and not state.silence.lost.keys().isdisjoint(watchers(home))


def _kept(silences: tuple[Silence, ...]) -> tuple[Silence, ...]:
    """The silences of the latest days at home."""
    days = sorted({silence.day for silence in silences})
    if len(days) <= KEPT_DAYS:
        return silences
    return tuple(silence for silence in silences if silence.day >= days[-KEPT_DAYS])
