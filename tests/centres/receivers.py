"""Alarm receivers for the tests: pysiaalarm's real server, and one that follows a script of faults."""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

from pysiaalarm import CommunicationsProtocol, SIAAccount
from pysiaalarm.aio import SIAClient
from pysiaalarm.sync.client import SIAClient as ThreadedClient

from alerts.channels.centre.dc09_frame import Frame, Framer, decode, encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from pysiaalarm.base_client import BaseSIAClient
    from pysiaalarm.event import SIAEvent


Answer: TypeAlias = "Callable[[bytes], bytes]"


def answer(token: str, **changes: object) -> Answer:
    """Answer a message in clear, as a receiver should but for what is changed."""

    def made(raw: bytes) -> bytes:
        asked = decode(raw, None)
        told = {"id": token, "sequence": asked.sequence, "account": asked.account} | changes
        return encode(Frame(**told), None, secrets.choice)

    return made


class Pysiaalarm:
    """A receiver that is really used; `events` holds what it accepted, `counts` what it refused."""

    def __init__(self, port: int, accounts: list[SIAAccount]) -> None:
        self.port = port
        self.events: list[SIAEvent] = []
        self.client: BaseSIAClient
        self._accounts = accounts

    @property
    def counts(self) -> dict[str, int]:
        """How often it refused, by its own names."""
        counted = asdict(self.client.counts)
        return {name: count for name, count in counted.items() if count and name.startswith("error")}

    @asynccontextmanager
    async def over_tcp(self) -> AsyncIterator[Pysiaalarm]:
        async def take(event: SIAEvent) -> None:
            self.events.append(event)

        self.client = SIAClient("127.0.0.1", self.port, self._accounts, take, protocol=CommunicationsProtocol.TCP)
        await self.client.async_start()
        try:
            yield self
        finally:
            await self.client.async_stop()

    @asynccontextmanager
    async def over_udp(self) -> AsyncIterator[Pysiaalarm]:
        """Its server in a thread: the one on the loop does not start on Python 3.11."""
        protocol = CommunicationsProtocol.UDP
        self.client = ThreadedClient("127.0.0.1", self.port, self._accounts, self.events.append, protocol=protocol)
        self.client.start()
        try:
            yield self
        finally:
            await asyncio.to_thread(self.client.stop)


def pysiaalarm(*accounts: SIAAccount, udp: bool = False) -> AbstractAsyncContextManager[Pysiaalarm]:
    """Run a receiver that knows these accounts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        receiver = Pysiaalarm(probe.getsockname()[1], list(accounts))
    return receiver.over_udp() if udp else receiver.over_tcp()


class Scripted:
    """A receiver that answers each message as its script says; `heard` holds the messages."""

    def __init__(self, answers: list[Answer | None]) -> None:
        self.heard: list[bytes] = []
        self.port = 0
        self.afterwards: Answer | None = None
        self._answers = answers
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        framer = Framer()
        while received := await reader.read(4096):
            for raw in framer.feed(received):
                self.heard.append(raw)
                answer = self._answers.pop(0) if self._answers else self.afterwards
                said = answer(raw) if answer is not None else b""
                writer.write(said)
                if said and not said.endswith((b"\r", b'"')):  # cut off in the middle of the answer
                    writer.close()

    def close(self) -> None:
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def scripted(*answers: Answer | None) -> AsyncIterator[Scripted]:
    """Run a receiver that follows a script; None is silence."""
    receiver = Scripted(list(answers))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.close()
        server.close()
        await server.wait_closed()
