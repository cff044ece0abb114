"""The demo's other processes: each with its log in the demo's folder, all ended by us and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.demo.clock import pause

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from pathlib import Path

END_S = 5.0
"""How long a process may take to say goodbye. Source: our choice; each needs well under a second."""

LOOK_S = 0.2
TAIL_LINES = 15


class ChildDied(Exception):
    """A process of the demo ended by itself.

    Args:
        name: which.
        code: its exit code; negative for a signal.
        tail: the last lines of its log.
    """

    def __init__(self, name: str, code: int, tail: str) -> None:
        super().__init__(f"{name} ended by itself with code {code}")
        self.name, self.code, self.tail = name, code, tail


@dataclass(frozen=True, slots=True)
class _Child:
    name: str
    process: Process
    log: Path


class Children:
    """Starts processes, notices when one dies, and ends them all, the last started first.

    Args:
        folder: for their logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[_Child] = []

    async def start(self, name: str, *arguments: str, talks: bool = False) -> Process:
        """Start `python -m …`.

        Args:
            name: for its log and for people.
            arguments: after `python -m`.
            talks: its input and output are ours; otherwise its output goes into the log too.
        """
        log = self._folder / f"{name}.log"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *arguments,
                stdin=asyncio.subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if talks else errors,
                stderr=errors,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is ours to hear: we end them in good order
            )
        self._all.append(_Child(name, process, log))
        return process

    async def watch(self) -> None:
        """Return never; raise `ChildDied` soon after a process has ended by itself."""
        while True:
            for child in self._all:
                if child.process.returncode is not None:
                    raise ChildDied(child.name, child.process.returncode, _tail(child.log))
            await pause(LOOK_S)

    async def end(self) -> None:
        """End every process that still runs, politely at first."""
        for child in reversed(self._all):
            if child.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.process.terminate()
                await _ended(child.process)


async def _ended(process: Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def _environment() -> dict[str, str]:
    """Give our own variables, without those that would change the settings of the demo's home or station."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    return kept | {"PYTHONUTF8": "1"}
