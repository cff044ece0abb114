"""Tells every open console that something changed. It carries no facts: whoever is told looks them up."""

from __future__ import annotations

import asyncio


class Board:
    """A number that rises, and a way to wait until it does. Lives on one event loop."""

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._news = asyncio.Event()

    def changed(self) -> None:
        """Wakes everybody who waits."""
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Wakes everybody for the last time: the station stops."""
        self.closed = True
        self.changed()

    async def news(self, seen: int, *, within_s: float) -> int:
        """Waits until the version is not `seen`, at most `within_s` seconds. Returns the version."""
        if self.version == seen:
            try:
                async with asyncio.timeout(within_s):
                    await self._news.wait()
            except TimeoutError:
                return self.version
        return self.version
