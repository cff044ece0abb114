"""How long silences last, by the place and hour in which they begin: a weighted sample and its exponential tail.

Theory of operation
-------------------
*The sample* of a setting (a place and an hour): her own silences that began in this place at about this hour (a
Gaussian of `HOUR_WIDTH_H`; younger days weigh more, `HALF_LIFE_DAYS`); and, with the weight of a few silences in all
(`ROOMS_WEIGH`, `OTHERS_WEIGH`), those that began at this hour anywhere in the home and in the homes shipped with us
(`prior`). So a setting without a history borrows one, and gives it back as its own grows.

Long silences are sleep, and sleep ends by the clock: one that began an hour earlier is expected to last
`ENDS_BY_CLOCK` of an hour longer. People differ: the silences of others are taken longer than they were, by 70 % at
first (`STRANGERS_FACTOR`), less as her own days are counted.

*The tail.* Beyond the longest that was seen nobody has data; there the chance of a silence is taken to fall off
exponentially from the `TAIL` longest on. Its scale is their mean excess, drawn towards `TAIL_SCALE` of where they
begin by `TAIL_WEIGHS` silences, so that three equal nights do not promise a fourth.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate, chain
from operator import mul
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HOUR_WIDTH_H = 1.0
HALF_LIFE_DAYS = 35.0
ROOMS_WEIGH, OTHERS_WEIGH = 4.0, 3.0
OTHERS_DAYS = 4.0
ENDS_BY_CLOCK = 0.8
ASLEEP_FROM_H, ASLEEP_FULLY_H = 2.0, 4.0
STRANGERS_FACTOR, STRANGERS_DAYS = 0.7, 10.0
TAIL, TAIL_SHARE = 8.0, 0.4
TAIL_WEIGHS, TAIL_SCALE, TAIL_FROM_H = 6.0, 0.3, 0.6
SHORTEST_SCALE_H = 0.15
TIME_SPENT_LEAST_H = 0.2
"""The numbers of the method. Source: chosen by walking forward through the three recorded homes; none of them matters
much within a factor of 1.5 (docs/inactivity.md)."""

HOURS = 24
_REACH = 3
_SPREAD_H = math.sqrt(2 * math.pi) * HOUR_WIDTH_H
_STEPS = 12
"""Steps of the Gaussian in an hour: five minutes each."""
_KERNEL = tuple(math.exp(-0.5 * (step / _STEPS / HOUR_WIDTH_H) ** 2) for step in range((_REACH + 1) * _STEPS))


class Sample(NamedTuple):
    """A silence: when it began and how long it lasted, in hours; how much it counts (per day); where it began."""

    begun_h: float
    lasted_h: float
    weight: float
    place: int


class Begun(NamedTuple):
    """A silence among those of its hour.

    Args:
        sample: the silence.
        past_h: how far into the hour it began.
        by_clock: how many hours longer it would have lasted for each hour that it had begun earlier.
    """

    sample: Sample
    past_h: float
    by_clock: float


Hours: TypeAlias = "Sequence[Sequence[Begun]]"
"""Silences by the hour in which they began."""


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

    lasts_h: Sequence[float]
    shared: list[float]
    shared_h: list[float]
    own: dict[int, list[tuple[int, float]]]


class Lent(NamedTuple):
    """The silences of other homes about one hour.

    Args:
        lasts: how long each would have lasted had it begun then, and its weight; all hours' where nobody has any then.
        a_day: how many begin then in a day.
        spent_h: the hours a day that are spent in them.
    """

    lasts: Sequence[tuple[float, float]]
    a_day: float
    spent_h: float


class Others(NamedTuple):
    """What other homes lend.

    Args:
        lent: by hour.
        days: how many days of hers count.
        places: among how many places they are shared out.
    """

    lent: Sequence[Lent]
    days: float
    places: int

    @property
    def stretched(self) -> float:
        """By which factor their silences are taken longer."""
        return 1.0 + STRANGERS_FACTOR * STRANGERS_DAYS / (STRANGERS_DAYS + self.days)


def by_hour(samples: Iterable[Sample]) -> Hours:
    """Samples by the hour in which they began, so that those near an hour are found at once."""
    hours: list[list[Begun]] = [[] for _ in range(HOURS)]
    for one in samples:
        asleep = min(max((one.lasted_h - ASLEEP_FROM_H) / (ASLEEP_FULLY_H - ASLEEP_FROM_H), 0.0), 1.0)
        hours[int(one.begun_h)].append(Begun(one, one.begun_h % 1.0, ENDS_BY_CLOCK * asleep))
    return hours


def lend(hours: Hours) -> tuple[Lent, ...]:
    """What other homes lend to each hour; weight is how many silences a day."""
    return tuple(_lend(hour, hours) for hour in range(HOURS))


def _lend(hour: int, hours: Hours) -> Lent:
    near = _weighed(hour, hours)
    lasts = [(lasts_h, weight) for _, lasts_h, weight in near]
    return Lent(
        lasts=lasts or [(one.sample.lasted_h, one.sample.weight) for one in chain(*hours)],
        a_day=sum(weight for *_, weight in near) / _SPREAD_H,
        spent_h=sum(weight * one.lasted_h for one, _, weight in near) / _SPREAD_H,
    )


def settings(hour: int, own: Hours, places: Sequence[int], others: Others) -> Iterator[tuple[int, Setting]]:
    """What is expected in each place of the silences that begin in an hour.

    Args:
        hour: of the day.
        own: her silences, younger ones with more weight.
        places: the places to tell apart.
        others: what other homes lend.
    """
    lent = others.lent[hour]
    near = _near(hour, own, lent, others.stretched)
    unknown = _setting(near, (), lent, others)
    for place in places:
        mine = near.own.get(place)
        yield place, _setting(near, mine, lent, others) if mine else unknown


def _setting(near: Near, mine: Sequence[tuple[int, float]], lent: Lent, others: Others) -> Setting:
    """What is expected in a place, from the samples that began in it and those that it shares."""
    share, counted = OTHERS_DAYS / others.places, others.days + OTHERS_DAYS
    weighs, count, spent_h = near.shared[-1], 0.0, 0.0
    for index, weight in mine:
        count += weight
        spent_h += weight * near.lasts_h[index]
    from_h, weight, excess_h = _threshold(near, mine, min(TAIL, TAIL_SHARE * (weighs + count)))
    expected_h = TAIL_SCALE * max(TAIL_FROM_H, from_h)
    scale_h = (excess_h + TAIL_WEIGHS * expected_h) / (weight + TAIL_WEIGHS)
    begin_a_day = (count / _SPREAD_H + lent.a_day * share) / counted
    return Setting(
        from_h=from_h,
        scale_h=max(scale_h, SHORTEST_SCALE_H),
        longer_a_day=begin_a_day * weight / (weighs + count),
        spent_h=(spent_h / _SPREAD_H + lent.spent_h * share) / counted + TIME_SPENT_LEAST_H / others.places,
    )


def _near(hour: int, own: Hours, lent: Lent, stretched: float) -> Near:
    """The samples about an hour, hers and those that are lent."""
    here = _weighed(hour, own)
    rooms = ROOMS_WEIGH / max(sum(kernel for *_, kernel in here), 1e-9)
    weigh = OTHERS_WEIGH / sum(weight for _, weight in lent.lasts)
    found = [(lasts_h, kernel * rooms, kernel, one.place) for one, lasts_h, kernel in here]
    found += [(lasts_h * stretched, weight * weigh, 0.0, 0) for lasts_h, weight in lent.lasts]
    found.sort(reverse=True)
    lasts_h, weights, kernels, places = zip(*found, strict=True)
    by_place: dict[int, list[tuple[int, float]]] = {}
    for index, kernel in enumerate(kernels):
        if kernel:
            by_place.setdefault(places[index], []).append((index, kernel))
    return Near(
        lasts_h=lasts_h,
        shared=list(accumulate(weights)),
        shared_h=list(accumulate(map(mul, weights, lasts_h))),
        own=by_place,
    )


def _weighed(hour: int, hours: Hours) -> list[tuple[Sample, float, float]]:
    """The samples near an hour, how long each would have lasted had it begun in its middle, and its weight."""
    found = []
    for apart in range(-_REACH, _REACH + 1):
        for one, past_h, by_clock in hours[(hour + apart) % HOURS]:
            later_h = apart + past_h - 0.5
            kernel = _KERNEL[abs(round(later_h * _STEPS))]
            found.append((one, one.lasted_h + by_clock * later_h, one.weight * kernel))
    return found


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
