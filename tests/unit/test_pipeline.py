"""The fold as a whole: crashes, lost ticks, snapshots, clocks that step back, and input of any shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertKind
from devices.reading import VALUE_TYPES, Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.home import Device, Role, Way
from gateway.detection.reasons import Reason
from tests.scenarios.watch import Watch, home, when

if TYPE_CHECKING:
    from gateway.detection.pipeline import State

METER = Device(id="meter", role=Role.OTHER, room="hall", report_interval_s=3600.0)
HOME = home(
    extra=(METER,),
    inactivity_day_s=3600.0,
    inactivity_night_s=7200.0,
    inactivity_floor_s=10800.0,
    away_long_s=7200.0,
    silence_cap_s=7200.0,
)
"""Limits near each other, so that many timers cross."""

START = when("1 20:00:00")
GAPS_S = (
    0.0,
    1.0,
    9.0,
    10.0,
    11.0,
    30.0,
    120.0,
    180.0,
    600.0,
    899.0,
    900.0,
    901.0,
    1800.0,
    3599.0,
    3600.0,
    3601.0,
    7200.0,
)
WORDS = {Kind.FALL: ("none", "maybe", "fall", "lying", "unknown"), Kind.SOS: ("press",), Kind.ACTIVITY: ("single",)}


class Said(NamedTuple):
    """A reading after a pause; negative when it arrives out of order."""

    gap_s: float
    device: str
    kind: Kind
    value: bool | float | str
    sequence: int | None
    origin: str


def said_by(device: str, kind: Kind) -> st.SearchStrategy[Said]:
    value_type = VALUE_TYPES[kind]
    values: st.SearchStrategy[bool | float | str] = st.sampled_from(WORDS.get(kind, ("vibration",)))
    if value_type is not str:
        values = st.booleans() if value_type is bool else st.sampled_from((0.0, 10.0, 15.0, 26.0, 100.0))
    gaps = st.sampled_from(GAPS_S) | st.sampled_from((-1.0, -60.0))
    numbers = st.none() | st.integers(0, 5) | st.integers((1 << 32) - 2, (1 << 32) + 2)
    return st.builds(Said, gaps, st.just(device), st.just(kind), values, numbers, st.sampled_from(("", "a", "b")))


USUAL = (
    ("door", Kind.CONTACT),
    ("living", Kind.MOTION),
    ("hall", Kind.MOTION),
    ("bed", Kind.BED),
    ("sofa", Kind.PRESENCE),
    ("radar", Kind.FALL),
    ("belt", Kind.FALL),
    ("pendant", Kind.SOS),
    ("pendant", Kind.SOS_FLAG),
    ("pendant", Kind.ACTIVITY),
    ("tap", Kind.ACTIVITY),
    ("smoke", Kind.SMOKE),
    ("meter", Kind.HEARTBEAT),
    ("meter", Kind.AVAILABILITY),
    ("door", Kind.AVAILABILITY),
    ("bed", Kind.AVAILABILITY),
    ("living", Kind.BATTERY),
    ("living", Kind.BATTERY_LOW),
    ("z2m", Kind.BRIDGE),
    ("gateway/broker", Kind.TROUBLE),
    ("gateway/disk", Kind.TROUBLE),
)
LEVELS = [(device, kind) for device, kind in USUAL if VALUE_TYPES[kind] is bool]


def for_a_while(level: tuple[str, Kind], gap_s: float, lasts_s: float) -> list[Said]:
    """A level that goes against its rest and comes back: somebody passes the door, a flag is let go."""
    rest = level[1] in {Kind.AVAILABILITY, Kind.BRIDGE}
    return [Said(gap_s, *level, not rest, None, ""), Said(lasts_s, *level, rest, None, "")]


USUALLY = st.lists(
    st.one_of([said_by(device, kind).map(lambda one: [one]) for device, kind in USUAL])
    | st.builds(for_a_while, st.sampled_from(LEVELS), st.sampled_from(GAPS_S), st.sampled_from(GAPS_S))
    | st.builds(for_a_while, st.just(("door", Kind.CONTACT)), st.sampled_from(GAPS_S), st.just(6.0)),
    min_size=1,
    max_size=20,
).map(lambda parts: [one for part in parts for one in part])
"""What a home says: single readings, and levels that last for a while."""
ANYTHING = st.sampled_from([*HOME.devices, "z2m", "gateway/broker", "stranger"]).flatmap(
    lambda device: st.sampled_from(list(Kind)).flatmap(lambda kind: said_by(device, kind))
)


def readings(said: list[Said]) -> list[Reading]:
    at, spoken = START, []
    for one in said:
        at = max(START, at + timedelta(seconds=one.gap_s))
        spoken.append(
            Reading(
                device_id=one.device,
                kind=one.kind,
                value=one.value,
                at=at,
                sequence=one.sequence,
                origin=one.origin,
            )
        )
    return spoken


Marks = set[tuple[str, str, str]]


def fold(state: State, events: list[Reading] | list[Tick] | list[Reading | Tick]) -> tuple[State, Marks]:
    marks: Marks = set()
    for event in events:
        state, found = pipeline.step(HOME, state, event)
        marks |= {(one.key, one.phase, one.reason) for one in found}
    return state, marks


def punctual(spoken: list[Reading]) -> list[Reading | Tick]:
    """The same with a tick whenever something falls due before the next reading, and one in every pause."""
    state, events = pipeline.start(HOME, START), []
    for reading in spoken:
        while (due := pipeline.next_due(state)) is not None and due < reading.at:
            events.append(Tick(at=due))
            state, _ = pipeline.step(HOME, state, events[-1])
        if reading.at > state.at:
            events.append(Tick(at=state.at + (reading.at - state.at) / 2))
            state, _ = pipeline.step(HOME, state, events[-1])
        events.append(reading)
        state, _ = pipeline.step(HOME, state, reading)
    return events


@settings(max_examples=300, deadline=None)
@given(USUALLY, st.data())
def test_a_crash_anywhere_changes_nothing(said: list[Said], data: st.DataObject) -> None:
    """Memory and ticks are lost at one event; the state is folded again from stored readings, or from a snapshot."""
    spoken = readings(said)
    events = punctual(spoken)
    end = Tick(at=spoken[-1].at + timedelta(days=2))
    whole, expected = fold(pipeline.start(HOME, START), [*events, end])

    crash = data.draw(st.integers(0, len(events)))
    stored = [event for event in events[:crash] if isinstance(event, Reading)]
    saved = data.draw(st.integers(0, len(stored)))
    _, told = fold(pipeline.start(HOME, START), events[:crash])
    snapshot, _ = fold(pipeline.start(HOME, START), stored[:saved])
    rebuilt, again = fold(pipeline.decode_state(pipeline.encode_state(snapshot)), stored[saved:])
    final, later = fold(rebuilt, [*spoken[len(stored) :], end])

    _, before_snapshot = fold(pipeline.start(HOME, START), stored[:saved])
    assert told | before_snapshot | again | later == expected
    assert final == whole


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYTHING, max_size=40))
def test_no_input_raises_and_time_does_not_go_back(said: list[Said]) -> None:
    state = pipeline.start(HOME, START)
    times = [state.at]
    for reading in readings(said):
        state, found = pipeline.step(HOME, state, reading)
        times.append(state.at)
        assert all(one.since <= one.at for one in found)
        assert pipeline.next_due(state) is None or pipeline.next_due(state) > max(state.at, reading.at)
        again, repeated = pipeline.step(HOME, state, reading)
        if reading.sequence is not None and reading.device_id in HOME.devices:
            assert pipeline.is_repeat(state, reading)
            assert (again, repeated) == (state, ())
    assert all(earlier <= later for earlier, later in pairwise(times))


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYTHING, max_size=40))
def test_every_detection_has_a_known_reason_a_subject_and_plain_evidence(said: list[Said]) -> None:
    state = pipeline.start(HOME, START)
    end = Tick(at=START + timedelta(days=30))
    for event in [*readings(said), end]:
        state, found = pipeline.step(HOME, state, event)
        for one in found:
            assert Reason(one.reason)
            assert AlertKind(one.kind)
            assert one.subject
            assert all(isinstance(value, str | int | float | bool) for value in one.evidence.values())


def test_a_snapshot_gives_the_same_state_back() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.passes("1 10:00:00")
    watch.says("1 10:30:00", "pendant", "on", Kind.SOS_FLAG, sequence=(7 << 32) + 1)
    watch.says("1 10:31:00", "radar", "maybe")
    watch.says("1 10:32:00", "living", 3.0, Kind.BATTERY)
    watch.until("3 00:00:00")
    assert pipeline.decode_state(pipeline.encode_state(watch.state)) == watch.state


@pytest.mark.parametrize("snapshot", [b"", b"{}", b"null", b"\xff\xfe", b'{"at": "yesterday"}', b"[" * 100000])
def test_a_broken_snapshot_is_a_value_error(snapshot: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the promise is the type; the sentence is pydantic's
        pipeline.decode_state(snapshot)


def test_the_fingerprint_changes_with_whatever_the_detectors_see() -> None:
    prints = {
        pipeline.fingerprint(other)
        for other in (
            home(),
            home("door"),
            home(away_after_s=901.0),
            home(extra=(METER,)),
            replace(home(), rooms=("hall", "balcony")),
            replace(home(), ways=(Way(after_s=60.0, needs="gateway/modem"),)),
            replace(home(), gentle_s=300.0),
        )
    }
    assert len(prints) == 7
    assert pipeline.fingerprint(home()) == pipeline.fingerprint(home())


def test_a_stranger_is_ignored() -> None:
    watch = Watch()
    reading = Reading(device_id="stranger", kind=Kind.SOS, value="press", at=datetime(2026, 3, 2, 1, tzinfo=UTC))
    state, found = pipeline.step(watch.home, watch.state, reading)
    assert found == ()
    assert state.devices == {}


def test_a_tick_when_nothing_is_due_returns_the_very_state() -> None:
    watch = Watch()
    assert pipeline.step(watch.home, watch.state, Tick(at=when("1 08:00:01")))[0] is watch.state
