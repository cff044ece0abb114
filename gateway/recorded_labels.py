"""What people wrote down of a recorded home: when she slept and was out. For scoring only, never for detection."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Activity(NamedTuple):
    """One labelled activity: from when to when, and what, in the words of the recording."""

    start: datetime
    end: datetime
    what: str


class Span(NamedTuple):
    """A stretch of time (aware UTC)."""

    start: datetime
    end: datetime


class Labels(NamedTuple):
    """When she slept and when she was out, in order of time, as people wrote it down."""

    asleep: tuple[Span, ...]
    away: tuple[Span, ...]


_SLEEPING = frozenset({"sleeping", "sleep", "go to bed"})
_OUT = frozenset({"leaving", "leave house", "outside"})
"""Labels that last as long as she is out."""
_LEAVES = frozenset({"leave home"})
"""Labels that last as long as she leaves; she is then out until the next thing that was seen of her."""


def labels_of(activities: Iterable[Activity]) -> Labels:
    """When she slept and was out, by these labels."""
    known = sorted(activities)
    asleep = [Span(one.start, one.end) for one in known if _word(one) in _SLEEPING]
    away = [Span(one.start, one.end) for one in known if _word(one) in _OUT]
    away += [Span(one.end, after.start) for one, after in pairwise(known) if _word(one) in _LEAVES]
    return Labels(tuple(asleep), tuple(sorted(span for span in away if span.start < span.end)))


def _word(activity: Activity) -> str:
    return activity.what.casefold().replace("_", " ").strip()
