from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from typing import TYPE_CHECKING

import pytest

from alerts import link as link_module
from alerts.link import Link, LinkDown, Message, PublishTimeout, Tls, Will
from tests.certificates import make_certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from typing import Any

    Start = Callable[..., Any]


class Ear:
    """A link and all that it heard and was told."""

    def __init__(self, port: int, name: str = "ear", *topics: str, acks: bool = False, **settings: object) -> None:
        self.messages: list[Message] = []
        self.states: list[tuple[bool, str]] = []
        self.changed = asyncio.Event()
        self._acks = acks
        self.link = Link(
            host=settings.pop("host", "127.0.0.1"),
            port=port,
            client_id=name,
            subscriptions=[(topic, 1) for topic in topics],
            on_message=self._hear,
            on_state=self._state,
            **settings,
        )

    def _hear(self, message: Message) -> None:
        self.messages.append(message)
        if self._acks:
            self.link.ack(message)
        self.changed.set()

    def _state(self, connected: bool, reason: str) -> None:  # noqa: FBT001 - the link's contract
        self.states.append((connected, reason))
        self.changed.set()

    async def until(self, true: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.05)

    async def settle(self) -> None:
        """The broker has read all that this link sent: one connection keeps its order."""
        await self.link.publish("settled", b"")

    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Ear]:
        async with self.trying():
            await self.until(lambda: self.link.connected)
            yield self

    @contextlib.asynccontextmanager
    async def trying(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.link.run())
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "LONGEST_DELAY_S", 0.3)
    monkeypatch.setattr(link_module, "REFUSED_DELAY_S", (0.2, 0.3))


async def test_what_was_not_acknowledged_comes_back_and_what_was_does_not(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "voice").running() as voice:
        async with Ear(broker.port, "ear", "home/#").running() as ear:
            for number in range(5):
                await voice.link.publish(f"home/{number}", b"%d" % number)
            await ear.until(lambda: len(ear.messages) == 5)
            for message in ear.messages[:2]:
                ear.link.ack(message)
            assert ear.link.unacknowledged == 3
            await ear.settle()
        async with Ear(broker.port, "ear", "home/#", acks=True).running() as again:
            await again.until(lambda: len(again.messages) == 3)
            assert again.payloads() == [b"2", b"3", b"4"]
            assert all(message.dup for message in again.messages)
            await again.settle()
        async with Ear(broker.port, "ear", "home/#").running() as last:
            await voice.link.publish("home/after", b"after")
            await last.until(lambda: len(last.messages) == 1)
            assert last.payloads() == [b"after"]
            assert not last.messages[0].dup


async def test_a_later_acknowledgement_waits_for_the_earlier(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "voice").running() as voice:
        async with Ear(broker.port, "ear", "home/#").running() as ear:
            for payload in (b"a", b"b", b"c"):
                await voice.link.publish("home/x", payload)
            await ear.until(lambda: len(ear.messages) == 3)
            _, second, third = ear.messages
            ear.link.ack(third)
            ear.link.ack(second)
            ear.link.ack(second)
            assert ear.link.unacknowledged == 3
            await ear.settle()
        async with Ear(broker.port, "ear", "home/#").running() as again:
            await again.until(lambda: len(again.messages) == 3)
            for message in reversed(again.messages):
                again.link.ack(message)
            assert again.link.unacknowledged == 0
            await again.settle()
        async with Ear(broker.port, "ear", "home/#").running() as last:
            await voice.link.publish("home/x", b"d")
            await last.until(lambda: len(last.messages) == 1)
            assert last.payloads() == [b"d"]


async def test_an_acknowledgement_of_an_older_connection_is_harmless(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "voice").running() as voice, Ear(broker.port, "ear", "home/#").running() as ear:
        await voice.link.publish("home/x", b"first")
        await ear.until(lambda: len(ear.messages) == 1)
        broker.stop()
        await ear.until(lambda: not ear.link.connected)
        broker.start()
        await ear.until(lambda: len(ear.messages) == 2)
        old, new = ear.messages
        assert (old.payload, new.payload) == (b"first", b"first")
        assert new.epoch > old.epoch
        ear.link.ack(old)
        assert ear.link.unacknowledged == 1
        ear.link.ack(new)
        assert ear.link.unacknowledged == 0


async def test_a_killed_broker_is_found_again_with_all_subscriptions(mosquitto: Start) -> None:
    broker = mosquitto(persistent=False)
    async with (
        Ear(broker.port, "voice").running() as voice,
        Ear(broker.port, "ear", "home/#", "other", acks=True).running() as ear,
    ):
        broker.kill()
        await ear.until(lambda: not ear.link.connected)
        await voice.until(lambda: not voice.link.connected)
        broker.start()
        await ear.until(lambda: ear.link.connected)
        await voice.until(lambda: voice.link.connected)
        await voice.link.publish("home/x", b"one")
        await voice.link.publish("other", b"two")
        await ear.until(lambda: len(ear.messages) == 2)
        assert ear.payloads() == [b"one", b"two"]
        assert [connected for connected, _ in ear.states if connected] == [True, True]


async def test_what_is_sent_while_we_are_away_waits_at_the_broker(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "ear", "home/#").running():
        pass
    async with Ear(broker.port, "voice").running() as voice:
        await voice.link.publish("home/x", b"missed")
    broker.stop()  # kill -9 here would lose it now and then: mosquitto confirms first and saves up to a second later
    broker.start()
    async with Ear(broker.port, "ear", "home/#", acks=True).running() as ear:
        await ear.until(lambda: len(ear.messages) == 1)
        assert ear.payloads() == [b"missed"]


async def test_a_wrong_password_is_told_and_the_right_one_connects(mosquitto: Start) -> None:
    broker = mosquitto(users={"守望": "secret"})
    wrong = Ear(broker.port, "wrong", username="守望", password="guess")
    async with wrong.trying():
        await wrong.until(lambda: bool(wrong.states))
        assert wrong.states[0] == (
            False,
            "the broker refused us: Not authorized; check user name, password and client id",
        )
        with pytest.raises(LinkDown, match="check user name"):
            await wrong.link.publish("x", b"")
    async with Ear(broker.port, "right", username="守望", password="secret").running() as right:
        assert right.states == [(True, "connected")]


async def test_tls_with_our_own_authority(mosquitto: Start, tmp_path: Path) -> None:
    keys = make_certificates(tmp_path / "keys")
    broker = mosquitto(tls=keys)
    stranger = Ear(broker.port, "stranger", host="localhost", tls=Tls())
    async with stranger.trying():
        await stranger.until(lambda: bool(stranger.states))
        assert not stranger.states[0][0]
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.states[0][1]
    gc.collect()  # a socket left open after a failed handshake would warn here
    tls = Tls(ca_file=keys / "ca.pem")
    async with (
        Ear(broker.port, "ear", "home/#", host="localhost", tls=tls, acks=True).running() as ear,
        Ear(broker.port, "voice", host="localhost", tls=tls).running() as voice,
    ):
        payloads = [bytes([number]) * 40_000 for number in range(50)]
        await asyncio.gather(*(voice.link.publish("home/x", payload) for payload in payloads))
        await ear.until(lambda: len(ear.messages) == 50)
        assert ear.payloads() == payloads


async def test_a_broker_that_asks_for_a_certificate_gets_one(mosquitto: Start, tmp_path: Path) -> None:
    keys = make_certificates(tmp_path / "keys")
    broker = mosquitto(tls=keys, options=(f"cafile {keys / 'ca.pem'}", "require_certificate true"))
    tls = Tls(ca_file=keys / "ca.pem", certificate_file=keys / "broker.pem", key_file=keys / "broker.key")
    async with Ear(broker.port, "known", host="localhost", tls=tls).running() as known:
        assert known.link.connected


async def test_a_missing_certificate_file_is_told(tmp_path: Path) -> None:
    ear = Ear(1, "ear", tls=Tls(ca_file=tmp_path / "absent.pem"))
    async with ear.trying():
        await ear.until(lambda: bool(ear.states))
        assert ear.states[0][1].startswith("cannot reach the broker at 127.0.0.1:1: [Errno 2] No such file")


async def test_publishing_to_a_dead_broker_says_so(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "voice").running() as voice:
        broker.freeze()
        waiting = asyncio.create_task(voice.link.publish("home/x", b"unconfirmed"))
        with pytest.raises(PublishTimeout, match=r"did not confirm home/y within 0\.1 s"):
            await voice.link.publish("home/y", b"", timeout_s=0.1)
        broker.kill()
        with pytest.raises(LinkDown):
            await waiting
        await voice.until(lambda: not voice.link.connected)
        with pytest.raises(LinkDown):
            await voice.link.publish("home/x", b"")


async def test_a_half_open_link_is_noticed_within_one_and_a_half_keepalives(mosquitto: Start) -> None:
    broker = mosquitto()
    async with Ear(broker.port, "ear", keepalive_s=3).running() as ear:
        broker.freeze()
        began = asyncio.get_running_loop().time()
        await ear.until(lambda: not ear.link.connected, seconds=4.75)
        assert asyncio.get_running_loop().time() - began < 4.5 + 0.1
        assert not ear.states[-1][0]


async def test_what_the_owner_raises_ends_the_run(mosquitto: Start) -> None:
    broker = mosquitto()

    def broken(message: Message) -> None:
        raise RuntimeError(f"cannot store {message.payload!r}")

    link = Link(
        host="127.0.0.1",
        port=broker.port,
        client_id="broken",
        subscriptions=[("home/#", 1)],
        on_message=broken,
        on_state=lambda _connected, _reason: None,
    )
    async with Ear(broker.port, "voice").running() as voice:
        running = asyncio.create_task(link.run())
        await voice.until(lambda: link.connected)
        await voice.link.publish("home/x", b"1")
        with pytest.raises(RuntimeError, match="cannot store b'1'"):
            await asyncio.wait_for(running, 5)


async def test_the_will_is_spoken_after_a_crash_and_not_after_a_goodbye(mosquitto: Start) -> None:
    broker = mosquitto()
    polite, gone = Will("home/will", b"polite", retain=True), Will("home/will", b"gone", retain=True)
    async with Ear(broker.port, "witness", "home/will", acks=True).running() as witness:
        async with Ear(broker.port, "polite", will=polite).running():
            pass
        crashing = Ear(broker.port, "crashing", will=gone)
        async with crashing.running():
            session = crashing.link._session
            assert session is not None
            session._client.socket().shutdown(socket.SHUT_RDWR)
            await witness.until(lambda: len(witness.messages) >= 1)
        assert set(witness.payloads()) == {b"gone"}  # twice where the next connection was cut off in its making


async def test_a_broker_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.session.ANSWER_S", 0.2)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            pass
        writer.close()

    mute = await asyncio.start_server(listen, "127.0.0.1", 0)
    ear = Ear(mute.sockets[0].getsockname()[1])
    async with ear.trying():
        await ear.until(lambda: bool(ear.states))
        assert ear.states == [(False, "the broker does not answer")]
    mute.close()


@pytest.mark.parametrize(
    "garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x01\x00", b"\x20\x02\x00\x63", b"\x90\x00"]
)
async def test_a_peer_that_does_not_speak_mqtt_is_left(garbage: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(garbage)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    ear = Ear(server.sockets[0].getsockname()[1])
    async with ear.trying() as task:
        await ear.until(lambda: bool(ear.states))
        assert not ear.states[0][0]
        assert not task.done()
    server.close()


async def test_it_carries_thousands_of_messages_in_their_order(mosquitto: Start) -> None:
    broker = mosquitto(persistent=False, options=("max_inflight_messages 0", "max_queued_messages 0"))
    async with (
        Ear(broker.port, "ear", "home/#", acks=True).running() as ear,
        Ear(broker.port, "voice").running() as voice,
    ):
        said = [b"%d" % number for number in range(6000)]
        await asyncio.gather(*(voice.link.publish("home/x", payload) for payload in said))
        await ear.until(lambda: len(ear.messages) == len(said))
        assert ear.payloads() == said
