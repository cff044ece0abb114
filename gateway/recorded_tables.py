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

Sources: Ordonez et al., Sensors 2013, 13, 5460; van Kasteren et al., UbiComp 2008; Cook, IEEE Intelligent Systems
2012.
"""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind
from gateway.detection.home import Role
from gateway.recorded import NOTHING_READABLE, NotARecording, Refusals
from gateway.recorded_events import Event, Sensor, Table, in_order, local_time, slug
from gateway.recorded_labels import Activity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

FIRING_S = 2.0
"""How long a reconstructed firing lasts. Source: judgement; the motion sensors of CASAS homes reset after 1-2 s."""

FIRINGS_MAX = 100_000
"""More firings of one sensor in one episode are no count. Source: the largest in Aruba is under 2,000."""


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
    rows = list(_timed_rows(lines, len(header), refusals))
    events = [event for row in rows for event in events_of(row, refusals)]
    if not events:
        raise NotARecording(f"{path}: {NOTHING_READABLE}")
    activities = (Activity(row.start, row.end, row.cells[2]) for row in rows if header[2] == "activity")
    return in_order(f"{name} ({path.name})", events, activities)


def read_activities(text: str) -> list[Activity]:
    """The labels of a file that holds labels only (`start,end,activity`); none for every other file."""
    lines = csv.reader(text.splitlines())
    if tuple(cell.strip().casefold() for cell in next(lines, [])) != _LABELS:
        return []
    return [Activity(row.start, row.end, row.cells[2]) for row in _timed_rows(lines, len(_LABELS), Refusals())]


_LABELS = ("start", "end", "activity")


def _why_not(header: tuple[str, ...]) -> str:
    if header == _LABELS:
        return (
            "这是人工标注，不是传感器记录；请给同名的 _sensors 文件 / "
            "these are a person's labels, not what sensors said; give the _sensors file of the same name"
        )
    known = "; ".join(",".join(columns) for columns in (*_TABLES, ("time", "sensor", "kind", "state")))
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
            start, end = local_time(cells[0]), local_time(cells[1])
            if start is None or end is None:
                refusals.refuse("bad_time", where)
            elif end < start:
                refusals.refuse("ends_before_it_starts", where)
            else:
                yield _Row(number, start, end, [cell.strip() for cell in cells])


def _ordonez(row: _Row, refusals: Refusals) -> list[Event]:
    _, _, name, sort, room = row.cells
    if sort not in _ORDONEZ:
        refusals.refuse("unknown_sensor", f"row {row.number}: {sort}")
        return []
    role, kind = _ORDONEZ[sort]
    if name == "Maindoor":
        role = Role.ENTRANCE
    elif name == "Bed":
        role, kind = Role.BED, Kind.BED
    return _activation(row, Sensor(slug(f"{room}-{name}"), role, kind, room.casefold()))


_ORDONEZ = {
    "PIR": (Role.MOTION, Kind.MOTION),
    "Magnetic": (Role.INNER_DOOR, Kind.CONTACT),
    "Pressure": (Role.SEAT, Kind.PRESENCE),
    "Flush": (Role.ACTIVITY, Kind.ACTIVITY),
    "Electric": (Role.ACTIVITY, Kind.ACTIVITY),
}


def _kasteren(row: _Row, refusals: Refusals) -> list[Event]:
    name = row.cells[2]
    if not slug(name):
        refusals.refuse("unknown_sensor", f"row {row.number}: {name}")
        return []
    room = next((room for word, room in _KASTEREN_ROOMS.items() if word in name), "kitchen")
    if name == "Frontdoor":
        return _activation(row, Sensor("frontdoor", Role.ENTRANCE, Kind.CONTACT, "hall"))
    if name == "ToiletFlush":
        return _activation(row, Sensor("toiletflush", Role.ACTIVITY, Kind.ACTIVITY, room))
    return _activation(row, Sensor(slug(name), Role.INNER_DOOR, Kind.CONTACT, room))


_KASTEREN_ROOMS = {"Toilet": "toilet", "Bathroom": "bathroom", "Bedroom": "bedroom"}


def _activation(row: _Row, sensor: Sensor) -> list[Event]:
    order = 2 * row.number
    if sensor.kind is Kind.ACTIVITY:
        return [Event(row.start, order, sensor, sensor.device)]
    return [Event(row.start, order, sensor, value=True), Event(row.end, order + 1, sensor, value=False)]


def _aruba(row: _Row, refusals: Refusals) -> list[Event]:
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


def _firing(at: datetime, lasts: timedelta, name: str) -> list[Event]:
    door = name.startswith("D")
    role, kind = (Role.ENTRANCE, Kind.CONTACT) if door else (Role.MOTION, Kind.MOTION)
    sensor = Sensor(name, role, kind)
    return [Event(at, 0, sensor, value=True), Event(at + lasts, 0, sensor, value=False)]


_TABLES: dict[tuple[str, ...], tuple[str, Callable[[_Row, Refusals], list[Event]]]] = {
    ("start", "end", "sensor", "type", "room"): ("Ordonez", _ordonez),
    ("start", "end", "sensor"): ("Kasteren", _kasteren),
    ("start", "end", "activity", "sensor_counts"): ("Aruba", _aruba),
}
