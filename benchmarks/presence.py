"""How often the place is right: minutes of recorded homes, as believed at that minute, beside what people wrote down.

Usage: python -m benchmarks.presence DIR, where DIR holds the recordings named in `HOMES` with their labels.

*False away* is the dangerous error: nobody looks for a person who is out. *Missed away* is told as inactivity at worst.
Not counted are the minutes near the beginning and end of an outing (`EDGE_S`): the box needs `away_after_s` to be sure,
by design, and people write times down late; and those after a leaving whose return was never written down. Aruba's
readings are a reconstruction from counts (`gateway.recorded_tables`); "by place" compares it with the room of every
minute that others derived from the raw recording, outside being one, instead of with its labels.
"""

from __future__ import annotations

import csv
import gzip
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from devices.reading import Tick
from gateway.detection import pipeline
from gateway.detection.presence import Place
from gateway.recorded import TIMEZONE
from gateway.recordings import open_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.detection.presence import Presence
    from gateway.recordings import Recording

MINUTE = timedelta(minutes=1)
EDGE_S = 960.0
"""`away_after_s` and a minute. Source: config/limits.toml."""

OUTSIDE = 9
"""The place that is outside. Source: README of the recordings."""

Span = tuple[datetime, datetime]
Labels = list[tuple[datetime, datetime, str]]


class Truth(NamedTuple):
    """When she was out, and when nobody knows; from the first minute told to the last."""

    begin: datetime
    end: datetime
    out: list[Span]
    unknown: list[Span]


def _between(start: str, stop: str) -> Callable[[Labels], tuple[list[Span], list[Span]]]:
    """Outings that begin when one activity ends and end when another begins; and those that another one ends."""

    def outings(labels: Labels) -> tuple[list[Span], list[Span]]:
        out: list[Span] = []
        unknown: list[Span] = []
        left = None
        for began, ended, activity in labels:
            if left is not None and activity != start:
                (out if activity == stop else unknown).append((left, began))
                left = None
            if activity == start:
                left = ended
        return out, unknown

    return outings


def _during(name: str) -> Callable[[Labels], tuple[list[Span], list[Span]]]:
    return lambda labels: ([(began, ended) for began, ended, activity in labels if activity == name], [])


HOMES: dict[str, tuple[str, str, Callable[[Labels], tuple[list[Span], list[Span]]]]] = {
    "Aruba": (
        "aruba_episodes_days001-140.csv.gz",
        "aruba_episodes_days001-140.csv.gz",
        _between("Leave_Home", "Enter_Home"),
    ),
    "Ordonez B": ("ordonezB_sensors.csv.gz", "ordonezB_adls.csv.gz", _during("Leaving")),
    "Kasteren A": ("kasterenA_sensors.csv.gz", "kasterenA_adls.csv.gz", _during("leave house")),
}
BY_PLACE = "aruba_minutes_112d.npz"


@dataclass(slots=True)
class Score:
    """Minutes, by what was true and what was believed."""

    home_right: int = 0
    false_away: int = 0
    false_and_sure: int = 0
    away_right: int = 0
    missed_away: int = 0
    visitor: int = 0

    def count(self, *, out: bool, place: Place, sure: bool) -> None:
        """Count one minute."""
        believed = place is Place.AWAY
        self.home_right += not out and not believed
        self.false_away += believed and not out
        self.false_and_sure += believed and not out and sure
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


def by_place(path: Path, begin: datetime) -> Truth:
    """When she was outside, by the room of every minute since the first day's midnight."""
    outside = (np.load(path)["location"] == OUTSIDE).astype(np.int8)
    turns = np.flatnonzero(np.diff(outside, prepend=0, append=0))
    spans = [(begin + int(left) * MINUTE, begin + int(back) * MINUTE) for left, back in turns.reshape(-1, 2)]
    return Truth(begin, begin + outside.size * MINUTE, spans, [])


def believed(recording: Recording) -> Iterator[tuple[datetime, Presence]]:
    """Every change of the place, at the moment at which it was believed."""
    state = None
    for reading in recording.readings:
        state = state or pipeline.start(recording.home, reading.at)
        while (due := state.next_due) < reading.at:
            before, (state, _) = state, pipeline.step(recording.home, state, Tick(at=due))
            if state.presence.place is not before.presence.place:
                yield due, state.presence
        before, (state, _) = state, pipeline.step(recording.home, state, reading)
        if state.presence.place is not before.presence.place:
            yield reading.at, state.presence


def score(changes: list[tuple[datetime, Presence]], truth: Truth) -> Score:
    """Compare minute by minute."""
    found, edge = Score(), timedelta(seconds=EDGE_S)
    at, size = truth.begin, (truth.end - truth.begin) // MINUTE
    out, blurred = np.zeros(size, bool), np.zeros(size, bool)
    for left, back in truth.out:
        blurred[_minutes(truth, left - edge, back + edge)] = True
    for left, back in truth.out:
        inside = _minutes(truth, left + edge, back - edge)
        out[inside], blurred[inside] = True, False
    for left, back in truth.unknown:
        blurred[_minutes(truth, left - edge, back + edge)] = True
    later, presence = iter([*changes, (truth.end, changes[-1][1])]), changes[0][1]
    upcoming = next(later)
    for minute in range(size):
        while upcoming[0] <= at:
            presence, upcoming = upcoming[1], next(later)
        if not blurred[minute]:
            sure = getattr(presence, "confidence", "sure") == "sure"  # an older version is always sure
            found.count(out=bool(out[minute]), place=presence.place, sure=sure)
        at += MINUTE
    return found


def _minutes(truth: Truth, start: datetime, stop: datetime) -> slice:
    first = max(0, -((truth.begin - start) // MINUTE))
    return slice(first, max(first, -((truth.begin - stop) // MINUTE)))


def main(folder: Path) -> None:
    """Print the table."""
    print("| home | days | right | home, min | away, min | missed away, min | false away, min (sure) | visitor, min |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (readings, written, outings_of) in HOMES.items():
        labels = labels_of(folder / written)
        changes = list(believed(open_recording(folder / readings)))
        _print(name, changes, Truth(max(labels[0][0], changes[0][0]), labels[-1][1], *outings_of(labels)))
        if name == "Aruba":
            midnight = labels[0][0].astimezone(TIMEZONE).replace(hour=0, minute=0, second=0, microsecond=0)
            _print("Aruba, by place", changes, by_place(folder / BY_PLACE, midnight.astimezone(UTC)))


def _print(name: str, changes: list[tuple[datetime, Presence]], truth: Truth) -> None:
    found = score(changes, truth)
    print(
        f"| {name} | {(truth.end - truth.begin).days} | {found.right_percent:.2f} % | {found.home_right:,} "
        f"| {found.away_right:,} | {found.missed_away:,} | {found.false_away:,} ({found.false_and_sure:,}) "
        f"| {found.visitor:,} |"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
