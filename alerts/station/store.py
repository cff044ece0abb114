"""The station's memory: one SQLite file, one thread that holds its only connection, one transaction per call.

Work is a plain function of the connection, run on that thread between BEGIN and COMMIT. So a transaction has no
`await` inside: nothing can interleave with it and no cancelled task can leave it open. `synchronous=FULL`: when `run`
returns, it is on the disk.

A file that is found damaged is mended at once (`alerts.station.mend`) and the work done on the new one; `mended` says
so. A disk that refuses fails the work, and is asked again with the next; one that refuses from the start leaves a copy
to read from, so that the people on duty see what they had.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from alerts.durable.damage import LOST, SQLITE_SAYS, Condition, Damaged, condition_of
from alerts.durable.mended import untold
from alerts.durable.stand_in import stand_in
from alerts.station.mend import make_ready
from alerts.station.migrate import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alerts.durable.mended import Mended

T = TypeVar("T")
log = logging.getLogger("shouwang.station")


class Store:
    """Made by `open_store`; `close()` it in the end.

    Args:
        path: of the file.
        thread: that alone touches it.
    """

    def __init__(self, path: Path, thread: ThreadPoolExecutor) -> None:
        self.path = path
        self.mended: Mended | None = None
        self._thread = thread
        self._connection: sqlite3.Connection | None = None
        self._copy: sqlite3.Connection | None = None
        self._copied: Path | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` in one transaction; again, if the file was found damaged and has been mended.

        Returns:
            What it returned, once that is on the disk.

        Raises:
            sqlite3.Error: nothing of the work was done.
        """
        return await self._in_thread(lambda: self._safely(lambda db: _in_transaction(db, work)))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `query`, which only reads: works on a disk that takes nothing more."""
        return await self._in_thread(lambda: self._read(query))

    async def condemn(self, condition: Condition) -> None:
        """Has the file mended: it was found damaged, moved or deleted. Raises sqlite3.OperationalError."""
        await self._in_thread(lambda: self._mend(condition))

    async def begin_again(self) -> None:
        """Opens the file if its disk has refused so far. Raises sqlite3.OperationalError while it still does."""
        if self._connection is None:
            await self._in_thread(lambda: self._open(None))

    async def close(self) -> None:
        """Lets the file go."""
        await self._in_thread(self._close)
        self._thread.shutdown()

    async def begin(self) -> None:
        """Opens the file, or a copy to read from while its disk refuses."""
        await self._in_thread(self._begin)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _begin(self) -> None:
        try:
            self._open(None)
        except sqlite3.OperationalError as error:
            log.error("store: %s; only what it had can be seen", error)  # noqa: TRY400 - told, with what it means
            self._copied = stand_in(self.path, make_ready)
            self._copy = _connect(self._copied)

    def _safely(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._open(None)
        try:
            return work(self._open_connection())
        except SQLITE_SAYS as error:
            condition = condition_of(error, self.path)
            if condition is None or condition not in LOST:
                raise
            self._mend(condition)
            return work(self._open_connection())

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None and self._copy is not None:
            return query(self._copy)
        return self._safely(query)

    def _mend(self, condition: Condition) -> None:
        self._let_go()
        self._open(condition)

    def _open(self, condemned: Condition | None) -> None:
        """Raises sqlite3.OperationalError when the disk refuses."""
        try:
            mended = make_ready(self.path, condemned)
            self._connection = _connect(self.path)
        except (OSError, Damaged, *SQLITE_SAYS) as error:
            condition = condition_of(error, self.path)
            raise sqlite3.OperationalError(f"{condition or 'refused'}: {error}") from error
        if mended is not None:
            log.error("store: it was damaged and has been replaced: %s", mended.detail())
        self.mended = mended or self.mended or untold(self._connection, self.path)
        self._drop_copy()

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("the store is closed")
        return self._connection

    def _close(self) -> None:
        self._let_go()
        self._drop_copy()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None
        if self._copied is not None:
            shutil.rmtree(self._copied.parent, ignore_errors=True)
            self._copied = None


async def open_store(path: Path) -> Store:
    """Opens or makes the file, mends it if it is damaged, and brings its schema up to date.

    A disk that refuses is no error: what it has can be read, and `run` says what is wrong.

    Raises:
        alerts.station.migrate.StoreTooNewError: its schema is newer than this program.
    """
    thread = ThreadPoolExecutor(1, "station-store")
    store = Store(path, thread)
    try:
        await store.begin()
    except BaseException:
        thread.shutdown()
        raise
    return store


def _in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    with transaction(connection):
        return work(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
