"""The scorecard of inactivity: forks that equal replays, rivals that see no future, figures worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.model import AlertKind, Phase
from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.home import Device, Role
from gateway.detection.presence import Place
from gateway.recorded_labels import Labels, Span
from gateway.recordings import default_home
from gateway.scorecard.inactivity_figures import Tried, rates
from gateway.scorecard.inactivity_home import HINDSIGHT, OURS, RecordedHome, Scored, Setting, score
from gateway.scorecard.inactivity_pooled import best_fixed
from gateway.scorecard.inactivity_rivals import FIXED, RIVALS, Limits, Silences, due
from gateway.scorecard.inactivity_truth import as_believed, as_labelled, random_moments
from gateway.scorecard.inactivity_walk import RESIDENT, walk
from tests.unit.invented_days import FIRST, invented_days

if TYPE_CHECKING:
    from gateway.detection.home import Home

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOME = default_home(
    [
        Device(id="kitchen", role=Role.MOTION, room="kitchen"),
        Device(id="living", role=Role.MOTION, room="living"),
        Device(id="bed", role=Role.BED, room="bedroom", report_interval_s=3600),
        Device(id="front-door", role=Role.ENTRANCE, room="hall"),
    ]
)
HERS = frozenset({Kind.MOTION, Kind.BED, Kind.CONTACT})


def at(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def silenced(home: Home, readings: list[Reading], moment: datetime) -> datetime | None:
    """When a home replayed without her, from a moment on, tells of it: minute by minute, from the first reading."""
    state = pipeline.start(home, readings[0].at)
    minutes = [Tick(at=moment + timedelta(minutes=minute)) for minute in range(24 * 60 + 1)]
    left = [one for one in readings if one.at <= moment or one.kind not in HERS]
    for event in sorted([*left, *minutes], key=lambda one: one.at):
        if event.at > moment + timedelta(days=1):
            break
        state, found = pipeline.step(home, state, event)
        for one in found:
            if (
                event.at > moment
                and one.subject == RESIDENT
                and one.kind is AlertKind.INACTIVITY
                and one.phase is Phase.RAISED
            ):
                return one.at
    return None


def test_a_fork_tells_when_a_replay_with_her_silenced_tells() -> None:
    readings = invented_days(4)
    moments = random_moments([Span(at(1), at(95))], 24, "forks")
    fates = walk(HOME, readings, moments).fates
    assert [fate.at for fate in fates] == moments
    told = 0
    for fate in fates:
        replayed = silenced(HOME, readings, fate.at)
        assert (replayed is None) is (fate.told_at is None)
        if replayed is not None and fate.told_at is not None:
            assert timedelta() <= replayed - fate.told_at < timedelta(minutes=1)
            told += 1
    assert told >= 20  # the others fall into the outing


def test_forks_leave_the_walk_as_it_was_and_watching_changes_nothing() -> None:
    readings = invented_days(4)
    readings = [one for one in readings if not at(30) < one.at < at(50)]
    moments = random_moments([Span(at(1), at(95))], 50, "moments")
    plain, tried, watched = (
        walk(HOME, readings),
        walk(HOME, readings, moments),
        walk(HOME, readings, moments, watching=True),
    )
    assert [one.key for one in plain.told] == [one.key for one in tried.told] == [one.key for one in watched.told]
    assert len(plain.told) >= 1
    assert [(one.at, one.told_at, one.standing) for one in tried.fates] == [
        (one.at, one.told_at, one.standing) for one in watched.fates
    ]
    assert any(one.standing for one in tried.fates)
    assert all(one.watched == () for one in tried.fates)


def test_what_was_watched_is_every_silence_at_home() -> None:
    def motion(hours: float) -> list[Reading]:
        seen = Reading(device_id="living", kind=Kind.MOTION, value=True, at=at(hours))
        return [seen, replace(seen, value=False)]

    def door(hours: float, *, opens: bool) -> Reading:
        return Reading(device_id="front-door", kind=Kind.CONTACT, value=opens, at=at(hours))

    doors = [door(9.01, opens=True), door(9.02, opens=False), door(12, opens=True)]
    readings = [*motion(8), *motion(9), *doors, *motion(13)]
    told = walk(HOME, readings, watching=True)
    assert [
        ((one.since - FIRST) / timedelta(hours=1), (one.end - FIRST) / timedelta(hours=1), one.by_her)
        for one in told.watched
    ] == [
        pytest.approx((8, 9, True)),
        pytest.approx((9, 9.01, True)),
        pytest.approx((9.01, 9.02, True)),
        pytest.approx((9.02, 9.27, False)),  # 15 min after the door closed she is taken to be out
        pytest.approx((12, 13, True)),
    ]
    assert [place for _, place in told.places] == [Place.UNKNOWN, Place.HOME, Place.AWAY, Place.UNKNOWN, Place.HOME]


def test_the_truth_by_labels() -> None:
    heard = [at(0), at(7), at(20), at(24), at(31), at(32)]  # nobody wrote down the second night
    labels = Labels((Span(at(-1), at(6)),), (Span(at(9), at(10)), Span(at(9.5), at(11))))
    truth = as_labelled(labels, heard, SHANGHAI)
    assert truth.asleep == (Span(at(0), at(7)), Span(at(24), at(31)))
    assert truth.awake == (Span(at(7), at(9)), Span(at(11), at(24)), Span(at(31), at(32)))
    assert [truth.place(at(hour)) for hour in (3, 8, 9.2, 10.5, 12, 30)] == [
        "asleep", "awake", "away", "away", "awake", "asleep",
    ]  # fmt: skip


def test_the_truth_by_belief() -> None:
    places = [(at(0), Place.UNKNOWN), (at(1), Place.ASLEEP), (at(7), Place.HOME), (at(9), Place.AWAY)]
    truth = as_believed(places, Span(at(0), at(10)))
    assert truth.asleep == (Span(at(1), at(7)),)
    assert truth.awake == (Span(at(0), at(1)), Span(at(7), at(9)))
    assert not truth.labelled


def test_random_moments_lie_in_their_spans_and_come_again() -> None:
    spans = [Span(at(0), at(1)), Span(at(5), at(8))]
    moments = random_moments(spans, 400, "seed")
    assert moments == sorted(moments) == random_moments(spans, 400, "seed")
    assert all(any(span.start <= one < span.end for span in spans) for one in moments)
    assert 270 < sum(one > at(4) for one in moments) < 330
    assert random_moments([], 400, "seed") == []


def silences(*told: tuple[float, float]) -> Silences:
    since, end = (np.array([one[place] * 3600 for one in told]) for place in (0, 1))
    return Silences(since, since, end, np.ones(len(told), np.bool_))


def test_when_a_silence_reaches_its_limit() -> None:
    hourly = np.full((2, 24), 4 * 3600.0)
    hourly[:, 10] = 3600.0
    two = silences((9.5, 20), (10.5, 20), (33.5, 40))
    assert (due(Limits(hourly, now=False), two) / 3600).tolist() == [13.5, 11.5, 37.5]
    assert (due(Limits(hourly, now=True), two) / 3600).tolist() == [10.5, 14.5, 34.5]
    assert (due(Limits(np.full((1, 48), 1e9), now=True), two) / 3600).tolist() == [21.5, 22.5, 45.5]  # the floor


def limits_h(name: str, knob: float, recorded: Silences, days: int) -> list[list[float]]:
    rival = next(rival for rival in RIVALS if rival.name == name)
    return (rival.limits(recorded, days, knob).limit_s / 3600).round(2).tolist()


def test_rivals_learn_from_the_days_before_only() -> None:
    days = 12
    every = silences(*((24 * day + 10.2, 24 * day + 10.2 + 1 + day / 10) for day in range(days)))
    maxima = limits_h("per-hour maxima", 2.0, every, days)
    assert [row[10] for row in maxima] == [
        *[12.0] * 7,
        *(pytest.approx(2 * (1 + (day - 1) / 10)) for day in range(7, days)),
    ]
    assert {row[11] for row in maxima} == {12.0}
    bands = limits_h("quantile bands", 1.0, every, days)
    assert [row[21] for row in bands] == [*[12.0] * 7, *[pytest.approx(1.3)] * 5]  # half past ten to eleven, and beside
    assert [row[22] for row in bands][7:] == [1.6, 1.7, 1.8, 1.8, 1.8]
    often = silences(*((24 * day + 8 + n / 2, 24 * day + 8 + n / 2 + 0.25) for day in range(days) for n in range(6)))
    gaps = limits_h("gap distribution", 3.0, often, days)
    assert [row[2] for row in gaps] == [*[12.0] * 4, *[0.25] * 8]  # twenty gaps, all of a quarter of an hour
    assert limits_h("fixed limit", 5.0, every, 2) == [[5.0], [5.0]]


def tried(days: int, false: list[int], delays_h: list[float]) -> Tried:
    count = len(delays_h)
    return Tried(
        days=float(days),
        false_day=np.array(false, np.intp),
        collapse_day=np.arange(count, dtype=np.intp) % days,
        delay_h=np.array(delays_h),
        missed=np.array(delays_h) == 24.0,
    )


def test_figures_by_hand() -> None:
    found = rates([tried(14, [1, 1, 5], [1.0, 2.0, 3.0, np.nan]), tried(28, [], [24.0, 6.0])])
    assert (found.false_alarms, found.weeks, found.collapses) == (3, 6.0, 6)
    assert found.false_per_week.value == 0.5
    assert found.mean_delay_h.value == pytest.approx(36 / 5)
    assert (found.median_delay_h, found.missed, found.standing) == (3.0, pytest.approx(1 / 6), pytest.approx(1 / 6))
    low, high = found.false_per_week.low, found.false_per_week.high
    assert low is not None
    assert high is not None
    assert 0 <= low < 0.5 < high <= 1.5
    assert rates([tried(14, [1, 1, 5], [1.0])]) == rates([tried(14, [1, 1, 5], [1.0])])  # the same dice every time


def test_nothing_to_try_is_no_figure() -> None:
    found = rates([tried(7, [], [])])
    assert found.mean_delay_h == (None, None, None)
    assert found.false_per_week == (0.0, 0.0, 0.0)


def scored(name: str, settings: dict[float, tuple[int, float]]) -> Scored:
    """A home of a week where each fixed limit has so many false alarms while awake, and such a delay."""
    return Scored(
        name=name, readings=1, labelled=True, days=7.0,
        settings=[
            Setting(HINDSIGHT, hours, {"awake": tried(7, [0] * false, [delay_h]), "asleep": tried(7, [], [1.0])})
            for hours, (false, delay_h) in settings.items()
        ],
        told=[], early={},
    )  # fmt: skip


def test_hindsight_spends_false_alarms_where_they_help_most() -> None:
    homes = [
        scored("a", {2.0: (4, 1.0), 3.0: (2, 2.5), 4.0: (0, 3.0)}),
        scored("b", {2.0: (3, 1.0), 5.0: (1, 4.0), 9.0: (0, 8.0)}),
    ]
    assert best_fixed(homes, "awake", 0.0, counted="all").hours == {"a": 4.0, "b": 9.0}
    one = best_fixed(homes, "awake", 0.5, counted="all")
    assert (one.hours, one.rates.mean_delay_h.value) == ({"a": 4.0, "b": 5.0}, 3.5)
    assert best_fixed(homes, "awake", 1.5, counted="awake").hours == {"a": 4.0, "b": 2.0}


def test_the_pipeline_with_one_limit_is_the_fixed_rival() -> None:
    """Every way of counting meets here: the same false alarms and the same delays by fork and by table."""
    limits = replace(HOME.limits, inactivity_day_s=3 * 3600.0, inactivity_night_s=3 * 3600.0)
    home = replace(HOME, limits=limits, day_starts=time(0), night_starts=time(0), prior=None)
    found = score(RecordedHome("nobody", home, invented_days(8), None), (), lambda _doing, _number: None)
    ours, fixed = (
        next(one for one in found.settings if one.method == method and one.knob == knob)
        for method, knob in ((OURS, None), (FIXED.name, 3.0))
    )
    for state in ("awake", "asleep"):
        mine, theirs = ours.tried[state], fixed.tried[state]
        assert mine.collapse_day.size == 500
        assert mine.false_day.tolist() == theirs.false_day.tolist()
        np.testing.assert_allclose(mine.delay_h, theirs.delay_h, atol=1e-6)
    assert ours.tried["asleep"].false_day.size == 15
    assert not found.labelled
    early = found.early["awake"][2]
    assert (early.number, early.missed) == (2, 0)
    assert (early.mean_h, early.longest_h) == (pytest.approx(3.0), pytest.approx(3.0))
