"""Recorded homes as the pipeline sees them: which home it was, and its readings in the order they were heard.

What a file is, is told by its content, never by its name: our own store is an SQLite file with a table `readings`, a
home by the minute is an NPZ (`recorded_minutes`), and everything else is a text, packed with gzip or not, known by
its first line: `recorded_tables`, `recorded_texts`, `recorded_casas`, `recorded_csv`. A row that cannot be read is a
refusal with a fixed reason, counted and passed over; a file that is no recording at all is a `NotARecording` with a
sentence that says what to do.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from config.limits import defaults
from gateway.detection.home import Device, Home, Limits
from gateway.detection.prior import shipped
from gateway.recorded import TIMEZONE, NotARecording, Refusals
from gateway.recorded_casas import is_casas, read_casas
from gateway.recorded_csv import is_generic, read_generic
from gateway.recorded_labels import Labels, labels_of
from gateway.recorded_minutes import read_minutes
from gateway.recorded_store import read_store
from gateway.recorded_tables import read_activities, read_table
from gateway.recorded_texts import as_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from devices.reading import Reading
    from gateway.recorded_events import Table

LIMIT_BYTES = 512 * 1024 * 1024
"""The largest table that is read into memory, unpacked. Source: judgement; the largest of the three public homes that
we replay has 0.4 MB, a year of raw events of a dense home has 150 MB."""

_GZIP, _SQLITE, _ZIP = b"\x1f\x8b", b"SQLite format 3\x00", b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded home.

    Args:
        name: for people.
        home: its devices as the detectors see them, with the limits' defaults unless a configuration was given.
        readings: the readings in the order in which they were heard; to be taken once.
        refusals: filled while the readings are taken.
        labels: what people wrote down of those days, where the file has it; None where nobody did.
    """

    name: str
    home: Home
    readings: Iterator[Reading]
    refusals: Refusals
    labels: Labels | None = None


def default_home(devices: Iterable[Device]) -> Home:
    """A home of these devices with every limit at its default."""
    values = defaults()
    limits = {name: float(_number(values[name])) for name in Limits.__dataclass_fields__}
    day, night = values["day_starts"], values["night_starts"]
    if not isinstance(day, time) or not isinstance(night, time):
        raise TypeError("limits.toml must give day_starts and night_starts as times of day")
    return Home(
        timezone=TIMEZONE,
        day_starts=day,
        night_starts=night,
        devices={device.id: device for device in devices},
        limits=Limits(**limits | {"trial_every_days": 0.0}),  # nobody could test the chain of a recorded home
        prior=shipped(),
    )


def _number(value: float | time) -> float:
    if isinstance(value, time):
        raise TypeError("limits.toml must give a number here")
    return value


def open_recording(path: Path, home: Home | None = None) -> Recording:
    """Find out what a file is and make ready to read it.

    Args:
        path: the file.
        home: the home it was recorded in, where a configuration tells; None guesses from the recording.

    Returns:
        The recording; its readings are read while they are taken.

    Raises:
        NotARecording: if it is none, with a sentence for people.
    """
    refusals = Refusals()
    head = _content(path, len(_SQLITE), packed=False)
    if head == _SQLITE:
        devices, readings = read_store(path, refusals)
        return Recording(name=path.name, home=home or default_home(devices), readings=readings, refusals=refusals)
    table = _table(path, _whole(path, head), refusals)
    return Recording(
        name=table.name,
        home=home or default_home(table.devices),
        readings=iter(table.readings),
        refusals=refusals,
        labels=labels_of(table.activities) if table.activities else None,
    )


def open_labels(path: Path) -> Labels | None:
    """What people wrote down of a home, where a file holds that and nothing else; None for every other file.

    Args:
        path: the file.

    Raises:
        NotARecording: if it cannot be read, with a sentence for people.
    """
    head = _content(path, len(_SQLITE), packed=False)
    if head == _SQLITE or head.startswith(_ZIP):
        return None
    text = _whole(path, head).decode("utf-8", errors="replace")
    activities = read_activities(as_table(text) or text)
    return labels_of(activities) if activities else None


def _table(path: Path, content: bytes, refusals: Refusals) -> Table:
    if content.startswith(_ZIP):
        return read_minutes(path, content)
    text = content.decode("utf-8-sig", errors="replace")
    first_line = text.lstrip().partition("\n")[0]
    if is_casas(first_line):
        return read_casas(path, text, refusals)
    if is_generic(first_line):
        return read_generic(path, text, refusals)
    return read_table(path, as_table(text) or text, refusals)


def _whole(path: Path, head: bytes) -> bytes:
    content = _content(path, LIMIT_BYTES + 1, packed=head.startswith(_GZIP))
    if len(content) > LIMIT_BYTES:
        raise NotARecording(f"{path}: 超过 {LIMIT_BYTES} 字节；请按月拆分 / is larger than that; split it by month")
    return content


def _content(path: Path, size: int, *, packed: bool) -> bytes:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        what = "打不开；请检查路径和文件 / cannot be read; check the path and the file"
        raise NotARecording(f"{path}: {what} ({error})") from error
