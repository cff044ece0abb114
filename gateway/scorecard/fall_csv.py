"""Rows of a CSV: those that tell of an NPZ's trials, and recordings that are written out sample by sample.

A generic CSV has a row for each sample. Its axes are `x`, `y`, `z` (with the channel's name in `channel`, if there are
several), or `<channel>_x`, `<channel>_y`, `<channel>_z` for every channel called `acc` or `*_acc`; rows with the same
`trial` belong together, and without such a column the file is one trial. `label` (or `is_fall`) is "fall" where it
holds one; `rate_hz` or a time (`t`, `time`, `timestamp`, with `_s` or `_ms`) says when, `unit` in what.
"""

from __future__ import annotations

import csv
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from gateway.scorecard.fall_units import Raw, UnusableSet, rate_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Row = Mapping[str, str]

LABELS = ("is_fall", "label")

_PLAIN = (("x", "y", "z"), ("ax", "ay", "az"))
_TIMES = tuple(f"{name}{unit}" for name in ("t", "time", "timestamp") for unit in ("", "_s", "_ms"))
_YES = frozenset({"1", "1.0", "true", "yes", "y", "是", "跌倒"})
_NO = frozenset({"0", "0.0", "false", "no", "n", "否"})


def rows_of(path: Path) -> list[Row]:
    """The rows of a CSV, its columns' names in lower case.

    Raises:
        UnusableSet: if it is missing, empty, or does not say which trials are falls.
    """
    if not path.exists():
        raise UnusableSet(f"旁边应有 {path.name} / {path.name} must lie beside it")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = [name.strip().lower() for name in next(reader, [])]
        rows: list[Row] = [dict(zip_longest(names, cells[: len(names)], fillvalue="")) for cells in reader if cells]
    if not set(LABELS) & set(names):
        raise UnusableSet(f"{path.name}：缺少 is_fall 或 label 列 / has no column is_fall or label")
    if not rows:
        raise UnusableSet(f"{path.name}：一行数据也没有 / has no rows")
    return rows


def holds_fall(row: Row) -> bool:
    """Whether a row says that its trial is a fall.

    Raises:
        UnusableSet: if its `is_fall` is neither yes nor no.
    """
    told = row.get("is_fall", "").strip().lower()
    if told in _YES | _NO:
        return told in _YES
    if told:
        raise UnusableSet(f"is_fall = {told!r}：应为 0 或 1 / must be 0 or 1")
    label = row.get("label", "").strip().lower()
    return label in _YES or label.startswith("fall")


def is_generic(path: Path) -> bool:
    """Whether a CSV holds samples."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [name.strip().lower() for name in next(csv.reader(file), [])]
    return bool(_axes(names))


def read(path: Path) -> Iterator[tuple[str, list[Raw]]]:
    """Each channel of a generic CSV, with its trials.

    Raises:
        UnusableSet: if a number is none.
    """
    rows = rows_of(path)
    for channel, axes in _axes(rows[0]).items():
        trials: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            trials.setdefault((row.get("channel") or channel, row.get("trial", "")), []).append(row)
        for name in dict.fromkeys(of for of, _ in trials):
            yield name, [_trial(some, name, axes) for (of, _), some in trials.items() if of == name]


def _axes(names: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """The columns of each channel."""
    known = set(names)
    channels = [name.removesuffix("_x") for name in names if name == "acc_x" or name.endswith("_acc_x")]
    found = {channel: (f"{channel}_x", f"{channel}_y", f"{channel}_z") for channel in channels}
    found = {channel: axes for channel, axes in found.items() if known.issuperset(axes)}
    plain = next((axes for axes in _PLAIN if known.issuperset(axes)), None)
    return found or ({"acc": plain} if plain else {})


def _trial(rows: Sequence[Row], channel: str, axes: Sequence[str]) -> Raw:
    row = next((each for each in rows if holds_fall(each)), rows[0])
    counts = np.stack([_column(rows, axis) for axis in axes], axis=1)
    rate = rate_of(row, channel, {})
    clock = next((name for name in _TIMES if row.get(name)), None)
    times = None if clock is None or rate else seconds(_column(rows, clock), milli=_is_milli(clock))
    return Raw(row, counts, times, rate)


def _is_milli(clock: str) -> bool | None:
    return True if clock.endswith("_ms") else False if clock.endswith("_s") else None


def _column(rows: Sequence[Row], name: str) -> Numbers:
    """A column of numbers; what is empty is lost."""
    try:
        return np.array([float(row.get(name) or "nan") for row in rows])
    except ValueError as error:
        raise UnusableSet(f"trial {rows[0].get('trial', '')!r}, {name}: {error}") from error
