"""Folders that forget what was never fsynced: a FUSE process of its own, and how a test starts it and cuts the power.

    with forgetful("gateway", "broker", "station") as folders:
        ... run real programs in folders.path("gateway") ...
        ... kill -9 them: a power cut ends every program of the machine ...
        folders.cut_power(["gateway", "broker"], seed=7)      # seed=None: nothing unsynced survives
        ... start them again ...

Each folder is a disk of its own. `fail` makes a disk refuse: `fail("gateway", "write", errno.ENOSPC)`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

START_S = 20.0


def why_not() -> str:
    """Why no folder can forget on this machine; "" when it can."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no /dev/fuse that we may use: power cuts need FUSE"
    return "" if shutil.which("fusermount3") else "fusermount3 is not installed: apt-get install fuse3"


@dataclass(slots=True)
class Forgetful:
    """The running folders."""

    mount: Path
    process: subprocess.Popen[str]

    def path(self, name: str) -> Path:
        """The folder of a disk."""
        return self.mount / name

    def cut_power(self, names: Iterable[str], *, seed: int | None = None) -> int:
        """Forgets what is not safe on these disks; whoever used them must be dead.

        Args:
            names: of disks that lose their power at the same moment.
            seed: decides what of the unsynced survives by chance; None lets nothing survive.

        Returns:
            How many changes were not safe.
        """
        return int(self._ask("cut", names=list(names), seed=seed)["lost"])

    def fail(self, name: str, operation: str, number: int, *, times: int = -1, after: int = 0) -> None:
        """Lets a disk refuse.

        Args:
            name: of the disk.
            operation: "read", "write", "fsync" or another of FUSE's names; "change" is everything that writes,
                "step" what gives files their names and flushes them.
            number: of `errno`.
            times: how often; -1 until `heal`.
            after: how many such operations are let pass first.
        """
        self._ask("fail", name=name, operation=operation, number=number, times=times, after=after)

    def heal(self, name: str) -> bool:
        """Ends every refusal of a disk. Returns whether anything was refused since the last `fail`."""
        return bool(self._ask("heal", name=name)["refused"])

    def _ask(self, do: str, **values: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@contextlib.contextmanager
def forgetful(*names: str) -> Iterator[Forgetful]:
    """Mounts one forgetful disk for each name, for as long as the block lasts."""
    mount = Path(tempfile.mkdtemp(prefix="shouwang-forgetful-"))
    command = [sys.executable, "-m", "tests.faults.forgetful_mount", str(mount), *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        folders = Forgetful(mount, process)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "mounted\n", why_not()
            yield folders
        finally:
            subprocess.run(["fusermount3", "-u", "-z", str(mount)], capture_output=True, check=False)
            process.kill()
    mount.rmdir()
