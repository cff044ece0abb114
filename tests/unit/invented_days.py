"""Days of nobody: a home with two motion sensors, a bed, a front door and heartbeats, as readings and as a table."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from devices.reading import Kind, Reading

FIRST = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""Midnight in Shanghai."""


def invented_days(days: int, seed: int = 1) -> list[Reading]:
    """She is up from 7 to 22:30, heard every 5 to 60 min, out from 10 to 11:30, and up once at night."""
    dice = random.Random(seed)  # noqa: S311 - repeatable days, no secret
    told: list[tuple[float, str, Kind, bool | float]] = []
    for day in range(days):
        midnight = day * 1440.0
        told += [(midnight + minute, "bed", Kind.HEARTBEAT, 60.0 * minute) for minute in range(0, 1440, 60)]
        up, at_night = midnight + 420 + dice.uniform(-20, 20), midnight + 180 + dice.uniform(-40, 40)
        told += [(at_night, "bed", Kind.BED, False), (at_night + 4, "bed", Kind.BED, True)]
        told += [(up, "bed", Kind.BED, False), (midnight + 1350, "bed", Kind.BED, True)]
        told += [(midnight + at, "front-door", Kind.CONTACT, at % 2 == 0) for at in (600, 601, 690, 691)]
        minute = up + 1
        while minute < midnight + 1340:
            if not midnight + 598 < minute < midnight + 692:
                room = dice.choice(("kitchen", "living"))
                told += [(minute, room, Kind.MOTION, True), (minute + 1, room, Kind.MOTION, False)]
            minute += dice.uniform(5, 60)
        told += [(midnight + at, "living", Kind.MOTION, at in {599, 692}) for at in (599, 599.5, 692, 692.5)]
    return [
        Reading(device_id=device, kind=kind, value=value, at=FIRST + timedelta(minutes=minute), sequence=number)
        for number, (minute, device, kind, value) in enumerate(sorted(told), start=1)
    ]


def as_table(readings: list[Reading]) -> str:
    """The same as a table that anybody could make."""
    rows = [f"{one.at.isoformat()},{one.device_id},{one.kind},{one.value}" for one in readings]
    return "\n".join(["time,sensor,kind,state", *rows]) + "\n"
