"""What a far end said that we could make nothing of: counted by reason, never a cause to stop."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Ignored:
    """Counts, and says each time why.

    Args:
        tell: called with the reason, a fixed short name; a gateway keeps it for the installer and for /metrics.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _reason: None) -> None:
        self.counts: Counter[str] = Counter()
        self._tell = tell

    def add(self, reason: str) -> None:
        """Count one."""
        self.counts[reason] += 1
        self._tell(reason)
