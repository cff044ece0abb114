"""One line of the home's telephone: a baresip of its own, which carries one call at a time.

Theory of operation
-------------------
baresip is a child process, so that nothing it does can take the watch down. It is told its accounts over its control
port (so no password is ever in a file), and started anew when it ends, does not answer, does not end a call that it
was told to end, or has reached no trunk for long: a new one knows the machine's new addresses. A call under way then
ends with `Answer.PHONE_DIED`.

One baresip carries one call because its 1.0.0 switches the spoken file for all its calls at once.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.channels.telephone import sound
from alerts.channels.telephone.answers import Answer
from alerts.channels.telephone.child import PROGRAM, Child, ChildGone
from alerts.channels.telephone.control import Event, Happened, Response, command
from alerts.channels.telephone.registrar import Registrations
from alerts.channels.telephone.settings_file import DEAF_S
from alerts.channels.telephone.trunk import callee

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from alerts.channels.telephone.trunk import Trunk
    from alerts.channels.telephone.voice import Spoken

log = logging.getLogger("shouwang.telephone")

HANG_UP_S = 2.0
"""How long it may take to end a call. Source: our choice; 1.0.0 says so in 2 ms, whatever the far end does."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0
"""Before it is started again: doubled each time it died young. Source: our choice."""

STABLE_S = 60.0
"""A baresip that lived as long has not died young. Source: our choice, twice the longest pause."""

UNREACHED_S = 90.0
"""How long no trunk may be reached before baresip is started anew. Source: our choice: twice the time in which 1.0.0
itself notices a new address of the machine, less than the patience with the telephone."""

FAREWELL_S = 0.45
"""The longest farewell to somebody whom the alert no longer concerns. Source: issue 3: the others stop within a
second, of which half is the telephone's."""

HUSH_S = 15.0
"""Silence that is sent until the brief is rendered: more than `Patience.say_s`, since a file's end ends the call."""


class LineDown(Exception):
    """The line cannot call now; the message says why."""


class Call:
    """One call under way.

    Args:
        line: that carries it.
        trunk: through which it goes.
    """

    def __init__(self, line: Line, trunk: Trunk) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.id = ""
        self.trunk = trunk
        self.answered = False
        self.gone = asyncio.Event()
        self._why = ""
        self._line = line

    def play(self, file: Path) -> None:
        """Have the far end hear a file from its beginning."""
        self._line.write(command("ausrc", f"aufile,{file}"))

    def hang_up(self, why: str = "") -> None:
        """End the call; harmless when it has ended.

        Args:
            why: told with the end instead of baresip's own words.
        """
        if not self.gone.is_set():
            self._why = self._why or why
            self._line.hang_up(self)

    def leave(self, farewell: Spoken | None) -> None:
        """End the call at once; with a word to whoever listens, if that takes no longer than `FAREWELL_S`."""
        if not self.answered or farewell is None or farewell.length_s > FAREWELL_S:
            self.hang_up()
            return
        self.play(farewell.file)
        asyncio.get_running_loop().call_later(farewell.length_s, self.hang_up)

    def tell(self, event: Event) -> None:
        """Take what baresip says of this call; of an earlier one it may still speak."""
        if self.gone.is_set() or (self.id and event.call not in {"", self.id}):
            return
        self.id = self.id or event.call
        self.answered |= event.what is Happened.ANSWERED
        if event.what is Happened.ENDED:
            self.gone.set()
            event = replace(event, text=self._why or event.text)
        self.events.put_nowait(event)


class Line:
    """A supervised baresip.

    Args:
        folder: its own and private; at most 80 characters long, since baresip cuts longer names.
        trunks: the accounts it has.
        next_hop: "host:port" of the TCP port that leads to a trunk; "" to go there directly.
        interface: IP address to bind to; "" for the default route's.
        changed: called whenever the line may have become free, usable or useless.
        deaf_s: see `alerts.channels.telephone.settings_file.DEAF_S`.
        program: what is started.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        folder: Path,
        trunks: Sequence[Trunk],
        *,
        next_hop: Callable[[Trunk], str],
        interface: str,
        changed: Callable[[], None],
        deaf_s: int = DEAF_S,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self._folder = folder
        self._program = program
        self._deaf_s = deaf_s
        self._interface = interface
        self._changed = changed
        self._child: Child | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._unreached: asyncio.TimerHandle | None = None
        self.registrations = Registrations(trunks, self.write, next_hop=next_hop, busy=lambda: self.call is not None)
        self.call: Call | None = None
        self.deaths = 0
        self._why_down = "baresip is not started yet"

    @property
    def up(self) -> bool:
        """Whether its baresip takes commands."""
        return self._child is not None

    def trouble(self) -> str:
        """Say why a call has no chance on this line now; "" when it has."""
        return self.registrations.trouble() if self.up else self._why_down

    async def run(self) -> None:
        """Keep a baresip alive until cancelled; then it says goodbye."""
        clock, pause_s = asyncio.get_running_loop().time, FIRST_PAUSE_S
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sound.write(self._folder / "hush.wav", sound.silence(HUSH_S))
        while True:
            began = clock()
            try:
                await self._live()
            except ChildGone as gone:
                self.deaths += 1
                self._why_down = str(gone)
                log.warning("baresip of line %s is down: %s", self._folder.name, gone)
                await self._bury(politely=False)
            except asyncio.CancelledError:
                await self._bury(politely=True)
                raise
            pause_s = FIRST_PAUSE_S if clock() - began > STABLE_S else min(LONGEST_PAUSE_S, pause_s * 2)
            await asyncio.sleep(pause_s)  # noqa: TID251 - a pause in supervising a process, no clock

    def dial(self, trunk: Trunk, dialled: str) -> Call:
        """Call through a trunk.

        Args:
            trunk: one of this line's.
            dialled: has passed `alerts.channels.phone_number.permitted` just now.

        Raises:
            LineDown: there is no baresip now, or it is in a call.
        """
        if self._child is None or self.call is not None:
            raise LineDown(self._why_down or "the line is in a call")
        self.call = Call(self, trunk)
        self.write(command("uafind", trunk.address) + command("dial", callee(trunk, dialled), tag="dial"))
        self._changed()
        return self.call

    def trunk_failed(self, trunk: Trunk, why: str) -> None:
        """Take that nothing gets through to a trunk: a call that is waiting for its reply waits in vain."""
        self.registrations.failed(trunk, why)
        self._look_whether_reached()
        if self.call is not None and self.call.trunk is trunk and not self.call.answered:
            self.call.hang_up(why)

    def hang_up(self, call: Call) -> None:
        """End a call, and make sure that it ends."""
        if call is not self.call or self._overdue is not None or self._child is None:
            return
        self.write(command("hangup"))
        self._overdue = asyncio.get_running_loop().call_later(HANG_UP_S, self._child.kill)

    def write(self, data: bytes) -> None:
        """Give baresip a command; lost when there is none, which ends its calls anyway."""
        if self._child is not None:
            self._child.write(data)

    async def _live(self) -> None:
        """Start a baresip and listen to it until it is gone, which raises."""
        self._child = await Child.start(self._program, self._folder, interface=self._interface, deaf_s=self._deaf_s)
        self._why_down = ""
        self.registrations.begin()
        self._changed()
        await self._child.listen(self._hear)

    def _hear(self, told: Event | Response) -> None:
        if isinstance(told, Response):
            if told.tag == "dial" and not told.ok:
                self._tell_call(Event(what=Happened.ENDED, account="", text="it cannot dial"))
            self.registrations.answered(told)
        elif told.what in {Happened.REGISTERED, Happened.UNREGISTERED}:
            self.registrations.hear(told)
            self._look_whether_reached()
            self._changed()
        elif told.what is Happened.INCOMING:
            self._decline()
        else:
            self._tell_call(told)

    def _decline(self) -> None:
        """Nobody is here to talk to. During a call of ours baresip itself answers that we are busy."""
        if self.call is None:
            self.write(command("hangup"))

    def _look_whether_reached(self) -> None:
        """Have baresip started anew when no trunk was reached for long."""
        if not self.registrations.unreached():
            _cancel(self._unreached)
            self._unreached = None
        elif self._unreached is None:
            self._unreached = asyncio.get_running_loop().call_later(UNREACHED_S, self._start_anew)

    def _start_anew(self) -> None:
        self._unreached = None
        if self._child is not None and self.call is None:
            self._child.kill()

    def _tell_call(self, event: Event) -> None:
        if self.call is None:
            return
        self.call.tell(event)
        if self.call.gone.is_set():
            _cancel(self._overdue)
            self._overdue = self.call = None
            self._changed()

    async def _bury(self, *, politely: bool) -> None:
        """End what is left of a baresip and of its call."""
        child, self._child = self._child, None
        self.registrations.end()
        _cancel(self._unreached)
        self._unreached = None
        self._tell_call(Event(what=Happened.ENDED, account="", text=Answer.PHONE_DIED))
        self._changed()
        if child is not None:
            await child.end(politely=politely)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
