"""Was a batch written whose commit failed? A card that does not flush may have it all the same.

SQLite rolls such a transaction back in memory, but its frames stand in the log; whoever opens the store anew reads
them and finds it committed. Written a second time, its readings would be there twice, and its alerts contradict their
own history. So a batch that waits while the store is opened is first looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway import rows
from gateway.batch import Batch

if TYPE_CHECKING:
    import aiosqlite

_IS_LAST = " AND ".join(f'"{name}" IS ?' for name in rows.READING_COLUMNS)
_FIND_READING = f"SELECT 1 FROM readings WHERE id = (SELECT max(id) FROM readings) AND {_IS_LAST}"  # noqa: S608 - ours
_FIND_TEST = "SELECT 1 FROM path_tests WHERE path = ? AND at = ?"
_FIND_TRIAL = "SELECT 1 FROM trials WHERE id = ?"
_FIND_REVISION = "SELECT 1 FROM alert_history WHERE alert_key = ? AND revision = ?"


async def still_to_write(store: aiosqlite.Connection, batch: Batch) -> Batch:
    """Give what is left of a batch to write, which is empty when it is there.

    Args:
        store: just opened; the batch, if it is there, is the newest in it.
        batch: the oldest that waits. What is written of it a second time without harm stays in it.

    Raises:
        sqlite3.Error: if the store cannot be asked.
    """
    if await _is_there(store, batch):
        return Batch()
    known = [bool(await _find(store, _FIND_REVISION, (alert.key, alert.revision))) for alert in batch.alerts]
    batch.alerts = [alert for alert, there in zip(batch.alerts, known, strict=True) if not there]
    return batch


async def _is_there(store: aiosqlite.Connection, batch: Batch) -> bool:
    """By what no batch shares with another; a transaction is there as a whole or not at all."""
    asked: list[tuple[str, tuple[Any, ...]]] = [
        *((_FIND_READING, rows.reading_row(*each)) for each in batch.readings[-1:]),
        *((_FIND_TEST, (test.path, rows.to_us(test.at))) for test in batch.path_tests[:1]),
        *((_FIND_TRIAL, rows.trial_row(run)[:1]) for run in batch.trials[:1]),
    ]
    return bool(asked) and await _find(store, *asked[0])


async def _find(store: aiosqlite.Connection, sql: str, values: tuple[Any, ...]) -> bool:
    return bool(list(await store.execute_fetchall(sql, values)))
