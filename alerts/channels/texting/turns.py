"""One at a time, the gravest first: for what can carry only one thing at once."""

from __future__ import annotations

import asyncio
import heapq
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """A queue in which whoever is graver goes before whoever came earlier."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, gravity: int) -> AsyncIterator[None]:
        """Wait for one's turn and have it for as long as the block lasts.

        Args:
            gravity: lower goes first.
        """
        if self._taken:
            await self._wait(gravity)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, gravity: int) -> None:
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (gravity, next(self._numbers), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():  # it was our turn at the very moment when we left
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Call the next one, for whom the turn stays taken."""
        while self._waiting:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._taken = False
