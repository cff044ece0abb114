"""How many events a second go through every detector, beside the bare loop that only reads the file into readings.

Measures our own store with a made-up dense home (70 devices, a reading each half minute, seeded), and the public
recordings where SHOUWANG_DATA or ../shared/data holds them. One core, processor time. Bar: 50,000 events/s through
every detector.

    python benchmarks/replay.py [READINGS]
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind, Reading
from gateway.detection import pipeline
from gateway.recordings import open_recording
from gateway.rows import to_us

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES = 70
RECORDINGS = ("ordonezB_sensors.csv.gz", "kasterenA_sensors.csv.gz", "aruba_episodes_days001-140.csv.gz")


class Measured(NamedTuple):
    """One recording, measured."""

    name: str
    readings: int
    detections: int
    bare_s: float
    judged_s: float


def made_up(readings: int, seed: int = 1) -> Iterator[Reading]:
    """A dense home: motion, contacts, a bed, batteries and heartbeats, numbered as native devices do."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable day, no secret
    at = datetime(2026, 1, 1, tzinfo=UTC)
    speaks = {
        "front-door": (Kind.CONTACT, lambda: dice.random() < 0.5),
        "bed": (Kind.BED, lambda: dice.random() < 0.5),
        "pendant": (Kind.BATTERY, lambda: 60.0 + 40.0 * dice.random()),
        **{f"meter-{n}": (Kind.HEARTBEAT, lambda: 1.0) for n in range(7)},
        **{f"pir-{n}": (Kind.MOTION, lambda: dice.random() < 0.5) for n in range(DEVICES - 10)},
    }
    names = list(speaks)
    for number in range(1, readings + 1):
        at += timedelta(seconds=dice.expovariate(1 / 30))
        name = dice.choice(names)
        kind, value = speaks[name]
        yield Reading(device_id=name, kind=kind, value=value(), at=at, sequence=number)


def stored(path: Path, readings: int) -> None:
    """Write the made-up home as a store of ours."""
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, at, device, kind, value, device_at, sequence, origin)"
        )
        rows = ((to_us(r.at), r.device_id, r.kind.value, r.value, r.sequence) for r in made_up(readings))
        database.executemany("INSERT INTO readings (at, device, kind, value, sequence) VALUES (?, ?, ?, ?, ?)", rows)


def measure(path: Path) -> Measured:
    """Read a recording twice: once bare, once through every detector."""
    began = time.process_time()
    count = sum(1 for _ in open_recording(path).readings)
    bare_s = time.process_time() - began

    began = time.process_time()
    recording = open_recording(path)
    state, detections = None, 0
    for reading in recording.readings:
        state = pipeline.start(recording.home, reading.at) if state is None else state
        state, found = pipeline.step(recording.home, state, reading)
        detections += len(found)
    return Measured(recording.name, count, detections, bare_s, time.process_time() - began)


def main() -> None:
    """Print the table."""
    readings = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    data = Path(os.environ.get("SHOUWANG_DATA", "../shared/data"))
    print(f"{'recording':48} {'readings':>9} {'told':>6} {'bare/s':>9} {'judged/s':>9} {'detectors alone, us':>20} /s")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made-up.sqlite"
        stored(made, readings)
        for path in (made, *(data / name for name in RECORDINGS)):
            if not path.exists():
                print(f"{path.name:48} missing: set SHOUWANG_DATA")
                continue
            one = measure(path)
            alone_s = one.judged_s - one.bare_s
            print(
                f"{one.name:48} {one.readings:9,} {one.detections:6,} {one.readings / one.bare_s:9,.0f} "
                f"{one.readings / one.judged_s:9,.0f} {alone_s / one.readings * 1e6:20.1f} "
                f"{one.readings / alone_s:,.0f}"
            )


if __name__ == "__main__":
    main()
