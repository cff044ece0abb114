from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from alerts.station.migrate import StoreTooNewError, migrate, migrations
from alerts.station.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


def dump(connection: sqlite3.Connection) -> list[str]:
    return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


def statements(script: str) -> list[str]:
    return [part for part in script.split(";\n") if part.strip()]


@pytest.mark.parametrize("broken", range(8))
def test_a_migration_that_fails_anywhere_changes_nothing(broken: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    before = dump(connection)
    parts = statements(migrations()[0])
    assert len(parts) == 7, "one more statement: one more place to fail"
    parts.insert(broken, "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(connection, [";\n".join(parts) + ";\n"])
    assert dump(connection) == before
    migrate(connection, migrations())
    migrate(connection, migrations())
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    connection.close()


async def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "station.db"
    store = await open_store(path)
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreTooNewError, match="schema 99"):
        await open_store(path)


async def test_work_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "station.db")

    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO keys VALUES ('a', x'00')")
        db.execute("INSERT INTO keys VALUES ('a', x'00')")

    with pytest.raises(sqlite3.IntegrityError):
        await store.run(work)
    assert await store.read(lambda db: db.execute("SELECT count(*) FROM keys").fetchone()[0]) == 0
    assert await store.read(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert await store.read(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0]) == "wal"
    await store.close()
