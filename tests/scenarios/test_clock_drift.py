"""A month with an oscillator that is 500 ppm fast or slow: with a time server and without."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.model import Detection, Phase
from devices.reading import Kind, Reading, Tick
from gateway import clock
from gateway.clock import SteadyClock
from gateway.detection import pipeline
from tests.scenarios.watch import LIMITS, home, when

PPM_500 = 5e-4
DAYS = 30
TICK_S = 30.0
JUMP_S = 5.0
BEGINS = "300 08:00:00"  # later than the clock's own making, which no true time precedes


class Machine:
    """Its oscillator drifts; a time server may hold its wall clock to the truth."""

    def __init__(self, rate: float, *, served: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rate, self.served = rate, served
        self.truth = self.wall = when(BEGINS)
        self.monotonic = 1000.0
        monkeypatch.setattr(clock, "_wall", lambda: self.wall)
        monkeypatch.setattr(clock.time, "monotonic", lambda: self.monotonic)

    def passes(self, seconds: float) -> None:
        self.truth += timedelta(seconds=seconds)
        self.monotonic += seconds * self.rate
        self.wall = self.truth if self.served else self.wall + timedelta(seconds=seconds * self.rate)


def live(machine: Machine, steady: SteadyClock) -> list[tuple[datetime, datetime, Detection]]:
    """She moves at eight each morning and never else; what is told: true moment, last true sign of life, detection."""
    here = home("living", inactivity_night_s=21600.0)
    state, told, moved = pipeline.start(here, steady.now()), [], machine.truth
    for number in range(int(DAYS * 86_400 / TICK_S)):
        if number % (86_400 / TICK_S) == 0:
            moved = machine.truth
            for value in (True, False):
                moves = Reading(device_id="living", kind=Kind.MOTION, value=value, at=steady.now())
                state, _ = pipeline.step(here, state, moves)
        assert steady.check() is None
        machine.passes(TICK_S)
        state, found = pipeline.step(here, state, Tick(at=steady.now()))
        told += [(machine.truth, moved, each) for each in found if each.phase is Phase.RAISED]
    return told


@pytest.mark.parametrize("rate", [1 - PPM_500, 1 + PPM_500])
@pytest.mark.parametrize("served", [True, False])
def test_a_drift_of_500_ppm_is_no_jump_and_moves_no_limit_by_more(
    rate: float,
    served: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
):
    machine = Machine(rate, served=served, monkeypatch=monkeypatch)
    steady = SteadyClock(None, JUMP_S)
    told = live(machine, steady)
    assert len(told) == DAYS
    limit_s = LIMITS.inactivity_day_s
    late_s = [(at - since).total_seconds() - limit_s for at, since, _ in told]
    assert max(map(abs, late_s)) <= limit_s * PPM_500 + TICK_S
    assert (steady.trusted, steady.astray) == (True, False)
    off_s = (steady.now() - machine.truth).total_seconds()
    assert off_s == pytest.approx(0.0 if served else DAYS * 86_400 * (rate - 1), abs=0.1)


def test_the_time_server_that_comes_back_after_a_month_is_a_jump_that_is_reported(monkeypatch: pytest.MonkeyPatch):
    machine = Machine(1 - PPM_500, served=False, monkeypatch=monkeypatch)
    steady = SteadyClock(None, JUMP_S)
    machine.passes(DAYS * 86_400)
    steady.check()
    machine.wall = machine.truth
    assert steady.check() == pytest.approx(DAYS * 86_400 * PPM_500, abs=0.1)
    assert steady.astray
