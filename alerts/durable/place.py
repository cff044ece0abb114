"""Whether a store's file is still the one that was opened: SQLite goes on writing to one that was moved or deleted."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Place:
    """Remembers which file stands at a path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    async def is_lost(self) -> bool:
        """Whether another file stands there than at the first look, or none."""
        try:
            found = await asyncio.to_thread(os.stat, self._path)
        except OSError:
            return True
        place = (found.st_dev, found.st_ino)
        self._known = self._known or place
        return self._known != place

    def forget(self) -> None:
        """Another file was put there on purpose."""
        self._known = None
