"""Migrations: all steps, or the file as it was."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from gateway.migrate import StoreTooNew, migrate, migrations, statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = "CREATE TABLE a (x);\nINSERT INTO a VALUES ('one; still one');\n"
SECOND = """CREATE TABLE b (y);
CREATE TRIGGER t AFTER INSERT ON a BEGIN
  INSERT INTO b VALUES (new.x);
  INSERT INTO b VALUES (new.x);
END;
INSERT INTO a VALUES ('two');
"""


def memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def dump(connection: sqlite3.Connection) -> tuple[list[str], int]:
    return list(connection.iterdump()), connection.execute("PRAGMA user_version").fetchone()[0]


class FailsAt(sqlite3.Connection):
    """A connection whose n-th statement of a migration fails."""

    fails_at = -1
    count = 0

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql not in ("PRAGMA user_version", "BEGIN IMMEDIATE", "ROLLBACK"):
            self.count += 1
            if self.count == self.fails_at:
                raise sqlite3.OperationalError(f"made to fail at {self.count}")
        return super().execute(sql, *args)  # type: ignore[arg-type]


def steps(scripts: Mapping[int, str]) -> int:
    return sum(len(list(statements(sql))) for sql in scripts.values()) + 2


def test_statements_end_where_sql_says_and_not_at_every_semicolon():
    found = [s.strip() for s in statements(SECOND)]
    assert len(found) == 3
    assert found[1].startswith("CREATE TRIGGER")
    assert found[1].endswith("END;")


def test_a_new_file_gets_every_step():
    connection = memory()
    assert migrate(connection, {1: FIRST, 2: SECOND}) == 2
    assert connection.execute("SELECT x FROM a").fetchall() == [("one; still one",), ("two",)]
    assert connection.execute("SELECT y FROM b").fetchall() == [("two",), ("two",)]
    assert migrate(connection, {1: FIRST, 2: SECOND}) == 2


@pytest.mark.parametrize("scripts", [{1: FIRST, 2: SECOND}, migrations()], ids=["example", "shipped"])
def test_a_failing_statement_leaves_the_file_as_it_was(scripts: Mapping[int, str], tmp_path: Path):
    for n in range(1, steps(scripts) + 1):
        path = tmp_path / f"{n}.db"
        connection = sqlite3.connect(path, isolation_level=None, factory=FailsAt)
        connection.executescript("CREATE TABLE old (z); INSERT INTO old VALUES (7);")
        before = dump(connection)
        connection.fails_at, connection.count = n, 0
        with pytest.raises(sqlite3.OperationalError, match=f"made to fail at {n}"):
            migrate(connection, scripts)
        connection.fails_at = -1
        assert dump(connection) == before
        assert migrate(connection, scripts) == max(scripts)
        connection.close()


def test_second_step_failing_keeps_the_first_schema():
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=FailsAt)
    migrate(connection, {1: FIRST})
    before = dump(connection)
    connection.fails_at, connection.count = 2, 0
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, {1: FIRST, 2: SECOND})
    connection.fails_at = -1
    assert dump(connection) == before


def test_a_newer_file_is_reported_and_not_touched():
    connection = memory()
    connection.execute("PRAGMA user_version = 99")
    before = dump(connection)
    with pytest.raises(StoreTooNew, match="schema 99"):
        migrate(connection, migrations())
    assert dump(connection) == before


def test_shipped_migrations_are_numbered_without_gaps():
    assert sorted(migrations()) == list(range(1, len(migrations()) + 1))
