"""The store's file: looked at, mended where it must be, brought to the newest schema, and made ready for a writer.

What is looked at before anything else happens is what the start is going to read anyway: every table but the readings,
the newest readings, and the end of the log; a few milliseconds. All pages are checked later, and each day, beside the
running watch (`gateway.upkeep`): a year's store takes a second to read from a card, which the first alert must not
wait for.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from alerts.durable.exchange import beside
from alerts.durable.mended import untold
from alerts.durable.mending import mend_if_lost
from gateway.essentials import prepare
from gateway.mend import MAKE
from gateway.migrate import PAGE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.durable.damage import Condition
    from alerts.durable.mended import Mended

RESERVE_BYTES = 1 << 20
"""Room kept for a start on a full disk. Source: our choice: SQLite's shared index takes 32 KB, a commit about 20 KB."""


def make_ready(path: Path, condemned: Condition | None = None) -> Mended | None:
    """Bring the file up, whatever state it is in; if need be in the room that is kept for a full disk.

    Args:
        path: of the store; its folder is made if missing.
        condemned: what is known to be wrong with it, if anything is.

    Returns:
        What was done if it was damaged; None when it was in order, or not there yet.

    Raises:
        gateway.migrate.StoreTooNew: if a newer version wrote the file.
        OSError, sqlite3.Error: if the disk refuses.
    """
    reserve = beside(path, "reserve")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        mended = _bring_up(path, condemned)
    except (OSError, sqlite3.OperationalError):
        if not reserve.exists():
            raise
        reserve.unlink()
        return _bring_up(path, condemned)
    _keep_room(reserve)
    return mended


def not_told(path: Path) -> Mended | None:
    """Give what an earlier run did about a damaged file and did not live to tell."""
    with closing(sqlite3.connect(path)) as connection:
        return untold(connection, path)


def _bring_up(path: Path, condemned: Condition | None) -> Mended | None:
    mended = mend_if_lost(path, condemned, MAKE)
    _migrate(path)
    return mended


def _migrate(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # before the log, which fixes it
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        prepare(connection)


def _keep_room(reserve: Path) -> None:
    if reserve.exists():
        return
    try:
        with reserve.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError:  # too full already: no room is kept until the next start
        reserve.unlink(missing_ok=True)
