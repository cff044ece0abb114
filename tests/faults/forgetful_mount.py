"""The FUSE process behind `tests.faults.forgetful`: serves the disks, and obeys JSON lines on standard input."""

from __future__ import annotations

import errno
import json
import os
import random
import stat
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import mfusepy

from tests.faults.forgetful_disk import Disk, DiskError, File, Folder, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

WRITES = frozenset({"access", "write", "create", "mkdir", "unlink", "rename", "truncate"})
"""What a read-only file system refuses."""

BLOCKS = 8192
"""Blocks of 4 KB: 32 MB. So small a disk, and a gateway does not write its log to its length at every start, which
would take most of the time here."""

STEPS = frozenset({"create", "mkdir", "unlink", "rename", "truncate", "fsync"})
"""The steps of whoever writes with care: what lies between two of them is undone together."""


@dataclass(slots=True)
class Refusal:
    """An operation that a disk refuses, how often still, and how many are let pass first."""

    number: int
    times: int
    after: int
    refused: bool = False


@dataclass(slots=True)
class Mounted:
    """A disk and what it refuses."""

    disk: Disk = field(default_factory=Disk)
    refusals: dict[str, Refusal] = field(default_factory=dict)

    def ask(self, operation: str) -> None:
        """Raises DiskError when the operation is to be refused now."""
        for name in (
            operation,
            *(["change"] if operation in WRITES else []),
            *(["step"] if operation in STEPS else []),
        ):
            refusal = self.refusals.get(name)
            if refusal is None or refusal.times == 0:
                continue
            if refusal.after:
                refusal.after -= 1
                continue
            refusal.times -= 1
            refusal.refused = True
            raise DiskError(refusal.number)


class Operations(mfusepy.Operations):  # type: ignore[misc] - mfusepy has no types
    """What the kernel asks, for all disks; one thing at a time."""

    use_ns = True

    def __init__(self, names: Iterable[str]) -> None:
        self.mounted = {name: Mounted() for name in names}
        self._open: dict[int, tuple[Mounted, Node]] = {}
        self._handles = 0
        self._cuts = 0
        self._turn = threading.Lock()

    def obey(self, line: str) -> dict[str, Any]:
        """Does what the test asks."""
        asked = json.loads(line)
        with self._turn:
            if asked["do"] == "cut":
                self._cuts += 1
                dice = None if asked["seed"] is None else random.Random(asked["seed"])  # noqa: S311 - a repeatable loss
                return {"lost": sum(self.mounted[name].disk.cut_power(dice) for name in asked["names"])}
            refusals = self.mounted[asked["name"]].refusals
            if asked["do"] == "fail":
                refusals[asked["operation"]] = Refusal(asked["number"], asked["times"], asked["after"])
                return {}
            refused = any(refusal.refused for refusal in refusals.values())
            refusals.clear()
            return {"refused": refused}

    # Names

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        with self._turn:
            if path == "/":
                return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
            node = self._open[fh][1] if fh in self._open else self._find(path)
        size = len(node.live) if isinstance(node, File) else 0
        owner = {"st_uid": os.getuid(), "st_gid": os.getgid()}
        changed = {"st_mtime": self._cuts * 1_000_000_000}  # what the kernel remembers, a power cut makes it forget
        return {"st_mode": node.mode, "st_nlink": 1, "st_size": size, "st_blocks": -(-size // 512), **owner, **changed}

    def readdir(self, path: str, fh: int) -> list[str]:
        with self._turn:
            if path == "/":
                return [".", "..", *self.mounted]
            folder = self._find(path)
            return [".", "..", *(folder.live if isinstance(folder, Folder) else ())]

    def create(self, path: str, mode: int, fi: int | None = None) -> int:
        with self._turn:
            mounted, inside = self._split(path, "create")
            node = File(stat.S_IFREG | mode & 0o777)
            mounted.disk.add(inside, node)
            return self._handle(mounted, node)

    def mkdir(self, path: str, mode: int) -> int:
        with self._turn:
            mounted, inside = self._split(path, "mkdir")
            mounted.disk.add(inside, Folder(stat.S_IFDIR | mode & 0o777))
        return 0

    def unlink(self, path: str) -> int:
        with self._turn:
            mounted, inside = self._split(path, "unlink")
            mounted.disk.remove(inside)
        return 0

    rmdir = unlink

    def rename(self, old: str, new: str) -> int:
        with self._turn:
            (mounted, source), (other, target) = self._split(old, "rename"), self._split(new, "rename")
            if mounted is not other:
                raise DiskError(errno.EXDEV)
            mounted.disk.rename(source, target)
        return 0

    def chmod(self, path: str, mode: int) -> int:
        with self._turn:
            node = self._find(path)
            node.mode = stat.S_IFMT(node.mode) | mode & 0o777
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": BLOCKS, "f_bfree": BLOCKS, "f_bavail": BLOCKS}

    def access(self, path: str, amode: int) -> int:
        with self._turn:
            if path != "/":
                mounted, inside = self._split(path, "open")
                mounted.disk.find(inside)
                if amode & os.W_OK:
                    mounted.ask("access")
        return 0

    # Contents

    def open(self, path: str, flags: int) -> int:
        with self._turn:
            mounted, inside = self._split(path, "open")
            node = mounted.disk.find(inside)
            if flags & os.O_TRUNC and isinstance(node, File):
                mounted.ask("truncate")
                node.resize(0)
            return self._handle(mounted, node)

    def opendir(self, path: str) -> int:
        with self._turn:
            if path == "/":
                return 0
            mounted, inside = self._split(path, "opendir")
            return self._handle(mounted, mounted.disk.find(inside))

    def release(self, path: str, fh: int) -> int:
        with self._turn:
            self._open.pop(fh, None)
        return 0

    releasedir = release

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        with self._turn:
            node = self._file(fh, "read")
            return bytes(node.live[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        with self._turn:
            self._file(fh, "write").write(offset, bytes(data))
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        with self._turn:
            mounted, node = self._open[fh] if fh in self._open else (self._split(path, "")[0], self._find(path))
            mounted.ask("truncate")
            if isinstance(node, File):
                node.resize(length)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        with self._turn:
            self._file(fh, "fsync").sync()
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        with self._turn:
            if fh in self._open:
                mounted, folder = self._open[fh]
                mounted.ask("fsync")
                if isinstance(folder, Folder):
                    mounted.disk.sync_folder(folder)
        return 0

    def flush(self, path: str, fh: int) -> int:
        return 0

    def _split(self, path: str, operation: str) -> tuple[Mounted, str]:
        name, _, inside = path.lstrip("/").partition("/")
        if name not in self.mounted:
            raise DiskError(errno.ENOENT)
        self.mounted[name].ask(operation)
        return self.mounted[name], inside

    def _find(self, path: str) -> Node:
        mounted, inside = self._split(path, "find")
        return mounted.disk.find(inside)

    def _handle(self, mounted: Mounted, node: Node) -> int:
        self._handles += 1
        self._open[self._handles] = (mounted, node)
        return self._handles

    def _file(self, fh: int, operation: str) -> File:
        mounted, node = self._open[fh]
        mounted.ask(operation)
        if not isinstance(node, File):
            raise DiskError(errno.EISDIR)
        return node


def _obey_lines(operations: Operations, mount: str) -> None:
    while not os.path.ismount(mount):
        threading.Event().wait(0.01)
    print("mounted", flush=True)
    for line in sys.stdin:
        print(json.dumps(operations.obey(line)), flush=True)


def main(mount: str, names: list[str]) -> None:
    """Serves the folders until unmounted; obeys JSON lines on standard input."""
    operations = Operations(names)
    threading.Thread(target=_obey_lines, args=(operations, mount), daemon=True).start()
    caches = {"attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    # As on a real disk, memory that programs share by a file outlives its being opened. By itself FUSE reads it anew
    # then, and what a refusing disk did not take is gone: with SQLite's index went work that was safe.
    caches["auto_cache"] = True
    mfusepy.FUSE(operations, mount, foreground=True, nothreads=True, hard_remove=True, **caches)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
