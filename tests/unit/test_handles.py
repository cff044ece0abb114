"""Reading a store's files beside SQLite takes no lock from it: nobody else may believe that the store is not in use."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from alerts.durable import handles
from alerts.durable.damage import look_at_disk
from alerts.durable.log import Log, mend, read_so_far
from tests.faults.forgetful import forgetful, why_not

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_USE = 128
"""The byte of the shared index that whoever has the store open keeps locked. Source: sqlite.org/walformat.html."""
TAKE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
"""


def somebody_else_may_have(store: Path) -> bool:
    """Whether another process could take the lock, and would then cut the index short."""
    command = [sys.executable, "-c", TAKE, f"{store}-shm", str(IN_USE)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def read_index_by_hand(store: Path) -> None:
    with store.with_name(f"{store.name}-shm").open("rb") as index:
        index.read(20)


@pytest.mark.parametrize(
    ("look", "kept"),
    [
        (read_so_far, "kept"),
        (Log.of, "kept"),
        (look_at_disk, "kept"),
        (lambda store: mend(store, 1, store.with_name("copy")), "kept"),
        (read_index_by_hand, ""),  # which is what this is about
    ],
)
def test_a_look_takes_no_lock_away(tmp_path: Path, look: Callable[[Path], object], kept: str):
    store = tmp_path / "store.db"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        look(store)
        assert somebody_else_may_have(store) is not bool(kept)


def test_an_index_that_a_power_cut_left_empty_tells_of_no_frame(tmp_path: Path):
    (tmp_path / "store.db-shm").write_bytes(b"")
    assert read_so_far(tmp_path / "store.db") == 0


def test_a_file_is_read_and_copied_as_it_is(tmp_path: Path):
    file, copy = tmp_path / "store.db", tmp_path / "copy"
    file.write_bytes(bytes(range(256)) * 5000)
    assert handles.read(file, 250, 8) == bytes((250, 251, 252, 253, 254, 255, 0, 1))
    handles.copy(file, copy)
    assert copy.read_bytes() == file.read_bytes()
    file.unlink()
    file.write_bytes(b"another")
    assert handles.read(file) == b"another"


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "FUSE")
def test_a_disk_that_is_gone_stands_in_nobodys_way(tmp_path: Path):
    with forgetful("disk") as disk:
        (disk.path("disk") / "store.db").write_bytes(b"there")
        assert handles.read(disk.path("disk") / "store.db") == b"there"
    (tmp_path / "store.db").write_bytes(b"here")
    assert handles.read(tmp_path / "store.db") == b"here"
