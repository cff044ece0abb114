"""The texts that Ordonez and van Kasteren published, turned into the tables that `recorded_tables` knows.

Ordonez (UCI 271): columns parted by tabs under the names "Start time, End time, Location, Type, Place" and a line of
dashes; beside it a text of the same form with "Start time, End time, Activity". Van Kasteren, house A: start, end, the
number of the sensor and 1, parted by tabs, months by name ("25-Feb-2008 00:20:14"); the numbers are those of
`senseLabels` in his archive.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

_ORDONEZ = {
    ("start time", "end time", "location", "type", "place"): ("start", "end", "sensor", "type", "room"),
    ("start time", "end time", "activity"): ("start", "end", "activity"),
}
_KASTEREN = re.compile(r"(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)\s+(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)\s+(\d+)")
_SENSORS = {
    1: "Microwave",
    5: "Hall-Toilet door",
    6: "Hall-Bathroom door",
    7: "Cups cupboard",
    8: "Fridge",
    9: "Plates cupboard",
    12: "Frontdoor",
    13: "Dishwasher",
    14: "ToiletFlush",
    17: "Freezer",
    18: "Pans Cupboard",
    20: "Washingmachine",
    23: "Groceries Cupboard",
    24: "Hall-Bedroom door",
}
"""Source: van Kasteren et al., UbiComp 2008, house A, `senseLabels`."""


def as_table(text: str) -> str | None:
    """Such a text as a table of comma-separated values; None where it is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("%", "#"))]
    if not lines:
        return None
    columns = _ORDONEZ.get(tuple(cell.casefold() for cell in _cells(lines[0])))
    if columns is not None:
        rows = (_cells(line) for line in lines[1:] if line[:1].isdigit())
        return _written(columns, rows)
    if any(_KASTEREN.match(line.strip()) for line in lines[:_HEAD]):
        return _written(("start", "end", "sensor"), (_activation(line) for line in lines if line[:1].isdigit()))
    return None


_HEAD = 5
"""Lines at the top in which data must begin."""


def _cells(line: str) -> list[str]:
    """The cells of a line parted by tabs, or by two and more blanks."""
    return [cell.strip() for cell in re.split(r"\t+|\s{2,}", line.strip()) if cell.strip()]


def _activation(line: str) -> list[str]:
    match = _KASTEREN.match(line.strip())
    if match is None:
        return [line]
    return [_iso(match[1]), _iso(match[2]), _SENSORS.get(int(match[3]), "")]


def _iso(told: str) -> str:
    try:
        return datetime.strptime(told, "%d-%b-%Y %H:%M:%S").isoformat(" ")  # noqa: DTZ007 - the home's wall clock
    except ValueError:
        return told


def _written(columns: tuple[str, ...], rows: object) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)  # type: ignore[arg-type]
    return table.getvalue()
