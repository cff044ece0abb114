"""From the start of the process to the first alert, with a year of history in the store.

Usage: start.py [--days 365] [--starts 5]. The press is published and kept by the broker before the gateway starts, so
the time runs from exec to the webhook. Beside it: the durable floor, which remembers nothing and needs a press while
it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import statistics
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import harness

from config.settings import load
from devices.reading import Kind, Reading
from gateway import household, rows
from gateway.detection import pipeline

if TYPE_CHECKING:
    from pathlib import Path

READINGS_A_DAY = 2000


def fill(config: Path, days: int) -> int:
    """Fill the store with days of readings and the snapshot that a running gateway would have left."""
    settings = load(config, os.environ)
    home = household.home_of(settings)
    chance = random.Random(1)  # noqa: S311 - a repeatable history, no secret
    until = datetime.now(UTC) - timedelta(minutes=5)
    begin = until - timedelta(days=days)
    state, kept, written = pipeline.start(home, begin), None, 0
    with sqlite3.connect(settings.store.path) as store:
        insert = f"INSERT INTO readings ({', '.join(rows.READING_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        total = days * READINGS_A_DAY
        for number in range(total):
            at = begin + timedelta(days=days) * (number / total)
            device = f"pir{chance.randrange(harness.READERS)}"
            reading = Reading(device_id=device, kind=Kind.MOTION, value=number % 2 == 0, at=at, origin=f"{number:016x}")
            state, _ = pipeline.step(home, state, reading)
            store.execute(insert, rows.reading_row(reading, None))
            written += 1
            if number == total - 400:  # a crash, up to 500 readings after the newest snapshot
                kept = (written, pipeline.fingerprint(home), pipeline.encode_state(state))
        store.execute("DELETE FROM snapshot")
        store.execute("INSERT INTO snapshot VALUES (1, ?, ?, ?)", kept)
    return written


async def start(command: list[str], where: Path, broker: int, receiver: harness.Hook, *, waits: bool) -> float:
    """Start once; give the seconds until the first webhook."""
    publisher = harness.Publisher(broker)
    if waits:
        publisher.press(random.randrange(255))  # noqa: S311 - only to differ from the last one
        await asyncio.sleep(0.3)
    seen = len(receiver.arrived)
    began = time.perf_counter()
    with harness.process(command, where / "target.log"):
        while len(receiver.arrived) == seen and time.perf_counter() - began < 30:
            if not waits:
                publisher.press(1)
            await asyncio.sleep(0.005)
        lasted = time.perf_counter() - began
        await asyncio.sleep(0.5)
    publisher.close()
    return lasted


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--starts", type=int, default=5)
    arguments = parser.parse_args()
    with harness.folder() as where, ExitStack() as stack:
        broker, port = harness.free_port(), harness.free_port()
        stack.enter_context(harness.mosquitto(where, broker))
        config = harness.home(where, broker, port)
        async with harness.hook(port) as receiver:
            await start(harness.gateway(config), where, broker, receiver, waits=False)  # makes store and session
            print(f"filling {arguments.days} days of {READINGS_A_DAY} readings ...", flush=True)
            stored = fill(config, arguments.days)
            size = (where / "store.db").stat().st_size / 1e6
            ours = [
                await start(harness.gateway(config), where, broker, receiver, waits=True)
                for _ in range(arguments.starts)
            ]
            base = [
                await start(harness.floor(broker, port, where), where, broker, receiver, waits=False)
                for _ in range(arguments.starts)
            ]
    lines = [
        ["floor, remembers nothing", f"{statistics.median(base):.2f}", f"{min(base):.2f}-{max(base):.2f}"],
        [
            f"gateway, {stored} readings, {size:.0f} MB",
            f"{statistics.median(ours):.2f}",
            f"{min(ours):.2f}-{max(ours):.2f}",
        ],
    ]
    harness.table(["start to first alert", "median s", "range s"], lines)


if __name__ == "__main__":
    asyncio.run(main())
