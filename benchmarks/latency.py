"""From an SOS press published to the webhook received, beside the durable floor in the same run.

Usage: latency.py [--presses N] [--blocks N] [--rates 0,200,1000] [--pause-s S] [--persistence]. Idle: 5 presses/s, or
with other pauses between two; at 0 no processor sleeps in between. Loaded: 10 presses/s beside readings of 30 devices
at QoS 0. As when the peers were measured, the broker saves nothing, unless --persistence asks it to, as in a home.
Floor and gateway take turns: idle press by press, each with a broker of its own, so that what else the machine does
meets both alike; loaded block by block.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING

import harness

if TYPE_CHECKING:
    import subprocess


async def load(publisher: harness.Publisher, rate: int, stop: asyncio.Event) -> None:
    """Publish readings at a steady rate until told to stop."""
    number, began = 0, time.perf_counter()
    while not stop.is_set():
        due = int((time.perf_counter() - began) * rate)
        while number < due:
            publisher.reading(number)
            number += 1
        await asyncio.sleep(0.005)


async def block(target: str, rate: int, presses: int, *, persistence: bool = False) -> tuple[list[float], float, float]:
    """Measure one target for one block.

    Returns:
        Seconds for each press; CPU seconds per 1,000 readings; resident memory in MB afterwards.
    """
    with harness.folder() as where, ExitStack() as stack:
        broker, port = harness.free_port(), harness.free_port()
        stack.enter_context(harness.mosquitto(where, broker, persistence=persistence))
        command = harness.floor(broker, port, where)
        if target == "gateway":
            command = harness.gateway(harness.home(where, broker, port))
        async with harness.hook(port) as receiver:
            child = stack.enter_context(harness.process(command, where / "target.log"))
            publisher = harness.Publisher(broker)
            await first_alert(publisher, receiver)
            stop = asyncio.Event()
            readings = asyncio.create_task(load(publisher, rate, stop)) if rate else None
            await asyncio.sleep(1.0)
            cpu, began = harness.cpu_s(child.pid), time.perf_counter()
            found = [await press(publisher, receiver, 0.1 if rate else 0.2) for _ in range(presses)]
            used, lasted = harness.cpu_s(child.pid) - cpu, time.perf_counter() - began
            stop.set()
            if readings:
                await readings
            publisher.close()
            return found, used / max(rate * lasted, 1) * 1000, harness.rss_mb(child.pid)


async def turns(
    presses: int, pause_s: float, *, persistence: bool = False
) -> dict[str, tuple[list[float], float, float]]:
    """Measure both targets idle, press by press in turn. Returns what `block` does, for each."""
    async with AsyncExitStack() as stack:
        rigs = {target: await rig(stack, target, persistence=persistence) for target in ("floor", "gateway")}
        found: dict[str, list[float]] = {target: [] for target in rigs}
        for _ in range(presses):
            for target, (publisher, receiver, _) in rigs.items():
                found[target].append(await press(publisher, receiver, pause_s))
        return {target: (found[target], 0.0, harness.rss_mb(child.pid)) for target, (*_, child) in rigs.items()}


async def rig(
    stack: AsyncExitStack, target: str, *, persistence: bool
) -> tuple[harness.Publisher, harness.Hook, subprocess.Popen[bytes]]:
    """Start a target with a broker and a receiver of its own, and see that it answers."""
    where, broker, port = stack.enter_context(harness.folder()), harness.free_port(), harness.free_port()
    stack.enter_context(harness.mosquitto(where, broker, persistence=persistence))
    command = harness.floor(broker, port, where)
    if target == "gateway":
        command = harness.gateway(harness.home(where, broker, port))
    receiver = await stack.enter_async_context(harness.hook(port))
    child = stack.enter_context(harness.process(command, where / "target.log"))
    publisher = harness.Publisher(broker)
    stack.callback(publisher.close)
    await first_alert(publisher, receiver)
    return publisher, receiver, child


async def first_alert(publisher: harness.Publisher, receiver: harness.Hook) -> None:
    """Press until the target answers; it may still be starting."""
    for _ in range(200):
        publisher.press(0)
        await asyncio.sleep(0.1)
        if receiver.arrived:
            await asyncio.sleep(1.0)
            return
    raise TimeoutError("the target never forwarded a press; its log is printed above")


async def press(publisher: harness.Publisher, receiver: harness.Hook, pause_s: float) -> float:
    """Press once; give the seconds until the webhook had it."""
    arrived = asyncio.create_task(receiver.wait_for(lambda _: True, 10))
    await asyncio.sleep(0)
    began = publisher.press(0)
    at = await arrived
    await asyncio.sleep(max(0.0, pause_s - (at - began)))
    return at - began


async def both(
    rate: int, presses: int, pause_s: float, *, persistence: bool
) -> dict[str, tuple[list[float], float, float]]:
    """Measure floor and gateway once. Returns what `block` does, for each."""
    if not rate:
        return await turns(presses, pause_s, persistence=persistence)
    return {target: await block(target, rate, presses, persistence=persistence) for target in ("floor", "gateway")}


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=167)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--rates", default="0,200,1000")
    parser.add_argument("--pause-s", type=float, default=0.1, help="from an idle press to the next, seconds at least")
    parser.add_argument("--persistence", action="store_true", help="the broker saves its sessions, as in a home")
    arguments = parser.parse_args()
    lines = []
    for rate in map(int, arguments.rates.split(",")):
        found: dict[str, list[float]] = {"floor": [], "gateway": []}
        cpu: dict[str, list[float]] = {"floor": [], "gateway": []}
        rss = {"floor": 0.0, "gateway": 0.0}
        for number in range(arguments.blocks):
            print(f"readings/s {rate}, block {number + 1}/{arguments.blocks} ...", flush=True)
            measured = await both(rate, arguments.presses, arguments.pause_s, persistence=arguments.persistence)
            for target, (seconds, used, memory) in measured.items():
                found[target] += seconds
                cpu[target].append(used)
                rss[target] = max(rss[target], memory)
        base = harness.quantiles(found["floor"])
        for target in ("floor", "gateway"):
            q = harness.quantiles(found[target])
            middle = sorted(cpu[target])[len(cpu[target]) // 2]
            lines.append(
                [
                    str(rate),
                    target,
                    str(len(found[target])),
                    *(f"{v:.2f}" for v in q),
                    f"{q[0] / base[0]:.2f}",
                    f"{q[2] / base[2]:.2f}",
                    f"{middle * 100:.1f}" if rate else "-",
                    f"{rss[target]:.0f}",
                ]
            )
    heads = [
        "readings/s",
        "target",
        "n",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "max ms",
        "p50 x",
        "p99 x",
        "CPU s/100k",
        "RSS MB",
    ]
    harness.table(heads, lines)


if __name__ == "__main__":
    asyncio.run(main())
