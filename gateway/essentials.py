"""What a home cannot do without of its store: copied into a backup, and out of a damaged file as far as it can be read.

Readings are most of a store and are not among it: they are history, and a backup of them each hour would wear the
flash more than all else together. What the pipeline believes (the snapshot), the alerts, and what is owed to people
is a few dozen KB.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.durable.salvage import Table, put, rows_of
from gateway import rows
from gateway.migrate import PAGE_BYTES, migrate, migrations

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KEPT_FOR = timedelta(days=7)
"""How far back a backup goes in what is over. Source: our choice: the station repeats a decision until it is answered;
who has been off for a week has lost more."""

LIVE = "state NOT IN ('closed', 'cancelled')"
_LIVE_KEYS = f"SELECT key FROM main.alerts WHERE {LIVE}"


TABLES = (
    Table("alerts", "rowid", f"{LIVE} OR updated_at >= ?"),
    Table("applied", "name", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("deliveries", "alert_key, id", f"alert_key IN ({_LIVE_KEYS}) AND due_at >= ?"),
    Table("decisions", "id", "at >= ?"),
    Table("alert_history", "alert_key, revision", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("announcements", "alert_key, name", f"at >= ? OR alert_key IN ({_LIVE_KEYS})"),
    Table("trials", "id"),
    Table("paths", "path"),
    Table("path_tests", "id", "at >= ?"),
    Table("snapshot", "id"),
    Table("starts", "id"),
    Table("mended", "id"),
)

NEWEST_READING = "SELECT max(id) FROM readings"


def prepare(connection: sqlite3.Connection) -> None:
    """Bring a file up to the newest schema; make it in an empty one."""
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    migrate(connection, migrations())


def back_up(path: Path, now: datetime, copy: Path) -> None:
    """Write a backup of what matters; runs beside the writer, whose newest commit it sees or does not see whole.

    Args:
        path: of the store.
        now: from when it looks back.
        copy: the file to write.
    """
    oldest = rows.to_us(now - KEPT_FOR)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as source:
        source.execute("BEGIN")
        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")  # it is flushed before it counts
            prepare(target)
            target.execute("BEGIN")
            for table in TABLES:
                where = f"WHERE {table.recent} ORDER BY {table.order}" if table.recent else ""
                for row in rows_of(source, target, table.name, where, (oldest,) if table.recent else ()):
                    put(target, table.name, row)
            for row in rows_of(source, target, "readings", f"WHERE id = ({NEWEST_READING})"):
                put(target, "readings", row)  # so that numbers go on where they were
            target.execute("COMMIT")
