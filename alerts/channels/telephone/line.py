"""One line of the home's telephone: a baresip of its own, which carries one call at a time.

Theory of operation
-------------------
baresip is a child process, so that nothing it does can take the watch down. It is started with a private folder, told
its accounts over its control port (so no password is ever in a file), asked now and then whether it is alive, and
killed and started anew when it ends, does not answer, or does not end a call that it was told to end. A call under
way then ends with `Answer.PHONE_DIED`. It dies with us: the kernel kills it when this process is gone
(`setpriv --pdeathsig`), so that no orphan goes on talking.

One baresip carries one call because its 1.0.0 switches the spoken file for all its calls at once.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.channels.telephone import sound
from alerts.channels.telephone.answers import Answer
from alerts.channels.telephone.control import Event, Happened, Malformed, Reader, Response, command
from alerts.channels.telephone.registrar import Registrations
from alerts.channels.telephone.settings_file import DEAF_S, settings_file
from alerts.channels.telephone.trunk import callee

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from alerts.channels.telephone.trunk import Trunk
    from alerts.channels.telephone.voice import Spoken

log = logging.getLogger("shouwang.telephone")

PROGRAM = ("setpriv", "--pdeathsig", "KILL", "baresip")
"""setpriv is part of util-linux, which every Debian has."""

START_S = 10.0
"""How long baresip may take to listen on its control port. Source: our choice; 0.03 s here."""

QUIET_S = 5.0
"""How long it may say nothing before it is asked whether it is alive, and as long again to answer."""

HANG_UP_S = 2.0
"""How long it may take to end a call; it says so at once, whatever the far end does."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0
"""Before it is started again: doubled each time it died young. Source: our choice."""

STABLE_S = 60.0
"""A baresip that lived as long has not died young."""

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
        self.gone = asyncio.Event()
        self._why = ""
        self.answered = False
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
        self._writer: asyncio.StreamWriter | None = None
        self._process: Process | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self.registrations = Registrations(trunks, self.write, next_hop=next_hop, busy=lambda: self.call is not None)
        self.call: Call | None = None
        self.deaths = 0
        self._why_down = "baresip is not started yet"

    @property
    def up(self) -> bool:
        """Whether its baresip takes commands."""
        return self._writer is not None

    def trouble(self) -> str:
        """Say why a call has no chance on this line now; "" when it has."""
        return self.registrations.trouble() if self.up else self._why_down

    async def run(self) -> None:
        """Keep a baresip alive until cancelled."""
        clock, pause_s = asyncio.get_running_loop().time, FIRST_PAUSE_S
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sound.write(self._folder / "hush.wav", sound.silence(HUSH_S))
        while True:
            began = clock()
            try:
                await self._live()
            except (LineDown, OSError, Malformed) as error:
                self.deaths += 1
                self._why_down = str(error)
                log.warning("baresip of line %s is down: %s", self._folder.name, error)
            finally:
                await self._bury()
            pause_s = FIRST_PAUSE_S if clock() - began > STABLE_S else min(LONGEST_PAUSE_S, pause_s * 2)
            await asyncio.sleep(pause_s)  # noqa: TID251 - a pause in supervising a process, no clock

    def dial(self, trunk: Trunk, dialled: str) -> Call:
        """Call through a trunk.

        Args:
            trunk: one of this line's.
            dialled: has passed `alerts.channels.phone_number.permitted` just now.

        Raises:
            LineDown: there is no baresip now, or the trunk has no account in it.
        """
        if self._writer is None or self.call is not None:
            raise LineDown(self._why_down)
        self.call = Call(self, trunk)
        self.write(command("uafind", trunk.address) + command("dial", callee(trunk, dialled), tag="dial"))
        self._changed()
        return self.call

    def trunk_failed(self, trunk: Trunk, why: str) -> None:
        """Take that nothing gets through to a trunk: a call that is waiting for its reply waits in vain."""
        self.registrations.failed(trunk, why)
        if self.call is not None and self.call.trunk is trunk and not self.call.answered:
            self.call.hang_up(why)

    def hang_up(self, call: Call) -> None:
        """End a call, and make sure that it ends."""
        if call is not self.call or self._overdue is not None:
            return
        self.write(command("hangup"))
        self._overdue = asyncio.get_running_loop().call_later(HANG_UP_S, self._kill)

    def write(self, data: bytes) -> None:
        """Give baresip a command; lost when there is none, which ends its calls anyway."""
        if self._writer is not None:
            self._writer.write(data)

    async def _live(self) -> None:
        """Start a baresip and listen to it until it is gone, which raises."""
        port = _free_port()
        settings = settings_file(self._folder, control_port=port, interface=self._interface, deaf_s=self._deaf_s)
        (self._folder / "config").write_text(settings, encoding="utf-8")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._program, "-f", str(self._folder)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # it names whom it calls: not for any log
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise LineDown(
                f"{self._program[0]} cannot be started ({error.strerror}): apt install baresip-core"
            ) from error
        reader, self._writer = await self._connected(self._process, port)
        self._why_down = ""
        self.registrations.begin()
        self._changed()
        await self._listen(reader)

    async def _connected(self, process: Process, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(START_S):
                while process.returncode is None:
                    with suppress(ConnectionRefusedError):
                        reader, writer = await asyncio.open_connection("127.0.0.1", port)
                        _answer_at_once(writer)
                        return reader, writer
                    await asyncio.sleep(0.01)  # noqa: TID251 - a port that is about to be opened tells nobody
        except TimeoutError as error:
            raise LineDown(f"baresip did not listen within {START_S:.0f} s") from error
        raise LineDown(f"baresip ended at once with {process.returncode}: is baresip-core complete?")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        parser, asked = Reader(), False
        while True:
            try:
                async with asyncio.timeout(QUIET_S):
                    data = await reader.read(65_536)
            except TimeoutError:
                if asked:
                    raise LineDown(f"baresip has not answered for {QUIET_S:.0f} s") from None
                asked = True
                self.write(command("reginfo"))
                continue
            if not data:
                raise LineDown("baresip ended")
            if self._writer is not None:
                _answer_at_once(self._writer)
            asked = False
            for told in parser.feed(data):
                self._hear(told)

    def _hear(self, told: Event | Response) -> None:
        call = self.call
        if isinstance(told, Response):
            if told.tag == "dial" and not told.ok and call is not None:
                self._hear(Event(what=Happened.ENDED, account="", text="it cannot dial"))
            self.registrations.answered(told)
        elif told.what in {Happened.REGISTERED, Happened.UNREGISTERED}:
            self.registrations.hear(told)
            self._changed()
        elif told.what is Happened.INCOMING:
            self._decline()
        elif call is not None:
            call.tell(told)
            self._free_when_over(call)

    def _decline(self) -> None:
        """Nobody is here to talk to. During a call of ours baresip itself answers that we are busy."""
        if self.call is None:
            self.write(command("hangup"))

    def _free_when_over(self, call: Call) -> None:
        if not call.gone.is_set():
            return
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        self.call = None
        self._changed()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _bury(self) -> None:
        """End what is left of a baresip and of its call."""
        self.registrations.end()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self.call is not None:
            died = Event(what=Happened.ENDED, account="", text=Answer.PHONE_DIED)
            call = self.call
            call.tell(died)
            self._free_when_over(call)
        self._kill()
        if self._process is not None:
            await self._process.wait()
            self._process = None
        self._changed()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answer_at_once(writer: asyncio.StreamWriter) -> None:
    """Have the kernel acknowledge at once: baresip waits for that before it sends the next small event (40 ms)."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
