"""Two weak sources beside one: real homes, a belt and a radar in them, and falls that nobody gets up from.

    python -m benchmarks.falls.evaluate strangers --json strangers.json
    python -m benchmarks.falls.fusion strangers.json

The homes are recorded ones (Ordonez B, van Kasteren A: SHOUWANG_DATA or ../shared/data): every reading is real. What is
added: a belt whose blows score what strangers' recorded windows scored, falls and daily life alike; a radar in every
room that says "maybe" of four falls in five, 8 to 15 s late, and of nothing once in two days; and the belt's word
about the minute after. Then everything goes through the gateway's own pipeline:

* *false*: what a week of life brings: how often she is asked (a suspicion counts down), how often people are called;
* *told*: 1,000 falls, each at a moment when she moved, after which the home falls silent: the share told within ten
  minutes, and when people were called.

The figures of belt and radar are assumptions (`ASSUMED`); the comparison between the rows is the result.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Phase, Severity
from benchmarks.falls.material import data_folder
from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.fall import SUSPECTED
from gateway.detection.home import Device, Home, Role
from gateway.recordings import open_recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.model import Detection
    from gateway.detection.pipeline import State

HOMES = ("ordonezB_sensors.csv.gz", "kasterenA_sensors.csv.gz")
WORN_AT = {"sisfall_shared": "waist", "weda_shared": "wrist"}
FALLS = 1000
FALLS_AFTER = timedelta(seconds=5)
"""From the movement that a fall is put after, to the blow."""

WATCHED = timedelta(minutes=10)
SEED = 20261122


class Assumed(NamedTuple):
    """What nobody has recorded."""

    blows_a_day: int = 12  # scripted daily life has more in an hour
    still_after_life: float = 0.05  # lies down and does not move
    still_after_fall: float = 0.7
    radar_sees: float = 0.8
    radar_late_s: tuple[float, float] = (8.0, 15.0)
    radar_ghosts_a_day: float = 0.5


ASSUMED = Assumed()


class Scores(NamedTuple):
    """What strangers' trials scored: the highest window of each."""

    falls: list[float]
    life: list[float]


class Life(NamedTuple):
    """A home with what its sensors said, belt and radar included."""

    home: Home
    readings: list[Reading]


def main() -> None:
    """Print a row for each home and each choice of devices."""
    print(f"{'home':10} {'devices':32} {'asked/week':>10} {'called/week':>11} {'told':>6} {'called after':>12}")
    for name in HOMES:
        for worn_as, scores in _scores(Path(sys.argv[1])).items():
            _print_at_once(name, worn_as, scores)
            _print_row(name, worn_as, scores, worn=True, radar=False)
            _print_row(name, f"{worn_as} and radar", scores, worn=True, radar=True)
        _print_row(name, "radar", scores, worn=False, radar=True)


def _print_at_once(name: str, label: str, scores: Scores) -> None:
    """What a belt would do that calls people by itself, 3 s after the blow."""
    called = 7 * ASSUMED.blows_a_day * sum(score >= SUSPECTED for score in scores.life) / len(scores.life)
    told = sum(score >= SUSPECTED for score in scores.falls) / len(scores.falls)
    print(f"{name[:9]:10} {f'{label}, at once':32} {0:10.2f} {called:11.2f} {told:6.3f} {'3 s':>12}")


def _print_row(name: str, label: str, scores: Scores, *, worn: bool, radar: bool) -> None:
    life = _life(data_folder() / name, scores, worn=worn, radar=radar)
    asked, called = _false(life)
    told, waits = _falls(life, scores, worn=worn, radar=radar)
    wait = f"{statistics.median(waits):.0f} s" if waits else "-"
    print(f"{name[:9]:10} {label:32} {asked:10.2f} {called:11.2f} {told:6.3f} {wait:>12}", flush=True)


def _scores(path: Path) -> dict[str, Scores]:
    """What windows score where each set's sensor is worn."""
    found = {}
    for name, told in json.loads(path.read_text("utf-8")).items():
        falls = [highest for fall, highest in told["trials"] if fall]
        found[WORN_AT.get(name, name)] = Scores(falls, [highest for fall, highest in told["trials"] if not fall])
    return found


def _life(path: Path, scores: Scores, *, worn: bool, radar: bool) -> Life:
    recording = open_recording(path)
    readings = list(recording.readings)
    rooms = {device.room for device in recording.home.devices.values() if device.room}
    radars = {f"radar {room}": Device(id=f"radar {room}", role=Role.FALL, room=room) for room in rooms}
    extra = {"belt": Device(id="belt", role=Role.FALL), **radars}
    home = replace(recording.home, devices={**recording.home.devices, **extra})
    draw = random.Random(SEED)  # noqa: S311 - a simulation
    moves = [reading for reading in readings if _is_movement(reading, home)]
    days = (readings[-1].at - readings[0].at) / timedelta(days=1)
    added = list(_blows(draw.sample(moves, round(days * ASSUMED.blows_a_day)), scores, draw)) if worn else []
    if radar:
        ghosts = draw.sample(moves, round(days * ASSUMED.radar_ghosts_a_day))
        added += [word for move in ghosts for word in _ghost(move, home)]
    return Life(home, sorted([*readings, *added], key=lambda reading: reading.at))


def _is_movement(reading: Reading, home: Home) -> bool:
    rooms = home.devices[reading.device_id].room
    return bool(rooms) and reading.kind in {Kind.MOTION, Kind.CONTACT, Kind.ACTIVITY} and bool(reading.value)


def _blows(moves: Iterable[Reading], scores: Scores, draw: random.Random) -> Iterator[Reading]:
    for move in moves:
        at = move.at + timedelta(seconds=1)
        yield Reading(device_id="belt", kind=Kind.IMPACT, value=draw.choice(scores.life), at=at)
        word = "still" if draw.random() < ASSUMED.still_after_life else "stirring"
        yield Reading(device_id="belt", kind=Kind.AFTER, value=word, at=at + timedelta(seconds=18))


def _ghost(move: Reading, home: Home) -> tuple[Reading, Reading]:
    device = f"radar {home.devices[move.device_id].room}"
    later = move.at + timedelta(seconds=40)
    return (
        Reading(device_id=device, kind=Kind.FALL, value="maybe", at=move.at + timedelta(seconds=1)),
        Reading(device_id=device, kind=Kind.FALL, value="none", at=later),
    )


def _false(life: Life) -> tuple[float, float]:
    """Suspicions that she was asked about, and calls to people, a week."""
    state = pipeline.start(life.home, life.readings[0].at)
    asked: dict[str, datetime] = {}
    called = questions = 0
    for reading in life.readings:
        state, found = pipeline.step(life.home, state, reading)
        for each in filter(_is_fall, found):
            if each.phase is Phase.CLEARED:
                asked.pop(each.key, None)
            elif each.countdown_s:
                questions += 1
                asked[each.key] = each.at + timedelta(seconds=each.countdown_s)
            elif each.key.removesuffix(":not_up").removesuffix(":again") not in asked or ":again" in each.key:
                called += not each.key.endswith(":not_up")
        over = [key for key, until in asked.items() if until <= reading.at]
        called += len(over)
        for key in over:
            del asked[key]
    weeks = (life.readings[-1].at - life.readings[0].at) / timedelta(weeks=1)
    return questions / weeks, called / weeks


def _is_fall(found: Detection) -> bool:
    return found.kind is AlertKind.FALL and found.severity is Severity.EMERGENCY


def _falls(life: Life, scores: Scores, *, worn: bool, radar: bool) -> tuple[float, list[float]]:
    """The share of falls told, and how long after each people were called, in seconds."""
    draw = random.Random(SEED + 1)  # noqa: S311 - a simulation
    moments = {index for index, reading in enumerate(life.readings) if _may_fall(reading, life.home)}
    chosen = set(draw.sample(sorted(moments), FALLS))
    state = pipeline.start(life.home, life.readings[0].at)
    waits = []
    for index, reading in enumerate(life.readings):
        state, _ = pipeline.step(life.home, state, reading)
        if index in chosen:
            words = sorted(_fall(reading, life.home, scores, draw, worn=worn, radar=radar), key=lambda word: word.at)
            wait = _called_after_s(life.home, state, reading.at, words)
            waits += [wait] if wait is not None else []
    return len(waits) / FALLS, waits


def _may_fall(reading: Reading, home: Home) -> bool:
    return not reading.device_id.startswith(("belt", "radar")) and _is_movement(reading, home)


def _fall(  # noqa: PLR0913
    move: Reading, home: Home, scores: Scores, draw: random.Random, *, worn: bool, radar: bool
) -> Iterator[Reading]:
    at, room = move.at + FALLS_AFTER, home.devices[move.device_id].room
    score, still, seen = draw.choice(scores.falls), draw.random(), draw.random()
    late = draw.uniform(*ASSUMED.radar_late_s)
    if worn:
        yield Reading(device_id="belt", kind=Kind.IMPACT, value=score, at=at + timedelta(seconds=3))
        word = "still" if still < ASSUMED.still_after_fall else "stirring"
        yield Reading(device_id="belt", kind=Kind.AFTER, value=word, at=at + timedelta(seconds=18))
    if radar and seen < ASSUMED.radar_sees:
        yield Reading(device_id=f"radar {room}", kind=Kind.FALL, value="maybe", at=at + timedelta(seconds=late))


def _called_after_s(home: Home, state: State, at: datetime, words: list[Reading]) -> float | None:
    """Let a fall happen in a home that then is silent; when people are called, in seconds."""
    calls: list[datetime] = []
    pending: list[Reading | Tick] = [*words]
    end = at + WATCHED
    while True:
        due = pipeline.next_due(state)
        event = min([*pending[:1], *([Tick(at=due)] if due and due <= end else [])], key=lambda e: e.at, default=None)
        if event is None:
            break
        if pending and event is pending[0]:
            pending.pop(0)
        state, found = pipeline.step(home, state, event)
        falls = [each for each in found if _is_fall(each) and each.phase is Phase.RAISED and each.since >= at]
        calls += [each.at + timedelta(seconds=each.countdown_s) for each in falls]
    return min((call - at - FALLS_AFTER).total_seconds() for call in calls) if calls else None


if __name__ == "__main__":
    main()
