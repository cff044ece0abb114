"""How often the place is right: minutes of recorded homes, as believed at that minute, beside what people wrote down.

Usage: python -m benchmarks.presence DIR, where DIR holds the recordings named in `HOMES` with their labels.

*False away* is the dangerous error: nobody looks for a person who is out. *Missed away* is told as inactivity at worst.
A minute of a label's first or last `EDGE_S` is not counted: the box needs `away_after_s` to be sure, by design, and
people write times down late. Aruba's readings are a reconstruction from counts (`gateway.recorded_tables`).
"""

from __future__ import annotations

import csv
import gzip
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from devices.reading import Tick
from gateway.detection import pipeline
from gateway.detection.presence import Place
from gateway.recorded import TIMEZONE
from gateway.recordings import open_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.recordings import Recording

MINUTE = timedelta(minutes=1)
EDGE_S = 960.0
"""`away_after_s` and a minute. Source: config/limits.toml."""

Outing = tuple[datetime, datetime]
Labels = list[tuple[datetime, datetime, str]]


def _between(start: str, stop: str) -> Callable[[Labels], list[Outing]]:
    """Outings that begin when one activity ends and end when another begins."""

    def outings(labels: Labels) -> list[Outing]:
        found, left = [], None
        for began, ended, activity in labels:
            if activity == start:
                left = ended
            elif left is not None:
                if activity == stop:
                    found.append((left, began))
                left = None  # an activity at home before she is back: the label of her return is missing
        return found

    return outings


def _during(name: str) -> Callable[[Labels], list[Outing]]:
    return lambda labels: [(began, ended) for began, ended, activity in labels if activity == name]


HOMES: dict[str, tuple[str, str, Callable[[Labels], list[Outing]]]] = {
    "Aruba": (
        "aruba_episodes_days001-140.csv.gz",
        "aruba_episodes_days001-140.csv.gz",
        _between("Leave_Home", "Enter_Home"),
    ),
    "Ordonez B": ("ordonezB_sensors.csv.gz", "ordonezB_adls.csv.gz", _during("Leaving")),
    "Kasteren A": ("kasterenA_sensors.csv.gz", "kasterenA_adls.csv.gz", _during("leave house")),
}


@dataclass(slots=True)
class Score:
    """Minutes, by what was true and what was believed."""

    home_right: int = 0
    false_away: int = 0
    away_right: int = 0
    missed_away: int = 0
    visitor: int = 0

    def count(self, *, out: bool, place: Place) -> None:
        """Count one minute."""
        believed = place is Place.AWAY
        self.home_right += not out and not believed
        self.false_away += believed and not out
        self.away_right += believed and out
        self.missed_away += out and not believed
        self.visitor += place.value == "visitor"

    @property
    def right_percent(self) -> float:
        """Minutes in which away was rightly told from not away."""
        right = self.home_right + self.away_right
        return 100 * right / (right + self.false_away + self.missed_away)


def labels_of(path: Path) -> Labels:
    """What people wrote down of a home, in the home's own time."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return sorted((_time(row["start"]), _time(row["end"]), row["activity"]) for row in rows)


def _time(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=TIMEZONE).astimezone(UTC)


def believed(recording: Recording) -> Iterator[tuple[datetime, Place]]:
    """Every change of the place, at the moment at which it was believed."""
    state, place = None, None
    for reading in recording.readings:
        state = state or pipeline.start(recording.home, reading.at)
        while state.next_due < reading.at:
            state, _ = pipeline.step(recording.home, state, Tick(at=(at := state.next_due)))
            if state.presence.place is not place:
                place = state.presence.place
                yield at, place
        state, _ = pipeline.step(recording.home, state, reading)
        if state.presence.place is not place:
            place = state.presence.place
            yield reading.at, place


def score(recording: Recording, outings: list[Outing], labels: Labels) -> Score:
    """Compare minute by minute, from the first label to the last."""
    found, changes = Score(), list(believed(recording))
    edge = timedelta(seconds=EDGE_S)
    place, at, end = Place.UNKNOWN, max(labels[0][0], changes[0][0]), labels[-1][1]
    next_change, next_outing = 0, 0
    while at < end:
        while next_change < len(changes) and changes[next_change][0] <= at:
            place, next_change = changes[next_change][1], next_change + 1
        while next_outing < len(outings) and outings[next_outing][1] + edge <= at:
            next_outing += 1
        left, back = outings[next_outing] if next_outing < len(outings) else (end, end)
        inside = left + edge <= at < back - edge
        if inside or at < left - edge or at >= back + edge:
            found.count(out=inside, place=place)
        at += MINUTE
    return found


def main(folder: Path) -> None:
    """Print the table."""
    print("| home | days | right | home, min | away, min | missed away, min | false away, min | visitor, min |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (readings, written, outings_of) in HOMES.items():
        labels = labels_of(folder / written)
        found = score(open_recording(folder / readings), outings_of(labels), labels)
        days = (labels[-1][1] - labels[0][0]).days
        print(
            f"| {name} | {days} | {found.right_percent:.2f} % | {found.home_right:,} | {found.away_right:,} "
            f"| {found.missed_away:,} | {found.false_away:,} | {found.visitor:,} |"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
