"""A recording through a real broker and back, as native devices would have sent it.

Theory of operation
-------------------
Every reading that the native dialect can say word for word is published (QoS 1) under a base topic of its own, so
that no gateway on that broker mistakes old days for today. What comes back is decoded by the dialect, takes the
recorded time as its time, and must be the reading that was sent; then it is judged. Readings that the dialect
cannot say (a bridge's state, a device's name with a slash) are judged in their place without the journey.

At most `UNDER_WAY` readings are between us and the broker, far fewer than a broker queues for one client
(mosquitto: 1,000), so it has no reason to drop one. Anything lost or changed on the way ends the replay with
`BrokerLost`: a replay that silently lacks a reading would prove nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self
from uuid import uuid4

from alerts.link import Link, LinkDown, Message, PublishTimeout
from devices.dialects import native, native_message
from devices.reading import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from devices.reading import Reading

UNDER_WAY = 300
"""Readings between us and the broker at most."""

PATIENCE_S = 15.0
"""How long the broker may take to answer, or to hand back a reading."""

_LAST_PORT = 65535


class BrokerLost(RuntimeError):
    """The broker could not be reached, or did not hand back what was sent."""


class Endpoint(NamedTuple):
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, told: str) -> Self:
        """Read "HOST:PORT".

        Raises:
            ValueError: if it is no such thing, with a sentence.
        """
        host, _, port = told.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
            raise ValueError(f"--broker {told!r}: 应为 主机:端口 / should be HOST:PORT, e.g. 127.0.0.1:1883")
        return cls(host.strip("[]"), int(port))


class _Spoken(NamedTuple):
    """A reading as a message; no topic where the dialect cannot say it."""

    reading: Reading
    topic: str = ""
    payload: bytes = b""


async def through_broker(readings: Iterable[Reading], endpoint: Endpoint, show: Callable[[Reading], None]) -> None:
    """Send readings through a broker and show each as it comes back, in the same order.

    Args:
        readings: what to send.
        endpoint: the broker.
        show: is given each reading that has come back.

    Raises:
        BrokerLost: if the broker cannot be reached, goes away, or hands back something else.
    """
    journey = _Journey(f"shouwang-replay-{uuid4().hex[:8]}", show)
    link = Link(
        host=endpoint.host,
        port=endpoint.port,
        client_id=journey.base_topic,
        subscriptions=[(f"{journey.base_topic}/#", 1)],
        on_message=lambda message: journey.come_back(link, message),
        on_state=journey.note_state,
        clean=True,
    )
    running = asyncio.create_task(link.run())
    sending = asyncio.create_task(journey.send(link, iter(readings)))
    try:
        await asyncio.wait({running, sending}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, sending):
            if task.done():
                task.result()
    except (LinkDown, PublishTimeout) as error:
        raise BrokerLost(f"代理断开，请再试 / the broker went away, try again: {error}") from error
    finally:
        await _end(running, sending, *journey.publishing)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait for their end; whatever they still have to say comes too late."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Journey:
    """The readings that are under way, in order."""

    def __init__(self, base_topic: str, show: Callable[[Reading], None]) -> None:
        self.base_topic = base_topic
        self._show = show
        self._under_way: deque[_Spoken] = deque()
        self._up = asyncio.Event()
        self._room = asyncio.Event()
        self._why = "no answer"
        self.publishing: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None

    def note_state(self, up: bool, why: str) -> None:  # noqa: FBT001 - the link's callback
        """Hear whether the connection is up."""
        self._why = why
        if up:
            self._up.set()

    async def send(self, link: Link, readings: Iterator[Reading]) -> None:
        """Publish everything, and return when everything has come back."""
        await self._patiently(self._up, "代理没有应答 / the broker does not answer")
        for reading in readings:
            await self._until(UNDER_WAY)
            spoken = _speak(reading, self.base_topic)
            self._under_way.append(spoken)
            if spoken.topic:
                self._publish(link, spoken)
            else:
                self._show_silent()
        await self._until(1)

    def _publish(self, link: Link, spoken: _Spoken) -> None:
        """Publish without waiting: the order is that of the calls, and what fails is raised by `_until`."""
        task = asyncio.create_task(link.publish(spoken.topic, spoken.payload, timeout_s=PATIENCE_S))
        self.publishing.add(task)
        task.add_done_callback(self._published)

    def _published(self, task: asyncio.Task[None]) -> None:
        self.publishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = self._failed or error
            self._room.set()

    def come_back(self, link: Link, message: Message) -> None:
        """Hear a message, and show the reading in it if it is the one that was sent."""
        link.ack(message)
        if not self._under_way or self._under_way[0].topic != message.topic:
            raise BrokerLost(f"次序变了 / the order has changed: {message.topic}")
        sent = self._under_way.popleft()
        heard = _hear(message.topic, message.payload, sent.reading, self.base_topic)
        if heard != sent.reading:
            raise BrokerLost(f"内容变了 / the content has changed: {message.topic} {message.payload!r}")
        self._show(heard)
        self._show_silent()
        self._room.set()

    def _show_silent(self) -> None:
        """Show the readings that needed no journey and have come to the head of the queue."""
        while self._under_way and not self._under_way[0].topic:
            self._show(self._under_way.popleft().reading)

    async def _until(self, fewer_than: int) -> None:
        while len(self._under_way) >= fewer_than:
            self._room.clear()
            await self._patiently(self._room, "读数没有回来 / a reading did not come back")
            if self._failed is not None:
                raise self._failed

    async def _patiently(self, event: asyncio.Event, else_: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await event.wait()
        except TimeoutError:
            raise BrokerLost(f"{else_} ({self._why})") from None


_FACTS: dict[Kind, tuple[str, dict[bool, str] | None]] = {
    Kind.CONTACT: ("contact", {True: "open", False: "closed"}),
    Kind.BED: ("bed", {True: "occupied", False: "empty"}),
    Kind.BATTERY: ("battery_percent", None),
    **{
        kind: (kind.value, None)
        for kind in (
            Kind.MOTION,
            Kind.PRESENCE,
            Kind.ACTIVITY,
            Kind.SOS,
            Kind.FALL,
            Kind.AFTER,
            Kind.WORN,
            Kind.VIBRATION,
            Kind.SMOKE,
            Kind.GAS,
            Kind.CARBON_MONOXIDE,
            Kind.WATER_LEAK,
            Kind.TAMPER,
            Kind.BATTERY_LOW,
        )
    },
}
"""The native field of each kind, and its words where they are not the value itself. Source: docs/mqtt.md, 1.2."""

_SEQ_BITS = 32


def _speak(reading: Reading, base_topic: str) -> _Spoken:
    """The reading as a native message, if that says it word for word."""
    if reading.kind not in _FACTS:
        return _Spoken(reading)
    name, words = _FACTS[reading.kind]
    body: dict[str, object] = {"v": native_message.VERSION, "at": reading.at.isoformat()}
    if reading.sequence is not None:
        body["boot"], body["seq"] = reading.sequence >> _SEQ_BITS, reading.sequence & native_message.LAST_SEQ
    body[name] = words[bool(reading.value)] if words else reading.value
    topic, payload = f"{base_topic}/{reading.device_id}/event", json.dumps(body).encode()
    understood = _hear(topic, payload, reading, base_topic) == reading
    return _Spoken(reading, topic, payload) if understood else _Spoken(reading)


def _hear(topic: str, payload: bytes, sent: Reading, base_topic: str) -> Reading | None:
    """The reading in a message, at the recorded time.

    What belongs to the first journey, the bytes' fingerprint and the device's own clock, is the recording's; and so is
    a missing number.
    """
    decoded = native.decode(topic, payload, sent.at, base_topic=base_topic)
    heard = decoded.readings[0] if len(decoded.readings) == 1 else None
    if heard is None or heard.device_at is None:
        return None
    return replace(heard, at=heard.device_at, device_at=sent.device_at, origin=sent.origin)
