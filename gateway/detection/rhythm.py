"""How long the present silence may last by what is usual for this person, and what was usual, in numbers for people.

Nothing is learned where nobody said how many false alarms are acceptable, or where there is no prior to begin with;
and nothing learned is used before the first sign of life, or while a sensor that sees her is lost: a half-blind home
is silent for other reasons. Then the fixed limits of `inactivity` hold, which are never exceeded anyhow.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from gateway.detection import fixed_limits
from gateway.detection.daytime import is_night
from gateway.detection.home import Home, Role
from gateway.detection.lasting import HOURS
from gateway.detection.presence import bed_since
from gateway.detection.profile import is_half_blind, place_of
from gateway.detection.usual import Caps, Same, Usual, fit, is_weekend

if TYPE_CHECKING:
    from datetime import time

    from gateway.detection.home import Limits
    from gateway.detection.state import State

KNOWN_AFTER_DAYS = 7
"""Days at home after which her own longest silence is worth telling. Source: our choice: every day of the week once."""
RECENT_DAYS = 28
"""Days at home that the telling looks back. Source: our choice: what people mean by "usually"."""
_EVENING = timedelta(hours=6)
"""A silence that begins after six in the evening is the next day's, on which it will end."""


class Longest(NamedTuple):
    """What is usual in a part of the day: its name and the longest silence, in seconds."""

    part: str
    lasted_s: float


def limit_s(home: Home, state: State) -> float | None:
    """How long the present silence may last by what is usual, in seconds; None where nothing learned is used."""
    usual = _usual(home, state, state.quiet_since)
    if usual is None or state.last_sign is None or is_half_blind(home, state):
        return None
    hour = state.quiet_since.astimezone(home.timezone).hour
    place = state.profile.number_of(place_of(home, state))
    return _rounded_s(usual.limit_h(place, hour, in_bed=bed_since(state) is not None))


def longest_limit_s(home: Home, state: State, since: datetime, *, in_bed: bool) -> float | None:
    """The same for a silence that begins at `since`, wherever in the home that would be hardest to tell.

    Args:
        home: with its limits.
        state: what is believed.
        since: when it begins (aware UTC).
        in_bed: whether she lies in a bed whose sensor lives.
    """
    usual = _usual(home, state, since)
    if usual is None or is_half_blind(home, state):
        return None
    return _rounded_s(usual.longest_h(since.astimezone(home.timezone).hour, in_bed=in_bed))


def _rounded_s(limit_h: float) -> float:
    """A limit as people say it, in steps of five minutes."""
    return round(limit_h * 12) * 300.0


def longest_usual(home: Home, state: State, below_s: float) -> Longest | None:
    """The longest silence of late that began in this part of the day; None before enough days were seen.

    Args:
        home: the home.
        state: what is believed; the part of the day is that in which its silence began.
        below_s: longer ones are no measure: they, too, were out of the ordinary.
    """
    days = sorted({silence.day for silence in state.profile.silences})
    if len(days) < KNOWN_AFTER_DAYS:
        return None
    since = state.quiet_since.astimezone(home.timezone)
    part = _part(home, since)
    lasted_s = [
        60.0 * silence.lasted_min
        for silence in state.profile.silences
        if silence.day >= days[-RECENT_DAYS:][0] and _part_of(home, since, silence.minute) == part
    ]
    usual_s = max((lasted for lasted in lasted_s if lasted <= below_s), default=None)
    return None if usual_s is None else Longest(part, usual_s)


def _part_of(home: Home, day: datetime, minute: int) -> str:
    return _part(home, day.replace(hour=minute // 60, minute=minute % 60))


def _part(home: Home, local: datetime) -> str:
    """`night`, `morning`, `afternoon` or `evening`, by the home's wall clock."""
    if is_night(home, local):
        return "night"
    return next(name for until, name in _PARTS if local.hour < until)


_PARTS = ((12, "morning"), (18, "afternoon"), (HOURS, "evening"))


def _usual(home: Home, state: State, since: datetime) -> Usual | None:
    acceptable = home.limits.false_alarms_a_month
    if home.prior is None or acceptable <= 0:
        return None
    mine, known = state.profile, _known_of(Same(home))
    weekend = is_weekend((since.astimezone(home.timezone) + _EVENING).toordinal())
    return fit(mine.silences, mine.places, home.prior, acceptable, known.caps, known.beds, weekend)


class _Known(NamedTuple):
    """What limits follow from beside her silences: the fixed limits, and whether the home has a bed sensor."""

    caps: Caps
    beds: bool


@lru_cache(maxsize=8)
def _known_of(same: Same[Home]) -> _Known:
    home = same.it
    beds = any(device.role is Role.BED for device in home.devices.values())
    return _Known(_caps(home.day_starts, home.night_starts, home.limits), beds)


def _caps(day_starts: time, night_starts: time, limits: Limits) -> Caps:
    """The fixed limits by the hour in which a silence begins, on an ordinary day."""
    home = Home(timezone=ZoneInfo("UTC"), day_starts=day_starts, night_starts=night_starts, limits=limits)
    begins = [datetime(2026, 1, 1, hour, 30, tzinfo=UTC) for hour in range(HOURS)]

    def capped(*, in_bed: bool) -> tuple[float, ...]:
        return tuple((fixed_limits.judge(home, at, in_bed=in_bed).due - at) / timedelta(hours=1) for at in begins)

    return Caps(capped(in_bed=False), capped(in_bed=True))
