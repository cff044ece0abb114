"""Any other home, as a table that anybody can make: `time,sensor,kind,state`, in any order, and `room` if it is known.

    time,sensor,kind,state,room
    2026-01-05 07:12:30,hall,motion,on,hall
    2026-01-05 07:13:02,front-door,contact,open,hall

A time without a zone is the home's wall clock. Kinds are those of `devices.reading`, and what shops call them: pir is
motion, door and magnetic are contacts, mat and pressure are presence. States are on and off, open and closed, true and
false, 1 and 0; what happens in a moment (activity, sos, vibration) may say anything. A contact is the entrance when its
name says so: see `recorded_store`.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from devices.reading import VALUE_TYPES, Kind
from gateway.recorded import NOTHING_READABLE, NotARecording
from gateway.recorded_events import Event, Sensor, Table, in_order, local_time
from gateway.recorded_store import guess_role

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.recorded import Refusals

COLUMNS = ("time", "sensor", "kind", "state")

_ALIASES = {
    "pir": Kind.MOTION,
    "occupancy": Kind.MOTION,
    "door": Kind.CONTACT,
    "magnetic": Kind.CONTACT,
    "reed": Kind.CONTACT,
    "mat": Kind.PRESENCE,
    "pressure": Kind.PRESENCE,
    "seat": Kind.PRESENCE,
    "button": Kind.ACTIVITY,
    "flush": Kind.ACTIVITY,
    "switch": Kind.ACTIVITY,
    "electric": Kind.ACTIVITY,
}
_KINDS = {**_ALIASES, **{kind.value: kind for kind in Kind}}
_TRUE = frozenset({"on", "open", "opened", "true", "1", "detected", "occupied", "yes"})
_FALSE = frozenset({"off", "closed", "close", "false", "0", "clear", "free", "no"})


def is_generic(first_line: str) -> bool:
    """Whether a file that begins so is such a table."""
    return set(COLUMNS) <= {cell.strip().casefold() for cell in first_line.split(",")}


def read_generic(path: Path, text: str, refusals: Refusals) -> Table:
    """The home that such a table records.

    Args:
        path: where it came from, for the name and for sentences.
        text: its whole content.
        refusals: counts the rows that cannot be read.

    Raises:
        NotARecording: if not one row can be read.
    """
    rows = csv.DictReader(text.splitlines(), restval="")
    rows.fieldnames = [name.strip().casefold() for name in rows.fieldnames or ()]
    told = []
    try:
        for number, row in enumerate(rows, start=2):
            event = _event(number, {name: (row[name] or "").strip() for name in (*COLUMNS, "room") if name in row})
            if isinstance(event, Event):
                told.append(event)
            else:
                refusals.refuse(event, f"row {number}: {','.join(str(cell) for cell in row.values())[:80]}")
    except csv.Error as error:
        refusals.refuse("bad_row", str(error))
    if not told:
        raise NotARecording(f"{path}: {NOTHING_READABLE}")
    return in_order(path.name, _with_roles(told))


def _event(number: int, row: dict[str, str]) -> Event | str:
    """What a row tells, or the reason why it tells nothing."""
    at, kind = local_time(row["time"]), _KINDS.get(row["kind"].casefold())
    if at is None:
        return "bad_time"
    if kind is None:
        return "unknown_kind"
    if not row["sensor"]:
        return "unknown_sensor"
    value = _value(kind, row["state"])
    if value is None:
        return "bad_value"
    return Event(at, number, Sensor(row["sensor"], guess_role(row["sensor"], {kind}), kind, row.get("room", "")), value)


def _value(kind: Kind, state: str) -> bool | str | float | None:
    wanted, word = VALUE_TYPES[kind], state.casefold()
    if wanted is bool:
        return True if word in _TRUE else False if word in _FALSE else None
    if wanted is str:
        return None if word in _FALSE else state
    try:
        value = float(state)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _with_roles(events: list[Event]) -> list[Event]:
    """The events with each sensor's role judged by every kind that it has spoken."""
    kinds: dict[str, set[Kind]] = defaultdict(set)
    rooms: dict[str, str] = {}
    for event in events:
        kinds[event.sensor.device].add(event.sensor.kind)
        rooms.setdefault(event.sensor.device, event.sensor.room)
    roles = {device: guess_role(device, heard) for device, heard in kinds.items()}
    return [
        event._replace(sensor=event.sensor._replace(role=roles[event.sensor.device], room=rooms[event.sensor.device]))
        for event in events
    ]
