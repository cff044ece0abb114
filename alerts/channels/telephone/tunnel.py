"""TLS to a trunk whose certificate is checked: a local port that leads there.

baresip 1.0.0 encrypts but checks no certificate, whatever `sip_cafile` says (tried: a foreign authority and a wrong
name are both accepted), so anybody between could listen and learn the keys of the voice. So baresip speaks plain SIP
over TCP to a port of ours on 127.0.0.1, and we speak TLS to the trunk, with Python's checks of authority and name.

baresip writes the way it was given into a Route header. That names our local port, which means nothing to the trunk:
the header is taken out on the way.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels.telephone.trunk import Trunk

log = logging.getLogger("shouwang.telephone")

CONNECT_S = 10.0
"""How long TCP and TLS may take. Source: our choice; a registration waits for it, no call."""


class Tunnel:
    """A local port that leads to one trunk.

    Args:
        trunk: where it leads.
        failed: told why it leads nowhere; baresip itself would wait half a minute for an answer.
    """

    def __init__(self, trunk: Trunk, failed: Callable[[Trunk, str], None]) -> None:
        self._trunk = trunk
        self._failed = failed
        self._server: asyncio.Server | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._why = ""
        self.place = ""

    async def open(self) -> None:
        """Listen on a port that the system chooses."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.place = f"{host}:{port}"

    async def run(self) -> None:
        """Carry until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None
            if self._server is not None:
                self._server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._tasks is None:
            writer.close()
        else:
            self._tasks.create_task(self._carry(reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection of baresip's with one to the trunk, until either ends."""
        try:
            async with asyncio.timeout(CONNECT_S):
                far_reader, far_writer = await self._reach()
            self._tell("")
            await self._join(reader, writer, far_reader, far_writer)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            why = f"TLS failed: {error or 'no answer'}; check host, ca_file and the trunk's certificate"
            self._tell(why)
            self._failed(self._trunk, why)
        finally:
            writer.close()

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        outward = asyncio.ensure_future(_pump(reader, far_writer, _Without(self._route())))
        inward = asyncio.ensure_future(_pump(far_reader, writer, None))
        try:
            await asyncio.wait((outward, inward), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (outward, inward):
                each.cancel()
            far_writer.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = await asyncio.to_thread(_context, self._trunk)
        reader, writer = await asyncio.open_connection(self._trunk.host, self._trunk.port)
        try:
            await writer.start_tls(context, server_hostname=self._trunk.host)
        except BaseException:
            writer.transport.abort()  # a polite end would wait for the far end, which nobody has time for
            raise
        return reader, writer

    def _route(self) -> bytes:
        return f"Route: <sip:{self.place};transport=tcp;lr>\r\n".encode()

    def _tell(self, why: str) -> None:
        if why != self._why:
            log.warning("trunk %s: %s", self._trunk.name, why or "TLS works")
        self._why = why


class _Without:
    """Takes one line out of a stream, however the stream is cut."""

    def __init__(self, line: bytes) -> None:
        self._line = line
        self._kept = b""

    def feed(self, data: bytes) -> bytes:
        data = (self._kept + data).replace(self._line, b"")
        kept = next((n for n in range(len(self._line) - 1, 0, -1) if data.endswith(self._line[:n])), 0)
        self._kept = data[len(data) - kept :]
        return data[: len(data) - kept]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, without: _Without | None) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(without.feed(data) if without is not None else data)
            await writer.drain()


def _context(trunk: Trunk) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=trunk.ca_file)
