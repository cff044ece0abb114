"""What the fall model learns from: windows of recorded falls and daily life, and those that `making` makes of them.

A recorded fall gives one window that is a fall, around its strongest blow (inside the hand-made interval where there
is one); what was walked more than 3 s before it is daily life, at half weight; what lies between is neither and is left
out. A recorded activity gives only daily life.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.falls import making
from gateway.detection.motion_window import FINE_HZ, ceiled, strikes
from gateway.scorecard.fall_sets import FallSet, Trial, read_folder
from gateway.scorecard.fall_units import UnusableSet

Numbers = NDArray[np.float64]

WALK_BEFORE_S = 3.0
"""What lies longer before a fall is daily life. Source: our choice: losing one's balance takes a second."""

FALL_SLACK_S = (0.3, 1.0)
"""The blow may lie this much outside the hand-made interval. Source: our choice; the intervals are made from video."""

MADE_DAILY = 3000
"""Windows of daily life that are made of one set, of each kind. Source: our choice: half of what SisFall has."""

KNOCKS_EACH = 0.3
"""Windows of knocks for each window that is made. Source: our choice."""


class Windows(NamedTuple):
    """Windows in the form of `motion_window`, and what is known of each.

    Args:
        form: shape (k, LENGTH, 3), float32, g.
        fall: whether it is one.
        weight: how much it counts; 0 for neither.
        subject, trial: set and subject, set and number of the trial; no trial for what was made.
        at_s: when in the trial the blow was, in seconds; 0 for what was made.
        origin: the set's name, or "elsewhere" or "knock" for what was made.
    """

    form: NDArray[np.float32]
    fall: NDArray[np.bool_]
    weight: NDArray[np.float64]
    subject: NDArray[np.str_]
    trial: NDArray[np.str_]
    at_s: Numbers
    origin: NDArray[np.str_]

    def only(self, chosen: NDArray[np.bool_]) -> Windows:
        """Some of them."""
        return Windows(*(column[chosen] for column in self))


def joined(*parts: Windows) -> Windows:
    """All of them."""
    return Windows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def data_folder() -> Path:
    """Where the shared recordings lie; ends the process with a sentence where they do not."""
    folder = Path(os.environ.get("SHOUWANG_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    if not (folder / "sisfall_shared.npz").exists():
        sys.exit(f"没有训练数据 / no training data in {folder}: set SHOUWANG_DATA to the folder of sisfall_shared.npz")
    return folder


def sets(folder: Path) -> list[FallSet]:
    """The sets that the model is made from."""
    found = [each for each in read_folder(folder) if not isinstance(each, UnusableSet)]
    return [each for each in found if each.name in {"sisfall_shared", "weda_shared"}]


class Stretches(NamedTuple):
    """Real windows before they were brought to the form: shape (k, making.RAW, 3), g; and what they become."""

    raw: Numbers
    windows: Windows


def recorded(fall_set: FallSet) -> Stretches:
    """Every window that firmware would have sent while these were recorded."""
    raw, rows = [], []
    for number, trial in enumerate(fall_set.trials):
        samples = ceiled(trial.samples)
        peaks = strikes(samples)
        for peak, (fall, weight) in zip(peaks, _labels(samples, peaks, trial), strict=True):
            raw.append(_around(trial.samples, peak))
            subject, name = f"{fall_set.name}/{trial.subject}", f"{fall_set.name}/{number}"
            rows.append((fall, weight, subject, name, peak / FINE_HZ, fall_set.name))
    stretches = np.stack(raw)
    return Stretches(stretches, _windows(np.stack([making.as_form(each) for each in stretches]), rows))


def moments(fall_set: FallSet, many: int, draw: np.random.Generator) -> tuple[Numbers, list[str]]:
    """Stretches at any time of daily life, with whose they are."""
    daily = [trial for trial in fall_set.trials if not trial.fall]
    chosen = [daily[index] for index in draw.integers(0, len(daily), many)]
    raw = np.stack([_around(trial.samples, int(draw.integers(0, len(trial.samples)))) for trial in chosen])
    return raw, [f"{fall_set.name}/{trial.subject}" for trial in chosen]


def made(fall_set: FallSet, real: Stretches, draw: np.random.Generator) -> Windows:
    """What physics makes of a set, as the subjects' own: nobody stands on both sides because of it."""
    chosen = _some(real.windows, draw)
    base, raw = real.windows.only(chosen), real.raw[chosen]
    base = base._replace(trial=np.full(len(raw), ""))
    elsewhere = making.worn_elsewhere(raw, draw)
    stranger = [making.on_another_device(each, draw) for each in raw]
    farther = [making.on_another_device(each, draw) for each in elsewhere]
    knock_raw, whose = moments(fall_set, int(KNOCKS_EACH * len(raw)), draw)
    knocks = [making.on_another_device(each, draw) for each in making.knocked(knock_raw, draw)]
    rows = [(False, 1.0, subject, "", 0.0, "knock") for subject in whose]
    return joined(
        base._replace(form=np.stack(stranger).astype(np.float32)),
        base._replace(form=np.stack(farther).astype(np.float32), origin=np.full(len(raw), "elsewhere")),
        _windows(np.stack(knocks), rows),
    )


def _some(windows: Windows, draw: np.random.Generator) -> NDArray[np.bool_]:
    """All falls, and no more daily life than `MADE_DAILY`."""
    daily = np.flatnonzero(~windows.fall & (windows.weight > 0))
    chosen = windows.fall.copy()
    chosen[draw.permutation(daily)[:MADE_DAILY]] = True
    return chosen


def _windows(form: Numbers, rows: list[tuple[bool, float, str, str, float, str]]) -> Windows:
    return Windows(form.astype(np.float32), *(np.array(column) for column in zip(*rows, strict=True)))


def _around(samples: Numbers, peak: int) -> Numbers:
    """The stretch around a sample; beyond the recording's ends its mirror image."""
    last = len(samples) - 1
    index = np.abs(np.arange(peak - making.MIDDLE, peak + making.MIDDLE))
    return samples[np.clip(np.where(index > last, 2 * last - index, index), 0, last)]


def _labels(samples: Numbers, peaks: list[int], trial: Trial) -> list[tuple[bool, float]]:
    if not trial.fall:
        return [(False, 1.0)] * len(peaks)
    interval = trial.fall_at_s
    inside = [peak for peak in peaks if interval is None or _is_inside(peak / FINE_HZ, interval)] or peaks
    blow = max(inside, key=lambda peak: float(np.linalg.norm(samples[peak])), default=0)
    walk = blow - WALK_BEFORE_S * FINE_HZ
    return [(peak == blow, 1.0 if peak == blow else 0.5 * (peak < walk)) for peak in peaks]


def _is_inside(at_s: float, interval: tuple[float, float]) -> bool:
    return interval[0] - FALL_SLACK_S[0] <= at_s <= interval[1] + FALL_SLACK_S[1]
