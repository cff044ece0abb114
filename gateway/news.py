"""Tells whoever shows the home that there is something new to show."""

from __future__ import annotations

import asyncio


class News:
    """A number that rises whenever something new could be shown."""

    def __init__(self) -> None:
        self._number = 1
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Say that there is something new."""
        self._number += 1
        self._told.set()
        self._told = asyncio.Event()

    async def after(self, seen: int) -> int:
        """Wait until the number is above `seen`, and give it."""
        while self._number <= seen:
            await self._told.wait()
        return self._number
