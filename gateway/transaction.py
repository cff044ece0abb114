"""A whole transaction in one hand-over to SQLite's thread."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Transaction(sqlite3.Connection):
    """A connection whose `executemany` takes a whole transaction, so that it costs one hand-over between threads."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run statements and commit, or roll back and raise.

        Args:
            sql: what the transaction is called; only for whoever reads a trace.
            parameters: (statement, rows) in their order.
        """
        del sql
        cursor = self.cursor()
        with self:
            for statement, rows_of_it in parameters:
                cursor.executemany(statement, rows_of_it)
        return cursor
