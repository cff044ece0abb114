"""The station's memory: one SQLite file, one thread that holds its only connection, one transaction per call.

Work is a plain function of the connection, run on that thread between BEGIN and COMMIT. So a transaction has no
`await` inside: nothing can interleave with it and no cancelled task can leave it open. `synchronous=FULL`: when `run`
returns, it is on the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")


class StoreTooNewError(Exception):
    """A newer station wrote this file; install that version again."""


class Store:
    """Made by `open_store`; `close()` it in the end."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` in one transaction.

        Returns:
            What it returned, once that is on the disk.

        Raises:
            sqlite3.Error: nothing of the work was done.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `query`, which only reads: works on a disk that takes nothing more."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, query, self._connection)

    async def close(self) -> None:
        """Lets the file go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with _transaction(self._connection):
            return work(self._connection)


async def open_store(path: Path) -> Store:
    """Opens or makes the file, and brings its schema up to date.

    Raises:
        sqlite3.Error: the file cannot be opened or is not a database.
        StoreTooNewError: its schema is newer than this program.
    """
    thread = ThreadPoolExecutor(1, "station-store")
    try:
        connection = await asyncio.get_running_loop().run_in_executor(thread, _open, path)
    except BaseException:
        thread.shutdown()
        raise
    return Store(connection, thread)


def migrations() -> list[str]:
    """The SQL of every migration, oldest first: schema/NNNN_name.sql, numbered without gaps."""
    scripts = (each for each in files("alerts.station").joinpath("schema").iterdir() if each.name.endswith(".sql"))
    return [each.read_text(encoding="utf-8") for each in sorted(scripts, key=lambda each: each.name)]


def migrate(connection: sqlite3.Connection, scripts: list[str]) -> None:
    """Runs the scripts that the file has not seen, all in one transaction.

    Raises:
        sqlite3.Error: the file is as it was before.
        StoreTooNewError: the file has seen more scripts than there are.
    """
    (seen,) = connection.execute("PRAGMA user_version").fetchone()
    if seen > len(scripts):
        raise StoreTooNewError(f"the store has schema {seen}, this program knows {len(scripts)}: install the newer one")
    if seen == len(scripts):
        return
    with _transaction(connection):
        for script in scripts[seen:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
            connection.execute(f"PRAGMA {pragma}")
        migrate(connection, migrations())
    except BaseException:
        connection.close()
        raise
    return connection


class _transaction:  # noqa: N801 - read as a statement: `with _transaction(connection)`
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
