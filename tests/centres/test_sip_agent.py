"""The user agent against a socket that says anything: strangers, garbage, repetitions, floods."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from alerts.channels.centre.ignored import Ignored
from alerts.channels.sip.agent import Identity, NoAnswer, SipAgent
from alerts.channels.sip.message import Request, parse, write, write_response
from alerts.channels.sip.wire import Peer, WireDown
from tests.centres.staged import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass
class Far:
    """The centre's end: a plain socket."""

    socket: socket.socket
    home: tuple[str, int] = ("", 0)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    async def hears(self) -> bytes:
        async with asyncio.timeout(10):
            raw, self.home = await asyncio.get_running_loop().sock_recvfrom(self.socket, 65535)
        return raw

    def says(self, raw: bytes) -> None:
        self.socket.sendto(raw, self.home)

    def take(self, body: bytes) -> tuple[int, str]:
        self.bodies.append(body)
        return 200, "OK"


def message(
    number: int = 1, method: str = "MESSAGE", via: str = "SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKx"
) -> bytes:
    headers = [("Via", via), ("From", "<sip:a>;tag=1"), ("To", "<sip:b>"), ("Call-ID", f"{number}")]
    return write(f"{method} sip:home SIP/2.0", [*headers, ("CSeq", f"1 {method}")], b"hello")


@asynccontextmanager
async def talking(host: str = "127.0.0.1") -> AsyncIterator[tuple[SipAgent, Far]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_socket:
        far_socket.bind(("127.0.0.1", 0))
        far_socket.settimeout(0)
        far = Far(far_socket)
        agent = SipAgent(
            Peer(host=host, port=far.port, transport="udp"),
            Identity(centre="scaip", name="417"),
            media_type="application/scaip+xml",
            on_message=far.take,
            on_lost=lambda _: None,
            ignored=Ignored(),
            t1_s=0.05,
        )
        running = asyncio.create_task(agent.run())
        async with asyncio.timeout(10):
            await agent.opened()
        far.home = ("127.0.0.1", agent._wire.local[1])
        try:
            yield agent, far
        finally:
            assert not running.done(), running.exception()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_request_that_comes_again_is_answered_again_and_has_its_effect_once():
    async with talking() as (_, far):
        answers = []
        for _ in range(3):
            far.says(message())
            answers.append(await far.hears())

    assert far.bodies == [b"hello"]
    assert answers[0].startswith(b"SIP/2.0 200 OK\r\n")
    assert answers == [answers[0]] * 3


async def test_other_methods_are_answered_and_an_ack_is_not():
    async with talking() as (agent, far):
        far.says(message(1, "OPTIONS"))
        options = await far.hears()
        far.says(message(2, "INVITE"))
        invite = await far.hears()
        far.says(message(2, "ACK"))
        far.says(message(3))
        assert (await far.hears()).startswith(b"SIP/2.0 200")

    assert options.startswith(b"SIP/2.0 200 OK")
    assert invite.startswith(b"SIP/2.0 405 Method Not Allowed")
    assert b"Allow: MESSAGE, OPTIONS\r\n" in invite
    assert agent._ignored.counts == {"other_method": 1}


async def test_a_centre_that_wants_no_rport_is_answered_at_its_vias_port():
    async with talking() as (_, far):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            other.settimeout(0)
            far.says(message(via=f"SIP/2.0/UDP 127.0.0.1:{other.getsockname()[1]};branch=z9hG4bKx"))
            async with asyncio.timeout(10):
                answer = await asyncio.get_running_loop().sock_recv(other, 4096)

    assert answer.startswith(b"SIP/2.0 200")


async def test_strangers_are_not_heard():
    async with talking() as (agent, far):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            stranger.sendto(message(), far.home)
        await until(lambda: agent._ignored.counts)

    assert agent._ignored.counts == {"stranger": 1}
    assert far.bodies == []


async def test_garbage_and_forged_answers_do_no_harm_while_we_ask():
    rng = random.Random(3)  # noqa: S311 - garbage of a test
    async with talking() as (agent, far):
        asking = asyncio.create_task(agent.ask(b"<mrq/>"))
        request = parse(await far.hears())
        assert isinstance(request, Request)
        for _ in range(40):
            far.says(rng.randbytes(rng.randrange(1, 200)))
        forged = write_response(request, 200, "OK", tag="x").replace(request.headers.branch.encode(), b"z9hG4bKforged")
        far.says(forged)
        far.says(b"\r\n\r\n")  # a keep-alive
        far.says(write_response(request, 100, "Trying", tag="x"))
        far.says(write_response(request, 202, "Accepted", tag="x"))
        response = await asking
        far.says(write_response(request, 202, "Accepted", tag="x"))
        await until(lambda: agent._ignored.counts["stray_response"] == 2)

    assert (response.code, response.phrase) == (202, "Accepted")


async def test_a_question_that_is_cancelled_leaves_nothing_behind():
    async with talking() as (agent, far):
        asking = asyncio.create_task(agent.ask(b"<mrq/>"))
        await far.hears()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert agent._pending == {}


async def test_a_silent_centre_is_given_up_and_leaves_nothing_behind():
    async with talking() as (agent, _):
        with pytest.raises(NoAnswer):
            await agent.ask(b"<mrq/>")
        assert agent._pending == {}


async def test_a_name_that_cannot_be_is_told_to_whoever_sends():
    agent = SipAgent(
        Peer(host="x" * 70 + ".example", port=5060, transport="udp"),
        Identity(centre="scaip", name="417"),
        media_type="text/plain",
        on_message=lambda _: (200, "OK"),
        on_lost=lambda _: None,
        ignored=Ignored(),
    )
    running = asyncio.create_task(agent.run())
    await until(lambda: "cannot be opened" in agent._wire._trouble)

    with pytest.raises(WireDown, match="cannot be opened"):
        await agent.ask(b"")
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
