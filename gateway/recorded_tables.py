"""Public recordings of real homes, as tables of comma-separated values, turned into readings.

Three tables are known, each by its first line:

* `start,end,sensor,type,room` (Ordonez, UCI 271): an interval per activation. PIR is motion, Magnetic a contact
  (Maindoor is the entrance), Pressure the bed or a seat, Flush and Electric a momentary sign of life at its start.
* `start,end,sensor` (van Kasteren, house A): an interval per activation of a reed switch; Frontdoor is the
  entrance, the toilet's flush is momentary.
* `start,end,activity,sensor_counts` (CASAS Aruba): an interval per labelled activity, with how often each motion
  (M) and door (D) sensor fired inside it. *The readings made of it are a reconstruction*: the counts are true, the
  moments are not. Firings are spread evenly over the episode, motion for at most `FIRING_S`, a door open for as
  long; in a Leave_Home the door comes last, in an Enter_Home first. What happened between labelled episodes is
  missing, so its silences are longer than they were. Whoever tunes a limit on it should know that.

Each reading is numbered in the order of its time, as a native device would, so that a replay over MQTT tells the
same.

Sources: Ordonez et al., Sensors 2013, 13, 5460; van Kasteren et al., UbiComp 2008; Cook, IEEE Intelligent Systems
2012.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind, Reading
from gateway.detection.home import Device, Role
from gateway.recorded import TIMEZONE, NotARecording, Refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIRING_S = 2.0
"""How long a reconstructed firing lasts. Source: judgement; the motion sensors of CASAS homes reset after 1-2 s."""

FIRINGS_MAX = 100_000
"""More firings of one sensor in one episode are no count. Source: the largest in Aruba is under 2,000."""


class Table(NamedTuple):
    """A recorded home: its name, its devices, its readings in order."""

    name: str
    devices: list[Device]
    readings: list[Reading]


class _Sensor(NamedTuple):
    device: str
    role: Role
    kind: Kind
    room: str = ""


class _Event(NamedTuple):
    at: datetime
    order: int
    sensor: _Sensor
    value: bool | str


class _Row(NamedTuple):
    number: int
    start: datetime
    end: datetime
    cells: list[str]


def read_table(path: Path, text: str, refusals: Refusals) -> Table:
    """The home that a table records.

    Args:
        path: where it came from, for the name and for sentences.
        text: its whole content.
        refusals: counts the rows that cannot be read.

    Raises:
        NotARecording: if the first line is that of no recording.
    """
    lines = csv.reader(text.splitlines())
    header = tuple(cell.strip().casefold() for cell in next(_rows(lines, refusals, 1), (1, []))[1])
    if header not in _TABLES:
        raise NotARecording(f"{path}: {_why_not(header)}")
    name, events_of = _TABLES[header]
    events = [event for row in _timed_rows(lines, len(header), refusals) for event in events_of(row, refusals)]
    if not events:
        raise NotARecording(f"{path}: 没有一行可读 / not one row can be read; 请检查文件 / check the file")
    events.sort(key=lambda event: (event.at, event.order))
    devices = {event.sensor.device: event.sensor for event in events}
    return Table(
        f"{name} ({path.name})",
        [Device(id=one.device, role=one.role, room=one.room) for one in devices.values()],
        [_reading(number, event) for number, event in enumerate(events, start=1)],
    )


def _why_not(header: tuple[str, ...]) -> str:
    if header == ("start", "end", "activity"):
        return (
            "这是人工标注，不是传感器记录；请给同名的 _sensors 文件 / "
            "these are a person's labels, not what sensors said; give the _sensors file of the same name"
        )
    known = "; ".join(",".join(columns) for columns in _TABLES)
    return f"认不出这种记录 / no recording that is known here. 第一行应为 / the first line should be one of: {known}"


def _rows(lines: Iterator[list[str]], refusals: Refusals, first: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, numbered from `first`; a row that the reader cannot take apart is refused."""
    for number in count(first):
        try:
            row = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            refusals.refuse("bad_row", f"row {number}: {error}")
            continue
        if any(row):
            yield number, row


def _timed_rows(lines: Iterator[list[str]], columns: int, refusals: Refusals) -> Iterator[_Row]:
    for number, cells in _rows(lines, refusals, 2):
        where = f"row {number}: {','.join(cells)[:80]}"
        if len(cells) != columns:
            refusals.refuse("wrong_columns", where)
        elif any("�" in cell for cell in cells):
            refusals.refuse("not_utf8", where)
        else:
            start, end = _time(cells[0]), _time(cells[1])
            if start is None or end is None:
                refusals.refuse("bad_time", where)
            elif end < start:
                refusals.refuse("ends_before_it_starts", where)
            else:
                yield _Row(number, start, end, [cell.strip() for cell in cells])


def _time(told: str) -> datetime | None:
    """A local time of the home, or one with a zone, as UTC; None where it is none or absurd."""
    try:
        at = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=TIMEZONE)).astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 2000, 2099
"""Years that the native dialect can carry, see docs/mqtt.md; every public recording of a home is younger."""


def _ordonez(row: _Row, refusals: Refusals) -> list[_Event]:
    _, _, name, sort, room = row.cells
    if sort not in _ORDONEZ:
        refusals.refuse("unknown_sensor", f"row {row.number}: {sort}")
        return []
    role, kind = _ORDONEZ[sort]
    if name == "Maindoor":
        role = Role.ENTRANCE
    elif name == "Bed":
        role, kind = Role.BED, Kind.BED
    return _activation(row, _Sensor(_slug(f"{room}-{name}"), role, kind, room.casefold()))


_ORDONEZ = {
    "PIR": (Role.MOTION, Kind.MOTION),
    "Magnetic": (Role.INNER_DOOR, Kind.CONTACT),
    "Pressure": (Role.SEAT, Kind.PRESENCE),
    "Flush": (Role.ACTIVITY, Kind.ACTIVITY),
    "Electric": (Role.ACTIVITY, Kind.ACTIVITY),
}


def _kasteren(row: _Row, refusals: Refusals) -> list[_Event]:
    name = row.cells[2]
    if not _slug(name):
        refusals.refuse("unknown_sensor", f"row {row.number}: {name}")
        return []
    room = next((room for word, room in _KASTEREN_ROOMS.items() if word in name), "kitchen")
    if name == "Frontdoor":
        return _activation(row, _Sensor("frontdoor", Role.ENTRANCE, Kind.CONTACT, "hall"))
    if name == "ToiletFlush":
        return _activation(row, _Sensor("toiletflush", Role.ACTIVITY, Kind.ACTIVITY, room))
    return _activation(row, _Sensor(_slug(name), Role.INNER_DOOR, Kind.CONTACT, room))


_KASTEREN_ROOMS = {"Toilet": "toilet", "Bathroom": "bathroom", "Bedroom": "bedroom"}


def _activation(row: _Row, sensor: _Sensor) -> list[_Event]:
    order = 2 * row.number
    if sensor.kind is Kind.ACTIVITY:
        return [_Event(row.start, order, sensor, sensor.device)]
    return [_Event(row.start, order, sensor, value=True), _Event(row.end, order + 1, sensor, value=False)]


def _aruba(row: _Row, refusals: Refusals) -> list[_Event]:
    """The firings of one episode, spread evenly over it."""
    counts = _counts(row, refusals)
    total = sum(often for _, often in counts)
    firings = sorted(((index + 0.5) / often, name) for name, often in counts for index in range(often))
    if row.cells[2] in _DOOR_COMES:
        firings.sort(key=lambda firing: (firing[1].startswith("D") is _DOOR_COMES[row.cells[2]], firing))
    slot = (row.end - row.start) / total if total else timedelta()
    lasts = min(slot / 2, timedelta(seconds=FIRING_S))
    return [
        event for place, (_, name) in enumerate(firings) for event in _firing(row.start + place * slot, lasts, name)
    ]


_DOOR_COMES = {"Leave_Home": True, "Enter_Home": False}
"""Whether the door comes last."""

_COUNT = re.compile(r"([MD]\d{3}):(\d{1,9})")


def _counts(row: _Row, refusals: Refusals) -> list[tuple[str, int]]:
    counts = []
    for told in row.cells[3].split():
        match = _COUNT.fullmatch(told)
        if match is None or int(match[2]) > FIRINGS_MAX:
            refusals.refuse("bad_count", f"row {row.number}: {told[:40]}")
        else:
            counts.append((match[1], int(match[2])))
    return counts


def _firing(at: datetime, lasts: timedelta, name: str) -> list[_Event]:
    door = name.startswith("D")
    role, kind = (Role.ENTRANCE, Kind.CONTACT) if door else (Role.MOTION, Kind.MOTION)
    sensor = _Sensor(name, role, kind)
    return [_Event(at, 0, sensor, value=True), _Event(at + lasts, 0, sensor, value=False)]


def _slug(name: str) -> str:
    """A name as a device id that MQTT topics can carry."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:64]


def _reading(number: int, event: _Event) -> Reading:
    return Reading(
        device_id=event.sensor.device, kind=event.sensor.kind, value=event.value, at=event.at, sequence=number
    )


_TABLES: dict[tuple[str, ...], tuple[str, Callable[[_Row, Refusals], list[_Event]]]] = {
    ("start", "end", "sensor", "type", "room"): ("Ordonez", _ordonez),
    ("start", "end", "sensor"): ("Kasteren", _kasteren),
    ("start", "end", "activity", "sensor_counts"): ("Aruba", _aruba),
}
