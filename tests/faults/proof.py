"""Many rounds in several worlds at the same time: what `make faults` runs, and a short part of it in the tests."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from tests.faults import clocks, copies, damage, forgetful, memory, namespaces, network, papers, power, processes
from tests.faults.disks import Disks, forgetful_disks, plain_folders
from tests.faults.fault import Need
from tests.faults.hosts import LOOPBACK, STATION_NAME, Hosts
from tests.faults.rounds import Outcome, draw, play
from tests.faults.world import living

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.faults.fault import Fault
    from tests.faults.papers import Keys
    from tests.faults.world import World

FAULTS: tuple[Fault, ...] = tuple(
    fault for room in (processes, power, network, clocks, copies, damage, memory) for fault in room.FAULTS
)

WORLDS_PER_CORE = 5
"""Worlds at a time: most of a round is waiting. Source: measured; more only make each other late."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine does not allow: what a fault may need → why it cannot have it."""

    missing: dict[Need, str]

    def allowed(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults that can be tried here."""
        return [fault for fault in faults if not fault.needs & self.missing.keys()]

    def skipped(self, faults: Iterable[Fault]) -> dict[str, str]:
        """The faults that cannot be tried here → why."""
        return {f.name: self.missing[need] for f in faults for need in f.needs if need in self.missing}

    @contextmanager
    def disks(self, folder: Path) -> Iterator[Disks]:
        """The disks of a world: ones that forget where that is allowed."""
        if Need.FUSE in self.missing:
            yield plain_folders(folder)
            return
        with forgetful_disks() as disks:
            yield disks

    @contextmanager
    def hosts(self, number: int) -> Iterator[Hosts]:
        """The hosts of a world: of their own where that is allowed."""
        if Need.NAMESPACES in self.missing:
            yield LOOPBACK
            return
        with namespaces.namespaces(number) as hosts:
            yield hosts


def this_machine() -> Machine:
    """Finds out what this machine allows."""
    reasons = {
        Need.NAMESPACES: namespaces.why_not(),
        Need.FUSE: forgetful.why_not(),
        Need.FAKETIME: clocks.why_not(),
        Need.CGROUP: memory.why_not(),
    }
    return Machine({need: reason for need, reason in reasons.items() if reason})


@dataclass(slots=True)
class Proof:
    """Plays rounds.

    Args:
        folder: for the worlds; that of a world which did not survive is left there.
        machine: what it allows.
        faults: to draw from; those that are not allowed here are left out.
        told: hears of every outcome, and where its world was.
    """

    folder: Path
    machine: Machine
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
                hosts = stack.enter_context(self.machine.hosts(number))
                disks = await asyncio.to_thread(stack.enter_context, self.machine.disks(folder))
                rng = Random(number)  # noqa: S311 - chance that can be repeated
                world = await stack.enter_async_context(living(folder, disks, hosts, keys, rng))
                survived = True
                while waiting and survived:
                    outcome = await self._round(world, waiting.pop())
                    outcomes.append(outcome)
                    survived = not outcome.findings
                if not survived:
                    world.disks.keep(folder)
            if survived:
                shutil.rmtree(folder)

    async def _round(self, world: World, seed: int) -> Outcome:
        fault, rng = draw(seed, self.machine.allowed(self.faults))
        outcome = await play(world, fault, rng, seed)
        self.told(outcome, world.folder)
        return outcome

    def _keys(self) -> Keys:
        hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        return papers.make_keys(
            self.folder / "keys", (f"DNS:{STATION_NAME}", "IP:127.0.0.1"), hasher.hash(papers.PASSWORD)
        )


def worlds() -> int:
    """How many worlds this machine can bear at a time."""
    return WORLDS_PER_CORE * (os.cpu_count() or 1)
