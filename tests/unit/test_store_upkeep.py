"""The store's upkeep: backups when they are due, damage found and mended, and history fetched back."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from alerts.durable import backups
from alerts.durable.damage import Condition, Damaged, condition_of
from alerts.model import AlertState
from alerts.station.mend import TABLES as STATION_TABLES
from alerts.station.migrate import migrate as migrate_station
from alerts.station.migrate import migrations as station_migrations
from gateway import mend
from gateway import upkeep as upkeeps
from gateway.batch import Batch
from gateway.essentials import TABLES, prepare
from gateway.store import Store
from gateway.upkeep import Upkeep
from tests.faults.filled_store import CALL, READINGS, T0, ask, call_for_help, fill, live
from tests.faults.forgetful import forgetful, why_not

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SPARED = {"readings", "refusals"}
"""Readings are fetched back by themselves; a refusal is counted again when it happens again."""


@dataclass
class Watching:
    """A watch, as its store's upkeep sees it."""

    belief: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(alerts={}))
    told: list[tuple[bool, str]] = field(default_factory=list)
    journal: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(commit_within=Mock()))

    def report(self, part: str, *, trouble: bool, at: object, detail: str = "") -> None:
        assert part == "gateway/store"
        self.told.append((trouble, detail))

    def opens(self, key: str, state: AlertState = AlertState.OPEN) -> None:
        self.belief.alerts = {**self.belief.alerts, key: SimpleNamespace(state=state)}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "store.db"
    await fill(path)
    await call_for_help(path)
    for backup in list(backups.good(path)):
        backup.path.unlink()
    opened = await Store.open(path)
    yield opened
    await opened.close()


def made(store: Store) -> int:
    return len(list(store.path.parent.glob("store.db-backup-*")))


def spoil_an_old_reading(path: Path) -> None:
    content = path.read_bytes()
    at = next(n for n in range(0, len(content), 1024) if b"000000000000012c" in content[n : n + 1024])
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 16)


def columns(names: set[str], connection: sqlite3.Connection) -> set[str]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return tables - names


def test_no_table_is_forgotten_when_a_store_is_backed_up_or_mended():
    """Whoever adds a table says here what becomes of it: `gateway.essentials.TABLES`, `alerts.station.mend.TABLES`."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as home:
        prepare(home)
        assert columns({table.name for table in TABLES}, home) == SPARED
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as station:
        migrate_station(station, station_migrations())
        assert columns({table.name for table in STATION_TABLES}, station) == set()


async def test_a_backup_is_made_at_once_hourly_and_after_a_change_in_what_lives(store: Store):
    watching = Watching()
    keeper = Upkeep(store, watching)  # type: ignore[arg-type]
    found = []
    for awake_s, happens in ((2, ""), (4, ""), (50, "opens"), (64, ""), (66, ""), (124, "closes"), (3800, "")):
        if happens:
            watching.opens("a", AlertState.OPEN if happens == "opens" else AlertState.ACKNOWLEDGED)
        keeper._checked_s = awake_s
        before = {backup.number for backup in backups.good(store.path)}
        await keeper.look(awake_s, T0 + timedelta(seconds=awake_s))
        found.append((awake_s, len({backup.number for backup in backups.good(store.path)} - before)))
    assert found == [(2, 1), (4, 0), (50, 0), (64, 1), (66, 0), (124, 1), (3800, 1)]
    assert made(store) == 3


async def test_a_backup_holds_what_lives_and_is_small(store: Store):
    await Upkeep(store, Watching()).look(2, T0 + timedelta(days=2))  # type: ignore[arg-type]
    (backup,) = backups.good(store.path)
    assert live(backup.path) == {"silence:door": "open", CALL: "open"}
    assert ask(backup.path, "SELECT count(*), min(id) FROM readings") == [(1, READINGS + 10)]
    assert backup.path.stat().st_size < 64_000


async def test_a_page_that_only_the_check_finds_is_mended_and_history_comes_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mend, "LOOKED_BACK", 1000)
    watching, path = Watching(), store.path
    keeper = Upkeep(store, watching)  # type: ignore[arg-type]
    await keeper.look(2, T0)
    await store.close()
    spoil_an_old_reading(path)
    store._writer = None
    assert await store.commit(Batch())
    assert store.mended is None  # the start does not read that page
    await keeper.look(61, T0)
    watching.journal.commit_within.assert_called_once_with(0.0)
    assert await store.commit(Batch())
    assert store.mended is not None
    assert store.mended.detail() == "damaged whole"
    for awake_s in (62, 64):
        await keeper.look(awake_s, T0)
    ((there, last),) = ask(path, "SELECT count(*), max(id) FROM readings")
    assert READINGS - 50 < int(str(there)) < READINGS + 10
    assert last == READINGS + 10
    await keeper.look(130, T0)
    assert watching.told[-1] == (False, "")


async def test_a_file_that_was_replaced_is_noticed(store: Store):
    watching = Watching()
    keeper = Upkeep(store, watching)  # type: ignore[arg-type]
    await keeper.look(2, T0)
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        store.path.with_name(name).unlink()
    await keeper.look(4, T0)
    assert store.trouble == "gone"
    assert await store.commit(Batch())
    assert store.mended is not None
    assert store.mended.detail() == f"gone backup {T0.isoformat()}"
    assert live(store.path) == {"silence:door": "open", CALL: "open"}


async def test_backups_that_fail_are_told_the_third_time(store: Store, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(upkeeps, "back_up", full)
    watching = Watching()
    keeper = Upkeep(store, watching)  # type: ignore[arg-type]
    for awake_s in (2, 3700, 7400):
        keeper._checked_s = awake_s
        await keeper.look(awake_s, T0)
    assert watching.told == [(True, "no_backup disk_full")]
    monkeypatch.undo()
    keeper._checked_s = None
    await keeper.look(11_100, T0)
    assert watching.told[-1] == (False, "")


def failed(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code  # type: ignore[misc]
    return error


async def test_a_file_that_went_while_the_disk_was_in_trouble_is_noticed_too(store: Store):
    upkeep = Upkeep(store, Watching())
    await upkeep.look(1.0, T0)
    store.trouble = "disk_broken: disk I/O error"
    await upkeep.look(3.0, T0)
    assert store.trouble == "disk_broken: disk I/O error"
    store.path.unlink()
    await upkeep.look(5.0, T0)
    assert store.trouble == "gone"


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (failed(sqlite3.SQLITE_NOTADB), Condition.NOT_A_STORE),
        (failed(sqlite3.SQLITE_CORRUPT), Condition.DAMAGED),
        (failed(sqlite3.SQLITE_CORRUPT_VTAB), Condition.DAMAGED),
        (failed(sqlite3.SQLITE_FULL), Condition.DISK_FULL),
        (failed(sqlite3.SQLITE_READONLY_DBMOVED), Condition.GONE),
        (failed(sqlite3.SQLITE_READONLY), Condition.READ_ONLY),
        (failed(sqlite3.SQLITE_IOERR_FSYNC), Condition.DISK_BROKEN),
        (failed(sqlite3.SQLITE_BUSY), Condition.BUSY),
        (failed(sqlite3.SQLITE_CONSTRAINT), None),
        (failed(sqlite3.SQLITE_ERROR), None),
        (sqlite3.OperationalError("Could not decode to UTF-8 column 'kind' with text ''"), Condition.DAMAGED),
        (OSError(errno.ENOSPC, ""), Condition.DISK_FULL),
        (OSError(errno.EDQUOT, ""), Condition.DISK_FULL),
        (OSError(errno.EROFS, ""), Condition.READ_ONLY),
        (PermissionError(errno.EACCES, ""), Condition.NO_ACCESS),
        (OSError(errno.EIO, ""), Condition.DISK_BROKEN),
        (Damaged(Condition.LOG_DAMAGED, "3 commits"), Condition.LOG_DAMAGED),
    ],
)
def test_what_is_wrong_has_a_name(error: sqlite3.Error, condition: Condition | None, tmp_path: Path):
    path = tmp_path / "store.db"
    path.touch()
    assert condition_of(error, path) is condition


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "FUSE")
@pytest.mark.parametrize(
    ("operation", "number", "condition"),
    [
        ("open", errno.EACCES, Condition.NO_ACCESS),
        ("open", errno.EROFS, Condition.READ_ONLY),
        ("create", errno.ENOSPC, Condition.DISK_FULL),
        ("fsync", errno.EIO, Condition.DISK_BROKEN),
    ],
)
def test_a_vague_error_is_named_by_a_look_at_the_disk(operation: str, number: int, condition: Condition):
    with forgetful("disk") as disk:
        path = disk.path("disk") / "store.db"
        path.write_bytes(b"")
        disk.fail("disk", operation, number)
        assert condition_of(failed(sqlite3.SQLITE_IOERR), path) is condition
        disk.heal("disk")
        assert condition_of(failed(sqlite3.SQLITE_IOERR), path) is Condition.DISK_BROKEN
