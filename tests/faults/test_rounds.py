"""A short part of the long proof: one seeded round of each of some faults, in several worlds at the same time."""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.faults.proof import FAULTS, Proof, this_machine
from tests.faults.rounds import Outcome, draw

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.fault import Fault

FIRST_SEED = 20_261_122
WORLDS = 4
SHORT = (
    "kill-gateway", "kill-home", "kill-both-ends", "stalls", "power-home", "power-both", "disk-full", "store-spoilt",
    "poor-line", "cut-all", "deaf", "clock-back-8h", "call-gateway",
)  # fmt: skip
"""The quick ones that differ most, for a minute of `make test`; `make faults` plays all."""


def seed_of(name: str, allowed: list[Fault]) -> int:
    """The first seed that draws this fault: `make faults ROUNDS=1 SEED=...` repeats its round."""
    return next(seed for seed in count(FIRST_SEED) if draw(seed, allowed)[0].name == name)


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_this_machine_allows(name: str) -> None:
    machine = this_machine()
    reasons = machine.skipped(FAULTS)
    if name in reasons:
        pytest.skip(f"{name}: {reasons[name]}")
    assert name in {fault.name for fault in machine.allowed(FAULTS)}


def told(outcome: Outcome, folder: Path) -> None:
    print(outcome.seed, outcome.fault, f"{outcome.lasted_s:.0f} s", *outcome.findings, folder)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_world_survives_a_round_of_each_of_these(tmp_path: Path) -> None:
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    machine = this_machine()
    allowed = machine.allowed(FAULTS)
    names = [fault.name for fault in allowed if fault.name in SHORT]
    seeds = [seed_of(name, allowed) for name in names]
    outcomes = await Proof(tmp_path, machine, FAULTS, told).run(seeds, WORLDS)
    assert sorted(outcome.fault for outcome in outcomes) == sorted(names)
    assert [outcome.telephoned > 0 for outcome in outcomes if outcome.fault == "call-gateway"] == [True]
    assert [(outcome.seed, finding) for outcome in outcomes for finding in outcome.findings] == []


def test_a_seed_draws_the_same_round_every_time() -> None:
    first, again = draw(7, FAULTS), draw(7, FAULTS)
    assert first[0] is again[0]
    assert first[1].random() == again[1].random()
