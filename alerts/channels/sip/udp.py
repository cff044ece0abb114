"""SIP over datagrams: one socket, and the centre's address looked up again and again."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast

from alerts.channels.sip.wire import LOOK_UP_S, WireDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels.centre.ignored import Ignored
    from alerts.channels.sip.wire import Address, Back, Peer

RESOLVE_S, AGAIN_S = 60.0, 1.0
"""How often the centre's name is looked up, and how soon again while it is unknown. The last good answer stays when DNS
is gone. Source: our choice."""

HEARD = 64
"""Datagrams that may wait to be read. Source: our choice: a centre sends one for each of ours."""


class UdpWire:
    """Datagrams to and from the centre.

    Args:
        peer: the centre.
        on_message: called with a datagram and the way back.
        ignored: counts what is dropped.
    """

    reliable = False

    def __init__(self, peer: Peer, on_message: Callable[[bytes, Back], None], ignored: Ignored) -> None:
        self._ignored = ignored
        self.opened = asyncio.Event()
        self._peer = peer
        self._on_message = on_message
        self._known: list[Address] = []
        self._trouble = "the centre's name was not looked up yet"
        self._transport: asyncio.DatagramTransport | None = None
        self._heard: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue(HEARD)

    @property
    def local(self) -> Address:
        """Our end: the address that faces the centre just now, since the way there may change."""
        if self._transport is None:
            raise WireDown(self._trouble)
        try:
            return _local_address(self._known[0]), self._transport.get_extra_info("sockname")[1]
        except OSError as error:
            raise WireDown(f"there is no way to the centre: {error}") from error

    async def run(self) -> None:
        """Keep the socket open and the centre's address fresh, and hand on what comes."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_open())
                while True:
                    self._hear(*await self._heard.get())  # here, so that what goes wrong comes out of `run`
        finally:
            if self._transport is not None:
                self._transport.close()

    def send(self, raw: bytes) -> None:
        """Send a datagram to the centre."""
        if self._transport is None:
            raise WireDown(self._trouble)
        self._trouble = ""
        self._transport.sendto(raw, self._known[0])
        if self._trouble:
            raise WireDown(self._trouble)

    def drop(self, reason: str) -> None:
        """Nothing: a datagram has no connection."""

    async def _keep_open(self) -> None:
        while True:
            try:
                await self._look_up()
                await self._open()
            except (OSError, ValueError) as error:  # no such name, no such port; what was known goes on being used
                self._trouble = f"the way to the centre cannot be opened: {error}"
            await asyncio.sleep(AGAIN_S if self._transport is None else RESOLVE_S)  # noqa: TID251 - a pause in I/O

    async def _look_up(self) -> None:
        async with asyncio.timeout(LOOK_UP_S):
            found = await _addresses(self._peer.host, self._peer.port)
        if self._transport is not None:  # whose family stays what it is
            found = [address for address in found if _is_six(address) == _is_six(self._known[0])]
        self._known = [address for address in found if _has_route(address)] or found or self._known

    async def _open(self) -> None:
        if self._transport is not None:
            return
        everywhere = "::" if _is_six(self._known[0]) else "0.0.0.0"  # noqa: S104 - strangers are dropped
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._take, self._fail), local_addr=(everywhere, self._peer.local_port)
        )
        self.opened.set()

    def _fail(self, error: Exception) -> None:
        self._trouble = f"the datagram could not be sent: {error}"

    def _take(self, raw: bytes, source: Address) -> None:
        if self._heard.full():
            self._ignored.add("flood")
        else:
            self._heard.put_nowait((raw, source))

    def _hear(self, raw: bytes, source: Address) -> None:
        if all(source[0] != host for host, _ in self._known):
            self._ignored.add("stranger")
            return
        self._on_message(raw, lambda answer, port: self._answer(answer, (source[0], port or source[1])))

    def _answer(self, raw: bytes, target: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(raw, target)


class _Datagrams(asyncio.DatagramProtocol):
    """Hands on what asyncio says of the socket."""

    def __init__(self, take: Callable[[bytes, Address], None], fail: Callable[[Exception], None]) -> None:
        self._take = take
        self._fail = fail

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr[:2])

    def error_received(self, exc: Exception) -> None:
        self._fail(exc)  # at once, within `sendto`, when sending fails


async def _addresses(host: str, port: int) -> list[Address]:
    """Look a name up; an address is its own answer."""
    try:
        return [(str(ip_address(host)), port)]
    except ValueError:
        pass
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    return list(dict.fromkeys(cast("Address", entry[4][:2]) for entry in found))


def _local_address(target: Address) -> str:
    """Say which of our addresses faces the centre; nothing is sent."""
    with socket.socket(socket.AF_INET6 if _is_six(target) else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(target)
        return cast("str", probe.getsockname()[0])


def _has_route(target: Address) -> bool:
    try:
        _local_address(target)
    except OSError:
        return False
    return True


def _is_six(address: Address) -> bool:
    return ":" in address[0]
