"""Our own store as a recording: the table `readings`, row by row in the order in which it was written.

Where no configuration tells what the devices are for, it is guessed from what they said: the first kind of
`_ROLES` that a device has spoken. A contact is the entrance when its name says so.
"""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING

from devices.reading import VALUE_TYPES, Kind, Reading
from gateway.detection.home import Device, Role
from gateway.recorded import NotARecording, Refusals
from gateway.rows import from_us

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TIMES_US = range(221_845_392_000_000_000)
"""Microseconds from 1970 to the year 9000, so that timers have room after them."""

_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}

_ROLES: tuple[tuple[frozenset[Kind], Role], ...] = (
    (frozenset({Kind.BRIDGE, Kind.TROUBLE, Kind.TRIAL}), Role.BRIDGE),
    (frozenset({Kind.SOS, Kind.SOS_FLAG}), Role.SOS),
    (frozenset({Kind.FALL, Kind.IMPACT, Kind.AFTER}), Role.FALL),
    (frozenset({Kind.SMOKE, Kind.GAS, Kind.CARBON_MONOXIDE, Kind.WATER_LEAK}), Role.HAZARD),
    (frozenset({Kind.BED}), Role.BED),
    (frozenset({Kind.CONTACT}), Role.INNER_DOOR),
    (frozenset({Kind.PRESENCE}), Role.PRESENCE),
    (frozenset({Kind.MOTION}), Role.MOTION),
    (frozenset({Kind.ACTIVITY, Kind.VIBRATION}), Role.ACTIVITY),
)

_ENTRANCE_WORDS = ("front", "entrance", "main", "大门", "入户", "房门", "家门")


def read_store(path: Path, refusals: Refusals) -> tuple[list[Device], Iterator[Reading]]:
    """The devices that a store has heard, and its readings.

    Args:
        path: an SQLite file.
        refusals: counts the rows that cannot be read, while the readings are taken.

    Raises:
        NotARecording: if it has no readings of ours.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        rows = connection.execute("SELECT DISTINCT device, kind FROM readings").fetchall()
    except sqlite3.Error as error:
        why = "不是守望的数据库；请给出带 readings 表的文件 / is no store of ours; give a file with the table readings"
        raise NotARecording(f"{path}: {why} ({error})") from error
    heard: dict[str, set[Kind]] = {}
    for device, kind in rows:
        if kind in _KINDS:
            heard.setdefault(str(device), set()).add(_KINDS[kind])
    devices = [Device(id=device, role=guess_role(device, kinds)) for device, kinds in heard.items()]
    return devices, _readings(connection, refusals)


def guess_role(device: str, kinds: set[Kind]) -> Role:
    """What a device is for, by its name and by every kind that it has spoken."""
    role = next((role for known, role in _ROLES if known & kinds), Role.OTHER)
    name = device.casefold()
    if role is Role.INNER_DOOR and (name == "door" or any(word in name for word in _ENTRANCE_WORDS)):
        return Role.ENTRANCE
    return role


def _readings(connection: sqlite3.Connection, refusals: Refusals) -> Iterator[Reading]:
    sql = "SELECT id, at, device, kind, value, device_at, sequence, origin FROM readings ORDER BY id"
    try:
        for number, *row in connection.execute(sql):
            reading = _reading(row)
            if isinstance(reading, Reading):
                yield reading
            else:
                refusals.refuse(reading, f"id {number}")
    except sqlite3.Error as error:
        refusals.refuse("broken_store", str(error))
    finally:
        connection.close()


def _reading(row: list[object]) -> Reading | str:
    """The reading of a row, or the reason why it is none."""
    at, device, kind, value, device_at, sequence, origin = row
    if not isinstance(at, int) or at not in TIMES_US or not isinstance(device, str):
        return "bad_row"
    known = _KINDS.get(str(kind))
    if known is None:
        return "unknown_kind"
    typed = _typed(known, value)
    if typed is None:
        return "bad_value"
    return Reading(
        device_id=device,
        kind=known,
        value=typed,
        at=from_us(at),
        device_at=from_us(device_at) if isinstance(device_at, int) and device_at in TIMES_US else None,
        sequence=sequence if isinstance(sequence, int) and sequence >= 0 else None,
        origin=str(origin or ""),
    )


def _typed(kind: Kind, value: object) -> bool | float | str | None:
    """The value as the kind's type; None where it is none."""
    wanted = VALUE_TYPES[kind]
    if wanted is bool:
        return bool(value) if isinstance(value, int) and value in (0, 1) else None
    if wanted is float:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    return value if isinstance(value, str) else None
