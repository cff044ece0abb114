"""What learning costs: a year of a busy home replayed, the daily update, the memory, and the bytes of a snapshot.

The home is made up (seeded): ten motion sensors in five rooms, a bed, a tap and the entrance, 750,000 readings in 365
days, in bouts with silences between them, a night's sleep with trips, and outings. One core, processor time.
Bars: the year in 20 s, an update in 50 ms, 15 MB.

    python -m benchmarks.inactivity.cost [READINGS]
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind, Reading
from gateway.detection import pipeline, rhythm, usual
from gateway.detection.home import Device, Role
from gateway.recordings import default_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.detection.home import Home
    from gateway.detection.state import State

DAYS = 365
ROOMS = ("living", "kitchen", "bedroom", "bathroom", "hall")


def made_up_home() -> Home:
    """Two motion sensors in each room, a bed, a tap and the entrance."""
    motion = [Device(id=f"{room}-{n}", role=Role.MOTION, room=room) for room in ROOMS for n in (1, 2)]
    return default_home(
        [
            *motion,
            Device(id="bed", role=Role.BED, room="bedroom"),
            Device(id="tap", role=Role.ACTIVITY, room="bathroom"),
            Device(id="door", role=Role.ENTRANCE, room="hall"),
        ]
    )


def year(readings: int) -> Iterator[Reading]:
    """A year of readings, numbered as native devices do."""
    dice = random.Random(1)  # noqa: S311 - a repeatable year, no secret
    at, number = datetime(2026, 1, 1, tzinfo=UTC), 0
    gap_s = DAYS * 86400 * 0.35 / readings
    while number < readings:
        room = dice.choice(ROOMS)
        for _ in range(dice.randrange(1, 120)):
            at += timedelta(seconds=dice.expovariate(1 / gap_s))
            number += 1
            on = bool(number % 2)
            yield Reading(
                device_id=f"{room}-{dice.randrange(1, 3)}", kind=Kind.MOTION, value=on, at=at, sequence=number
            )
        at += timedelta(seconds=dice.expovariate(1 / 1200))


def replayed(home: Home, readings: list[Reading]) -> State:
    """The state after them."""
    state = pipeline.start(home, readings[0].at)
    for reading in readings:
        state, _ = pipeline.step(home, state, reading)
    return state


def update_ms(home: Home, state: State) -> float:
    """The slowest of ten updates of the limits, in milliseconds."""
    took = []
    for _ in range(10):
        usual._fit.cache_clear()  # noqa: SLF001 - what is measured must be done each time
        began = time.process_time()
        rhythm.limit_s(home, state)
        took.append(1000 * (time.process_time() - began))
    return max(took)


def learned_mb(state: State) -> float:
    """What the profile, the days and the limits hold in memory."""
    content = pipeline.encode_state(state)
    gc.collect()
    tracemalloc.start()
    restored = pipeline.decode_state(content)
    rhythm.limit_s(made_up_home(), restored)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1e6


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 750_000
    home, readings = made_up_home(), list(year(count))
    began = time.process_time()
    state = replayed(home, readings)
    took_s = time.process_time() - began
    span = (readings[-1].at - readings[0].at) / timedelta(days=1)
    silences = len(state.profile.silences)
    print(f"{len(readings):,} readings of {span:.0f} days replayed in {took_s:.1f} s, {len(readings) / took_s:,.0f} /s")
    print(
        f"daily update with {silences} silences in {len(state.profile.places)} places: {update_ms(home, state):.1f} ms"
    )
    print(f"memory of the whole state and the limits: {learned_mb(state):.2f} MB")
    print(f"snapshot: {len(pipeline.encode_state(state)):,} bytes")


if __name__ == "__main__":
    main()
