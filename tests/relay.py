"""A line that a test may cut, block or slow down: a TCP relay that counts what passes."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Mood(Enum):
    """How the line is."""

    WELL = "well"
    CUT = "cut"  # what stands is reset, what is new is refused
    MUTE = "mute"  # half-open: everything is accepted, and nothing passes, in either direction


@dataclass(slots=True)
class Relay:
    """A line to a port of 127.0.0.1.

    Args:
        target: the port at the far end.
        port: our own, from the system.
        delay_s: that each piece waits.
        mood: see `Mood`.
        passed: bytes in both directions, without any header.
        dialled: connections so far.
    """

    target: int
    port: int = 0
    delay_s: float = 0.0
    mood: Mood = Mood.WELL
    passed: int = 0
    dialled: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _well: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Resets what stands and refuses what comes."""
        self.mood = Mood.CUT
        self._well.clear()
        self._reset()

    def mute(self) -> None:
        """Lets nothing pass any more, and says nothing of it."""
        self.mood = Mood.MUTE
        self._well.clear()

    def mend(self) -> None:
        """Resets what hung, as a line does after such a time, and lets everything pass."""
        if self.mood is Mood.MUTE:
            self._reset()
        self.mood = Mood.WELL
        self._well.set()

    def _reset(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        self._reset()
        self._well.set()
        while self._tasks:
            await asyncio.wait(self._tasks, timeout=0.1)
            self._reset()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.dialled += 1
        if self.mood is Mood.CUT:
            writer.transport.abort()
            return
        self._open.add(writer)
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._open.add(far_writer)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
            self._open.discard(far_writer)
        self._open.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                await asyncio.sleep(self.delay_s)
                await self._well.wait()
                writer.write(piece)
                await writer.drain()
                self.passed += len(piece)
        writer.close()


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """A line that is gone afterwards."""
    made = Relay(target)
    made.mend()
    server = await asyncio.start_server(made._accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made._close()
