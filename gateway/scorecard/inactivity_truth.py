"""When she was asleep and when she was out, and random moments at which she was at home and awake, or asleep.

Where people labelled a recording, their word is taken; and where they forgot a night, in which nothing spoke for
`FORGOTTEN_S` or more, she is taken to have slept. Where nobody labelled, the pipeline's belief must do; a collapse
while it wrongly takes her to be out is then never tried, which the scorecard says.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection.presence import Place
from gateway.recorded_labels import Labels, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo


FORGOTTEN_S = 2 * 3600.0
"""So long a silence about the dead of night is sleep, whatever nobody wrote. Source: judgement; CASAS Aruba has nights
without a word of sleep between two evenings of television."""
DEAD_OF_NIGHT_H = 6
"""From midnight to this hour lies the middle of a night's silence. Source: judgement."""


class Truth(NamedTuple):
    """Where she was.

    Args:
        asleep, awake: the stretches at home in which she was, in order.
        labelled: people said so; otherwise the pipeline believed it.
    """

    asleep: tuple[Span, ...]
    awake: tuple[Span, ...]
    labelled: bool

    def place(self, at: datetime) -> str:
        """`asleep`, `awake` or `away`."""
        if _within(self.asleep, at):
            return "asleep"
        return "awake" if _within(self.awake, at) else "away"


def as_labelled(labels: Labels, heard: Sequence[datetime], timezone: ZoneInfo) -> Truth:
    """The truth as people wrote it down.

    Args:
        labels: what they wrote.
        heard: when anything spoke, in order.
        timezone: for the night.
    """
    forgotten = [
        Span(before, after) for before, after in pairwise(heard) if _is_forgotten_night(before, after, timezone)
    ]
    asleep = sorted([*labels.asleep, *forgotten])
    return _truth(asleep, labels.away, Span(heard[0], heard[-1]), labelled=True)


def _is_forgotten_night(before: datetime, after: datetime, timezone: ZoneInfo) -> bool:
    if (after - before).total_seconds() < FORGOTTEN_S:
        return False
    middle = (before + (after - before) / 2).astimezone(timezone)
    return middle.hour < DEAD_OF_NIGHT_H


def as_believed(places: Sequence[tuple[datetime, Place]], whole: Span) -> Truth:
    """The truth as the pipeline believed it.

    Args:
        places: from when she was believed to be where, in order.
        whole: from the first reading to the last.
    """
    spans = [(place, Span(start, end)) for (start, place), (end, _) in pairwise([*places, (whole.end, Place.UNKNOWN)])]
    asleep = [span for place, span in spans if place is Place.ASLEEP]
    return _truth(asleep, [span for place, span in spans if place is Place.AWAY], whole, labelled=False)


def _truth(asleep: Iterable[Span], away: Iterable[Span], whole: Span, *, labelled: bool) -> Truth:
    home = _without([whole], away)
    awake = _without(home, asleep)
    return Truth(tuple(_without(home, awake)), tuple(awake), labelled)


def _without(spans: Iterable[Span], cut: Iterable[Span]) -> list[Span]:
    """The parts of spans that no cut covers."""
    left = list(spans)
    for out in cut:
        left = (
            [
                part
                for span in left
                for part in (Span(span.start, min(span.end, out.start)), Span(max(span.start, out.end), span.end))
                if part.start < part.end
            ]
            if any(span.start < out.end and out.start < span.end for span in left)
            else left
        )
    return left


def _within(spans: Sequence[Span], at: datetime) -> bool:
    place = bisect_right(spans, at, key=_start) - 1
    return place >= 0 and at < spans[place].end


def _start(span: Span) -> datetime:
    return span.start


def random_moments(spans: Sequence[Span], count: int, seed: str) -> list[datetime]:
    """Moments spread evenly over the stretches, in order; none where there are no stretches.

    Args:
        spans: in order, apart from each other.
        count: how many.
        seed: the same seed gives the same moments.
    """
    if not spans:
        return []
    dice = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
    ends_s = list(accumulate((span.end - span.start).total_seconds() for span in spans))
    moments = []
    for _ in range(count):
        drawn_s = dice.random() * ends_s[-1]
        place = min(bisect_right(ends_s, drawn_s), len(spans) - 1)
        moments.append(spans[place].end - timedelta(seconds=ends_s[place] - drawn_s))
    return sorted(moments)
