"""Recordings in an NPZ with a CSV beside it.

`NAME.npz` holds, for each signal S, `S_d` (channels x all samples, first differences within each trial, the first
value of each trial as it is) and `S_off` (where each trial begins, and the end of the last). Every signal called `acc`
or `*_acc` is read as a channel of its own; it may have times in milliseconds as `S_t`. `NAME.csv` has a row for each
trial: `is_fall` (or `label`), and where known `idx`, `subject`, `activity`, `elder`, `age`, `rate_hz`, `unit`.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np

from gateway.scorecard.fall_csv import rows_of
from gateway.scorecard.fall_units import OtherRecording, Raw, UnusableSet, rate_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Row = Mapping[str, str]
    Arrays = Mapping[str, NDArray[np.generic]]

AXES = 3


def read(path: Path) -> Iterator[tuple[str, list[Raw]]]:
    """Each channel of acceleration, with its trials.

    Raises:
        OtherRecording: if it holds no acceleration.
        UnusableSet: if it cannot be read.
    """
    arrays = _arrays(path)
    channels = [name.removesuffix("_d") for name in arrays if name == "acc_d" or name.endswith("_acc_d")]
    if not channels:
        raise OtherRecording("没有 acc 或 *_acc，略过 / holds no acc and no *_acc: passed over")
    rows = rows_of(path.with_suffix(".csv"))
    for channel in channels:
        yield channel, _trials(arrays, channel, rows)


def _arrays(path: Path) -> Arrays:
    try:
        with zipfile.ZipFile(path) as whole:
            names = [name.removesuffix(".npy") for name in whole.namelist()]
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names if name in file and "gyr" not in name}
    except (ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile) as error:
        raise UnusableSet(f"不是完好的 NPZ / is no NPZ, or a damaged one: {error}") from error


def _trials(arrays: Arrays, channel: str, rows: Sequence[Row]) -> list[Raw]:
    whole = _Signal(arrays, channel)
    clock = next(
        (name for name in (f"{channel}_t", f"{channel.removesuffix('acc')}t", "t") if f"{name}_d" in arrays), None
    )
    times = None if clock is None else _Signal(arrays, clock)
    found = []
    for place, row in enumerate(rows):
        index = _index(row, place, whole.many)
        rate = rate_of(row, channel, arrays)
        at = None if times is None or rate else seconds(times.trial(index).reshape(-1))
        found.append(Raw(row, whole.axes(index), at, rate))
    return found


def _index(row: Row, place: int, many: int) -> int:
    told = row.get("idx") or str(place)
    if not (told.isdecimal() and int(told) < many):
        raise UnusableSet(f"CSV 的 idx {told} 不在 NPZ 里 / idx {told} of the CSV is not in the NPZ, which has {many}")
    return int(told)


class _Signal:
    """One signal, trial by trial.

    Args:
        arrays: of the file.
        name: of the signal.

    Raises:
        UnusableSet: if its differences or its bounds make no sense.
    """

    def __init__(self, arrays: Arrays, name: str) -> None:
        if f"{name}_off" not in arrays:
            raise UnusableSet(f"缺少 {name}_off / {name}_off is missing")
        self._name, self._differences, bounds = name, arrays[f"{name}_d"], arrays[f"{name}_off"]
        if self._differences.dtype.kind not in "iuf" or not 1 <= self._differences.ndim <= 2:  # noqa: PLR2004 - axes, time
            raise UnusableSet(f"{name}_d 应为数组 / must be numbers, axes by samples")
        length = self._differences.shape[-1]
        if bounds.dtype.kind not in "iu" or bounds.ndim != 1 or not _rise(bounds.astype(np.int64), length):
            raise UnusableSet(f"{name}_off 应从 0 升到 {length} / must be whole numbers that rise from 0 to {length}")
        self._bounds = bounds.astype(np.int64)

    @property
    def many(self) -> int:
        """How many trials it has."""
        return len(self._bounds) - 1

    def axes(self, index: int) -> Numbers:
        """A trial of three axes, shape (n, 3)."""
        found = self.trial(index)
        if found.ndim != 2 or found.shape[1] != AXES:  # noqa: PLR2004 - samples by axes
            raise UnusableSet(f"{self._name}：应有三轴 / must have three axes")
        return found

    def trial(self, index: int) -> Numbers:
        """A trial as it was before its differences were taken."""
        if index >= self.many:
            raise UnusableSet(f"{self._name} 的试次不够 / {self._name} has only {self.many} trials")
        part = self._differences[..., self._bounds[index] : self._bounds[index + 1]]
        # the wrap-around of the integers is intended: sums restore what was there
        return np.cumsum(part, axis=-1, dtype=part.dtype).T.astype(np.float64)


def _rise(bounds: NDArray[np.int64], length: int) -> bool:
    return len(bounds) > 1 and bounds[0] == 0 and bounds[-1] == length and bool((np.diff(bounds) >= 0).all())
