"""The clock: steady whatever the wall does, honest about whether it may be believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import clock
from gateway.clock import MADE_AT, HomeClock, SteadyClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T0 = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
JUMP_S = 5.0


class Machine:
    """A machine whose wall clock and monotonic clock the test moves."""

    def __init__(self) -> None:
        self.wall, self.monotonic = T0, 1000.0

    def passes(self, seconds: float, *, wall_s: float | None = None) -> None:
        self.monotonic += seconds
        self.wall += timedelta(seconds=seconds if wall_s is None else wall_s)

    def steps(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine()
    monkeypatch.setattr(clock, "_wall", lambda: made.wall)
    monkeypatch.setattr(clock.time, "monotonic", lambda: made.monotonic)
    yield made
    monkeypatch.undo()


def test_it_counts_with_the_monotonic_clock(machine: Machine):
    steady = SteadyClock(None, JUMP_S)
    machine.passes(3600.0)
    assert steady.now() == T0 + timedelta(hours=1)
    assert steady.check() is None
    assert (steady.trusted, steady.astray) == (True, False)


def test_a_jump_from_one_wrong_time_to_another_is_reported_and_not_believed(machine: Machine):
    steady = SteadyClock(T0 + timedelta(days=1), JUMP_S)
    assert (steady.trusted, steady.check()) == (False, None)
    machine.passes(10.0)
    machine.steps(3600.0)
    assert steady.check() == pytest.approx(3600.0 - 86_400.0)
    assert (steady.trusted, steady.check()) == (False, None)
    assert steady.now() == T0 + timedelta(days=1, seconds=10)
    machine.steps(100_000.0)
    assert steady.check() == pytest.approx(3600.0 - 86_400.0 + 100_000.0)
    assert (steady.trusted, steady.astray, steady.check()) == (True, False, None)
    assert steady.now() == machine.wall


@pytest.mark.parametrize("jump_s", [-86_400.0, -6.0, 6.0, 86_400.0])
def test_a_jump_is_reported_once_and_not_followed(machine: Machine, jump_s: float):
    steady = SteadyClock(None, JUMP_S)
    machine.passes(10.0)
    machine.steps(jump_s)
    assert steady.check() == pytest.approx(jump_s)
    assert steady.astray
    machine.passes(1.0)
    assert steady.check() is None
    assert steady.astray
    assert steady.now() == T0 + timedelta(seconds=11)


def test_a_jump_back_to_the_truth_ends_the_disagreement(machine: Machine):
    steady = SteadyClock(None, JUMP_S)
    machine.steps(100.0)
    assert steady.check() == 100.0
    machine.steps(-100.0)
    assert steady.check() is None
    assert not steady.astray
    machine.steps(100.0)
    assert steady.check() == 100.0


def test_a_second_different_jump_is_reported_too(machine: Machine):
    steady = SteadyClock(None, JUMP_S)
    machine.steps(100.0)
    assert steady.check() == 100.0
    machine.steps(100.0)
    assert steady.check() == 200.0


@pytest.mark.parametrize("slew_s", [0.3, -0.3])
def test_small_corrections_are_followed_again_and_again(machine: Machine, slew_s: float):
    steady = SteadyClock(None, JUMP_S)
    for _ in range(20):
        machine.passes(60.0, wall_s=60.0 + slew_s)
        assert steady.check() is None
        assert not steady.astray
    machine.passes(1.0)
    assert steady.now() == machine.wall
    assert steady.now() == T0 + timedelta(seconds=20 * (60 + slew_s) + 1)


def test_it_stands_still_rather_than_go_back(machine: Machine):
    steady = SteadyClock(None, JUMP_S)
    before = steady.now()
    machine.steps(-0.4)
    steady.check()
    assert steady.now() == before
    machine.passes(0.3)
    assert steady.now() == before
    machine.passes(0.2)
    assert steady.now() == before + timedelta(seconds=0.1)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-200, 200)), max_size=30))
def test_it_never_goes_back(moves: list[tuple[float, float]]):
    made, patch = Machine(), pytest.MonkeyPatch()
    patch.setattr(clock, "_wall", lambda: made.wall)
    patch.setattr(clock.time, "monotonic", lambda: made.monotonic)
    try:
        steady = SteadyClock(None, JUMP_S)
        newest = steady.now()
        for passed_s, stepped_s in moves:
            made.passes(passed_s)
            made.steps(stepped_s)
            steady.check()
            now = steady.now()
            assert now >= newest
            newest = now
    finally:
        patch.undo()


@pytest.mark.parametrize(
    ("wall", "remembered"),
    [
        (MADE_AT - timedelta(days=4000), None),
        (MADE_AT - timedelta(microseconds=1), None),
        (T0, T0 + timedelta(seconds=1)),
    ],
)
def test_a_stale_clock_is_not_trusted_and_counts_from_what_must_be_past(
    machine: Machine, wall: datetime, remembered: datetime | None
):
    machine.wall = wall
    steady = SteadyClock(remembered, JUMP_S)
    assert not steady.trusted
    assert steady.now() == max(MADE_AT, remembered or MADE_AT)
    machine.passes(0.1, wall_s=0.0)
    assert steady.check() is None
    assert not steady.trusted


def test_trust_is_gained_with_the_true_time(machine: Machine):
    machine.wall = MADE_AT - timedelta(days=300)
    steady = SteadyClock(T0, JUMP_S)
    machine.passes(30.0)
    assert steady.check() is None
    machine.wall = T0 + timedelta(hours=2)
    assert steady.check() == pytest.approx(7170.0)
    assert steady.trusted
    assert steady.now() == T0 + timedelta(hours=2)
    assert steady.check() is None


def test_trust_gained_a_little_late_does_not_go_back(machine: Machine):
    machine.wall = T0 - timedelta(days=1)
    steady = SteadyClock(T0, JUMP_S)
    machine.passes(60.0)
    machine.wall = T0 + timedelta(seconds=58)
    assert steady.check() is None
    assert steady.trusted
    assert steady.now() == T0 + timedelta(seconds=60)


class Simulation:
    """Writes the home's clock as firmware_sim does."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.file, self._machine = folder / "clock.json", machine

    def runs(self, home: datetime, rate: float) -> None:
        said = {"monotonic": self._machine.monotonic, "home": home.isoformat(), "rate": rate}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(said), "utf-8")
        fresh.replace(self.file)


def test_the_homes_clock_follows_its_file(machine: Machine, tmp_path: Path):
    simulation = Simulation(tmp_path, machine)
    simulation.runs(T0, 60.0)
    home = HomeClock(simulation.file)
    machine.passes(10.0)
    assert home.now() == T0 + timedelta(minutes=10)
    simulation.runs(T0 + timedelta(hours=5), 1.0)
    machine.passes(1.0)
    assert home.now() == T0 + timedelta(hours=5, seconds=1)
    assert home.check() is None
    assert (home.trusted, home.astray) == (True, False)


def test_the_homes_clock_never_goes_back(machine: Machine, tmp_path: Path):
    simulation = Simulation(tmp_path, machine)
    simulation.runs(T0, 1000.0)
    home = HomeClock(simulation.file)
    machine.passes(1.0)
    newest = home.now()
    simulation.runs(T0, 1.0)
    machine.passes(1.0)
    assert home.now() == newest == T0 + timedelta(seconds=1000)


def test_a_missing_or_broken_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        HomeClock(tmp_path / "none")
    broken = tmp_path / "broken"
    broken.write_text("{", "utf-8")
    with pytest.raises(ValueError, match="Expecting property name"):
        HomeClock(broken)
