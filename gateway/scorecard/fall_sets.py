"""Recorded falls and daily activities, read from a folder: as NPZ with a CSV beside it, or as one generic CSV.

The NPZ form
------------
`NAME.npz` holds, for each signal S, `S_d` (channels x all samples, first differences within each trial, the first
value of each trial as it is) and `S_off` (where each trial begins, and the end of the last). Every signal called `acc`
or `*_acc` is read as a channel of its own; it may have times in milliseconds as `S_t`. An NPZ without such a signal is
some other recording and is passed over. `NAME.csv` has a row for each trial: `is_fall` (or `label`), and where known
`idx`, `subject`, `activity`, `elder`, `age`, `rate_hz`, `unit`.

The generic CSV
---------------
A row for each sample: `trial`, `x`, `y`, `z`, `rate_hz`, `unit` ("g", "mg" or "m/s2"), `label` ("fall" or not); and
where known `subject`, `activity`, `elder`, `age`, `channel`.

`gateway.scorecard.fall_units` says how rate and unit are found.
"""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.detection.motion_window import TooMuchLost
from gateway.scorecard.fall_units import Raw, UnusableSet, even, rate_of, scale_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Row = Mapping[str, str]

ELDER_FROM = 60
"""From this age on a person is an elder. Source: 老年人权益保障法, article 2."""

_YES = frozenset({"1", "true", "yes", "fall", "falls", "是", "跌倒"})


class Trial(NamedTuple):
    """One recording of one activity.

    Args:
        subject: who; "" where nobody says.
        activity: what, as the set names it; "" where it does not.
        fall: whether it holds a fall.
        elder: whether the person is an elder; None where nobody says.
        samples: shape (n, 3), g, at `FINE_HZ`.
        fingerprint: of the counts in the file: the same recording is known again under any name.
        fall_at_s: when the fall begins and ends, seconds from the start; None where nobody says.
    """

    subject: str
    activity: str
    fall: bool
    elder: bool | None
    samples: Numbers
    fingerprint: int = 0
    fall_at_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FallSet:
    """One channel of one set.

    Args:
        file: the file's name.
        channel: "acc", "wrist_acc", ...
        trials: in the file's order.
        counts_per_g: what 1 g is in the file.
        unit_from: "unit", "scale" or "gravity": how that was found.
        unusable: trials that had to be left out, and why, with how often.
    """

    file: str
    channel: str
    trials: tuple[Trial, ...]
    counts_per_g: float
    unit_from: str
    unusable: Mapping[str, int]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.rpartition(".")[0]


def read_folder(folder: Path, *, rate_hz: float | None = None) -> Iterator[FallSet | UnusableSet]:
    """Every channel of every set in a folder, by name; a set that cannot be read comes as its error.

    Args:
        folder: where to look.
        rate_hz: the rate of whatever does not say its own.
    """
    pairs = {path.with_suffix(".csv") for path in folder.glob("*.npz")}
    for path in sorted([*folder.glob("*.npz"), *(p for p in folder.glob("*.csv") if p not in pairs)]):
        try:
            if path.suffix == ".npz":
                yield from _read_npz(path, rate_hz)
            elif _is_generic(path):
                yield from _read_generic(path, rate_hz)
        except (UnusableSet, OSError, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
            yield UnusableSet(f"{path.name}: {error}")


def _read_npz(path: Path, rate_hz: float | None) -> Iterator[FallSet]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            channels = [name.removesuffix("_d") for name in file.files if name == "acc_d" or name.endswith("_acc_d")]
            if not channels:
                return  # some other recording
            arrays = {name: file[name] for name in file.files if "gyr" not in name}
    except ValueError as error:
        raise UnusableSet(f"不是普通的 NPZ / is no plain NPZ: {error}") from error
    rows = _rows(path.with_suffix(".csv"))
    for channel in channels:
        yield _assemble(path.name, channel, _npz_trials(arrays, channel, rows), rate_hz)


def _npz_trials(arrays: Mapping[str, NDArray[np.generic]], channel: str, rows: Sequence[Row]) -> list[Raw]:
    many = len(_bounds(arrays, channel)) - 1
    clock = next(
        (name for name in (f"{channel}_t", f"{channel.removesuffix('acc')}t", "t") if f"{name}_d" in arrays), None
    )
    found = []
    for place, row in enumerate(rows):
        index = int(row.get("idx") or place)
        if not 0 <= index < many:
            raise UnusableSet(
                f"CSV 的 idx {index} 不在 NPZ 里 / idx {index} of the CSV is not in the NPZ, which has {many}"
            )
        counts = _series(arrays, channel, index)
        if counts.ndim != 2 or counts.shape[1] != 3:  # noqa: PLR2004 - three axes
            raise UnusableSet(f"{channel}：应有三轴 / must have three axes")
        times = None if clock is None else _series(arrays, clock, index).reshape(-1)
        rate = rate_of(row, channel, arrays)
        found.append(Raw(row, counts, None if times is None or rate else seconds(times), rate))
    return found


def _bounds(arrays: Mapping[str, NDArray[np.generic]], name: str) -> NDArray[np.int64]:
    if f"{name}_off" not in arrays:
        raise UnusableSet(f"缺少 {name}_off / {name}_off is missing")
    return arrays[f"{name}_off"].astype(np.int64)


def _series(arrays: Mapping[str, NDArray[np.generic]], name: str, index: int) -> Numbers:
    differences, bounds = arrays[f"{name}_d"], _bounds(arrays, name)
    part = differences[..., bounds[index] : bounds[index + 1]]
    # the wrap-around of the integers is intended: sums restore what was there
    return np.cumsum(part, axis=-1, dtype=differences.dtype).T.astype(np.float64)


def _read_generic(path: Path, rate_hz: float | None) -> Iterator[FallSet]:
    trials: dict[tuple[str, str], list[Row]] = {}
    for row in _rows(path):
        trials.setdefault((row.get("channel") or "acc", row["trial"]), []).append(row)
    for channel in dict.fromkeys(channel for channel, _ in trials):
        raw = [_generic_trial(rows, channel) for (of, _), rows in trials.items() if of == channel]
        yield _assemble(path.name, channel, raw, rate_hz)


def _generic_trial(rows: Sequence[Row], channel: str) -> Raw:
    try:
        counts = np.array([[float(row[axis]) for axis in "xyz"] for row in rows])
    except ValueError as error:
        raise UnusableSet(f"trial {rows[0]['trial']}: {error}") from error
    return Raw(rows[0], counts, None, rate_of(rows[0], channel, {}))


def _is_generic(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {"trial", "x", "y", "z"} <= set(next(csv.reader(file), []))


def _rows(path: Path) -> list[Row]:
    if not path.exists():
        raise UnusableSet(f"旁边应有 {path.name} / {path.name} must lie beside it")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    if not rows or not {"is_fall", "label"} & rows[0].keys():
        raise UnusableSet(f"{path.name}：缺少 is_fall 或 label 列 / has no column is_fall or label")
    return rows


def _assemble(file: str, channel: str, raw: Sequence[Raw], rate_hz: float | None) -> FallSet:
    """Bring all trials of a channel to one rate and to g."""
    counts_per_g, unit_from = scale_of(raw, channel, rate_hz)
    trials, unusable = [], dict[str, int]()
    for each in raw:
        try:
            samples = even(each, rate_hz, channel) / counts_per_g
        except TooMuchLost:
            unusable["lost"] = unusable.get("lost", 0) + 1
            continue
        trials.append(_trial(each.row, samples, each.counts))
    return FallSet(
        file=file, channel=channel, trials=tuple(trials), counts_per_g=counts_per_g, unit_from=unit_from,
        unusable=unusable,
    )  # fmt: skip


def _trial(row: Row, samples: Numbers, counts: Numbers) -> Trial:
    label = (row.get("is_fall") or row.get("label") or "").strip().lower()
    start, end = row.get("fall_start_s"), row.get("fall_end_s")
    return Trial(
        subject=row.get("subject") or "",
        activity=row.get("activity") or "",
        fall=label in _YES,
        elder=_is_elder(row),
        samples=samples,
        fingerprint=int.from_bytes(blake2b(counts.tobytes(), digest_size=8).digest(), "big"),
        fall_at_s=(float(start), float(end)) if start and end else None,
    )


def _is_elder(row: Row) -> bool | None:
    if row.get("elder"):
        return row["elder"].strip().lower() in _YES
    try:
        return float(row["age"]) >= ELDER_FROM if row.get("age") else None
    except ValueError:
        return None
