"""The text in which the homes of CASAS are published: one line per word of a sensor.

    2010-11-04 00:03:50.209589	M003	ON	Sleeping begin

Date, time, sensor, state, and sometimes the beginning or the end of an activity; separated by tabs, blanks or commas.
Later homes put the sensor's place or type between sensor and state. By its name a sensor is motion (M, MA), a door to
the outside (D), an object that is taken or used (I), or none that knows of a person: temperature, light, battery and
power are passed over and counted.

Source: D. Cook, IEEE Intelligent Systems 2012; the readme of the data sets "aruba" and "hh101".
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection.home import Role
from gateway.recorded import NOTHING_READABLE, NotARecording
from gateway.recorded_events import Event, Sensor, Table, in_order, local_time
from gateway.recorded_labels import Activity

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gateway.recorded import Refusals

_LINE = re.compile(r"(\d{4}-\d\d-\d\d)[\s,]+(\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*[\s,]+([A-Za-z]\w*)[\s,]+(\S.*)")
_STATES = {"on": True, "open": True, "present": False, "off": False, "close": False, "closed": False, "absent": True}
"""An object that is absent from its place is in her hand."""
_KINDS = {"M": (Role.MOTION, Kind.MOTION), "D": (Role.ENTRANCE, Kind.CONTACT), "I": (Role.INNER_DOOR, Kind.CONTACT)}
_OTHERS = frozenset({"T", "L", "B", "P", "E", "A", "S", "F"})
"""Temperature, light, battery, power and the rest: they do not tell of a person."""
_DEFINITE = re.compile(r"(?:MA|[A-Z])[A-Za-z]*\d+")


def is_casas(first_line: str) -> bool:
    """Whether a file that begins so is one of theirs."""
    return _LINE.match(first_line) is not None


def read_casas(path: Path, text: str, refusals: Refusals) -> Table:
    """The home that such a text records.

    Args:
        path: where it came from, for the name and for sentences.
        text: its whole content.
        refusals: counts the lines that cannot be read.

    Raises:
        NotARecording: if not one line tells of a person.
    """
    events: list[Event] = []
    labels = _Labels()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            _read(number, line, events, labels, refusals)
    if not events:
        raise NotARecording(f"{path}: {NOTHING_READABLE}")
    return in_order(f"CASAS ({path.name})", events, labels.activities)


def _read(number: int, line: str, events: list[Event], labels: _Labels, refusals: Refusals) -> None:
    day, clock, name, *words = (*line.replace(",", " ").split(), "", "", "")
    at = local_time(f"{day} {clock[:_MICROSECONDS]}")
    if at is None or not words[0]:
        refusals.refuse("bad_row", f"row {number}: {line[:80]}")
        return
    place = next((place for place, word in enumerate(words) if word.casefold() in _STATES), None)
    if words[1]:
        labels.hear(at, words[0 if place is None else place + 1 :])
    sensor = _sensor(name)
    if sensor is None or place is None:
        reason = "no_sign_of_a_person" if name[0].upper() in _OTHERS else "unknown_sensor"
        refusals.refuse(reason, f"row {number}: {line[:80]}")
        return
    events.append(Event(at, number, sensor, _STATES[words[place].casefold()]))


_MICROSECONDS = len("00:03:50.209589")


@cache
def _sensor(name: str) -> Sensor | None:
    """What a sensor is by its name; None where it knows of no person."""
    kind = _KINDS.get(name[0].upper()) if _DEFINITE.fullmatch(name) else None
    return None if kind is None else Sensor(name, *kind)


class _Labels:
    """Pairs "begin" with "end"."""

    def __init__(self) -> None:
        self.activities: list[Activity] = []
        self._begun: dict[str, datetime] = {}

    def hear(self, at: datetime, words: list[str]) -> None:
        """Take the words after a state, if they label anything."""
        *name, last = re.split(r'[\s="]+', " ".join(words).strip('" ')) if words else [""]
        what = " ".join(name)
        if last == "begin":
            self._begun.setdefault(what, at)
        elif last == "end" and what in self._begun:
            self.activities.append(Activity(self._begun.pop(what), at, what))
