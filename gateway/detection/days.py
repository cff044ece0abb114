"""One line for each day: how active she was, how often up at night, when up in the morning, how long in the bathroom.

A day begins at `DAY_BEGINS_H` of the evening before, so that a night belongs to one day. What is kept says how much,
never what: it is the ground of the habits that `routine` compares with and of the weekly report (`trends`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.detection.home import Home

DAY_BEGINS_H = 18
"""Source: our choice: nobody's night begins before."""
KEPT_DAYS = 84
"""Source: our choice: twelve weeks, so that a week can be compared with those before it."""
USUAL_DAYS = 28
"""What habits look back on. Source: our choice: what people mean by "usually"."""
KNOWN_AFTER = 7
"""Days with a figure before it is a habit. Source: our choice: every day of the week once."""
QUARTER_S = 900

_LEAD = timedelta(hours=24 - DAY_BEGINS_H)


class DayRecord(NamedTuple):
    """What is remembered of a day.

    Args:
        day: its date (`date.toordinal`).
        quarters: quarter hours with a sign of life.
        trips: how often she got up at night.
        up_min: minute of the day at which she was up for good; -1 where nothing told it.
        bath_min: the longest stay in a bathroom, in minutes.
        out_of_bed_min: the longest time out of bed at night, in minutes.
    """

    day: int
    quarters: int = 0
    trips: int = 0
    up_min: int = -1
    bath_min: int = 0
    out_of_bed_min: int = 0


def day_of(home: Home, at: datetime) -> int:
    """The day to which a moment belongs."""
    return (at.astimezone(home.timezone) + _LEAD).toordinal()


def kept(records: tuple[DayRecord, ...], ended: DayRecord) -> tuple[DayRecord, ...]:
    """The records with one day more, of the latest days."""
    return (*records[1 - KEPT_DAYS :], ended)


def usual_most(records: Sequence[DayRecord], figure: Callable[[DayRecord], int], least: int = 1) -> int | None:
    """The most that a figure usually comes to: of the latest days the second highest, since one day is no habit.

    Args:
        records: of the days that are over, in order.
        figure: what is asked of a day.
        least: days with less have no such figure.

    Returns:
        None while fewer than `KNOWN_AFTER` days have it.
    """
    figures = sorted(value for record in records[-USUAL_DAYS:] if (value := figure(record)) >= least)
    return figures[-2] if len(figures) >= KNOWN_AFTER else None
