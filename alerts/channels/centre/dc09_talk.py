"""One message to an alarm receiver and the frames that come back, over TCP or UDP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from alerts.channels.centre.dc09_frame import Framer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

READ_BYTES = 4096

REPEAT_S = 2.0
"""A datagram that may be lost is sent again after this long, with the same sequence number. Source: our choice."""


async def over_tcp(host: str, port: int, raw: bytes) -> AsyncGenerator[bytes]:
    """Send a message on a connection of its own and give each frame that comes, until the far end closes.

    Close the generator to close the connection. Raises OSError when there is none.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(raw)
        framer = Framer()
        while received := await reader.read(READ_BYTES):
            for answer in framer.feed(received):
                yield answer
    finally:
        writer.close()


async def over_udp(host: str, port: int, raw: bytes) -> AsyncGenerator[bytes]:
    """Send a message until the generator is closed, and give each frame that comes. Raises OSError when refused."""
    loop = asyncio.get_running_loop()
    sending = _Datagrams(raw)
    transport, _ = await loop.create_datagram_endpoint(lambda: sending, remote_addr=(host, port))
    try:
        while True:
            heard = await sending.heard.get()
            if isinstance(heard, Exception):
                raise heard
            for answer in Framer().feed(heard):
                yield answer
    finally:
        sending.stop()
        transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    """Sends one datagram again and again, and queues what comes back."""

    def __init__(self, raw: bytes) -> None:
        self.heard: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self._raw = raw
        self._transport: asyncio.DatagramTransport | None = None
        self._again: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._send()

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self.heard.put_nowait(exc)

    def stop(self) -> None:
        if self._again is not None:
            self._again.cancel()

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.sendto(self._raw)
            self._again = asyncio.get_running_loop().call_later(REPEAT_S, self._send)
