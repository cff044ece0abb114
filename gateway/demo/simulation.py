"""The simulated home as its director sees it: says what shall happen there, hears when it truly has."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.demo.clock import HomeTime

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable


class NotStaged(Exception):
    """The simulation would not do it; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Something that has happened in the home: really at `at`, and at `at_home` by the home's time."""

    at: datetime
    at_home: datetime


class Simulation:
    """Talks with `python -m firmware_sim --control stdin`.

    `on_spoken` is called with home time, Chinese and English whenever her annunciator says something.

    Args:
        process: with its input and output.
    """

    def __init__(self, process: Process) -> None:
        self.time = HomeTime()
        self.ready = asyncio.Event()
        self.on_spoken: Callable[[datetime, str, str], None] = lambda _at, _zh, _en: None
        self._process = process
        self._awaited: tuple[str, asyncio.Future[Staged]] | None = None

    async def listen(self) -> None:
        """Hear what it says until it ends."""
        assert self._process.stdout is not None  # noqa: S101 - it was started to talk
        async for line in self._process.stdout:
            self._hear(json.loads(line))

    def run_at(self, rate: float) -> None:
        """Have home time run so many times as fast."""
        if rate != self.time.rate:
            self._say({"do": "rate", "rate": rate})

    async def stage(self, do: str, **device: str) -> Staged:
        """Have something happen, and return once it has.

        Args:
            do: a verb of firmware_sim/control.py that stages something of its own name.
            device: `device=` where the verb needs one.

        Raises:
            NotStaged: if it cannot be done now.
        """
        happened: asyncio.Future[Staged] = asyncio.get_running_loop().create_future()
        self._awaited = (do, happened)
        self._say({"do": do, **device})
        return await happened

    def _say(self, command: dict[str, object]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - the same
        self._process.stdin.write(f"{json.dumps(command)}\n".encode())

    def _hear(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "clock":
                self.time.learn(event)
            case "ready":
                self.ready.set()
            case "staged":
                self._happened(event)
            case "spoken" if event["zh"]:
                self.on_spoken(datetime.fromisoformat(event["at_home"]), event["zh"], event["en"])
            case "refused" if self._awaited is not None and not self._awaited[1].done():
                self._awaited[1].set_exception(NotStaged(event["sentence"]))

    def _happened(self, event: dict[str, Any]) -> None:
        if self._awaited is None or self._awaited[1].done() or event["kind"] != self._awaited[0]:
            return
        moments = {name: datetime.fromisoformat(event[name]) for name in ("at", "at_home")}
        self._awaited[1].set_result(Staged(**moments))
