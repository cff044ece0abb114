"""Presses that never arrive: killed after the press with the receiver down, pressed while down, receiver down for long.

Usage: loss.py [--rounds N] [--floor-rounds N] [--down-s S]. Each round of a kill: the receiver is down, a press is
published with QoS 1, the target is killed (-9) some milliseconds later and started again, the receiver comes up, and
the press has 20 s to arrive. `--down-s 3600` keeps the receiver down for an hour. The durable floor runs beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import harness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

KILLS_MS = (0.0, 0.7, 2.0, 100.0, 3000.0)
ARRIVES_S = 20.0
"""How long a press may take to arrive once everything runs again. Source: 4 times the longest pause between tries."""


@dataclass
class Target:
    """The gateway or the floor beside a broker, killed and started by its id."""

    name: str
    where: Path
    broker: int
    hook: int
    stack: ExitStack = field(default_factory=ExitStack)
    number: int = 0

    def start(self) -> None:
        """Run the target."""
        command = harness.floor(self.broker, self.hook, self.where)
        if self.name == "gateway":
            command = harness.gateway(harness.home(self.where, self.broker, self.hook))
        self.stack = ExitStack()
        self.child = self.stack.enter_context(harness.process(command, self.where / "target.log"))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()
        self.stack.close()

    def press(self, publisher: harness.Publisher) -> int:
        """Publish the next press and give its number."""
        self.number += 1
        publisher.press(self.number)
        return self.number

    def said(self, number: int) -> Callable[[dict[str, Any]], bool]:
        """Say how a delivery is known that tells of this press, or of a later state that contains it."""
        if self.name == "floor":
            return lambda body: body.get("linkquality") == number % 255
        return lambda body: body["alert"]["count"] >= number

    async def arrives(self, receiver: harness.Hook, number: int) -> bool:
        """Wait for a press; one that is lost is no longer expected in the gateway's count."""
        wanted = self.said(number)
        if any(wanted(body) for _, body in receiver.arrived):
            return True
        try:
            await receiver.wait_for(wanted, ARRIVES_S)
        except TimeoutError:
            self.number -= self.name == "gateway"
            return False
        return True


@asynccontextmanager
async def running(name: str) -> AsyncIterator[tuple[Target, harness.Publisher]]:
    """A target that has told of its first press, and a publisher."""
    with harness.folder() as where, ExitStack() as stack:
        target = Target(name, where, harness.free_port(), harness.free_port())
        stack.enter_context(harness.mosquitto(where, target.broker))
        publisher = harness.Publisher(target.broker)
        stack.callback(publisher.close)
        target.start()
        stack.callback(lambda: target.stack.close())  # noqa: PLW0108 - it has another stack after each start
        async with harness.hook(target.hook) as receiver:
            await until_awake(target, publisher, receiver)
        yield target, publisher


async def until_awake(target: Target, publisher: harness.Publisher, receiver: harness.Hook) -> None:
    """Press until the target tells, so that its session exists at the broker."""
    until = time.monotonic() + ARRIVES_S
    while not receiver.arrived:
        if time.monotonic() > until:
            raise TimeoutError((target.where / "target.log").read_text())
        target.press(publisher)
        await asyncio.sleep(0.3)
    await asyncio.sleep(1.0)
    if target.name == "gateway":
        target.number = max(body["alert"]["count"] for _, body in receiver.arrived)


async def killed(target: Target, publisher: harness.Publisher, after_s: float) -> bool:
    """Press, kill, start again, bring the receiver up: did it arrive?"""
    number = target.press(publisher)
    await asyncio.sleep(after_s)
    target.kill()
    target.start()
    await asyncio.sleep(0.5)
    async with harness.hook(target.hook) as receiver:
        return await target.arrives(receiver, number)


async def pressed_while_down(target: Target, publisher: harness.Publisher) -> bool:
    """Kill, press, start again."""
    target.kill()
    number = target.press(publisher)
    await asyncio.sleep(0.1)
    target.start()
    async with harness.hook(target.hook) as receiver:
        return await target.arrives(receiver, number)


async def receiver_down(target: Target, publisher: harness.Publisher, presses: int, down_s: float) -> int:
    """Press all the time while nobody receives; how many arrive afterwards?"""
    numbers = []
    for _ in range(presses):
        numbers.append(target.press(publisher))
        await asyncio.sleep(down_s / presses)
    async with harness.hook(target.hook) as receiver:
        return sum([await target.arrives(receiver, number) for number in reversed(numbers)])


async def measure(name: str, rounds: int, down_s: float) -> list[int]:
    """Give how many presses of each kind of round arrived."""
    arrived = []
    for kill_ms in KILLS_MS:
        async with running(name) as (target, publisher):
            print(f"{name}: killed {kill_ms:g} ms after the press, {rounds} rounds ...", flush=True)
            arrived.append(sum([await killed(target, publisher, kill_ms / 1000) for _ in range(rounds)]))
    async with running(name) as (target, publisher):
        print(f"{name}: pressed while it is down, {rounds} rounds ...", flush=True)
        arrived.append(sum([await pressed_while_down(target, publisher) for _ in range(rounds)]))
    async with running(name) as (target, publisher):
        print(f"{name}: receiver down for {down_s:g} s, {rounds} presses ...", flush=True)
        arrived.append(await receiver_down(target, publisher, rounds, down_s))
    return arrived


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--floor-rounds", type=int, default=3)
    parser.add_argument("--down-s", type=float, default=60.0)
    arguments = parser.parse_args()
    names = [f"killed {ms:g} ms after the press" for ms in KILLS_MS]
    names += ["pressed while it is down", f"receiver down for {arguments.down_s:g} s"]
    runs = {"gateway": arguments.rounds, "floor": arguments.floor_rounds}
    found = {name: await measure(name, rounds, arguments.down_s) for name, rounds in runs.items() if rounds}
    lines = [[name, *(f"{found[t][n]}/{runs[t]}" for t in found)] for n, name in enumerate(names)]
    harness.table(["arrived", *found], lines)


if __name__ == "__main__":
    asyncio.run(main())
