"""How the station's store is mended (`alerts.durable.mending`), made ready, and backed up as a whole.

A station that has lost something of its memory asks the homes for it: what is written into `forgotten_since` is asked
in the answer to each home's next heartbeat (`alerts.station.pulse`), and the home tells again what lives and what has
changed since. What people decided here and the homes have not heard is lost with it; they are asked to look through
the open alerts.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.durable.damage import Condition, Damaged
from alerts.durable.looking import check_tables
from alerts.durable.mending import Make, mend_if_lost
from alerts.durable.salvage import Table
from alerts.model import AlertState, Severity
from alerts.station.migrate import migrate, migrations
from alerts.station.rows import stamp

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.durable.mended import Mended

TABLES = (
    Table("homes", "rowid"),
    Table("paths", "home, path"),
    Table("alerts", "id"),
    Table("deliveries", "home, delivery_id"),
    Table("decisions", "number"),
    Table("keys", "rowid"),
    Table("mended", "id"),
)

EVER = datetime(1970, 1, 1, tzinfo=UTC)


def make_ready(path: Path, condemned: Condition | None = None) -> Mended | None:
    """Bring the station's file up, whatever state it is in.

    Args:
        path: of the store; its folder is made if missing.
        condemned: what is known to be wrong with it, if anything is.

    Returns:
        What was done if it was damaged; None when it was in order, or not there yet.

    Raises:
        alerts.station.migrate.StoreTooNewError: a newer station wrote the file.
        OSError, sqlite3.Error: the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mended = mend_if_lost(path, condemned, MAKE)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, migrations())
    return mended


def back_up(path: Path, copy: Path) -> None:
    """Write a backup of everything; runs beside the writer."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        target.execute("PRAGMA synchronous = OFF")  # it is flushed before it counts
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _ask_the_homes(target: sqlite3.Connection, since: datetime | None) -> None:
    """Have every home asked for what may be missing; two mendings never ask for the same time, for it names them."""
    named = (since or EVER.replace(year=EVER.year + 1)).replace(microsecond=time.time_ns() // 1000 % 1_000_000)
    target.execute("UPDATE homes SET forgotten_since = ?", (stamp(named),))


def _look_at_all(connection: sqlite3.Connection, there: set[str]) -> None:
    check_tables(connection, [table.name for table in TABLES if table.name in there])
    live = "SELECT * FROM alerts WHERE state NOT IN ('closed', 'cancelled')"
    if "alerts" in there and not all(map(_can_be_shown, _rows(connection, live))):
        raise Damaged(Condition.DAMAGED, "alerts: a value makes no sense")


def _nothing_more(_source: sqlite3.Connection, _target: sqlite3.Connection) -> bool:
    return True


def _drop_senseless(target: sqlite3.Connection) -> bool:
    """Remove what the console could not show. Gives whether there was nothing of the kind."""
    bad = [row["id"] for row in _rows(target, "SELECT * FROM alerts") if not _can_be_shown(row)]
    target.executemany("DELETE FROM alerts WHERE id = ?", [(each,) for each in bad])
    for table, column in (("homes", "heartbeat"), ("homes", "bed"), ("paths", "heartbeat")):
        target.execute(f"UPDATE {table} SET {column} = NULL WHERE NOT json_valid({column})")  # noqa: S608 - ours
    return not bad


def _complete(target: sqlite3.Connection) -> bool:
    """Remove decisions on what is not there. Gives whether there was none."""
    return not target.execute("DELETE FROM decisions WHERE alert NOT IN (SELECT id FROM alerts)").rowcount


def _rows(target: sqlite3.Connection, sql: str) -> list[dict[str, object]]:
    found = target.execute(sql)
    names = [name for name, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _can_be_shown(row: dict[str, object]) -> bool:
    try:
        AlertState(str(row["state"]))
        Severity(str(row["severity"]))
        json.loads(str(row["message"] or "{}"))
        for name in ("since", "last_at", "home_updated_at", "stored_at", "waiting_since", "told_at"):
            datetime.fromisoformat(str(row[name]))
    except ValueError:
        return False
    return True


def _prepare(connection: sqlite3.Connection) -> None:
    migrate(connection, migrations())


MAKE = Make(
    tables=TABLES,
    prepare=_prepare,
    look_further=_look_at_all,
    read_more=_nothing_more,
    drop_senseless=_drop_senseless,
    complete=_complete,
    note_loss=_ask_the_homes,
)
"""The station's store."""
