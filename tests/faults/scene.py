"""What a fault works with: the world, seeded chance, and the moments at which breaking hurts most."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults import records
from tests.faults.checker import Disturbance, Memory, Told, unheard
from tests.faults.world import NeverHappened, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from random import Random

    from tests.faults.records import Past
    from tests.faults.world import World

SOON_S = (0.0002, 0.03)
"""Between what happens and the blow: within a commit, a confirmation, a receipt."""

PATIENCE_S = 60.0
"""How long beyond its limit an outage goes on if nobody is told of it: this machine may be busy with other things."""

CALL_S = 12.0
"""How long a blow waits for a call: the telephone's rung comes after 4 s."""

WAIT_S = 2.0
"""How long a blow waits for its moment."""


@dataclass(slots=True)
class Scene:
    """One round in one world.

    Args:
        world: to break.
        rng: decides everything that is left to chance.
        past: what was before this round.
        earlier: what the gateway remembered before its memory was damaged.
        allowed: set while the elder may press.
        first: how many presses the world had seen before.
        began: Unix time.
    """

    world: World
    rng: Random
    past: Past
    disturbances: list[Disturbance] = field(default_factory=list)
    blows: int = 0
    earlier: list[Memory] = field(default_factory=list)
    allowed: asyncio.Event = field(default_factory=asyncio.Event)
    pressed: asyncio.Event = field(default_factory=asyncio.Event)
    first: int = 0
    began: float = field(default_factory=time.time)
    _must: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        self.allowed.set()
        self.first = len(self.world.sensors.presses)

    async def pause(self, shortest_s: float, longest_s: float) -> None:
        """Lets time pass."""
        await asyncio.sleep(self.rng.uniform(shortest_s, longest_s))

    async def instant(self) -> None:
        """Waits for a random instant: just after a press, just after a decision, or any."""
        what = self.rng.choice(("press", "press", "decision", "any"))
        soon_s = SOON_S[0] * (SOON_S[1] / SOON_S[0]) ** self.rng.random()
        any_s = self.rng.uniform(0.0, 1.0)
        if what == "any":
            await asyncio.sleep(any_s)
            return
        event = self.pressed if what == "press" else self.world.duty.acted
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                await event.wait()
        await asyncio.sleep(soon_s)

    async def in_a_call(self) -> None:
        """Waits until the hotline's telephone rings, and for a random instant of that call."""
        before = len(self.world.calls())
        with suppress(NeverHappened):  # a blow at any other moment hurts, too
            await until(lambda: len(self.world.calls()) > before, "", CALL_S)
        await self.pause(0.0, 3.0)

    @asynccontextmanager
    async def hush(self) -> AsyncIterator[None]:
        """Nobody presses, and what was pressed has been told, for as long as the block lasts.

        What is known in one place only is lost with that place; no program can help that.
        """
        world = self.world
        self.allowed.clear()
        await until(self.all_acted, "a press acted on no alert", PATIENCE_S)
        await until(lambda: not records.under_way(world.home_store), "a telling did not end", PATIENCE_S)
        self.earlier.append(records.memory((world.home_store,), self.past))
        try:
            yield
        finally:
            self.allowed.set()

    def all_acted(self) -> bool:
        """Whether every press of this round is on the gateway's disk, or was before its memory was damaged."""
        memories = [*self.earlier, records.memory((self.world.home_store,), self.past)]
        acted = {(each.device, each.sequence) for memory in memories for each in memory.applied}
        alike = max(sum(each.sequence is None and not each.old for each in memory.applied) for memory in memories)
        presses = self.world.sensors.presses[self.first :]
        numbered = {(press.device, press.sequence) for press in presses if press.sequence is not None}
        known = numbered <= acted and (bool(self.earlier) or alike >= len(presses) - len(numbered))
        return known and not self.world.sensors.unconfirmed()

    def press(self, device: str = "pendant") -> None:
        """Has the elder press."""
        self.world.sensors.press(device)
        self.pressed.set()
        self.pressed = asyncio.Event()

    @contextmanager
    def disturbed(self, name: str, *told: str, forgets: bool = False, hurries: bool = False) -> Iterator[None]:
        """Notes a disturbance for as long as the block lasts.

        Args:
            name: what is done.
            told: beginnings of the keys of the alerts that it makes necessary.
            forgets: the gateway's memory goes back in time.
            hurries: the gateway finds the true time, which is later.
        """
        began = time.time()
        self.blows += 1
        self._must = tuple(Told(prefix=prefix, since=began) for prefix in told)
        try:
            yield
        finally:
            ended = time.time()
            found = Disturbance(name=name, began=began, ended=ended, told=self._must, forgets=forgets, hurries=hurries)
            self.disturbances.append(found)

    async def outlast(self, shortest_s: float, longest_s: float) -> None:
        """Lets a disturbance last, and as long as it takes until it is told; but not for ever."""
        await self.pause(shortest_s, longest_s)
        with suppress(NeverHappened):  # which the checker says better
            await until(lambda: not list(unheard(self._must, self.world.heard())), "", PATIENCE_S)
