"""One recorded home walked forward through the real pipeline, with a collapse tried at every chosen moment.

Theory of operation
-------------------
The readings are folded once, in order, as a box that is never late would hear them: whatever the pipeline has learned
at a moment, it learned from what came before. Every inactivity that it tells on the way is a false alarm, for nobody
collapsed in these recordings.

A collapse at a moment is the same home with the resident silenced from then on. The state is immutable, so it is
forked at that moment and only time is let pass in the fork; the walk itself goes on from the state before. What
devices say of themselves (heartbeats, batteries, availability) does not come from her and goes on in the fork as it
was recorded. The figure of coverage, which costs more than all the rest and tells of devices only, is not worked out
in a fork unless that is what comes next. That this tells the same, at the same time, as replaying the readings with
hers left out is a test.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Phase
from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.habits import Habit
from gateway.detection.presence import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from alerts.model import Detection
    from gateway.detection.home import Home
    from gateway.detection.state import State

HORIZON_S = 24 * 3600.0
"""How long after a collapse its alert is waited for; then it counts as missed. Source: the longest an outing is left
alone (`away_long_s`): whoever is wrongly believed to be out is asked after by then."""

RESIDENT = "resident"
"""The subject of inactivity itself; broken habits have subjects of their own."""

_HORIZON = timedelta(seconds=HORIZON_S)
_OWN_WORDS = frozenset(
    {
        Kind.BATTERY,
        Kind.BATTERY_LOW,
        Kind.HEARTBEAT,
        Kind.AVAILABILITY,
        Kind.BRIDGE,
        Kind.RUNTIME,
        Kind.TROUBLE,
        Kind.PLAYED,
    }
)
"""What devices say of themselves, whoever lives there."""


class Stretch(NamedTuple):
    """A stretch in which a silence was watched: since when it was quiet, and from when to when that was so.

    `by_her` says that a sign of life ended it; otherwise she was taken to be out, or nothing ended it.
    """

    since: datetime
    start: datetime
    end: datetime
    by_her: bool


class Fate(NamedTuple):
    """What became of a collapse.

    Args:
        at: when she collapsed.
        since: since when it had been quiet at that moment.
        told_at: when it was told as inactivity; None if not within `HORIZON_S`.
        warned_at: when that, or a habit that was broken, was told; None if neither.
        standing: a silence was told already when she collapsed, and somebody was on the way.
        watched: the stretches of the silence after the collapse, for the rivals; empty unless asked for.
    """

    at: datetime
    since: datetime
    told_at: datetime | None
    warned_at: datetime | None
    standing: bool
    watched: tuple[Stretch, ...] = ()


class Walked(NamedTuple):
    """A home after its last reading.

    Args:
        told: every inactivity and every broken habit that was told on the way: false alarms, all of them.
        fates: of the collapses, in the order of their moments.
        watched: every silence at home, in order; empty unless asked for.
        places: where she was believed to be, and from when.
    """

    told: list[Detection]
    fates: list[Fate]
    watched: list[Stretch]
    places: list[tuple[datetime, Place]]


class _Fold:
    """The pipeline after some readings, and what it told."""

    def __init__(
        self, home: Home, state: State, standing: frozenset[tuple[str, str]] = frozenset(), *, watching: bool
    ) -> None:
        self.home, self.state, self._watching = home, state, watching
        self.standing = set(standing)
        self.told: list[Detection] = []
        self.silent_told: Detection | None = None
        self.watched: list[Stretch] = []
        self.places = [(state.at, state.presence.place)]
        self._quiet = (quiet_since(state), state.at)

    def take(self, event: Reading | Tick) -> None:
        """Show an event to the pipeline, and note what it tells."""
        before = self.state
        self.state, found = pipeline.step(self.home, before, event)
        for detection in found:
            if detection.kind is AlertKind.INACTIVITY:
                self._note(detection)
        if self._watching and self.state is not before:
            self._watch(before, event)

    def until(self, at: datetime, *, told: bool = False) -> None:
        """Let time pass, punctually: a tick changes nothing but punctuality.

        Args:
            at: up to when.
            told: stop as soon as inactivity is told.
        """
        while (due := self.state.next_due) < at and not (told and self.silent_told):
            self.take(Tick(at=due))

    def end(self, at: datetime) -> None:
        """Note the silence that is still going on."""
        since, start = self._quiet
        if self._watching and since != NEVER and at > start:
            self.watched.append(Stretch(since, start, at, by_her=False))

    def _note(self, detection: Detection) -> None:
        name = (detection.subject, detection.key)
        if detection.phase is not Phase.RAISED:
            self.standing.discard(name)
            return
        if not stands(self.standing, detection.subject):  # a second reason is no second alert: see alerts.lifecycle
            self.told.append(detection)
            if is_silence(detection):
                self.silent_told = self.silent_told or detection
        self.standing.add(name)

    def _watch(self, before: State, event: Reading | Tick) -> None:
        if self.state.presence.place is not before.presence.place:
            self.places.append((event.at, self.state.presence.place))
        quiet, (since, start) = quiet_since(self.state), self._quiet
        if quiet == since:
            return
        if since != NEVER and event.at > start:
            self.watched.append(Stretch(since, start, event.at, by_her=isinstance(event, Reading)))
        self._quiet = (quiet, event.at)


def is_silence(told: Detection) -> bool:
    """Whether it is inactivity itself that was told, and not a habit that was broken."""
    return told.subject == RESIDENT


def stands(standing: Iterable[tuple[str, str]], subject: str) -> bool:
    """Whether anything about this subject was told and has not gone away."""
    return any(one == subject for one, _ in standing)


def quiet_since(state: State) -> datetime:
    """Since when inactivity is counted; never while she is believed to be out."""
    return NEVER if state.presence.place is Place.AWAY else state.quiet_since


def walk(
    home: Home,
    readings: Sequence[Reading],
    moments: Sequence[datetime] = (),
    *,
    watching: bool = False,
    heard: Callable[[int], None] | None = None,
) -> Walked:
    """Walk a home forward from its first reading to its last, and try a collapse at each moment.

    Args:
        home: the home, with the limits to be scored.
        readings: in order; every collapse is judged by what was learned from those before it.
        moments: of collapses, in order.
        watching: also note every silence and every place, which costs time.
        heard: told now and then how many readings were heard.

    Returns:
        What was told, and what became of each collapse.
    """
    fold = _Fold(home, pipeline.start(home, readings[0].at), watching=watching)
    own_words = [reading for reading in readings if reading.kind in _OWN_WORDS]
    fates: list[Fate] = []
    number = 0
    for until, moment in [*((moment, moment) for moment in moments), (readings[-1].at, None)]:
        while number < len(readings) and readings[number].at <= until:
            fold.until(readings[number].at)
            fold.take(readings[number])
            if heard is not None and number % PROGRESS_EVERY == 0:
                heard(number)
            number += 1
        fold.until(until)
        if moment is not None:
            fates.append(_collapse(fold, moment, own_words, watching=watching))
    return Walked(told=fold.told, fates=fates, watched=fold.watched, places=fold.places)


PROGRESS_EVERY = 20_000
"""Readings between two words of progress."""


def _collapse(fold: _Fold, at: datetime, own_words: Sequence[Reading], *, watching: bool) -> Fate:
    """What becomes of a collapse at the moment that a fold has reached."""
    fork = _Fold(fold.home, _without_coverage(fold.state), frozenset(fold.standing), watching=watching)
    since, standing, end = quiet_since(fold.state), stands(fold.standing, RESIDENT), at + _HORIZON
    for reading in own_words[bisect_right(own_words, at, key=_time) :]:
        if reading.at > end or (fork.silent_told and not watching):
            break
        fork.until(reading.at, told=not watching)
        fork.take(reading)
    fork.until(end, told=not watching)
    fork.end(end)
    told_at = None if fork.silent_told is None else fork.silent_told.at
    warned_at = min((one.at for one in fork.told if one.subject != Habit.UP_OFTEN), default=None)
    return Fate(at, since, told_at, warned_at, standing, tuple(fork.watched))


def _without_coverage(state: State) -> State:
    """The state in which the figure of coverage is not due, unless it is what is due next."""
    if state.coverage.due == state.next_due:
        return state
    return replace(state, coverage=replace(state.coverage, due=NEVER))


def _time(reading: Reading) -> datetime:
    return reading.at
