"""The forgetful folder forgets what was never fsynced, and nothing else."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import random
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.forgetful import Forgetful, forgetful, why_not
from tests.faults.forgetful_disk import Disk, File, Write, sectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute(f"PRAGMA synchronous = {sys.argv[2]}")
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS kept (n INTEGER PRIMARY KEY, x)")
for n in range(int(sys.argv[3])):
    db.execute("INSERT INTO kept (x) VALUES (zeroblob(700))")
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN")
for n in range(200):
    db.execute("INSERT INTO kept (x) VALUES (zeroblob(700))")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folders() -> Iterator[Forgetful]:
    if why_not():
        pytest.skip(why_not())
    with forgetful("a", "b") as folders:
        yield folders


def write(path: Path, data: bytes, *, synced: bool = False, folder_synced: bool = False) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        if synced:
            os.fsync(file.fileno())
    if folder_synced:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    os.fsync(number)
    os.close(number)


def test_memory_that_programs_share_outlives_an_open_on_a_disk_that_refuses(folders: Forgetful):
    path = folders.path("a") / "shared"
    write(path, b"old" + bytes(4093))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 4096) as shared:
        shared[:3] = b"new"
        folders.fail("a", "change", errno.EROFS)
        for _ in range(3):
            with contextlib.suppress(OSError):
                path.read_bytes()
            assert shared[:3] == b"new"
        folders.heal("a")


def test_a_file_needs_its_own_fsync_and_its_folders(folders: Forgetful):
    a = folders.path("a")
    write(a / "nothing", b"1")
    write(a / "data", b"1", synced=True)
    write(a / "name", b"1", folder_synced=True)
    write(a / "both", b"1", synced=True, folder_synced=True)
    write(a / "late", b"1", synced=True)
    assert folders.cut_power(["a"]) > 0
    assert {path.name: path.read_bytes() for path in a.iterdir()} == {
        "nothing": b"",  # its name was in the folder when `name` had the folder synced
        "data": b"1",
        "name": b"",
        "both": b"1",
    }


def test_a_rename_is_whole_or_not_at_all(folders: Forgetful):
    a = folders.path("a")
    write(a / "kept", b"old", synced=True, folder_synced=True)
    for name in (b"new", b"newer"):
        write(a / "kept.new", name, synced=True)
        (a / "kept.new").rename(a / "kept")
        if name == b"new":
            sync_folder(a)
    assert (a / "kept").read_bytes() == b"newer"
    folders.cut_power(["a"])
    assert [(path.name, path.read_bytes()) for path in a.iterdir()] == [("kept", b"new")]


def test_each_disk_has_its_own_power(folders: Forgetful):
    for name in "ab":
        write(folders.path(name) / "x", b"1")
    folders.cut_power(["a"])
    assert list(folders.path("a").iterdir()) == []
    assert (folders.path("b") / "x").read_bytes() == b"1"


def test_a_write_is_torn_where_sectors_end():
    parts = list(sectors(Write(500, b"x" * 1100), 512))
    assert [(part.offset, len(part.data)) for part in parts] == [(500, 12), (512, 512), (1024, 512), (1536, 64)]


def test_by_chance_some_of_the_unsynced_survives_and_all_of_the_synced():
    kinds = set()
    for seed in range(60):
        disk, file = Disk(), File(0o100644)
        disk.add("x", file)
        disk.sync_folder(disk.root)
        file.write(0, b"a" * 2048)
        file.sync()
        file.write(0, b"b" * 2048)
        file.resize(1024)
        assert disk.cut_power(random.Random(seed)) == 2  # noqa: S311 - a repeatable loss
        assert len(file.live) in {1024, 2048}
        assert set(bytes(file.live)) <= set(b"ab")
        kinds.add(bytes(file.live[::512]))
    assert {b"aaaa", b"bbbb", b"aa", b"bb"} < kinds  # nothing, everything, and either change alone
    assert any(len(set(kind)) == 2 for kind in kinds)  # and torn


def die_writing(path: Path, synchronous: str) -> None:
    writer = subprocess.run([sys.executable, "-c", WRITER, str(path), synchronous, "5"], check=False)
    assert writer.returncode == -9


def test_what_sqlite_committed_survives(folders: Forgetful):
    path = folders.path("a") / "x.db"
    for seed in range(12):
        die_writing(path, "FULL")
        assert folders.cut_power(["a"], seed=None if seed % 3 == 0 else seed) > 0
        with sqlite3.connect(path) as db:
            assert db.execute("SELECT count(*) FROM kept").fetchone() == (5 * (seed + 1),)
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


def test_what_sqlite_never_synced_is_forgotten(folders: Forgetful):
    die_writing(folders.path("a") / "x.db", "OFF")
    assert (folders.path("a") / "x.db-wal").stat().st_size > 5000
    folders.cut_power(["a"])
    assert list(folders.path("a").iterdir()) == []


def test_a_disk_refuses_what_it_is_told_to(folders: Forgetful):
    a = folders.path("a")
    folders.fail("a", "change", errno.EROFS)
    with pytest.raises(OSError, match="Read-only") as refused:
        (a / "x").write_bytes(b"1")
    assert refused.value.errno == errno.EROFS
    folders.heal("a")
    folders.fail("a", "fsync", errno.EIO, times=1)
    with pytest.raises(OSError, match="Input/output"):
        write(a / "x", b"1", synced=True)
    write(a / "x", b"2", synced=True, folder_synced=True)
    folders.cut_power(["a"])
    assert (a / "x").read_bytes() == b"2"
