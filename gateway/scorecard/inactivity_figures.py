"""False alarms a week and the delay of a collapse, with what chance alone would make of them.

Confidence intervals are by bootstrap over whole days: days are drawn with replacement from those of a home, each with
its false alarms and its collapses, `DRAWS` times. Silences of one day hang together; days much less so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.scorecard.inactivity_rivals import Numbers

DRAWS = 1000
"""Of the bootstrap. Source: usual for an interval of 95 %."""
LOW, HIGH = 2.5, 97.5
WEEK_DAYS = 7.0


class Tried(NamedTuple):
    """What a method with one setting came to in one home, in one state (awake or asleep).

    Args:
        days: how long the home was recorded.
        false_day: the day of each false alarm, counted from the first, shape (f,).
        collapse_day: the day of each collapse, shape (c,).
        delay_h: how long each waited, in hours; NaN where a silence was told before she collapsed, shape (c,).
        missed: whether it was not told within the horizon, which is then its delay, shape (c,).
    """

    days: float
    false_day: NDArray[np.intp]
    collapse_day: NDArray[np.intp]
    delay_h: Numbers
    missed: NDArray[np.bool_]


class Figure(NamedTuple):
    """A figure with its interval of 95 %."""

    value: float | None
    low: float | None
    high: float | None


class Rates(NamedTuple):
    """The figures of one method with one setting, of one home or of several together.

    Args:
        false_alarms: how many.
        weeks: recorded.
        false_per_week, mean_delay_h: with their intervals.
        median_delay_h, late_delay_h: half, and nine tenths, of the collapses waited no longer.
        collapses: how many were tried.
        missed: the share that was not told within the horizon.
        standing: the share that is left out since a silence was told already.
    """

    false_alarms: int
    weeks: float
    false_per_week: Figure
    mean_delay_h: Figure
    median_delay_h: float | None
    late_delay_h: float | None
    collapses: int
    missed: float
    standing: float


def rates(tried: Sequence[Tried]) -> Rates:
    """The figures of some homes together; every home's days are drawn apart."""
    weeks = sum(one.days for one in tried) / WEEK_DAYS
    false, delay = np.zeros(DRAWS), np.zeros((2, DRAWS))
    for number, one in enumerate(tried):
        drawn = _drawn(_day_count(one), number)
        false += drawn @ _daily(one, one.false_day)
        delay += drawn @ _daily(one, one.collapse_day, one.delay_h), drawn @ _daily(one, one.collapse_day, None)
    waits = np.concatenate([one.delay_h[~np.isnan(one.delay_h)] for one in tried])
    collapses = sum(one.collapse_day.size for one in tried)
    false_alarms = sum(one.false_day.size for one in tried)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = delay[0] / delay[1]
    return Rates(
        false_alarms=false_alarms,
        weeks=weeks,
        false_per_week=_figure(false_alarms / weeks, false / weeks),
        mean_delay_h=_figure(float(waits.mean()) if waits.size else None, means),
        median_delay_h=float(np.median(waits)) if waits.size else None,
        late_delay_h=float(np.quantile(waits, 0.9)) if waits.size else None,
        collapses=collapses,
        missed=sum(int(one.missed.sum()) for one in tried) / max(1, collapses),
        standing=1 - waits.size / max(1, collapses),
    )


@lru_cache(maxsize=8)
def _drawn(days: int, number: int) -> Numbers:
    """How often each day was drawn in each draw, shape (draws, days)."""
    dice = np.random.default_rng([days, number])
    return dice.multinomial(days, np.full(days, 1 / days), DRAWS).astype(np.float64)


def _day_count(one: Tried) -> int:
    return int(max(np.ceil(one.days), *(int(days.max(initial=0)) + 1 for days in (one.false_day, one.collapse_day))))


def _daily(one: Tried, day: NDArray[np.intp], weight: Numbers | None = None) -> Numbers:
    """How much lies on each day; collapses that are left out weigh nothing."""
    if weight is None:
        weight = np.ones(day.size) if day is one.false_day else (~np.isnan(one.delay_h)).astype(np.float64)
    lies: Numbers = np.bincount(day, np.nan_to_num(weight), _day_count(one)).astype(np.float64)
    return lies


def _figure(value: float | None, draws: Numbers) -> Figure:
    known = draws[np.isfinite(draws)]
    if value is None or not known.size:
        return Figure(value, None, None)
    low, high = np.percentile(known, [LOW, HIGH])
    return Figure(value, float(low), float(high))
