"""How fast and in what unit a recording was made: what its file says of it, or what time and gravity tell.

The rate is the trial's `rate_hz` (or `<channel>_rate_hz`), else it follows from the times. Where it is nowhere to be
found, the set is refused: nothing else tells it. The unit is the row's `unit` or `scale` (g per count), else it
follows from gravity: whatever the counts mean, a sensor that rests feels 1 g, so the median length of the stillest
moments of the whole channel is 1 g.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from devices.reading import G_MPS2
from gateway.detection.motion_window import FINE_HZ, TooMuchLost, steady

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Row = Mapping[str, str]

UNITS_G = {"g": 1.0, "mg": 0.001, "m/s2": 1 / G_MPS2, "m/s^2": 1 / G_MPS2, "m/s²": 1 / G_MPS2, "mps2": 1 / G_MPS2}
"""What one of each unit weighs, in g."""

RATES_HZ = (5.0, 4000.0)
"""Sampling rates that are believed. Source: our choice; a fall lasts a second."""

BLOCK_S = 0.5
"""How long a moment of stillness is. Source: our choice: shorter than a step."""

STILLEST = 0.05
"""The share of all moments that counts as still. Source: our choice: everybody stands, sits or lies for a while."""

FARTHEST = 1e9
"""Counts beyond are no counts. Source: 32 bits."""

UNTOLD_UNITS = frozenset({"count", "counts", "lsb", "raw"})
"""Units that leave it to gravity."""

_RATE_NAMES = ("rate_hz", "fs_hz", "fs", "sampling_rate_hz", "sampling_rate", "hz")


class UnusableSet(ValueError):
    """A file is no set of recordings that can be scored; the sentence says what to change."""


class OtherRecording(UnusableSet):
    """A file is a recording of something else than acceleration."""


class Raw(NamedTuple):
    """A trial as the file has it."""

    row: Row
    counts: Numbers
    times_s: Numbers | None
    rate_hz: float | None


def rate_of(row: Row, channel: str, arrays: Mapping[str, NDArray[np.generic]]) -> float | None:
    """The rate that a trial's row, or the file, tells; None where neither does."""
    place = channel.removesuffix("acc")
    for name in [f"{prefix}{rate}" for rate in _RATE_NAMES for prefix in (f"{channel}_", place, "")]:
        told = row.get(name) or (float(arrays[name]) if name in arrays and arrays[name].ndim == 0 else "")
        if told:
            return number(told, name, *RATES_HZ)
    return None


def number(told: str | float, name: str, low: float, high: float) -> float:
    """A number within bounds.

    Raises:
        UnusableSet: if it is none.
    """
    try:
        found = float(told)
    except ValueError:
        found = float("nan")
    if not low <= found <= high:
        raise UnusableSet(
            f"{name} = {told!r}：应为 {low:g} 到 {high:g} 的数 / must be a number from {low:g} to {high:g}"
        )
    return found


def seconds(times: Numbers, *, milli: bool | None = None) -> Numbers:
    """Times from the trial's first, in seconds.

    Args:
        times: as the file has them.
        milli: whether they are milliseconds; None where nobody says, so that their steps tell.
    """
    steps = np.diff(times)
    if milli is None:
        milli = bool((steps > 0).any() and np.median(steps[steps > 0]) >= 1)
    return (times - times[:1]) / (1000.0 if milli else 1.0)


def even(each: Raw, rate_hz: float | None, channel: str) -> Numbers:
    """A trial at `FINE_HZ`, in counts.

    Args:
        each: as the file has it.
        rate_hz: where neither rate nor times are told.
        channel: for the sentence of what is wrong.

    Raises:
        UnusableSet: if nothing tells when its samples were.
        TooMuchLost: if nothing can be said of it.
    """
    rate = each.rate_hz or (None if each.times_s is not None else rate_hz)
    counts = np.where(np.abs(each.counts) < FARTHEST, each.counts, np.nan)
    if rate is not None:
        return steady(counts, rate)
    if each.times_s is None:
        told = f"{channel}：没有 rate_hz 列，也没有时刻 {channel}_t；请补上，或用 --rate 给出"
        raise UnusableSet(f"{told} / has neither rate_hz nor times: add one, or give --rate")
    if len(each.times_s) != len(counts):
        raise UnusableSet(f"{channel}：时刻与样本的个数不同 / has not as many times as samples")
    return _resampled(each.times_s, counts)


def _resampled(times_s: Numbers, counts: Numbers) -> Numbers:
    """Samples at uneven times, at `FINE_HZ`; times that repeat or step back are left out."""
    heard = np.isfinite(times_s) & np.isfinite(counts).all(axis=1)
    times_s, counts = times_s[heard], counts[heard]
    onward = np.concatenate(([True], np.diff(np.maximum.accumulate(times_s)) > 0))
    times_s, counts = times_s[onward], counts[onward]
    if len(times_s) < 2:  # noqa: PLR2004 - no line without two points
        raise TooMuchLost("fewer than two samples have a time")
    median = float(np.median(np.diff(times_s)))
    if 1 / median >= 2 * FINE_HZ:  # averaged down, as an even recording of this rate would be
        wanted = np.arange(int(times_s[-1] / median) + 1) * median
        return steady(np.stack([np.interp(wanted, times_s, axis) for axis in counts.T], axis=1), 1 / median)
    wanted = np.arange(int(times_s[-1] * FINE_HZ) + 1) / FINE_HZ
    return np.stack([np.interp(wanted, times_s, axis) for axis in counts.T], axis=1)


def told_scale(row: Row, channel: str) -> tuple[float, str] | None:
    """How many counts are 1 g as a trial's row tells it, and whether its "unit" or "scale" does; None where none does.

    Raises:
        UnusableSet: if it is no unit, or no number.
    """
    places = (f"{channel}_", channel.removesuffix("acc"), "")
    unit = next((told.strip().lower() for place in places if (told := row.get(f"{place}unit"))), "counts")
    if unit in UNITS_G:
        return 1 / UNITS_G[unit], "unit"
    if unit not in UNTOLD_UNITS:
        raise UnusableSet(f"unit = {unit!r}：应为 / must be one of {', '.join(UNITS_G)}, counts")
    scale = next((told for place in places if (told := row.get(f"{place}scale"))), None)
    return None if scale is None else (1 / number(scale, "scale", 1e-6, 10.0), "scale")


def gravity(recordings: Sequence[Numbers]) -> float:
    """How long the vector of a sensor at rest is, in counts.

    Raises:
        UnusableSet: if nothing tells it.
    """
    size = round(BLOCK_S * FINE_HZ)
    blocks = [samples[: len(samples) // size * size].reshape(-1, size, 3) for samples in recordings]
    moments = np.concatenate(blocks) if blocks else np.empty((0, size, 3))
    if not len(moments):
        raise UnusableSet("没有半秒以上的记录 / holds no recording longer than half a second")
    length = np.linalg.norm(moments, axis=2).mean(axis=1)
    unrest = np.sqrt(moments.var(axis=1).sum(axis=1)) / np.maximum(length, 1e-9)
    # a sensor that was off rests too, at zero
    resting = length[(unrest <= np.quantile(unrest, STILLEST)) & (length > 0)]
    if not len(resting) or not np.median(resting) > 0:
        raise UnusableSet("处处为零，无法由重力求单位 / is zero throughout: gravity tells no unit")
    return float(np.median(resting))
