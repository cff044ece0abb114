"""Numbered migrations: a store either takes all steps to the newest schema, or stays byte for byte as it was."""

from __future__ import annotations

import re
import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE_BYTES = 1024
"""Bytes of a database page: a lone reading then costs the flash about 2 KB, where 4 KB pages cost 8.

Source: measured by benchmarks/flash.py.
"""


class StoreTooNew(RuntimeError):
    """The file was written by a newer version of Shouwang; it is not touched."""


def migrations() -> dict[int, str]:
    """Give the SQL of every migration by its number, from `schema/NNNN_name.sql`."""
    scripts = ((f.name, f.read_text("utf-8")) for f in files("gateway").joinpath("schema").iterdir())
    return {int(name[:4]): sql for name, sql in scripts if re.fullmatch(r"\d{4}_\w+\.sql", name)}


def migrate(connection: sqlite3.Connection, scripts: Mapping[int, str]) -> int:
    """Bring a store to the newest schema in one transaction.

    Args:
        connection: opened with `isolation_level=None`.
        scripts: number → SQL; the numbers rise from 1 without gaps.

    Returns:
        The schema's number now.

    Raises:
        StoreTooNew: if the file is newer than every script; it stays untouched.
        sqlite3.Error: if any statement fails; the file is then as it was before.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = max(scripts)
    if version > newest:
        raise StoreTooNew(f"the store has schema {version}, this version knows {newest}: install the newer Shouwang")
    if version == newest:
        return version
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version + 1, newest + 1):
            for statement in statements(scripts[number]):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return newest


def statements(script: str) -> Iterator[str]:
    """Split a script at the ends of its statements; a trigger's inner semicolons end nothing."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
