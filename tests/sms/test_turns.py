"""Whose turn it is."""

from __future__ import annotations

import asyncio

import pytest

from alerts.channels.texting.turns import Turns

PATIENT_S = 60.0


class Queue:
    """Those who wait, and in which order they were let in."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.go_on = asyncio.Event()

    async def come(self, name: str, gravity: int, patience_s: float = PATIENT_S) -> None:
        async with self.turns.turn(gravity, patience_s):
            self.order.append(name)
            await self.go_on.wait()

    def start(self, name: str, gravity: int) -> asyncio.Task[None]:
        return asyncio.create_task(self.come(name, gravity))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_nobody_goes_in_while_it_is_shut_and_then_the_gravest_first() -> None:
    queue = Queue()
    tasks = [queue.start(name, gravity) for name, gravity in (("fault", 4), ("press", 0), ("fall", 0), ("door", 2))]
    await settle()
    assert queue.order == []
    queue.turns.open()
    await settle()
    assert queue.order == ["press"]
    queue.go_on.set()
    await asyncio.gather(*tasks)
    assert queue.order == ["press", "fall", "door", "fault"]


async def test_whoever_is_in_stays_when_it_is_shut_and_nobody_follows() -> None:
    queue = Queue()
    queue.turns.open()
    first, second = queue.start("first", 0), queue.start("second", 0)
    await settle()
    queue.turns.shut()
    queue.go_on.set()
    await first
    await settle()
    assert queue.order == ["first"]
    queue.turns.open()
    await second


async def test_patience_ends_only_while_it_is_shut() -> None:
    queue = Queue()
    queue.turns.open()
    first = queue.start("first", 0)
    await settle()
    behind = asyncio.create_task(queue.come("behind", 0, 0.01))
    await asyncio.sleep(0.05)
    assert not behind.done()
    queue.turns.shut()
    with pytest.raises(TimeoutError):
        await behind
    queue.go_on.set()
    await first
    assert queue.order == ["first"]


async def test_whoever_leaves_the_queue_keeps_nobody_waiting() -> None:
    queue = Queue()
    queue.turns.open()
    tasks = [queue.start(name, 0) for name in ("in", "leaves", "called", "last")]
    await settle()
    tasks[1].cancel()
    tasks[0].cancel()
    await asyncio.sleep(0)  # "called" has been called and does not know it yet
    tasks[2].cancel()
    await settle()
    assert queue.order in (["in", "last"], ["in", "called", "last"])
    queue.go_on.set()
    await tasks[3]
    assert [task.cancelled() for task in tasks[:3]] == [True] * 3
