"""Recorded falls and daily activities, read from a folder: as NPZ with a CSV beside it, or as one generic CSV.

`gateway.scorecard.fall_npz` and `fall_csv` say what such files look like, `fall_units` how rate and unit are found.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection.motion_window import TooMuchLost
from gateway.scorecard import fall_csv, fall_npz
from gateway.scorecard.fall_units import OtherRecording, Raw, UnusableSet, even, gravity, number, told_scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Row = Mapping[str, str]

ELDER_FROM = 60
"""From this age on a person is an elder. Source: 老年人权益保障法, article 2."""

DAY_S = 86400.0
"""No trial is longer, in seconds. Source: our choice."""


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
            for channel, raw in _read(path):
                yield _assemble(path.name, channel, raw, rate_hz)
        except OtherRecording as error:
            yield OtherRecording(f"{path.name}: {error}")
        except UnicodeDecodeError:
            yield UnusableSet(f"{path.name}: 它的 CSV 请存成 UTF-8 / its CSV is not UTF-8: save it as such")
        except (UnusableSet, OSError, csv.Error) as error:
            yield UnusableSet(f"{path.name}: {error}")


def _read(path: Path) -> Iterator[tuple[str, list[Raw]]]:
    if path.suffix == ".npz":
        return fall_npz.read(path)
    if fall_csv.is_generic(path):
        return fall_csv.read(path)
    raise OtherRecording("没有 x、y、z 列，略过 / has no columns x, y and z: passed over")


def _assemble(file: str, channel: str, raw: Sequence[Raw], rate_hz: float | None) -> FallSet:
    """Bring all trials of a channel to one rate and to g."""
    unusable = dict[str, int]()
    usable: list[tuple[Raw, Numbers]] = []
    for each in raw:
        try:
            usable.append((each, even(each, rate_hz, channel)))
        except TooMuchLost:
            unusable["lost"] = unusable.get("lost", 0) + 1
    if not usable:
        raise UnusableSet(f"{channel}：没有一次记录可用 / has no trial that can be used")
    scales = _scales(usable, channel)
    return FallSet(
        file=file,
        channel=channel,
        trials=tuple(_trial(each, samples / per_g) for (each, samples), (per_g, _) in zip(usable, scales, strict=True)),
        counts_per_g=scales[0][0],
        unit_from=scales[0][1],
        unusable=unusable,
    )


def _scales(usable: Sequence[tuple[Raw, Numbers]], channel: str) -> list[tuple[float, str]]:
    """How many counts are 1 g in each trial, and what told it."""
    told = [told_scale(each.row, channel) for each, _ in usable]
    if all(told):
        return [scale for scale in told if scale]
    found = gravity([samples for (_, samples), scale in zip(usable, told, strict=True) if scale is None])
    return [scale or (found, "gravity") for scale in told]


def _trial(each: Raw, samples: Numbers) -> Trial:
    row = each.row
    return Trial(
        subject=row.get("subject") or "",
        activity=row.get("activity") or "",
        fall=fall_csv.holds_fall(row),
        elder=_is_elder(row),
        samples=samples,
        fingerprint=int.from_bytes(blake2b(each.counts.tobytes(), digest_size=8).digest(), "big"),
        fall_at_s=_fall_at_s(row),
    )


def _fall_at_s(row: Row) -> tuple[float, float] | None:
    start, end = row.get("fall_start_s"), row.get("fall_end_s")
    return (number(start, "fall_start_s", 0, DAY_S), number(end, "fall_end_s", 0, DAY_S)) if start and end else None


def _is_elder(row: Row) -> bool | None:
    if row.get("elder"):
        return row["elder"].strip().lower() in {"1", "true", "yes", "是"}
    try:
        return float(row["age"]) >= ELDER_FROM if row.get("age") else None
    except ValueError:
        return None
