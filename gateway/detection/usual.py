"""How long a silence may last before it is told, from one number: how many false alarms a month are acceptable.

Theory of operation
-------------------
For each place and hour in which a silence may begin, `lasting` tells how long silences last there. A limit costs
delay, paid for every hour that is spent in such silences, and saves false alarms. The sum of delays is least, for a
given number of false alarms, when the density of silences that end just at the limit, divided by the time spent in
them, is the same everywhere. So all limits follow from one price, which is found by bisection such that the false
alarms to be expected in a month are what the installer accepts (`false_alarms_a_month`). More of them are so allowed
where she spends much time, and where habits are loose.

No limit is later than the fixed ones of day, night and floor (`Caps`); false alarms of settings that take those would
come anyhow, and are not counted.

Plain Python without numpy: some 300 settings, 1,000 silences, in 50 ms once a day, and nothing to load.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from gateway.detection.lasting import HALF_LIFE_DAYS, HOURS, Lent, Others, Sample, Setting, by_hour, lend, settings
from gateway.detection.profile import ELSEWHERE, IN_BED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.detection.prior import Prior
    from gateway.detection.profile import Silence

LEAST_H = 1.0
"""No learned limit is shorter. Source: our choice: an hour without a sign happens to everybody."""
DAYS_A_MONTH = 30.44
DAYS_A_WEEK = 7
OTHER_KIND_WEIGHS = 0.6
"""A working day's silences on a weekend, and the other way round. Source: our choice: most elders' days are alike."""
CORRECTION_WEIGHS, CORRECTION_LEAST, CORRECTION_MOST = 1.0, 0.1, 2.0
HALVINGS = 16
PRICES = -30.0, 10.0
"""Logarithms of the lowest and the highest price. Source: beyond them every limit is the latest or the shortest."""


class Caps(NamedTuple):
    """The latest that a silence may last by the fixed limits, in hours, by the hour in which it begins.

    Args:
        up: not in a bed whose sensor lives.
        in_bed: in one.
    """

    up: tuple[float, ...]
    in_bed: tuple[float, ...]


class Usual(NamedTuple):
    """How long a silence may last, in hours, by place and hour.

    Args:
        places: by the place's number.
        up, in_bed: in a place without a history.
    """

    places: tuple[tuple[float, ...], ...]
    up: tuple[float, ...]
    in_bed: tuple[float, ...]

    def limit_h(self, place: int, hour: int, *, in_bed: bool) -> float:
        """How long a silence may last that begins in this place in this hour."""
        if place == ELSEWHERE:
            return (self.in_bed if in_bed else self.up)[hour]
        return self.places[place][hour]

    def longest_h(self, hour: int, *, in_bed: bool) -> float:
        """The longest that any silence may last that begins in this hour, wherever that is."""
        if in_bed:
            return self.in_bed[hour]
        return max(self.up[hour], *(place[hour] for place in self.places)) if self.places else self.up[hour]


class _Priced(NamedTuple):
    """What a limit follows from, flat, since it is asked for thousands of times.

    Args:
        from_h, scale_h, longer_a_day: as in `lasting.Setting`.
        worth: the logarithm of the highest price at which it is worth telling later than `from_h`.
        cap_h: the latest limit, in hours.
    """

    from_h: float
    scale_h: float
    longer_a_day: float
    worth: float
    cap_h: float

    def limit_h(self, price: float) -> float:
        """How long a silence may last when a false alarm costs `price`, a logarithm."""
        limit_h = self.from_h + self.scale_h * max(0.0, self.worth - price)
        return min(max(limit_h, LEAST_H), self.cap_h)


It = TypeVar("It")


class Same(Generic[It]):
    """Something known again by being the same object: to hash thousands of silences takes longer than to look it up."""

    __slots__ = ("it",)

    def __init__(self, it: It) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.it is other.it


def fit(  # noqa: PLR0913, PLR0917 - what a limit follows from is exactly this, and it is remembered by it
    silences: tuple[Silence, ...],
    places: tuple[str, ...],
    prior: Prior,
    false_a_month: float,
    caps: Caps,
    beds: bool,  # noqa: FBT001 - part of what it is remembered by
    weekend: bool,  # noqa: FBT001 - the same
) -> Usual:
    """How long silences may last from now on.

    Args:
        silences: hers, of the days that are over.
        places: the names of the places in which they began.
        prior: of other homes.
        false_a_month: how many false alarms a month are acceptable.
        caps: the fixed limits.
        beds: whether this home has a bed sensor, so that lying in bed is known.
        weekend: for which kind of day; days of the other kind weigh less.
    """
    return _fit(Same(silences), places, Same(prior), false_a_month, Same(caps), beds, weekend)


@lru_cache(maxsize=8)
def _fit(  # noqa: PLR0913, PLR0917 - as above
    same_silences: Same[tuple[Silence, ...]],
    places: tuple[str, ...],
    same_prior: Same[Prior],
    false_a_month: float,
    same_caps: Same[Caps],
    beds: bool,  # noqa: FBT001
    weekend: bool,  # noqa: FBT001
) -> Usual:
    silences, prior, caps = same_silences.it, same_prior.it, same_caps.it
    samples, days = _samples(silences, weekend=weekend)
    priced: dict[tuple[int, bool], list[_Priced]] = {}
    for in_bed in (False, True) if beds else (False,):
        here = [number for number, place in enumerate(places) if place.endswith(IN_BED) is in_bed]
        told_apart = {*here} if in_bed else {*here, ELSEWHERE}
        own = by_hour(one for one in samples if one.place in told_apart)
        others = Others(_lent(prior, up=beds and not in_bed), days, len(here) + 1)
        for hour in range(HOURS):
            cap_h = (caps.in_bed if in_bed else caps.up)[hour]
            for place, setting in settings(hour, own, [*here, ELSEWHERE], others):
                priced.setdefault((place, in_bed), []).append(_priced(setting, cap_h))
    false_a_day = _corrected(false_a_month / DAYS_A_MONTH, silences)
    price = _price(Counter(one for row in priced.values() for one in row), false_a_day)
    limits = {setting: tuple(one.limit_h(price) for one in row) for setting, row in priced.items()}
    up = limits[ELSEWHERE, False]
    return Usual(
        places=tuple(limits.get((number, place.endswith(IN_BED)), up) for number, place in enumerate(places)),
        up=up,
        in_bed=limits.get((ELSEWHERE, True), up),
    )


@lru_cache(maxsize=8)
def _lent(prior: Prior, *, up: bool) -> tuple[Lent, ...]:
    return lend(by_hour(prior.samples(up=up)))


def _corrected(false_a_day: float, silences: Sequence[Silence]) -> float:
    """How many to aim at, when there were more false alarms in this home than were aimed at, or fewer."""
    told = sum(silence.told for silence in silences)
    known = len({silence.day for silence in silences})
    found = (false_a_day * known + CORRECTION_WEIGHS) / (told + CORRECTION_WEIGHS)
    return false_a_day * min(max(found, CORRECTION_LEAST), CORRECTION_MOST)


def is_weekend(day: int) -> bool:
    """Whether a day (`date.toordinal`) is a Saturday or a Sunday."""
    return day % DAYS_A_WEEK in {6, 0}


def _samples(silences: Iterable[Silence], *, weekend: bool) -> tuple[list[Sample], float]:
    """Her silences, weighing less with every day at home that came after, and how many days they are worth."""
    silences = list(silences)
    days = sorted({silence.day for silence in silences}, reverse=True)
    kinds = {weekend: 1.0, not weekend: OTHER_KIND_WEIGHS}
    weighs = {day: kinds[is_weekend(day)] * 0.5 ** (age / HALF_LIFE_DAYS) for age, day in enumerate(days)}
    samples = [Sample(one.minute / 60, one.lasted_min / 60, weighs[one.day], one.place) for one in silences]
    return samples, sum(weighs.values())


def _priced(setting: Setting, cap_h: float) -> _Priced:
    worth = math.log(max(setting.longer_a_day, 1e-12) / max(setting.scale_h * setting.spent_h, 1e-12))
    return _Priced(setting.from_h, setting.scale_h, setting.longer_a_day, worth, cap_h)


def _price(settings: Counter[_Priced], false_a_day: float) -> float:
    """The price at which as many silences as acceptable are expected to be told; places without a history are alike."""
    low, high = PRICES
    for _ in range(HALVINGS):
        price = (low + high) / 2
        if _exceeded_a_day(settings, price) > false_a_day:
            high = price
        else:
            low = price
    return low


def _exceeded_a_day(settings: Counter[_Priced], price: float) -> float:
    """How many silences a day are expected to outlast their limits; none where the fixed limit comes first."""
    total, exp = 0.0, math.exp
    for (from_h, scale_h, longer_a_day, worth, cap_h), alike in settings.items():  # `limit_h` written out: a hot loop
        limit_h = from_h + scale_h * (worth - price) if worth > price else from_h
        limit_h = max(limit_h, LEAST_H)
        if limit_h < cap_h:
            longer = longer_a_day * exp((from_h - limit_h) / scale_h) if limit_h > from_h else longer_a_day
            total += alike * longer
    return total
