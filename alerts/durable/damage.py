"""What can be wrong with a store, by name; told from the error that SQLite or the operating system gave."""

from __future__ import annotations

import errno
import os
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.durable import handles

if TYPE_CHECKING:
    from pathlib import Path


class Condition(StrEnum):
    """What is wrong."""

    NOT_A_STORE = "not_a_store"  # 不是数据库: the file's head is something else
    DAMAGED = "damaged"  # 数据库损坏: pages contradict each other, or are missing
    LOG_DAMAGED = "log_damaged"  # 日志损坏: committed work stands in the log behind a broken frame
    GONE = "gone"  # 数据库文件不见了: somebody moved or deleted it while it was in use
    DISK_FULL = "disk_full"  # 存储卡已满: no bytes or no inodes left
    READ_ONLY = "read_only"  # 存储卡只读: as a file system becomes after an error
    NO_ACCESS = "no_access"  # 没有权限: owner or permissions are wrong
    DISK_BROKEN = "disk_broken"  # 存储卡读写出错
    BUSY = "busy"  # 别的程序占用着数据库


LOST = frozenset({Condition.NOT_A_STORE, Condition.DAMAGED, Condition.LOG_DAMAGED, Condition.GONE})
"""The file itself is bad or gone: another one must take its place. Of the others the disk must be cured first."""


@dataclass(frozen=True, slots=True)
class Words:
    """What people are told, and what they should do."""

    zh: str
    en: str


SENTENCES = {
    Condition.NOT_A_STORE: Words("文件不是守望的数据库", "the file is no store"),
    Condition.DAMAGED: Words("数据库损坏", "the store is damaged"),
    Condition.LOG_DAMAGED: Words("数据库的日志损坏", "the store's log is damaged"),
    Condition.GONE: Words("数据库文件不见了", "the store's file has gone"),
    Condition.DISK_FULL: Words("存储卡已满，请清出空间", "the disk is full: make room"),
    Condition.READ_ONLY: Words("存储卡变成只读，请更换存储卡", "the disk is read-only: replace the card"),
    Condition.NO_ACCESS: Words(
        "没有权限写数据库，请检查文件的所有者和权限", "no permission: check the owner and mode of the store's files"
    ),
    Condition.DISK_BROKEN: Words("存储卡读写出错，请更换存储卡", "the disk fails to read or write: replace the card"),
    Condition.BUSY: Words("别的程序占用着数据库，请关掉它", "another program holds the store: end it"),
}

_OF_SQLITE = {
    sqlite3.SQLITE_NOTADB: Condition.NOT_A_STORE,
    sqlite3.SQLITE_CORRUPT: Condition.DAMAGED,
    sqlite3.SQLITE_FULL: Condition.DISK_FULL,
    sqlite3.SQLITE_READONLY: Condition.READ_ONLY,
    sqlite3.SQLITE_PERM: Condition.NO_ACCESS,
    sqlite3.SQLITE_IOERR: Condition.DISK_BROKEN,
    sqlite3.SQLITE_CANTOPEN: Condition.DISK_BROKEN,
    sqlite3.SQLITE_BUSY: Condition.BUSY,
    sqlite3.SQLITE_LOCKED: Condition.BUSY,
    sqlite3.SQLITE_PROTOCOL: Condition.BUSY,
}
_PRIMARY = 0xFF
"""An extended result code's low byte is the primary one. Source: sqlite.org/rescode.html."""
_VAGUE = frozenset({Condition.DISK_BROKEN, Condition.READ_ONLY})
"""What SQLite says of several causes; a look at the disk tells which."""

_NO_TEXT = "Could not decode to UTF-8"
"""What Python's sqlite3 says of a text whose bytes are none; it gives no code with it."""

_OF_SYSTEM = {
    errno.ENOSPC: Condition.DISK_FULL,
    errno.EDQUOT: Condition.DISK_FULL,
    errno.EROFS: Condition.READ_ONLY,
    errno.EACCES: Condition.NO_ACCESS,
    errno.EPERM: Condition.NO_ACCESS,
    errno.ENOENT: Condition.GONE,
    errno.ESTALE: Condition.GONE,
}


SQLITE_SAYS = (sqlite3.Error, UnicodeDecodeError)
"""What comes of asking SQLite; the second when it quotes spoilt bytes in what it has to say."""


class Damaged(Exception):
    """A store that must not be used as it is.

    Args:
        condition: what is wrong with it.
        detail: what was found, for the log.
    """

    def __init__(self, condition: Condition, detail: str) -> None:
        super().__init__(f"{condition}: {detail}")
        self.condition = condition


def condition_of(error: Exception, path: Path) -> Condition | None:
    """Names what an error says is wrong with a store.

    Args:
        error: as it was raised.
        path: of the store, which is looked at where the error says little.

    Returns:
        The condition; None when it says nothing about file or disk, and so is a fault of ours.
    """
    if isinstance(error, Damaged):
        return error.condition
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, UnicodeDecodeError) or str(error).startswith(_NO_TEXT):
        return Condition.DAMAGED
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return Condition.GONE
    named = _OF_SQLITE.get(code & _PRIMARY) if code is not None else None
    return (look_at_disk(path) or named) if named in _VAGUE else named


def look_at_disk(path: Path) -> Condition | None:
    """Tries whether the store's files can be written and new ones made beside them.

    Args:
        path: of the store; nothing in it is changed.

    Returns:
        What refused; `GONE` when nothing did but the store is not there; None when all is well.
    """
    trial = path.with_name(f"{path.name}-trial")
    try:
        for file in (path, path.with_name(f"{path.name}-wal")):
            if file.exists():
                handles.require_writable(file)
        with trial.open("wb") as made:
            made.write(bytes(4096))
            made.flush()
            os.fsync(made.fileno())
    except OSError as error:
        return _of_system(error)
    finally:
        _forget(trial)
    return None if path.exists() else Condition.GONE


def _forget(trial: Path) -> None:
    try:
        trial.unlink(missing_ok=True)
    except OSError:  # read-only: then it was not made either
        return


def _of_system(error: OSError) -> Condition:
    return _OF_SYSTEM.get(error.errno or 0, Condition.DISK_BROKEN)
