"""How many readings a second are stored and judged, at what cost, beside the durable floor in the same run.

Usage: throughput.py [--readings N] [--steps 1000,3000,4000] [--seconds S] [--qos 0]. *Drain*: N readings as fast as
the broker takes them, then a press on the same connection; rate = readings / time until its webhook came.
*Sustained*: a steady rate for S seconds, at QoS 0 as the peers were measured (--qos 1 costs the broker a save of its
own for each); it holds if a press afterwards comes within 250 ms and, for the gateway, every reading is in its store.
The floor stores no readings.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import harness
from latency import first_alert

if TYPE_CHECKING:
    from pathlib import Path


async def run(target: str, readings: int, rate: int, seconds: float, qos: int) -> list[str]:
    """Drain if the rate is 0, else sustain it; give a line of the table."""
    with harness.folder() as where, ExitStack() as stack:
        broker, port = harness.free_port(), harness.free_port()
        stack.enter_context(harness.mosquitto(where, broker, queue=0))
        command = harness.floor(broker, port, where)
        if target == "gateway":
            command = harness.gateway(harness.home(where, broker, port))
        async with harness.hook(port) as receiver:
            child = stack.enter_context(harness.process(command, where / "target.log"))
            publisher = harness.Publisher(broker)
            await first_alert(publisher, receiver)
            cpu, began = harness.cpu_s(child.pid), time.perf_counter()
            sent = await publish(publisher, readings if not rate else int(rate * seconds), rate, qos)
            pressed = publisher.press(9)
            arrived = await receiver.wait_for(lambda _: True, 60)
            lasted, used = arrived - began, harness.cpu_s(child.pid) - cpu
            memory = harness.rss_mb(child.pid)
            publisher.close()
        stack.close()  # the gateway writes its last batch as it ends
        stored = count(where / "store.db") if target == "gateway" else 0
        holds = (arrived - pressed) < 0.25 and (target == "floor" or stored >= sent)
        return [
            f"{rate}/s for {seconds:.0f} s" if rate else f"drain {readings}",
            target,
            f"{sent / lasted:.0f}",
            f"{(arrived - pressed) * 1000:.1f}",
            f"{used / sent * 100_000:.1f}",
            f"{memory:.0f}",
            f"{stored}/{sent}" if target == "gateway" else "-",
            ("yes" if holds else "no") if rate else "-",
        ]


async def publish(publisher: harness.Publisher, total: int, rate: int, qos: int) -> int:
    """Publish readings, in step with the clock if there is a rate; never far ahead of the broker."""
    began, number = time.perf_counter(), 0
    last = None
    while number < total:
        due = total if not rate else min(total, int((time.perf_counter() - began) * rate))
        while number < due:
            last = publisher.reading(number, qos)
            number += 1
            if number % 500 == 0:
                await asyncio.to_thread(last.wait_for_publish, 60)
        await asyncio.sleep(0.002)
    if last is not None:
        await asyncio.to_thread(last.wait_for_publish, 60)
    return total


def count(path: Path) -> int:
    """Count the motion readings in a store."""
    with sqlite3.connect(path) as connection:
        return int(connection.execute("SELECT count(*) FROM readings WHERE kind = 'motion'").fetchone()[0])


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=20_000)
    parser.add_argument("--steps", default="1000,3000,4000")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    arguments = parser.parse_args()
    lines = []
    for rate in [0, *map(int, arguments.steps.split(","))]:
        for target in ("floor", "gateway"):
            print(f"{rate or 'drain'}, {target} ...", flush=True)
            lines.append(await run(target, arguments.readings, rate, arguments.seconds, arguments.qos))
    heads = ["load", "target", "readings/s", "press after, ms", "CPU s/100k", "RSS MB", "stored", "holds"]
    harness.table(heads, lines)


if __name__ == "__main__":
    asyncio.run(main())
