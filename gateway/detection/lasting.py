"""How long silences last, by the place and hour in which they begin: a weighted sample and its exponential tail.

Theory of operation
-------------------
*The sample* of a setting (a place and an hour): her own silences that began in this place at about this hour (a
Gaussian of `HOUR_WIDTH_H`; younger days weigh more, `HALF_LIFE_DAYS`); and, with the weight of a few silences in all
(`ROOMS_WEIGH`, `HOME_WEIGHS`, `OTHERS_WEIGH`), those that began at this hour anywhere in the home, those of the whole
day or night, and those of the homes shipped with us (`prior`). So a setting without a history borrows one, and gives
it back as its own grows.

Long silences are sleep, and sleep ends by the clock: one that began an hour earlier is expected to last
`ENDS_BY_CLOCK` of an hour longer. People differ: the silences of others are taken longer than they were, by half at
first (`STRANGERS_FACTOR`), less as her own days are counted.

*The tail.* Beyond the longest that was seen nobody has data; there the chance of a silence is taken to fall off
exponentially from the `TAIL` longest on. Its scale is their mean excess, drawn towards `TAIL_SCALE` of where they
begin by `TAIL_WEIGHS` silences, so that three equal nights do not promise a fourth.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOUR_WIDTH_H = 1.0
HALF_LIFE_DAYS = 35.0
ROOMS_WEIGH, HOME_WEIGHS, OTHERS_WEIGH = 4.0, 1.0, 3.0
OTHERS_DAYS = 4.0
ENDS_BY_CLOCK = 0.8
ASLEEP_FROM_H, ASLEEP_FULLY_H = 2.0, 4.0
STRANGERS_FACTOR, STRANGERS_DAYS = 0.7, 10.0
TAIL, TAIL_SHARE = 8.0, 0.4
TAIL_WEIGHS, TAIL_SCALE, TAIL_FROM_H = 6.0, 0.2, 0.6
SHORTEST_SCALE_H = 0.15
TIME_SPENT_LEAST_H = 0.2
"""The numbers of the method. Source: chosen by walking forward through the three recorded homes; none of them matters
much within a factor of 1.5 (docs/inactivity.md)."""

HOURS = 24
_REACH_H = 3.5 * HOUR_WIDTH_H
_SPREAD_H = math.sqrt(2 * math.pi) * HOUR_WIDTH_H
_STEPS = 12
"""Steps of the Gaussian in an hour: five minutes each."""


def _gaussian(apart_h: float) -> float:
    return math.exp(-0.5 * (apart_h / HOUR_WIDTH_H) ** 2) if apart_h < _REACH_H else 0.0


_KERNEL = tuple(_gaussian(min(step, HOURS * _STEPS - step) / _STEPS) for step in range(HOURS * _STEPS))


class Sample(NamedTuple):
    """A silence: when it began and how long it lasted, in hours; how much it counts (per day); where it began."""

    begun_h: float
    lasted_h: float
    weight: float
    place: int


class Setting(NamedTuple):
    """What is expected of the silences that begin in one place in one hour.

    Args:
        from_h: from which length on silences fall off exponentially.
        scale_h: the mean excess over it.
        longer_a_day: how many a day are longer than `from_h`.
        spent_h: the hours a day that are spent in them.
    """

    from_h: float
    scale_h: float
    longer_a_day: float
    spent_h: float


class Near(NamedTuple):
    """The samples about one hour, longest first, as they would have lasted had they begun in it.

    Args:
        lasts_h: how long.
        shared: how much all up to here weigh, in every place.
        shared_h: the same, times how long they last.
        own: by place, which of them began in it and how much they weigh there.
    """

    lasts_h: list[float]
    shared: list[float]
    shared_h: list[float]
    own: dict[int, list[tuple[int, float]]]


class Others(NamedTuple):
    """What other homes lend.

    Args:
        samples: their silences; weight is how many a day.
        days: how many days of hers count.
        places: among how many places they are shared out.
    """

    samples: Sequence[Sample]
    days: float
    places: int

    @property
    def stretched(self) -> float:
        """By which factor their silences are taken longer."""
        return 1.0 + STRANGERS_FACTOR * STRANGERS_DAYS / (STRANGERS_DAYS + self.days)


def settings(
    hour: int, own: Sequence[Sample], places: Sequence[int], others: Others, night: Sequence[bool]
) -> Iterator[tuple[int, Setting]]:
    """What is expected in each place of the silences that begin in an hour.

    Args:
        hour: of the day.
        own: her silences, younger ones with more weight.
        places: the places to tell apart.
        others: what other homes lend.
        night: by hour, whether it is night.
    """
    middle_h = hour + 0.5
    near, lent, lent_h = _near(middle_h, own, others, night)
    share, counted = OTHERS_DAYS / others.places, others.days + OTHERS_DAYS
    weighs = near.shared[-1] if near.shared else 0.0
    for place in places:
        mine = near.own.get(place, [])
        count, spent_h = 0.0, 0.0
        for index, weight in mine:
            count += weight
            spent_h += weight * near.lasts_h[index]
        from_h, weight, excess_h = _threshold(near, mine, min(TAIL, TAIL_SHARE * (weighs + count)))
        expected_h = TAIL_SCALE * max(TAIL_FROM_H, from_h)
        scale_h = (excess_h + TAIL_WEIGHS * expected_h) / (weight + TAIL_WEIGHS)
        begin_a_day = (count / _SPREAD_H + lent * share) / counted
        yield (
            place,
            Setting(
                from_h=from_h,
                scale_h=max(scale_h, SHORTEST_SCALE_H),
                longer_a_day=begin_a_day * weight / max(weighs + count, weight, 1e-9),
                spent_h=(spent_h / _SPREAD_H + lent_h * share) / counted + TIME_SPENT_LEAST_H / others.places,
            ),
        )


def _near(middle_h: float, own: Sequence[Sample], others: Others, night: Sequence[bool]) -> tuple[Near, float, float]:
    """The samples about an hour, and how many silences a day, and hours in them, others have there."""
    dark = night[int(middle_h)]
    here = [(one, _kernel(one.begun_h, middle_h) * one.weight) for one in own]
    rooms = ROOMS_WEIGH / max(sum(kernel for _, kernel in here), 1e-9)
    whole = HOME_WEIGHS / max(sum(one.weight for one in own if night[int(one.begun_h)] is dark), 1e-9)
    found = [
        (_lasts_h(one, middle_h), kernel * rooms + (one.weight * whole if alike else 0.0), kernel, one.place)
        for one, kernel in here
        if (alike := night[int(one.begun_h)] is dark) or kernel
    ]
    lent = [(one, _kernel(one.begun_h, middle_h) * one.weight) for one in others.samples]
    count, spent_h = sum(kernel for _, kernel in lent), sum(kernel * one.lasted_h for one, kernel in lent)
    if not count:
        lent = [(one, one.weight) for one in others.samples]  # nobody lies in bed at noon: whatever they did at night
    weigh = OTHERS_WEIGH / max(sum(kernel for _, kernel in lent), 1e-9)
    longer = others.stretched
    found += [(_lasts_h(one, middle_h) * longer, kernel * weigh, 0.0, one.place) for one, kernel in lent if kernel]
    found.sort(reverse=True)
    by_place: dict[int, list[tuple[int, float]]] = {}
    for index, (_, _, kernel, place) in enumerate(found):
        if kernel:
            by_place.setdefault(place, []).append((index, kernel))
    near = Near(
        lasts_h=[lasts for lasts, *_ in found],
        shared=list(accumulate(weight for _, weight, *_ in found)),
        shared_h=list(accumulate(weight * lasts for lasts, weight, *_ in found)),
        own=by_place,
    )
    return near, count / _SPREAD_H, spent_h / _SPREAD_H


def _apart_h(begun_h: float, middle_h: float) -> float:
    """How much later than the middle of an hour a silence began, the short way round the clock."""
    return (begun_h - middle_h + HOURS / 2) % HOURS - HOURS / 2


def _kernel(begun_h: float, middle_h: float) -> float:
    """How near to the middle of an hour a silence began: 1 to 0, a Gaussian."""
    return _KERNEL[int((begun_h - middle_h) * _STEPS) % (HOURS * _STEPS)]


def _lasts_h(one: Sample, middle_h: float) -> float:
    """How long a silence would have lasted had it begun in the middle of an hour near by."""
    apart_h = _apart_h(one.begun_h, middle_h)
    if one.lasted_h <= ASLEEP_FROM_H or abs(apart_h) >= _REACH_H:
        return one.lasted_h
    asleep = min(1.0, (one.lasted_h - ASLEEP_FROM_H) / (ASLEEP_FULLY_H - ASLEEP_FROM_H))
    return one.lasted_h + ENDS_BY_CLOCK * asleep * apart_h


def _threshold(near: Near, own: Sequence[tuple[int, float]], need: float) -> tuple[float, float, float]:
    """Where the tail begins that weighs `need`: from which length, its weight, its excess over that length."""
    mine, mine_h, at = 0.0, 0.0, -1
    for index, weight in own:
        at = bisect_left(near.shared, need - mine, 0, index)
        if at < index:
            break
        mine, mine_h = mine + weight, mine_h + weight * near.lasts_h[index]
        if near.shared[index] + mine >= need:
            break
        at = -1
    if at < 0:
        at = min(bisect_left(near.shared, need - mine), len(near.shared) - 1)
    from_h, weight = near.lasts_h[at], near.shared[at] + mine
    return from_h, weight, near.shared_h[at] + mine_h - from_h * weight
