"""However a trial, presses, answers, time and crashes fall together: no press is lost, doubled, or wrongly a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertKind, Phase
from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline, trial
from gateway.detection.trial import Order
from tests.scenarios.watch import home, when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.model import Detection
    from gateway.detection.pipeline import State

HOME = home("pendant", "cord")
START = when("1 08:00:00")
WAIT_S = HOME.limits.trial_confirm_s

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("arm"), st.sampled_from(("pendant", "cord"))),
        st.tuples(st.just("press"), st.sampled_from(("pendant", "cord"))),
        st.tuples(st.just("press"), st.sampled_from(("pendant", "cord"))),
        st.tuples(st.just("confirm"), st.sampled_from(("held", "latest", "first"))),
        st.tuples(st.just("release"), st.sampled_from(("held", "latest"))),
        st.tuples(st.just("end"), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from(("0", "1", "20", "59", "60", "61"))),
        st.tuples(st.just("sleep"), st.sampled_from(("1", "60", "3600"))),
        st.tuples(st.just("crash"), st.sampled_from(("stored", "unstored"))),
    ),
    max_size=24,
)


@dataclass(slots=True)
class Box:
    """A gateway that folds, stores, crashes, and is told again what it had not stored."""

    at: datetime = START
    state: State = field(default_factory=lambda: pipeline.start(HOME, START))
    stored: list[Reading] = field(default_factory=list)
    told: dict[str, Detection] = field(default_factory=dict)
    pressed: dict[str, datetime] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    presses: int = 0
    unacknowledged: Reading | None = None

    def hears(self, reading: Reading) -> None:
        self.stored.append(reading)
        self._step(reading)

    def _step(self, event: Reading | Tick) -> None:
        self.state, found = pipeline.step(HOME, self.state, event)
        self._tell(found)

    def _tell(self, found: Iterable[Detection]) -> None:
        for each in found:
            if each.phase is Phase.RAISED and each.kind in {AlertKind.EMERGENCY, AlertKind.TEST}:
                self.told.setdefault(each.key, each)

    def press(self, device: str) -> None:
        self.presses += 1
        reading = Reading(device_id=device, kind=Kind.SOS, value="press", at=self.at, sequence=self.presses)
        self._pressed(reading)

    def _pressed(self, reading: Reading) -> None:
        self.pressed[f"emergency:{reading.device_id}:{reading.at.isoformat()}:{reading.sequence}"] = reading.at
        self.unacknowledged = reading
        self.hears(reading)

    def answer(self, what: Order, which: str) -> None:
        held = self.state.trial.held
        keys = list(self.pressed)
        key = {"held": held.key if held else "", "latest": keys[-1] if keys else "", "first": keys[0] if keys else ""}
        if what is Order.CONFIRM and held is not None and held.key == key[which] and self.at < held.until:
            self.confirmed.add(held.key)
        self.hears(trial.order(what, self.at, key=key[which]))

    def wait(self, seconds: float) -> None:
        """Time passes, and the box looks each second."""
        end = self.at + timedelta(seconds=seconds)
        while self.at < end:
            self.at += timedelta(seconds=1)
            self._step(Tick(at=self.at))

    def crash(self, lost: str) -> None:
        """Killed: what was not stored is told again by the broker, after the start has ended the trial."""
        again = None
        if lost == "unstored" and self.stored and self.stored[-1] is self.unacknowledged:
            again = self.stored.pop()
            key = f"emergency:{again.device_id}:{again.at.isoformat()}:{again.sequence}"
            del self.pressed[key]
            self.told.pop(key, None)  # it was never committed, so nobody was told
        self.state = pipeline.start(HOME, START)
        for reading in self.stored:
            self.state, _ = pipeline.step(HOME, self.state, reading)
        self.at += timedelta(seconds=2)
        self.hears(trial.order(Order.END, self.at))
        if again is not None:
            self._pressed(Reading(**{name: getattr(again, name) for name in again.__slots__} | {"at": self.at}))


@settings(max_examples=300, deadline=None)
@given(ACTS)
def test_every_press_is_told_once_as_real_unless_a_person_said_that_it_was_the_test(
    acts: list[tuple[str, str]],
) -> None:
    box = Box()
    for act, which in acts:
        match act:
            case "arm":
                box.hears(trial.order(Order.ARM, box.at, device=which, contacts=["station"]))
            case "press":
                box.press(which)
            case "confirm" | "release":
                box.answer(Order(act), which)
            case "end":
                box.hears(trial.order(Order.END, box.at))
            case "wait":
                box.wait(float(which))
            case "sleep":
                box.at += timedelta(seconds=float(which))
            case "crash":
                box.crash(which)
        box.at += timedelta(milliseconds=100)
    box.wait(WAIT_S + 1)
    real = {key for key, found in box.told.items() if found.kind is AlertKind.EMERGENCY}
    tests = {key for key, found in box.told.items() if found.kind is AlertKind.TEST}
    assert real == set(box.pressed) - box.confirmed
    assert tests == {f"test:{key}:station" for key in box.confirmed}
    assert all(found.test == (found.kind is AlertKind.TEST) for found in box.told.values())
    assert all(box.told[key].since == box.pressed[key] for key in real)


@settings(max_examples=200, deadline=None)
@given(ACTS.filter(lambda acts: all(act not in {"sleep", "crash"} for act, _ in acts)))
def test_while_the_box_is_awake_a_real_press_is_late_by_a_minute_at_most(acts: list[tuple[str, str]]) -> None:
    box = Box()
    for act, which in acts:
        if act == "press":
            box.press(which)
        elif act == "arm":
            box.hears(trial.order(Order.ARM, box.at, device=which, contacts=["station"]))
        elif act in {"confirm", "release"}:
            box.answer(Order(act), which)
        elif act == "wait":
            box.wait(float(which))
    box.wait(WAIT_S + 1)
    late = [f.at - f.since for f in box.told.values() if f.kind is AlertKind.EMERGENCY]
    assert all(each <= timedelta(seconds=WAIT_S + 1) for each in late)
