"""The home's telephone: its lines, shared by everybody who is to be called, the gravest first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import tempfile
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.channels.telephone.line import PROGRAM, Line
from alerts.channels.telephone.registrar import Standing
from alerts.channels.telephone.voice import Voice
from alerts.model import SEVERITY_RANK, Severity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from alerts.channels.telephone.trunk import Trunk


class Telephone:
    """Several lines over the same trunks.

    Args:
        trunks: in the order of preference.
        lines: how many calls the carrier lets us hold at once.
        recordings: folder of recorded phrases; None for none.
        troubled: told whether the telephone is of no use now, whenever that changes.
        program: what is started for each line.
    """

    def __init__(
        self,
        trunks: Sequence[Trunk],
        *,
        lines: int = 1,
        recordings: Path | None = None,
        troubled: Callable[[bool], None],
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="shouwang-", ignore_cleanup_errors=True)
        folder = Path(self._home.name)
        interface = _interface(trunks)
        self.voice = Voice(folder, recordings)
        self.trunks = tuple(trunks)
        self.lines = tuple(
            Line(folder / str(n), trunks, interface=interface, changed=self._look, program=program)
            for n in range(1, lines + 1)
        )
        self._reserved: set[Line] = set()
        self._waiting: list[tuple[int, int, asyncio.Future[Line]]] = []
        self._numbers = itertools.count()
        self._troubled = troubled
        self._in_trouble = False

    async def run(self) -> None:
        """Keep the lines up until cancelled; then nothing of them is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for line in self.lines:
                    tasks.create_task(line.run())
        finally:
            self._home.cleanup()

    @asynccontextmanager
    async def line(self, severity: Severity) -> AsyncIterator[Line]:
        """Wait for a line, the gravest first, and have it alone."""
        turn: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (SEVERITY_RANK[severity], next(self._numbers), turn))
        self._offer()
        try:
            line = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise
        try:
            yield line
        finally:
            self._give_back(line)

    def usable(self) -> bool:
        """Say whether a call has a chance now: a baresip that lives, with a trunk that is not known to be down."""
        return any(
            line.up and any(line.registrations.standing(trunk) is not Standing.FAILED for trunk in self.trunks)
            for line in self.lines
        )

    def _give_back(self, line: Line) -> None:
        self._reserved.discard(line)
        self._offer()

    def _look(self) -> None:
        """Take that something changed about a line."""
        self._offer()
        troubled = not self.usable()
        if troubled != self._in_trouble:
            self._in_trouble = troubled
            self._troubled(troubled)

    def _offer(self) -> None:
        while self._waiting:
            free = next((line for line in self.lines if line.up and not line.call and line not in self._reserved), None)
            if self._waiting[0][2].done():  # cancelled
                heapq.heappop(self._waiting)
            elif free is None:
                return
            else:
                self._reserved.add(free)
                heapq.heappop(self._waiting)[2].set_result(free)


def _interface(trunks: Sequence[Trunk]) -> str:
    """Baresip finds no way to a loopback address by itself; a trunk on this machine is reached from there."""
    try:
        local = trunks and all(ip_address(trunk.host).is_loopback for trunk in trunks)
    except ValueError:
        return ""
    return trunks[0].host if local else ""
