"""SIP over a connection, TCP or TLS, that is dialled again when it is lost."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from typing import TYPE_CHECKING

from alerts.channels.sip.message import SipError, StreamFramer
from alerts.channels.sip.wire import LOOK_UP_S, WireDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels.centre.ignored import Ignored
    from alerts.channels.sip.wire import Address, Back, Peer

FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 30.0
"""Between attempts to dial, as `alerts.link` does it: a random part of a limit that doubles."""

STABLE_S = 10.0
"""A connection that lasted this long makes the next delay short again, as in `alerts.link`."""

KEEPALIVE_S = 120
"""An idle connection whose far end vanished is noticed within this and half a minute. Source: our choice: a probe and
its answer cost about 100 bytes, 72 KB a day; every 30 s it would be four times that on a mobile line."""

READ_BYTES = 16_384

_jitter = random.SystemRandom()


class StreamWire:
    """A connection to the centre, TCP or TLS, dialled anew when it is lost.

    Args:
        peer: the centre.
        on_message: called with a message and the way back.
        on_lost: called with a sentence when the connection went or could not be made.
        ignored: counts what cannot be cut into messages.
    """

    reliable = True

    def __init__(
        self,
        peer: Peer,
        on_message: Callable[[bytes, Back], None],
        on_lost: Callable[[str], None],
        ignored: Ignored,
    ) -> None:
        self._ignored = ignored
        self.opened = asyncio.Event()
        self._peer = peer
        self._on_message = on_message
        self._on_lost = on_lost
        self._trouble = "not connected yet"
        self._writer: asyncio.StreamWriter | None = None

    @property
    def local(self) -> Address:
        """Our end of the connection."""
        if self._writer is None:
            raise WireDown(self._trouble)
        host, port, *_ = self._writer.get_extra_info("sockname")
        return host, port

    async def run(self) -> None:
        """Keep the connection up until cancelled."""
        clock = asyncio.get_running_loop().time
        attempt = 0
        while True:
            began = clock()
            try:
                await self._connect_once()
            except SipError as error:
                self._trouble = str(error)
                self._ignored.add(error.reason)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: no such name
                self._trouble = f"{type(error).__name__}: {error}"
            self._on_lost(self._trouble)
            attempt = 0 if clock() - began >= STABLE_S else attempt + 1
            longest_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempt, 16))
            await asyncio.sleep(_jitter.uniform(0.0, longest_s))  # noqa: TID251 - a pause between I/O, no clock

    def send(self, raw: bytes) -> None:
        """Write to the connection."""
        if self._writer is None:
            raise WireDown(self._trouble)
        self._writer.write(raw)

    def drop(self, reason: str) -> None:
        """Close the connection; `run` dials again."""
        self._trouble = reason
        if self._writer is not None:
            self._writer.transport.abort()

    async def _connect_once(self) -> None:
        """Dial, and hear the centre until it closes."""
        tls = ssl.create_default_context(cafile=self._peer.ca_file) if self._peer.transport == "tls" else None
        async with asyncio.timeout(LOOK_UP_S):
            reader, writer = await asyncio.open_connection(self._peer.host, self._peer.port, ssl=tls)
        _keep_alive(writer.get_extra_info("socket"))
        self._writer, framer = writer, StreamFramer()
        self._trouble = "the centre closed the connection"
        self.opened.set()
        try:
            while received := await reader.read(READ_BYTES):
                for raw in framer.feed(received):
                    self._on_message(raw, lambda answer, _port: self._answer(answer))
        finally:
            self._writer = None
            writer.close()

    def _answer(self, raw: bytes) -> None:
        if self._writer is not None:
            self._writer.write(raw)


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
