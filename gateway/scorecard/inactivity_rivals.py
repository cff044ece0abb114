"""What others would have told of the same silences: fixed limits, per-hour maxima, and two published methods.

Theory of operation
-------------------
Every rival sees what our detector sees of presence: the silences at home as the pipeline watched them, and none while
she is believed to be out. Only the limit is theirs. It walks forward too: the limits of a day are made from silences
that a sign of life had ended before that day. No limit is longer than the floor of 12 h, and a rival that has not seen
enough yet uses the floor.

*Per-hour maxima*: the longest silence that ever began in this hour of the day, times a factor.

*Per-hour quantile bands* (after Cuddihy et al. 2007: alert lines by the time of day from a home's own motion): for
each half hour of the day the longest that it had been quiet then, on each of the last 45 days; the line is a quantile
of these days and of the half hours beside it, times a margin. It is told when the present silence crosses the line of
the present half hour.

*Distribution of gaps* (after Moshtaghi, Zukerman and Russell 2015: distributions of inactivity periods with a smallest
gap that counts, and forgetting): a log-normal distribution of the gaps of 10 min and more that begin in each four hours
of the day, older days fading with a half-life of 14 days; the limit is the gap that is exceeded with a small chance.
Their own three distributions could not be read in full; this is the idea, not their code.

Sources: Cuddihy, Weisenberg, Graichen, Ganesh, HealthNet 2007; Moshtaghi, Zukerman, Russell, User Modeling and
User-Adapted Interaction 2015, doi 10.1007/s11257-015-9162-6.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

DAY_S, HOUR_S = 86400.0, 3600.0
FLOOR_S = 12 * HOUR_S
ENOUGH_DAYS = 7
"""Days that a rival must have seen. Source: our choice: every day of the week once."""
WINDOW_DAYS = 45
"""Days that the quantile bands look back. Source: our choice; six weeks follow a season."""
GAP_MIN_S = 600.0
"""Gaps that the distribution counts. Source: our choice; shorter ones say nothing of an emergency."""
HALF_LIFE_DAYS = 14.0
ENOUGH_GAPS = 20


class Silences(NamedTuple):
    """Silences as they were watched: seconds since the home's first midnight, by its own clock.

    Args:
        since: since when it was quiet, shape (n,).
        start, end: from when to when that was watched, shape (n,).
        by_her: whether a sign of life ended it, shape (n,).
    """

    since: Numbers
    start: Numbers
    end: Numbers
    by_her: NDArray[np.bool_]


class Limits(NamedTuple):
    """How long it may be quiet.

    Args:
        limit_s: shape (days, slots of the day).
        now: the limit of the present slot counts; otherwise that of the slot in which the silence began.
    """

    limit_s: Numbers
    now: bool


class Rival(NamedTuple):
    """A method and its knob: `limits(recorded, days, knob)` walks forward over the recorded silences."""

    name: str
    knob: str
    knobs: Sequence[float]
    limits: Callable[[Silences, int, float], Limits]


def due(limits: Limits, silences: Silences) -> Numbers:
    """When each silence reaches its limit, in seconds like `Silences`."""
    days, slots = limits.limit_s.shape
    slot_s = DAY_S / slots

    def limit(at: Numbers) -> Numbers:
        day = np.clip(at // DAY_S, 0, days - 1).astype(np.intp)
        limit_s: Numbers = limits.limit_s[day, (at % DAY_S // slot_s).astype(np.intp) % slots]
        return limit_s

    if not limits.now:
        return silences.since + limit(silences.since)
    crossed = np.full(silences.since.shape, np.inf)
    for number in range(int(FLOOR_S / slot_s) + 2):
        begins = np.maximum(silences.since, (silences.since // slot_s + number) * slot_s)
        reached = np.maximum(begins, silences.since + limit(begins))
        ends = (silences.since // slot_s + number + 1) * slot_s
        crossed = np.where(np.isinf(crossed) & (reached < ends), reached, crossed)
    reached_s: Numbers = np.minimum(crossed, silences.since + FLOOR_S)
    return reached_s


def _fixed(_recorded: Silences, days: int, hours: float) -> Limits:
    return Limits(np.full((days, 1), hours * HOUR_S), now=False)


def _maxima(recorded: Silences, days: int, factor: float) -> Limits:
    known = recorded.by_her
    since, length, ended = recorded.since[known], (recorded.end - recorded.since)[known], recorded.end[known]
    slots = 24
    daily = np.zeros((days, slots))
    where = (np.minimum(ended // DAY_S, days - 1).astype(np.intp), (since % DAY_S // HOUR_S).astype(np.intp))
    np.maximum.at(daily, where, length)
    before = _before(np.maximum.accumulate(daily))
    return Limits(_floored(np.where(before > 0, before * factor, FLOOR_S)), now=False)


def _bands(recorded: Silences, days: int, margin: float) -> Limits:
    quantile, factor = (margin, 1.0) if margin <= 1.0 else (1.0, margin)
    slots = 48
    reached = _reached(recorded, days, slots)
    reached[reached == 0] = np.nan
    lines = np.full((days, slots), FLOOR_S)
    beside = np.stack([np.roll(reached, shift, axis=1) for shift in (-1, 0, 1)], axis=1)
    for day in range(ENOUGH_DAYS, days):
        seen = beside[max(0, day - WINDOW_DAYS) : day].reshape(-1, slots)
        some = ~np.isnan(seen).all(axis=0)
        lines[day, some] = np.nanquantile(seen[:, some], quantile, axis=0) * factor
    return Limits(np.minimum(lines, FLOOR_S), now=True)


def _reached(recorded: Silences, days: int, slots: int) -> Numbers:
    """The longest that it had been quiet in each slot of each day; 0 where nothing is known."""
    slot_s = DAY_S / slots
    since, end = recorded.since[recorded.by_her], recorded.end[recorded.by_her]
    longest = np.zeros(days * slots)
    first = since // slot_s
    number = 0
    while since.size:
        slot = first + number
        quiet = np.minimum((slot + 1) * slot_s, end) - since
        known = slot < longest.size
        np.maximum.at(longest, slot[known].astype(np.intp), quiet[known])
        number += 1
        goes_on = (first + number) * slot_s < end
        since, end, first = since[goes_on], end[goes_on], first[goes_on]
    return longest.reshape(days, slots)


def _gaps(recorded: Silences, days: int, exponent: float) -> Limits:
    slots, slot_s = 6, 4 * HOUR_S
    length = recorded.end - recorded.since
    counted = recorded.by_her & (length >= GAP_MIN_S)
    slot = (recorded.since[counted] % DAY_S // slot_s).astype(np.intp)
    day = np.minimum(recorded.end[counted] // DAY_S, days - 1).astype(np.intp)
    log = np.log(length[counted])
    powers = np.zeros((days, 3, slots))
    for power in range(3):
        np.add.at(powers[:, power], (day, slot), log**power)
    seen, limit_s, z = np.zeros((3, slots)), np.full((days, slots), FLOOR_S), NormalDist().inv_cdf(1 - 10**-exponent)
    for today in range(days):
        enough = seen[0] >= ENOUGH_GAPS
        count = np.where(enough, seen[0], 1.0)
        mean = seen[1] / count
        spread = np.sqrt(np.maximum(seen[2] / count - mean**2, 0.0))
        limit_s[today] = np.where(enough, np.exp(np.minimum(mean + z * spread, np.log(FLOOR_S))), FLOOR_S)
        seen = seen * 0.5 ** (1 / HALF_LIFE_DAYS) + powers[today]
    return Limits(limit_s, now=False)


def _before(daily: Numbers) -> Numbers:
    """What was known at the beginning of each day: the rows moved down by one."""
    return np.vstack([np.zeros((1, daily.shape[1])), daily[:-1]])


def _floored(limit_s: Numbers) -> Numbers:
    limit_s = np.minimum(limit_s, FLOOR_S)
    limit_s[:ENOUGH_DAYS] = FLOOR_S
    return limit_s


FIXED = Rival("fixed limit", "h", tuple(float(hours) for hours in range(2, 13)), _fixed)
RIVALS = (
    FIXED,
    Rival("per-hour maxima", "x", (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0), _maxima),
    Rival("quantile bands", "q", (0.8, 0.9, 0.95, 0.98, 1.0, 1.25, 1.5, 2.0), _bands),
    Rival("gap distribution", "-lg p", (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0), _gaps),
)
HINDSIGHT_H = tuple(2.0 + n / 12 for n in range(121))
"""Fixed limits from which the best is chosen in hindsight, every five minutes."""
