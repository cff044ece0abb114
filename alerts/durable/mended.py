"""What was done about a damaged store; written down in the new file until people were told.

It is written before the new file counts, and removed in the transaction that has people told. So neither a kill in
between, nor a power cut while the files change places, leaves a store that has lost something and nobody who knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.durable.damage import Condition
from alerts.durable.exchange import newest_aside

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

TOLD = "DELETE FROM mended"
"""Removes what is written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What was done about a damaged store.

    Args:
        condition: what was wrong.
        how: "whole" (everything that matters was read back), "partly" (the backup filled gaps), "backup" (nothing could
            be read: it is as the backup was) or "anew" (there was no backup either).
        since: the backup's time, from which on something may be missing; None when there was none, or no need of it.
        kept: where the damaged file is kept.
    """

    condition: Condition
    how: str
    since: datetime | None
    kept: Path | None

    def detail(self) -> str:
        """Say it in words that do not change, for evidence and logs."""
        return " ".join([self.condition, self.how, *([self.since.isoformat()] if self.since else [])])


def write_down(target: sqlite3.Connection, mended: Mended) -> Mended:
    """Have a mending told, by a later start if need be.

    Args:
        target: the new file, in a transaction.
        mended: what was done.

    Returns:
        What is to be told: an earlier mending of which nobody was told, where nothing was lost since.
    """
    earlier = _read(target, mended.kept)
    if earlier is not None and mended.how == "whole":
        return earlier
    since = mended.since.isoformat() if mended.since is not None else None
    target.execute("REPLACE INTO mended VALUES (1, ?, ?, ?)", (mended.condition.value, mended.how, since))
    return mended


def untold(connection: sqlite3.Connection, path: Path) -> Mended | None:
    """Give the mending of which people were not told yet; None when there is none.

    Args:
        connection: to the store.
        path: of the store.
    """
    return _read(connection, newest_aside(path))


def _read(connection: sqlite3.Connection, kept: Path | None) -> Mended | None:
    row = connection.execute("SELECT condition, how, since FROM mended").fetchone()
    if row is None:
        return None
    condition, how, since = row
    try:
        at = datetime.fromisoformat(since) if since is not None else None
        return Mended(condition=Condition(condition), how=str(how), since=at, kept=kept)
    except (TypeError, ValueError):  # damaged in its turn: that something happened is what matters
        return Mended(condition=Condition.DAMAGED, how="partly", since=None, kept=kept)
