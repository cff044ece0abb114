"""The home's telephone: its lines, shared by everybody who is to be called, the gravest first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import tempfile
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.channels.telephone import call_words
from alerts.channels.telephone.answers import Answer
from alerts.channels.telephone.child import PROGRAM
from alerts.channels.telephone.line import Line
from alerts.channels.telephone.settings_file import DEAF_S
from alerts.channels.telephone.trunk import Transport
from alerts.channels.telephone.tunnel import Tunnel
from alerts.channels.telephone.voice import NoVoice, Spoken, Voice
from alerts.dispatch import SendFailed
from alerts.model import SEVERITY_RANK, Severity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from alerts.channels.telephone.trunk import Trunk

log = logging.getLogger("shouwang.telephone")

LOOK_S = 5.0
"""How often the telephone is looked at as a whole. Source: our choice, small beside the 180 s of patience."""

BEFOREHAND = ("thanks", "over", "taken_by_another")
"""Phrases that are said without delay when their moment comes."""


class Telephone:
    """Several lines over the same trunks.

    Args:
        trunks: in the order of preference.
        lines: how many calls the carrier lets us hold at once.
        recordings: folder of recorded phrases; None for none.
        troubled: told whether the telephone is of no use, whenever that changes.
        deaf_s: seconds without a sound from the far end after which a call is dead.
        program: what is started for each line.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        trunks: Sequence[Trunk],
        *,
        lines: int = 1,
        recordings: Path | None = None,
        troubled: Callable[[bool], None],
        deaf_s: int = DEAF_S,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="shouwang-", ignore_cleanup_errors=True)
        folder = Path(self._home.name)
        self.voice = Voice(folder, recordings)
        self.farewell: Spoken | None = None
        self.trunks = tuple(trunks)
        self._tunnels = {
            trunk: Tunnel(trunk, self._trunk_failed) for trunk in trunks if trunk.transport is Transport.TLS
        }
        self.lines = tuple(
            Line(
                folder / str(number),
                trunks,
                next_hop=lambda trunk: self._tunnels[trunk].place if trunk in self._tunnels else "",
                interface=_interface(trunks),
                changed=self._offer,
                deaf_s=deaf_s,
                program=program,
            )
            for number in range(1, lines + 1)
        )
        self._held: dict[Line, Severity] = {}
        self._waiting: list[tuple[int, int, Severity, asyncio.Future[Line]]] = []
        self._numbers = itertools.count()
        self._troubled = troubled
        self._mute = ""

    async def run(self) -> None:
        """Keep the lines up until cancelled; then nothing of them is left."""
        try:
            for tunnel in self._tunnels.values():
                await tunnel.open()
            async with asyncio.TaskGroup() as tasks:
                for line in self.lines:
                    tasks.create_task(line.run())
                for tunnel in self._tunnels.values():
                    tasks.create_task(tunnel.run())
                tasks.create_task(self._watch_over())
        finally:
            self._home.cleanup()

    @asynccontextmanager
    async def line(self, severity: Severity) -> AsyncIterator[Line]:
        """Wait for a line, the gravest first, and have it alone.

        An emergency for which no line is free has a call of less weight hung up.
        """
        turn: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (SEVERITY_RANK[severity], next(self._numbers), severity, turn))
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

    def trouble(self) -> str:
        """Say why no call has a chance now; "" when one has: a baresip that lives, a trunk, a voice."""
        if self._mute:
            return self._mute
        reasons = [line.trouble() for line in self.lines]
        return "" if "" in reasons else reasons[0]

    async def probe(self) -> str:
        """Say whether a call has a chance now, without calling anybody; see `alerts.probe.Probe`."""
        if why := self.trouble():
            raise SendFailed("no_telephone", why)
        return "baresip lives, a trunk stands and there is a voice"

    async def _watch_over(self) -> None:
        """Tell whenever the telephone becomes useless or useful. One that keeps dying is useless all the while."""
        was_in_trouble, deaths = False, 0
        while True:
            await self._prepare()
            await asyncio.sleep(LOOK_S)  # noqa: TID251 - a pause in supervising processes, no clock
            died = sum(line.deaths for line in self.lines) - deaths
            deaths += died
            why = self.trouble() or ("baresip keeps dying" if died else "")
            if bool(why) != was_in_trouble:
                was_in_trouble = bool(why)
                log.warning("the telephone is %s", f"of no use: {why}" if why else "of use again")
                self._troubled(was_in_trouble)

    async def _prepare(self) -> None:
        """Render what will be said without delay; that shows, too, whether there is a voice."""
        try:
            said = [await self.voice.say((call_words.fixed(name),)) for name in BEFOREHAND]
        except NoVoice as error:
            self._mute = str(error)
        else:
            self._mute, self.farewell = "", said[-1]

    def _trunk_failed(self, trunk: Trunk, why: str) -> None:
        for line in self.lines:
            line.trunk_failed(trunk, why)

    def _give_back(self, line: Line) -> None:
        self._held.pop(line, None)
        self._offer()

    def _offer(self) -> None:
        """Give free lines to those who wait."""
        while self._waiting:
            *_, severity, turn = self._waiting[0]
            free = next((line for line in self.lines if line.up and not line.call and line not in self._held), None)
            if turn.done():  # cancelled
                heapq.heappop(self._waiting)
            elif free is not None:
                self._held[free] = severity
                heapq.heappop(self._waiting)
                turn.set_result(free)
            else:
                self._make_way(severity)
                return

    def _make_way(self, severity: Severity) -> None:
        lesser = [line for line, held in self._held.items() if SEVERITY_RANK[held] > SEVERITY_RANK[severity]]
        if severity is Severity.EMERGENCY and lesser and lesser[0].call is not None:
            lesser[0].call.hang_up(Answer.MADE_WAY)


def _interface(trunks: Sequence[Trunk]) -> str:
    """Baresip finds no way to a loopback address by itself; a trunk on this machine is reached from there."""
    try:
        local = [trunk.host for trunk in trunks if ip_address(trunk.host).is_loopback]
    except ValueError:
        return ""
    return local[0] if local and len(local) == len(trunks) else ""
