"""What several homes come to together, and the fixed limits that hindsight would have chosen for them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.scorecard.inactivity_figures import WEEK_DAYS, Tried, rates
from gateway.scorecard.inactivity_home import HINDSIGHT, OURS, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.scorecard.inactivity_figures import Rates
    from gateway.scorecard.inactivity_home import Scored

ROUNDING = 1e-9
ALL = "all"
"""Awake and asleep together."""


class Point(NamedTuple):
    """A method with its knob at one place, and its figures by state; `all` has both states together."""

    method: str
    knob: float | None
    rates: Mapping[str, Rates]


class Chosen(NamedTuple):
    """Fixed limits chosen in hindsight, one for each home, in hours; what they cost, and their figures."""

    hours: dict[str, float]
    false_per_week: float
    rates: Rates


class Scorecard(NamedTuple):
    """Every home that was scored, with its figures and those of all together."""

    homes: Sequence[Scored]
    pooled: list[Point]
    own: dict[str, list[Point]]


def scorecard(homes: Sequence[Scored]) -> Scorecard:
    """The figures of each home and of all together."""
    return Scorecard(homes, points(homes), {home.name: points([home]) for home in homes})


def points(homes: Sequence[Scored]) -> list[Point]:
    """Every method at every setting over some homes together, but for what only hindsight chooses from."""
    wanted = [(one.method, one.knob) for one in homes[0].settings if one.method != HINDSIGHT]
    return [_point(homes, method, knob) for method, knob in wanted]


def default(all_points: Iterable[Point]) -> Point:
    """Our detector as it is shipped."""
    return next(point for point in all_points if point.method == OURS and point.knob is None)


def best_fixed(homes: Sequence[Scored], state: str, per_week: float, *, counted: str) -> Chosen:
    """The fixed limits, one for each home, with the shortest mean delay among all that tell no more often.

    Args:
        homes: each gets a limit of its own.
        state: whose collapses count.
        per_week: false alarms a week over all homes that are allowed.
        counted: whose false alarms count: of a state, or `all`.
    """
    weeks = sum(home.days for home in homes) / WEEK_DAYS
    allowed = int(per_week * weeks + ROUNDING)
    best: dict[int, tuple[float, tuple[float, ...]]] = {0: (0.0, ())}
    for home in homes:
        options = _options(home, state, counted)
        found: dict[int, tuple[float, tuple[float, ...]]] = {}
        for (so_far, (delay_h, hours)), (false, (more_h, limit_h)) in product(best.items(), options.items()):
            total = so_far + false
            if total not in found or delay_h + more_h < found[total][0]:
                found[total] = (delay_h + more_h, (*hours, limit_h))
        best = {total: way for total, way in found.items() if total <= allowed} or dict([min(found.items())])
    (_, hours), false_alarms = min((way, total) for total, way in best.items())
    tried = [_tried(home, HINDSIGHT, limit_h)[state] for home, limit_h in zip(homes, hours, strict=True)]
    by_name = {home.name: limit_h for home, limit_h in zip(homes, hours, strict=True)}
    return Chosen(by_name, false_alarms / weeks, rates(tried))


def _options(home: Scored, state: str, counted: str) -> dict[int, tuple[float, float]]:
    """For each number of false alarms the shortest mean delay that costs so many, and its limit in hours."""
    states = STATES if counted == ALL else (counted,)
    options: dict[int, tuple[float, float]] = {}
    for one in home.settings:
        if one.method == HINDSIGHT and one.knob is not None:
            false = sum(one.tried[each].false_day.size for each in states)
            known = one.tried[state].delay_h[~np.isnan(one.tried[state].delay_h)]
            delay_h = float(known.mean()) if known.size else 0.0
            options[false] = min(options.get(false, (delay_h, one.knob)), (delay_h, one.knob))
    return options


def _point(homes: Sequence[Scored], method: str, knob: float | None) -> Point:
    found = [_tried(home, method, knob) for home in homes]
    return Point(method, knob, {state: rates([one[state] for one in found]) for state in (*STATES, ALL)})


def _tried(home: Scored, method: str, knob: float | None) -> dict[str, Tried]:
    tried = next(one.tried for one in home.settings if (one.method, one.knob) == (method, knob))
    return {**tried, ALL: _joined([tried[state] for state in STATES])}


def _joined(some: Sequence[Tried]) -> Tried:
    return Tried(
        days=some[0].days,
        false_day=np.concatenate([one.false_day for one in some]),
        collapse_day=np.concatenate([one.collapse_day for one in some]),
        delay_h=np.concatenate([one.delay_h for one in some]),
        missed=np.concatenate([one.missed for one in some]),
    )
