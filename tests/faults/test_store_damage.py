"""A gateway's file that is truncated, overwritten or spoilt: what lives and is owed is there after the next start."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from alerts.durable import backups, exchange
from alerts.durable.damage import Condition
from alerts.durable.exchange import flush
from alerts.durable.mended import TOLD
from gateway.mend import read_history
from gateway.sense import complete
from gateway.store import Store
from gateway.store_file import make_ready, not_told
from tests.faults.filled_store import CALL, READINGS, T0, ask, call_for_help, fill, live, minutes, owed
from tests.faults.forgetful import forgetful, why_not

if TYPE_CHECKING:
    from pathlib import Path

OLD = "silence:door"
OWED_OLD, OWED_CALL = {f"{1:032x}"}, {f"{2:032x}", f"{3:032x}"}
BACKUP_AT = T0 + minutes(60 * 40)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "store.db"
    asyncio.run(fill(path))
    asyncio.run(call_for_help(path))
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Path:
    for file in template.parent.iterdir():
        shutil.copyfile(file, tmp_path / file.name)
    return tmp_path / "store.db"


def spoil(path: Path, at: int, length: int = 1) -> None:
    content = bytearray(path.read_bytes())
    for place in range(at, min(at + length, len(content))):
        content[place] ^= 0xA5
    path.write_bytes(content)


def test_a_good_file_is_left_as_it_is(store: Path):
    before = store.read_bytes()
    assert make_ready(store) is None
    assert live(store) == {OLD: "open", CALL: "open"}
    assert ask(store, "SELECT count(*) FROM readings") == [(READINGS + 10,)]
    assert len(before) <= store.stat().st_size


@pytest.mark.parametrize(
    "keep",
    [0, 1, 15, 16, 99, 100, 1023, 1024, 1025, 4096, 20_000, 100_000, 150_000, -1024, -1],
    ids=lambda keep: f"{keep} bytes",
)
def test_a_truncated_file_loses_no_live_alert_of_the_backup(store: Path, keep: int):
    content = store.read_bytes()
    store.write_bytes(content[:keep])
    mended = make_ready(store)
    if mended is None:
        assert keep == -1  # SQLite reads the missing byte as a zero
    else:
        assert mended.condition in {Condition.NOT_A_STORE, Condition.DAMAGED}
        assert mended.how in {"backup", "partly", "whole"}
        assert mended.since in {BACKUP_AT, None}
    assert live(store)[OLD] == "open"
    assert owed(store) >= OWED_OLD
    assert ask(store, "PRAGMA integrity_check") == [("ok",)]
    if keep < 0:
        assert live(store) == {OLD: "open", CALL: "open"}
    assert make_ready(store) is None


@pytest.mark.parametrize("content", [b"", b"no database, but a text of some length " * 400, bytes(50_000)])
def test_a_file_that_is_no_store_is_replaced_by_the_backup_and_kept(store: Path, content: bytes):
    store.write_bytes(content)
    (store.parent / "store.db-wal").unlink()
    mended = make_ready(store)
    assert mended is not None
    assert mended.detail() == f"not_a_store backup {BACKUP_AT.isoformat()}"
    assert mended.kept is not None
    assert mended.kept.read_bytes() == content
    assert ask(store, "PRAGMA journal_mode") == [("wal",)]
    assert live(store) == {OLD: "open"}
    assert owed(store) == OWED_OLD


def test_without_a_backup_it_begins_anew(store: Path):
    for backup in store.parent.glob("store.db-backup-*"):
        backup.unlink()
    (store.parent / "store.db-wal").unlink()
    store.write_bytes(b"x" * 5000)
    mended = make_ready(store)
    assert mended is not None
    assert mended.detail() == "not_a_store anew"
    assert live(store) == {}
    assert make_ready(store) is None


def test_a_damaged_backup_is_passed_over(store: Path):
    (good,) = store.parent.glob("store.db-backup-*")
    worse = store.parent / "store.db-backup-000007-20261111T000000.000000Z"
    shutil.copyfile(good, worse)
    spoil(worse, 1024, 4096)
    assert [backup.number for backup in backups.good(store)] == [1]
    store.write_bytes(b"x" * 5000)
    mended = make_ready(store)
    assert mended is not None
    assert mended.how == "backup"
    assert live(store)[OLD] == "open"


def test_spoilt_pages_anywhere_lose_neither_what_lives_nor_what_is_owed(store: Path, template: Path):
    """One byte, a sector or several pages are spoilt at a random place, 60 times over."""
    found: Counter[str] = Counter()
    size = template.stat().st_size
    for seed in range(60):
        dice = random.Random(seed)  # noqa: S311 - a repeatable damage
        restore(template, store)
        spoil(store, dice.randrange(size), dice.choice((1, 512, 1024, 4096)))
        mended = make_ready(store)
        found[mended.detail() if mended else "nothing that the start reads"] += 1
        lives = live(store)
        assert lives[OLD] == "open", seed
        assert owed(store) >= OWED_OLD, seed
        if mended is None or mended.how != "backup":
            assert lives[CALL] == "open", seed
        if mended is None or mended.how == "whole":
            assert owed(store) >= OWED_CALL, seed
        assert make_ready(store) is None, seed
    assert found["nothing that the start reads"] > 10  # most pages hold old readings: found by the daily check
    assert found["damaged whole"] > 20
    assert sum(n for detail, n in found.items() if "backup" in detail) <= 2  # the page of the tables' own names


def test_spoilt_schemas_are_mended_whatever_sqlite_makes_of_them(store: Path, template: Path):
    """The first pages hold the words of the schema: other names, statements that cannot be read, no text at all."""
    found: Counter[str] = Counter()
    for seed in range(60):
        dice = random.Random(seed)  # noqa: S311 - a repeatable damage
        restore(template, store)
        spoil(store, dice.randrange(100, 12 * 1024), dice.choice((1, 2, 8, 512)))
        mended = make_ready(store)
        found[mended.condition if mended else "nothing that matters"] += 1
        assert live(store)[OLD] == "open", seed
        assert make_ready(store) is None, seed
    assert found["damaged"] > 10


def test_a_spoilt_log_is_read_behind_the_break(store: Path, template: Path):
    """SQLite alone would silently forget every commit behind a spoilt frame, the call for help among them."""
    log = store.parent / "store.db-wal"
    found: Counter[str] = Counter()
    for seed in range(40):
        dice = random.Random(seed)  # noqa: S311 - a repeatable damage
        restore(template, store)
        spoil(log, dice.randrange(60_000), dice.choice((1, 4, 64)))
        mended = make_ready(store)
        found[mended.detail() if mended else "nothing"] += 1
        assert live(store) == {OLD: "open", CALL: "open"}, seed
        if mended is None or mended.how == "whole":
            assert owed(store) == OWED_OLD | OWED_CALL, seed
        assert ask(store, "SELECT count(*) FROM readings WHERE id > 4000")[0][0] >= 8, seed
    assert found["log_damaged whole"] > 2
    assert sum(n for detail, n in found.items() if detail.startswith("log_damaged")) > 10


def test_a_truncated_log_is_a_shorter_log(store: Path):
    log = store.parent / "store.db-wal"
    log.write_bytes(log.read_bytes()[:5000])
    assert make_ready(store) is None
    assert live(store)[OLD] == "open"


def restore(template: Path, store: Path) -> None:
    for file in store.parent.iterdir():
        file.unlink()
    for file in template.parent.iterdir():
        shutil.copyfile(file, store.parent / file.name)


def test_older_readings_are_fetched_back_around_the_spoilt_ones(store: Path):
    first_page = next(at for at in range(0, store.stat().st_size, 1024) if b"000000000000012c" in page(store, at))
    spoil(store, first_page, 16)
    spoil_what_the_start_reads(store)
    mended = make_ready(store)
    assert mended is not None
    assert mended.kept is not None
    ((first,),) = ask(store, "SELECT min(id) FROM readings")
    low, statement, rows = read_history(mended.kept, int(str(first)), 10_000)
    assert (low, statement.startswith("INSERT OR IGNORE INTO readings")) == (0, True)
    assert 3900 < len(rows) < int(str(first))
    assert len({row[0] for row in rows}) == len(rows)


def page(path: Path, at: int) -> bytes:
    return path.read_bytes()[at : at + 1024]


def spoil_what_the_start_reads(path: Path) -> None:
    """Spoils every page that names an old alert."""
    for at in range(0, path.stat().st_size, 1024):
        if b"battery:7" in page(path, at):
            spoil(path, at, 12)


async def test_after_damage_new_readings_go_on_where_the_old_ones_ended(store: Path):
    spoil_what_the_start_reads(store)
    opened = await Store.open(store)
    assert opened.mended is not None
    await opened.count_start(T0)
    await opened.close()
    ((last, snapshot),) = ask(store, "SELECT (SELECT max(id) FROM readings), reading_id FROM snapshot")
    assert (last, snapshot) == (READINGS + 10, READINGS)


def test_an_untold_loss_is_not_forgotten_over_damage_that_lost_nothing(store: Path):
    store.write_bytes(b"overwritten " * 1000)
    first = make_ready(store)
    assert first is not None
    assert first.how == "backup"
    assert not_told(store) == first
    second = make_ready(store, Condition.DAMAGED)
    assert second is not None
    assert second.detail() == first.detail()
    assert second.kept != first.kept
    assert not_told(store) == second
    with closing(sqlite3.connect(store)) as db:
        db.execute("UPDATE mended SET how = 'partly', since = 'sometime'")
        db.commit()
    assert not_told(store) == replace(second, condition=Condition.DAMAGED, how="partly", since=None)
    with closing(sqlite3.connect(store)) as db:
        db.execute(TOLD)
        db.commit()
    assert not_told(store) is None


def test_a_power_cut_while_the_files_change_places_does_not_forget_to_tell(
    store: Path, monkeypatch: pytest.MonkeyPatch
):
    def cut(_path: Path) -> Path:
        raise OSError("power cut")

    store.write_bytes(b"overwritten " * 1000)
    (store.parent / "store.db-reserve").unlink(missing_ok=True)  # with which it would be tried again at once
    with monkeypatch.context() as patched:
        patched.setattr(exchange, "finish", cut)
        with pytest.raises(OSError, match="power cut"):
            make_ready(store)
    assert make_ready(store) is None, "the new file counts already"
    told = not_told(store)
    assert told is not None
    assert told.detail() == f"damaged backup {BACKUP_AT.isoformat()}"


def test_only_the_latest_damaged_files_are_kept(store: Path):
    for number in range(4):
        store.write_bytes(bytes([number]) * 5000)
        assert make_ready(store) is not None
    kept = sorted(store.parent.glob("store.db-damaged-*Z"))
    assert [file.read_bytes()[:1] for file in kept] == [b"\2", b"\3"]


SWITCHING = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = DELETE")
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN")
db.execute("UPDATE readings SET origin = 'changed'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_change_of_the_whole_file_that_was_interrupted_is_undone(store: Path, spoilt: bool):  # noqa: FBT001
    """As when the log was first made: a reader may not undo it, and the next store must not inherit its journal."""
    assert make_ready(store) is None
    killed = subprocess.run([sys.executable, "-c", SWITCHING, str(store)], check=False)
    assert killed.returncode == -9
    assert (store.parent / "store.db-journal").stat().st_size > 512
    if spoilt:
        spoil(store.parent / "store.db-journal", 0, 4096)
        store.write_bytes(store.read_bytes()[:100_000])
    mended = make_ready(store)
    assert (mended is not None) is spoilt
    assert live(store)[OLD] == "open"
    assert ask(store, "PRAGMA integrity_check") == [("ok",)]
    if not spoilt:
        assert ask(store, "SELECT count(*) FROM readings WHERE origin = 'changed'") == [(0,)]
    assert make_ready(store) is None


@pytest.mark.parametrize("step", ["restored", "old moved", "log moved"])
def test_an_exchange_that_the_power_cut_is_finished(store: Path, step: str):
    new = store.parent / "store.db-restored"
    (backup,) = store.parent.glob("store.db-backup-*")
    shutil.copyfile(backup, new)
    if step != "restored":
        (store.parent / "store.db-wal").rename(store.parent / "store.db-damaged-x-wal")
    if step == "old moved":
        store.rename(store.parent / "store.db-damaged-x")
    assert make_ready(store) is None
    assert live(store) == {OLD: "open"}
    assert not new.exists()


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "FUSE")
def test_the_power_may_go_at_any_step_of_a_mending(template: Path):
    """Every name given and every flush of a mending is in turn the first that fails; then the power goes."""
    with forgetful("disk") as disk:
        path = disk.path("disk") / "store.db"
        for step in count():
            put_down(template, path)
            spoil_what_the_start_reads(path)
            flush_all(path.parent)
            disk.fail("disk", "step", errno.EIO, after=step)
            with suppress(OSError, sqlite3.Error):
                make_ready(path)
            refused = disk.heal("disk")
            disk.cut_power(["disk"], seed=step if step % 2 else None)
            make_ready(path)
            assert live(path) == {OLD: "open", CALL: "open"}, step
            assert owed(path) == OWED_OLD | OWED_CALL, step
            assert make_ready(path) is None
            if not refused:
                break
    assert step > 10


def put_down(template: Path, path: Path) -> None:
    """Copies the store onto a disk, and of its log what says anything."""
    for file in path.parent.iterdir():
        file.unlink()
    for file in template.parent.iterdir():
        if not file.name.endswith(("-reserve", "-shm")):
            (path.parent / file.name).write_bytes(file.read_bytes()[:500_000])


def flush_all(folder: Path) -> None:
    for file in folder.iterdir():
        flush(file)
    flush(folder)


def test_readings_that_cannot_be_found_are_not_fetched_back(tmp_path: Path):
    file = tmp_path / "store.db-damaged"
    with closing(sqlite3.connect(file)) as spoilt:
        spoilt.execute("CREATE TABLE readings (id INTEGER PRIMARY KEY, aU, device)")
    with pytest.raises(sqlite3.DatabaseError, match="cannot be found"):
        read_history(file, 100, 10)


def test_what_acted_on_an_alert_that_is_gone_acts_again(store: Path):
    with closing(sqlite3.connect(store)) as there, there:
        there.execute("INSERT INTO applied VALUES ('gone:1', 'gone', 1)")
        kept = there.execute("SELECT count(*) FROM applied WHERE alert_key <> 'gone'").fetchone()
        complete(there)
        assert there.execute("SELECT count(*) FROM applied").fetchone() == kept
