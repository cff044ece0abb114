"""One at a time, the gravest first: for what can carry only one thing at once, and now and then nothing at all."""

from __future__ import annotations

import asyncio
import heapq
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """A queue in which whoever is graver goes before whoever came earlier. It is shut at first."""

    def __init__(self) -> None:
        self._open = False
        self._taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def open(self) -> None:
        """Let the first one in."""
        self._open = True
        self._call_next()

    def shut(self) -> None:
        """Let nobody in; whoever is in stays."""
        self._open = False

    @asynccontextmanager
    async def turn(self, gravity: int, patience_s: float) -> AsyncIterator[None]:
        """Wait for one's turn and have it for as long as the block lasts.

        Args:
            gravity: lower goes first.
            patience_s: how long to wait while the queue is shut.

        Raises:
            TimeoutError: it is shut, and has kept us waiting for so long.
        """
        await self._wait(gravity, patience_s)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, gravity: int, patience_s: float) -> None:
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (gravity, next(self._numbers), called))
        self._call_next()
        try:
            while not called.done():
                await asyncio.wait({called}, timeout=patience_s)
                if not self._open and called.cancel():
                    raise TimeoutError
        except asyncio.CancelledError:
            if not called.cancel():
                self._leave()  # it became our turn at the very moment when we left
            raise

    def _leave(self) -> None:
        self._taken = False
        self._call_next()

    def _call_next(self) -> None:
        while self._waiting and self._open and not self._taken:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                self._taken = True
                called.set_result(None)
