"""How many bytes a day the store writes for a home of 2,000 messages a day.

Usage: flash.py [--hours 24] [--messages 2000] [--rate 1440]. The real gateway hears a real broker; the messages come
`rate` times as fast and wait for a shared commit `rate` times as short, so that they share commits exactly as they
would in real time. Counted is the kernel's write_bytes: what goes to the disk, in whole pages of 4 KB. The baseline is
the same readings stored one commit each, with an index, on SQLite's default page.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sqlite3
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import harness

if TYPE_CHECKING:
    import subprocess


def written(pid: int) -> int:
    """Give the bytes that the kernel counts as written to disk by a process."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def written_until_end(child: subprocess.Popen[bytes]) -> int:
    """End a process, which writes its last batch; give what the kernel counted until then."""
    child.terminate()
    used = 0
    while child.poll() is None:
        with contextlib.suppress(OSError, StopIteration):
            used = max(used, written(child.pid))
        time.sleep(0.01)
    return used


def moments(messages: int, hours: float) -> list[float]:
    """Give when messages come: bursts of a few within half a minute, by day three times as often as by night."""
    chance, found = random.Random(1), []  # noqa: S311 - a repeatable day, no secret
    while len(found) < messages * hours / 24:
        at = chance.uniform(0, hours * 3600)
        if 7 <= at / 3600 % 24 < 22 or chance.random() < 0.33:
            found += [at + chance.expovariate(1 / 8) for _ in range(chance.randint(1, 5))]
    return sorted(found)


def set_clock(path: Path, rate: float) -> None:
    """Write the clock of the simulated home."""
    path.write_text(json.dumps({"monotonic": time.monotonic(), "home": datetime.now(UTC).isoformat(), "rate": rate}))


async def gateway(hours: float, messages: int, rate: float) -> tuple[int, int]:
    """Run a day; give the bytes written and the number of readings."""
    with harness.folder() as where, ExitStack() as stack:
        broker, port = harness.free_port(), harness.free_port()
        stack.enter_context(harness.mosquitto(where, broker))
        set_clock(where / "clock.json", rate)
        limits = f'commit_wait_s = {max(5 / rate, 0.001)}\n[clock]\nfile = "{where / "clock.json"}"\n'
        config = harness.home(where, broker, port, limits=limits)
        child = stack.enter_context(harness.process(harness.gateway(config), where / "target.log"))
        await asyncio.sleep(2.0)
        publisher = harness.Publisher(broker)
        before, began = written(child.pid), time.perf_counter()
        day = moments(messages, hours)
        for number, at in enumerate(day):
            await asyncio.sleep(max(0.0, at / rate - (time.perf_counter() - began)))
            publisher.reading(number * 7, qos=1)
        await asyncio.sleep(1.0)
        publisher.close()
        used = written_until_end(child) - before
        with sqlite3.connect(where / "store.db") as store:
            stored = store.execute("SELECT count(*) FROM readings").fetchone()[0]
        return used, stored


def baseline(count: int) -> int:
    """Store as many readings one commit each, with SQLite's default page; give the bytes written."""
    with harness.folder() as where:
        before = written(os.getpid())
        store = sqlite3.connect(where / "base.db", isolation_level=None)
        store.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        store.execute(
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, at INTEGER, device TEXT, kind TEXT, value, origin)"
        )
        store.execute("CREATE INDEX by_time ON readings (device, at)")
        for number in range(count):
            row = (number, f"pir{number % 30}", "motion", 1, f"{number:016x}")
            store.execute("INSERT INTO readings (at, device, kind, value, origin) VALUES (?, ?, ?, ?, ?)", row)
        store.close()
        return written(os.getpid()) - before


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=1440)
    arguments = parser.parse_args()
    used, stored = await gateway(arguments.hours, arguments.messages, arguments.rate)
    base = baseline(stored)
    a_day = 24 / arguments.hours
    lines = [
        ["one commit each, 4 KB pages, index", str(stored), f"{base * a_day / 1e6:.1f}", f"{base / stored:.0f}"],
        ["gateway", str(stored), f"{used * a_day / 1e6:.1f}", f"{used / stored:.0f}"],
    ]
    harness.table(["store", "readings", "MB a day", "bytes a reading"], lines)


if __name__ == "__main__":
    asyncio.run(main())
