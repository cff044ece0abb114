"""Tiny recordings of falls and of sitting down, in the forms that the scorecard reads."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from firmware_sim.blows import How
from tests.unit.blows_felt import sent

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WHO = ("P1", "P2", "P3", "P4")
HOWS = (How.FELL, How.SAT, How.FELL, How.SAT)


def recording(how: How, seed: int) -> NDArray[np.float64]:
    """Twelve seconds at 50 Hz, in g, the blow in the middle of the last six."""
    window = sent(how, seed).samples.astype(np.float64) / 9.80665
    quiet = np.tile(window[0] / np.linalg.norm(window[0]), (300, 1)) + np.random.default_rng(seed).normal(
        scale=0.003, size=(300, 3)
    )
    return np.concatenate([quiet, window])


def rows(**more: object) -> list[dict[str, object]]:
    return [
        {"idx": n, "subject": who, "activity": how.value, "is_fall": int(how is How.FELL), "elder": n % 2, **more}
        for n, (who, how) in enumerate(zip(WHO, HOWS, strict=True))
    ]


def write_csv(path: Path, lines: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def write_npz(path: Path, signals: dict[str, list[NDArray[np.generic]]]) -> None:
    """Ragged integers as first differences, as the shared data are."""
    arrays = {}
    for name, trials in signals.items():
        parts = [np.diff(trial.T, axis=-1, prepend=np.zeros_like(trial.T[..., :1])) for trial in trials]
        arrays[f"{name}_d"] = np.concatenate(parts, axis=-1)
        arrays[f"{name}_off"] = np.cumsum([0, *(len(trial) for trial in trials)])
    np.savez(path, **arrays)  # type: ignore[arg-type]


def counts(per_g: float, every: int = 1) -> list[NDArray[np.generic]]:
    found = [recording(how, seed)[::every] for seed, how in enumerate(HOWS)]
    return [np.round(trial * per_g).astype(np.int16) for trial in found]
