"""One run of baresip: started in a private folder, listened to until it is gone, and never left behind.

It dies with us: the kernel kills it when this process is gone (`setpriv --pdeathsig`), so that no orphan goes on
talking. It is asked now and then whether it is alive.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from alerts.channels.telephone.control import Malformed, Reader, command
from alerts.channels.telephone.settings_file import settings_file

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from alerts.channels.telephone.control import Event, Response

PROGRAM = ("setpriv", "--pdeathsig", "KILL", "baresip")
"""setpriv is part of util-linux, which every Debian has."""

START_S = 10.0
"""How long baresip may take to listen on its control port. Source: our choice; 0.03 s here."""

QUIET_S = 5.0
"""How long it may say nothing before it is asked whether it is alive, and as long again to answer. Source: our choice:
a call that froze is tried again within ten seconds."""

QUIT_S = 1.0
"""How long it may take to end its calls and registrations when we stop. Source: our choice; 0.01 s here."""


class ChildGone(Exception):
    """There is no baresip that takes commands; the message says why."""


class Child:
    """A running baresip; made by `start`.

    Args:
        process: the child.
        reader: what it tells.
        writer: what it is told.
    """

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, program: Sequence[str], folder: Path, *, interface: str, deaf_s: int) -> Child:
        """Start baresip and wait until it takes commands.

        Args:
            program: what is started; "-f" and the folder are added.
            folder: private; its configuration is written there.
            interface: see `settings_file`.
            deaf_s: see `settings_file`.

        Raises:
            ChildGone: it could not be started, or ended at once.
        """
        port = _free_port()
        settings = settings_file(folder, control_port=port, interface=interface, deaf_s=deaf_s)
        (folder / "config").write_text(settings, encoding="utf-8")
        try:
            process = await asyncio.create_subprocess_exec(
                *(*program, "-f", str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # it names whom it calls: not for any log
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ChildGone(f"{program[0]} cannot be started ({error.strerror}): apt install baresip-core") from error
        try:
            return cls(process, *await _connected(process, port))
        except BaseException:
            await _killed(process)
            raise

    def write(self, data: bytes) -> None:
        """Give it a command."""
        self._writer.write(data)

    def kill(self) -> None:
        """End it at once; `listen` then raises."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def listen(self, hear: Callable[[Event | Response], None]) -> NoReturn:
        """Pass on what it tells until it is gone.

        Raises:
            ChildGone: it ended, does not answer, or is not baresip.
        """
        parser, asked = Reader(), False
        while True:
            try:
                async with asyncio.timeout(QUIET_S):
                    data = await self._reader.read(65_536)
                told = parser.feed(data)
            except TimeoutError:
                if asked:
                    raise ChildGone(f"baresip has not answered for {QUIET_S:g} s") from None
                asked = True
                self.write(command("reginfo"))
                continue
            except (OSError, Malformed) as error:
                raise ChildGone(f"baresip's control port failed: {error}") from error
            if not data:
                raise ChildGone("baresip ended")
            asked = False
            _acknowledge_at_once(self._writer)
            for each in told:
                hear(each)

    async def end(self, *, politely: bool) -> None:
        """End it; `politely`, it may say goodbye to whom it talks with and take back its registrations."""
        if politely and self._process.returncode is None:
            self.write(command("quit"))
            with suppress(TimeoutError):
                # no asyncio.timeout: in Python 3.11.2 (Debian 12) it ends a task that is being cancelled
                await asyncio.wait_for(self._process.wait(), QUIT_S)
        self._writer.close()
        await _killed(self._process)


async def _connected(process: Process, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                with suppress(ConnectionRefusedError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    _acknowledge_at_once(writer)
                    return reader, writer
                await asyncio.sleep(0.01)  # noqa: TID251 - a port that is about to be opened tells nobody
    except TimeoutError as error:
        raise ChildGone(f"baresip did not listen within {START_S:g} s") from error
    raise ChildGone(f"baresip ended at once with {process.returncode}: is baresip-core complete?")


async def _killed(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _acknowledge_at_once(writer: asyncio.StreamWriter) -> None:
    """Have the kernel acknowledge at once: baresip waits for that before it sends the next small event (40 ms)."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
