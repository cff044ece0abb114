"""One home scored: our detector at every setting of its knob, and every rival, on the same silences and collapses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.detection.daytime import NEVER
from gateway.detection.prior import strangers
from gateway.recorded_labels import Labels, Span
from gateway.scorecard.inactivity_figures import Tried
from gateway.scorecard.inactivity_rivals import DAY_S, FIXED, HINDSIGHT_H, HOUR_S, RIVALS, Limits, Silences, due
from gateway.scorecard.inactivity_truth import as_believed, as_labelled, random_moments
from gateway.scorecard.inactivity_walk import HORIZON_S, Fate, Stretch, Walked, is_silence, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from alerts.model import Detection
    from devices.reading import Reading
    from gateway.detection.home import Home
    from gateway.scorecard.inactivity_rivals import Numbers

COLLAPSES = 500
"""Tried awake, and as many asleep, in every home."""
EARLY_DAYS = 15
"""Days 0 to 14: how the limit tightens."""
STATES = ("awake", "asleep")
OURS, HINDSIGHT = "Shouwang", "best fixed limit, in hindsight"
OWN_PRIOR, WITH_HABITS = "Shouwang, own home in the prior", "Shouwang, broken habits too"
VARIANTS = (WITH_HABITS, OWN_PRIOR)
"""Ours with one thing otherwise."""


class RecordedHome(NamedTuple):
    """A home to be scored.

    Args:
        name: of the recording.
        home: as the detectors see it.
        readings: in order.
        labels: what people wrote down of it, if anybody did.
    """

    name: str
    home: Home
    readings: Sequence[Reading]
    labels: Labels | None


class Setting(NamedTuple):
    """A method with its knob at one place, and what it came to by state."""

    method: str
    knob: float | None
    tried: dict[str, Tried]


class Day(NamedTuple):
    """How long a silence could last on one of the first days, over the hours at which she was at home.

    Args:
        number: of the day; the first is 0.
        mean_h, longest_h: in hours; None where every hour is left out.
        missed: how many of the hours are left out since she was wrongly taken to be out, and nobody would have looked.
    """

    number: int
    mean_h: float | None
    longest_h: float | None
    missed: int


class Scored(NamedTuple):
    """One home after scoring.

    Args:
        name: of the recording.
        readings: how many.
        labelled: whether people said where she was.
        days: recorded.
        settings: of every method.
        told: the false alarms of our detector at its default, those of broken habits among them, and where she was.
        early: by state, how the limit tightened.
    """

    name: str
    readings: int
    labelled: bool
    days: float
    settings: list[Setting]
    told: list[tuple[Detection, str]]
    early: dict[str, list[Day]]


def score(recorded: RecordedHome, knobs: Sequence[float], heard: Callable[[str, int], None]) -> Scored:
    """Score one home, with a prior of homes that were recorded at other times: its own days are never in it.

    Args:
        recorded: the home.
        knobs: the settings of our knob to try beside the one that the home has.
        heard: told now and then what is being done and how many readings were heard.
    """
    scoring = Scoring(recorded, heard)
    return Scored(
        name=recorded.name,
        readings=len(recorded.readings),
        labelled=scoring.truth.labelled,
        days=scoring.days,
        settings=[*scoring.ours(knobs), *scoring.rivals()],
        told=[(told, scoring.truth.place(told.at)) for told in scoring.told],
        early=scoring.early,
    )


class Scoring:
    """The collapses of one home and the silences in which they lie."""

    def __init__(self, recorded: RecordedHome, heard: Callable[[str, int], None]) -> None:
        self._recorded, self._heard = recorded, heard
        readings, labels = recorded.readings, recorded.labels
        self._home = with_strangers(recorded)
        self._ground = replace(
            recorded.home, prior=None
        )  # where she is does not hang on limits: nothing need be learned
        whole = Span(readings[0].at, readings[-1].at)
        midnight = datetime.combine(whole.start.astimezone(recorded.home.timezone), time_of_day.min)
        self._origin = midnight.replace(tzinfo=recorded.home.timezone)
        self.days = (whole.end - whole.start).total_seconds() / DAY_S
        if labels is None:
            places = walk(self._ground, readings, watching=True, heard=partial(heard, "places")).places
            self.truth = as_believed(places, whole)
        else:
            self.truth = as_labelled(labels, [reading.at for reading in readings], recorded.home.timezone)
        spans = {"awake": self.truth.awake, "asleep": self.truth.asleep}
        self._moments = {state: random_moments(spans[state], COLLAPSES, f"{recorded.name} {state}") for state in STATES}
        self._probes = [at for at in _hours(whole) if self.truth.place(at) in STATES]
        self._walked = self._walk(self._home, "default", self._probes)
        self.early = {state: self._early(state) for state in STATES}

    @property
    def told(self) -> Sequence[Detection]:
        """The false alarms of our detector as it is shipped, broken habits among them."""
        return self._walked.told

    def ours(self, knobs: Sequence[float]) -> Iterator[Setting]:
        """Our detector as it is shipped, at every other setting of its knob, and with the prior as it is shipped."""
        yield self._setting(OURS, None, self._walked)
        yield self._setting(WITH_HABITS, None, self._walked, habits=True)
        for knob in knobs:
            limits = replace(self._home.limits, false_alarms_a_month=knob)
            yield self._setting(OURS, knob, self._walk(replace(self._home, limits=limits), f"{knob:g}"))
        shipped = self._recorded.home
        same = _digest(self._home) == _digest(shipped)
        yield self._setting(OWN_PRIOR, None, self._walked if same else self._walk(shipped, "prior"))

    def rivals(self) -> Iterator[Setting]:
        """Every rival at every setting, and every fixed limit from which hindsight may choose."""
        days = int(self.days + HORIZON_S / DAY_S) + 2
        recorded = self.recorded
        for rival in RIVALS:
            for knob in rival.knobs:
                yield self._rival(rival.name, knob, rival.limits(recorded, days, knob), recorded)
        for hours in HINDSIGHT_H:
            yield self._rival(HINDSIGHT, hours, FIXED.limits(recorded, days, hours), recorded)

    def _walk(self, home: Home, doing: str, more: Sequence[datetime] = ()) -> Walked:
        moments = sorted({*more, *(at for state in STATES for at in self._moments[state])})
        return walk(home, self._recorded.readings, moments, heard=partial(self._heard, doing))

    @cached_property
    def recorded(self) -> Silences:
        """Every silence at home on the way."""
        return self._silences(self._watched.watched)

    @cached_property
    def _watched(self) -> Walked:
        """Every silence, those after collapses too, as rivals see them."""
        moments = sorted({at for state in STATES for at in self._moments[state]})
        heard = partial(self._heard, "rivals")
        return walk(self._ground, self._recorded.readings, moments, watching=True, heard=heard)

    def _setting(self, method: str, knob: float | None, walked: Walked, *, habits: bool = False) -> Setting:
        fates = {fate.at: fate for fate in walked.fates}
        false = [told for told in walked.told if habits or is_silence(told)]
        false_s = self._all_seconds(told.at for told in false)
        places = [self.truth.place(told.at) for told in false]
        tried = {}
        for state in STATES:
            some = [fates[at] for at in self._moments[state]]
            told = [one.warned_at if habits else one.told_at for one in some]
            told_s = np.array([np.inf if at is None else self._seconds(at) for at in told])
            told_s[[one.standing for one in some]] = np.nan
            tried[state] = self._tried(state, false_s, places, told_s)
        return Setting(method, knob, tried)

    def _rival(self, method: str, knob: float, limits: Limits, recorded: Silences) -> Setting:
        told = due(limits, recorded)
        false_s = told[told < recorded.end]
        places = [self.truth.place(self._origin + timedelta(seconds=at)) for at in false_s.tolist()]
        tried = {}
        for state in STATES:
            watched, owner, at_s = self.collapses[state]
            reached = due(limits, watched)
            reached = np.where(reached < watched.end, reached, np.inf)
            told_s = np.full(at_s.size, np.inf)
            np.minimum.at(told_s, owner, reached)
            told_s[told_s < at_s] = np.nan
            tried[state] = self._tried(state, false_s, places, told_s)
        return Setting(method, knob, tried)

    @cached_property
    def collapses(self) -> dict[str, tuple[Silences, NDArray[np.intp], Numbers]]:
        """By state: the silences of all collapses, whose each is, and when she collapsed."""
        fates = {fate.at: fate for fate in self._watched.fates}
        found = {}
        for state in STATES:
            some = [fates[at] for at in self._moments[state]]
            owner = [number for number, fate in enumerate(some) for _ in fate.watched]
            watched = self._silences(stretch for fate in some for stretch in fate.watched)
            found[state] = watched, np.array(owner, np.intp), self._all_seconds(fate.at for fate in some)
        return found

    def _tried(self, state: str, false_s: Numbers, places: Sequence[str], told_s: Numbers) -> Tried:
        at_s = self.collapses[state][2]
        delay_s = told_s - at_s
        missed = delay_s > HORIZON_S
        mine = np.array([(place == "asleep") is (state == "asleep") for place in places], np.bool_)
        return Tried(
            days=self.days,
            false_day=(false_s[mine] // DAY_S).astype(np.intp),
            collapse_day=(at_s // DAY_S).astype(np.intp),
            delay_h=np.where(missed, HORIZON_S, delay_s) / HOUR_S,
            missed=missed,
        )

    def _early(self, state: str) -> list[Day]:
        by_day: dict[int, list[float | None]] = defaultdict(list)
        probes = set(self._probes)
        for fate in self._walked.fates:
            if fate.at in probes and not fate.standing and self.truth.place(fate.at) == state:
                by_day[int(self._seconds(fate.at) // DAY_S)].append(_limit_h(fate))
        return [_day(number, limits_h) for number, limits_h in sorted(by_day.items())]

    def _silences(self, stretches: Iterable[Stretch]) -> Silences:
        some = list(stretches)
        return Silences(
            self._all_seconds(one.since for one in some),
            self._all_seconds(one.start for one in some),
            self._all_seconds(one.end for one in some),
            np.array([one.by_her for one in some], np.bool_),
        )

    def _seconds(self, at: datetime) -> float:
        return (at - self._origin).total_seconds()

    def _all_seconds(self, times: Iterable[datetime]) -> Numbers:
        return np.array([self._seconds(at) for at in times])


def _limit_h(fate: Fate) -> float | None:
    """How long a silence lasted until it was told; None where nobody would have looked."""
    if fate.told_at is None or fate.since == NEVER:
        return None
    return (fate.told_at - fate.since).total_seconds() / HOUR_S


def _day(number: int, limits_h: Sequence[float | None]) -> Day:
    known = [limit_h for limit_h in limits_h if limit_h is not None]
    missed = len(limits_h) - len(known)
    return Day(number, sum(known) / len(known) if known else None, max(known, default=None), missed)


def _digest(home: Home) -> str:
    return "" if home.prior is None else home.prior.digest


def _hours(whole: Span) -> Iterator[datetime]:
    """Every hour of the first days."""
    hours = int(min(EARLY_DAYS * 24, (whole.end - whole.start).total_seconds() // HOUR_S))
    return (whole.start + timedelta(hours=hour) for hour in range(1, hours))


def with_strangers(recorded: RecordedHome) -> Home:
    """The home with a prior in which its own days are not; without one where it has none."""
    if recorded.home.prior is None:
        return recorded.home
    days = [recorded.readings[place].at.astimezone(recorded.home.timezone).date() for place in (0, -1)]
    return replace(recorded.home, prior=strangers(*days))
