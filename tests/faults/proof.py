"""Many rounds in several worlds at the same time: what `make faults` runs, and a short part of it in the tests."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from tests.faults import papers, processes
from tests.faults.hosts import LOOPBACK
from tests.faults.rounds import Outcome, draw, play
from tests.faults.world import living

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tests.faults.fault import Fault, Need
    from tests.faults.papers import Keys
    from tests.faults.world import World

FAULTS: tuple[Fault, ...] = (*processes.FAULTS,)

WORLDS_PER_CORE = 5
"""Worlds at a time: most of a round is waiting. Source: measured; more only make each other late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What this machine allows, and why not the rest.

    Args:
        missing: what a fault may need and is not here → why.
    """

    missing: dict[Need, str]

    def skipped(self, faults: Iterable[Fault]) -> dict[str, str]:
        """The faults that cannot be tried here → why."""
        return {f.name: self.missing[need] for f in faults for need in f.needs if need in self.missing}


@dataclass(slots=True)
class Proof:
    """Plays rounds.

    Args:
        folder: for the worlds; that of a world which did not survive is left there.
        faults: to draw from; all of them possible here.
        told: hears of every outcome, and where its world was.
    """

    folder: Path
    faults: Sequence[Fault]
    told: Callable[[Outcome, Path], None]

    async def run(self, seeds: Iterable[int], worlds: int) -> list[Outcome]:
        """Plays a round for each seed, so many worlds at a time.

        Returns:
            The outcomes in the order in which they came.
        """
        waiting, outcomes = list(seeds)[::-1], list[Outcome]()
        keys = self._keys()
        async with asyncio.TaskGroup() as tasks:
            for number in range(min(worlds, len(waiting))):
                tasks.create_task(self._play(number, keys, waiting, outcomes))
        return outcomes

    async def _play(self, number: int, keys: Keys, waiting: list[int], outcomes: list[Outcome]) -> None:
        """Plays rounds in one world after the other; a world that did not survive is not used again."""
        fresh = 0
        while waiting:
            folder = self.folder / f"world-{number}-{fresh}"
            folder.mkdir()
            fresh += 1
            async with AsyncExitStack() as stack:
                world = await stack.enter_async_context(living(folder, LOOPBACK, keys, Random(number)))  # noqa: S311
                survived = True
                while waiting and survived:
                    outcome = await self._round(world, waiting.pop())
                    outcomes.append(outcome)
                    survived = not outcome.findings
            if survived:
                shutil.rmtree(folder)

    async def _round(self, world: World, seed: int) -> Outcome:
        fault, rng = draw(seed, self.faults)
        outcome = await play(world, fault, rng, seed)
        self.told(outcome, world.folder)
        return outcome

    def _keys(self) -> Keys:
        hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        return papers.make_keys(self.folder / "keys", ("DNS:localhost", "IP:127.0.0.1"), hasher.hash(papers.PASSWORD))


def worlds() -> int:
    """How many worlds this machine can bear at a time."""
    return WORLDS_PER_CORE * (os.cpu_count() or 1)
