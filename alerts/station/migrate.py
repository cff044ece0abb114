"""Numbered migrations of the station's store, and the transaction that everything in it is written in."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class StoreTooNewError(Exception):
    """A newer station wrote this file; install that version again."""


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
    with transaction(connection):
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


class transaction:  # noqa: N801 - read as a statement: `with transaction(connection)`
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
