"""One MQTT connection from its dialled socket to its end: paho driven by the asyncio loop. `alerts.link` mends it.

Reads are called by `add_reader`; writes are gathered by `call_soon`, so that all acknowledgements of one turn of the
loop leave together, and use `add_writer` only while the socket is full.
"""

from __future__ import annotations

import asyncio
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from paho.mqtt.enums import MQTTErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, SocketLike
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

ANSWER_S = 10.0
"""How long the broker may take from TCP connection to CONNACK and SUBACK; ours: ten round trips of a bad 4G line."""

PACKETS_PER_TURN = 64
"""Packets read before other tasks get their turn; about 2 ms of paho at 30 µs each, as measured by tests/broker."""

MISC_TICK_S = 0.5
"""How often paho looks at its keepalive. Source: paho's own threaded loop looks at least once a second."""


class LinkDown(ConnectionError):
    """Nothing can be published now, or the connection went before the broker confirmed."""


class Message(NamedTuple):
    """One message from the broker; hand the same object to `Link.ack`.

    A topic that is not UTF-8 arrives as U+FFFD, which no consumer knows, so that it is refused and counted there.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int
    epoch: int


class End(NamedTuple):
    """How a session ended: a sentence, and whether the broker refused us (asking again soon will not help)."""

    reason: str
    refused: bool = False


class Session:
    """One connection. Make it once paho has dialled, then `await live()`; `close()` in every case.

    Args:
        client: dialled, without callbacks.
        epoch: the number that its messages carry.
        subscriptions: (topic filter, QoS) to ask for.
        on_message: the owner's; what it raises comes out of `live`.
        on_up: called when the broker has granted every subscription.
    """

    def __init__(
        self,
        client: Client,
        *,
        epoch: int,
        subscriptions: Sequence[tuple[str, int]],
        on_message: Callable[[Message], None],
        on_up: Callable[[], None],
    ) -> None:
        self.epoch = epoch
        self.up = False
        self.held: OrderedDict[int, Message | None] = OrderedDict()  # by mid; None: acknowledged, waiting its turn
        self._client = client
        self._subscriptions = list(subscriptions)
        self._hear, self._on_up = on_message, on_up
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[End] = self._loop.create_future()
        self._unconfirmed: dict[int, asyncio.Future[None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._packets = 0
        self._blocked = False
        self._reading_soon = False

    async def live(self) -> End:
        """Serves the connection until it goes. Raises what the owner's callbacks raised."""
        sock = self._client.socket()
        if sock is None:
            return End("the broker closed the connection at once")
        self._attach()
        self._loop.add_reader(sock, self._read)
        self._flush()
        self._timers["answer"] = self._loop.call_later(ANSWER_S, self._end, End("the broker does not answer"))
        self._misc()
        return await self._ended

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> asyncio.Future[None]:
        """Hands over to paho; the future ends at PUBACK, at once for QoS 0, and with LinkDown when the session ends."""
        info = self._client.publish(topic, payload, qos, retain)
        confirmed = self._loop.create_future()
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            confirmed.set_exception(LinkDown(f"the connection takes no more: {info.rc.name}"))
        elif qos == 0:
            confirmed.set_result(None)
        else:
            self._unconfirmed[info.mid] = confirmed
        return confirmed

    def ack(self, message: Message) -> None:
        """Sends PUBACK now, or when all earlier messages have theirs (MQTT-4.6.0-2). Twice is harmless."""
        held = self.held
        if held.get(message.mid) is not message:
            return
        held[message.mid] = None
        while held:
            first = next(iter(held))
            if held[first] is not None:
                return
            del held[first]
            self._client.ack(first, 1)

    def end(self, reason: str) -> None:
        """Makes `live` return: the owner knows that the connection is dead. Nothing is said to the broker."""
        self._end(End(reason))

    def close(self) -> None:
        """Lets go of the socket. Says goodbye (which keeps the will unsaid) only when nothing went wrong."""
        for timer in self._timers.values():
            timer.cancel()
        self.up = False
        for confirmed in self._unconfirmed.values():
            if not confirmed.done():
                confirmed.set_exception(LinkDown("the connection went before the broker confirmed"))
        if not self._ended.done() or self._ended.cancelled():  # cancelled with whoever waited: nothing went wrong
            self._ended.cancel()
            self._client.disconnect()
            self._client.loop_write()
        self._drop_socket()
        self._detach()

    def _attach(self) -> None:
        client = self._client
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_want_write
        client.on_socket_unregister_write = self._on_written
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    def _detach(self) -> None:
        """Breaks the circle of references, so that paho's client goes at once and not at the next collection."""
        client = self._client
        client.on_socket_close = client.on_socket_register_write = client.on_socket_unregister_write = None
        client.on_connect = client.on_subscribe = client.on_publish = client.on_message = client.on_disconnect = None

    def _end(self, end: End) -> None:
        if not self._ended.done():
            self._ended.set_result(end)

    def _drop_socket(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            self._on_socket_close(self._client, None, sock)
            sock.close()

    # -- called by the loop ---------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Reads until the socket is empty or others are due; an exception of the owner's ends the session."""
        self._reading_soon = False
        try:
            stop_at = self._packets + PACKETS_PER_TURN
            seen = -1
            while seen != self._packets < stop_at and not self._ended.done():
                seen = self._packets
                self._client.loop_read()
        except struct.error as error:  # what paho raises on a packet too short for its type
            self._end(End(f"the broker's bytes are not MQTT: {error}"))
        self._read_what_tls_holds()

    def _read_what_tls_holds(self) -> None:
        """TLS may hold decrypted bytes that the selector cannot see."""
        pending = getattr(self._client.socket(), "pending", None)
        if pending is not None and pending() and not self._reading_soon:
            self._reading_soon = True
            self._loop.call_soon(self._read)

    def _flush(self) -> None:
        self._client.loop_write()
        if self._client.want_write() and not self._blocked:
            sock = self._client.socket()
            if sock is not None:
                self._blocked = True
                self._loop.add_writer(sock, self._flush)

    def _misc(self) -> None:
        self._client.loop_misc()
        if not self._ended.done():
            self._timers["misc"] = self._loop.call_later(MISC_TICK_S, self._misc)

    # -- called by paho, on the loop ------------------------------------------------------------------------------

    def _on_want_write(self, _client: Client, _userdata: object, _sock: object) -> None:
        self._loop.call_soon(self._flush)

    def _on_written(self, _client: Client, _userdata: object, sock: SocketLike) -> None:
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(sock)

    def _on_socket_close(self, _client: Client, _userdata: object, sock: SocketLike) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _on_connect(
        self, client: Client, _userdata: object, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._packets += 1
        if code.is_failure:
            self._end(End(f"the broker refused us: {code}; check user name, password and client id", refused=True))
        elif self._subscriptions:
            client.subscribe(self._subscriptions)
        else:
            self._rise()

    def _on_subscribe(
        self, _client: Client, _userdata: object, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._packets += 1
        refused = [topic for (topic, _), code in zip(self._subscriptions, codes, strict=True) if code.is_failure]
        if refused:
            self._end(End(f"the broker refused our subscription to {', '.join(refused)}; check its ACL", refused=True))
        else:
            self._rise()

    def _rise(self) -> None:
        self._timers.pop("answer").cancel()
        self.up = True
        self._call(self._on_up)

    def _on_publish(self, _client: Client, _userdata: object, mid: int, _code: object, _properties: object) -> None:
        self._packets += 1
        confirmed = self._unconfirmed.pop(mid, None)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)

    def _on_message(self, _client: Client, _userdata: object, arrived: MQTTMessage) -> None:
        self._packets += 1
        try:
            topic = arrived.topic
        except UnicodeDecodeError:
            topic = "\ufffd"
        payload = bytes(arrived.payload)
        message = Message(topic, payload, arrived.qos, arrived.retain, arrived.dup, arrived.mid, self.epoch)
        if arrived.qos:
            self.held[arrived.mid] = message
        self._call(self._hear, message)

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        """Calls the owner; what it raises comes out of `live`, since the loop would only log it."""
        try:
            callback(*arguments)
        except Exception as error:  # noqa: BLE001 - not swallowed: `live` raises it
            if not self._ended.done():
                self._ended.set_exception(error)

    def _on_disconnect(
        self, _client: Client, _userdata: object, _flags: DisconnectFlags, code: ReasonCode, _properties: object
    ) -> None:
        self.up = False
        self._end(End(f"the connection to the broker was lost: {code}"))
