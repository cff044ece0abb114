"""One client's MQTT session, as firmware keeps it: persistent, with a last will, one message at a time until PUBACK.

Plain paho on the asyncio loop. A message stays in the spool until its PUBACK, a call until the gateway has heard it;
without a PUBACK for 5 s the connection is given up, and what was in flight goes out again, with the DUP flag, on the
next. A dead device (`silent`) keeps its socket and says nothing; a `cut` one loses its socket without a goodbye, and
the broker publishes its will.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from firmware_sim.dice import dice
from firmware_sim.effects import LineState
from firmware_sim.native import KEEP_ALIVE_S, read_heard
from firmware_sim.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from firmware_sim.identity import Broker, Identity
    from firmware_sim.message import Message

PUBACK_S = 5.0
FIRST_RETRY_S, LAST_RETRY_S, RETRY_JITTER = 1.0, 60.0, 0.25
"""docs/mqtt.md, 1.6.7."""
TICK_S = 1.0
"""How often paho is asked to look at its keep-alive."""
GOODBYE_S = 2.0
QOS = 1


class Session:
    """Sends a client's messages to the broker for as long as `run` runs.

    Args:
        broker: where to.
        who: the client.
        keeps: keep what comes while the broker is away, as devices do; a Zigbee bridge loses it.
        spool: what waits for its PUBACK.
        ear: a topic to listen to and who takes its payloads; None for a device that only speaks.
    """

    def __init__(
        self,
        broker: Broker,
        who: Identity,
        *,
        keeps: bool = True,
        spool: Spool | None = None,
        ear: tuple[str, Callable[[bytes], None]] | None = None,
    ) -> None:
        self._broker, self._who, self._keeps = broker, who, keeps
        self.spool = spool or Spool()
        self._ear = ear
        self.state = LineState.CUT
        self.joined = asyncio.Event()
        self.on_change: Callable[[str, bool], None] = lambda _client, _up: None
        self._loop = asyncio.get_running_loop()
        self._stir = asyncio.Event()
        self._goodbye = False
        self._connecting = self._connected = self._was_connected = False
        self._flying: tuple[int, Message] | None = None
        self._hello = 0
        self._give_up_at = 0.0
        self._client = self._new_client()

    def offer(self, message: Message) -> None:
        """Take a message to be sent."""
        if self._keeps or self._connected or not self._was_connected:
            self.spool.put(message)
            self._stir.set()

    def turn(self, state: LineState) -> None:
        """Connect and stay so, fall silent, or lose the connection without a goodbye."""
        self.state = state
        if state is LineState.CUT and not self._keeps:
            self.spool.clear()
            self._was_connected = False
        if not self._connecting:  # the thread that connects owns the socket; `_connect` looks at the state after
            self._unwatch() if state is LineState.SILENT else None
            self._drop() if state is LineState.CUT else None
        self._stir.set()

    def stop(self) -> None:
        """Send what is waiting, say `offline`, disconnect, and let `run` return."""
        self._goodbye = True
        self._stir.set()

    async def run(self) -> None:
        """Keep the session until `stop`: connect, serve, and connect again after a growing pause."""
        rolls, tries = dice(self._who.client_id, "backoff"), 0
        while not self._goodbye:
            if self.state is not LineState.UP:
                await self._stirred(None)
                tries = 0
                continue
            tries = 0 if await self._connect() else tries + 1
            await self._serve()
            if not self._goodbye and self.state is LineState.UP:
                pause_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2**tries)
                await self._pause(pause_s * rolls.uniform(1 - RETRY_JITTER, 1 + RETRY_JITTER))
        await self._leave()

    async def _connect(self) -> bool:
        """Return whether the broker has taken us in."""
        if not self._keeps:  # a bridge's memory of what was in flight is gone with its connection
            self._client, self._flying = self._new_client(), None
        self._connecting = True
        try:
            await asyncio.to_thread(self._client.connect, self._broker.host, self._broker.port, KEEP_ALIVE_S)
        except OSError:
            return False
        finally:
            self._connecting = False
        self._watch()
        give_up_at = self._loop.time() + PUBACK_S
        while self._client.socket() is not None and not self._connected and self._loop.time() < give_up_at:
            await self._stirred(TICK_S)
        if not self._connected or self.state is not LineState.UP:
            self._drop()
        return self._connected

    async def _serve(self) -> None:
        """Send the spool, one message at a time, for as long as the connection lasts."""
        self._give_up_at = self._loop.time() + PUBACK_S
        while self._connected and not (self._goodbye and self._idle()):
            if self.state is LineState.UP:
                self._client.loop_misc()
                self._pump()
            await self._stirred(TICK_S)

    def _pump(self) -> None:
        self.spool.ripen(self._loop.time())
        message = self.spool.head()
        if self._flying is not None:
            if self._loop.time() > self._give_up_at:
                self._drop()
        elif message is not None:
            sent = self._client.publish(message.topic, message.payload, QOS, message.retain)
            self._flying = (sent.mid, message)
            self._give_up_at = self._loop.time() + PUBACK_S

    def _idle(self) -> bool:
        return self.state is not LineState.UP or (self.spool.head() is None and self._flying is None)

    async def _leave(self) -> None:
        """Say goodbye as docs/mqtt.md, 1.4 asks; a dead device says none."""
        if self._connected and self.state is LineState.UP:
            bye = self._client.publish(self._who.topic, self._who.offline, QOS, retain=True)
            give_up_at = self._loop.time() + GOODBYE_S
            while self._connected and not bye.is_published() and self._loop.time() < give_up_at:
                await self._stirred(TICK_S)
            self._client.disconnect()
            self._client.loop_write()  # or the socket is closed before the goodbye is on it
        self._drop()

    async def _pause(self, seconds: float) -> None:
        """Wait; a stop or a change of state ends it early, a message does not."""
        until = self._loop.time() + seconds
        while (left := until - self._loop.time()) > 0 and not self._goodbye and self.state is LineState.UP:
            await self._stirred(left)

    async def _stirred(self, timeout_s: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), timeout_s)
        self._stir.clear()

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._who.client_id,
            clean_session=False,
            reconnect_on_failure=False,
        )
        client.connect_timeout = PUBACK_S
        client.username_pw_set(self._broker.username, self._broker.password)
        client.will_set(self._who.topic, self._who.offline, QOS, retain=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = self._wants_to_write
        client.on_socket_unregister_write = self._has_written
        client.on_socket_close = self._closes
        return client

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if not code.is_failure:
            self._connected = self._was_connected = True
            if topics := [topic for topic in (self._who.heard, self._ear[0] if self._ear else "") if topic]:
                client.subscribe([(topic, QOS) for topic in topics])
            self.spool.put_back() if self._keeps else None
            self._hello = client.publish(self._who.topic, self._who.online, QOS, retain=True).mid
        self._stir.set()

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, _code: ReasonCode, _more: Properties | None
    ) -> None:
        if self._connected:
            self._connected = False
            self.on_change(self._who.client_id, False)  # noqa: FBT003 (up or not)
        self._stir.set()

    def _on_publish(
        self, _client: Client, _data: object, mid: int, _code: ReasonCode, _more: Properties | None
    ) -> None:
        if mid == self._hello:
            self._hello = 0
            self.joined.set()
            self.on_change(self._who.client_id, True)  # noqa: FBT003 (up or not)
        if self._flying is not None and mid == self._flying[0]:
            self.spool.confirmed(self._flying[1], self._loop.time())
            self._flying = None
        self._stir.set()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """What was published while it was away is old; what is retained was said to nobody."""
        if self.state is not LineState.UP or message.retain:
            return
        if message.topic == self._who.heard:
            number = read_heard(bytes(message.payload))
            self.spool.heard(number) if number is not None else None
        elif self._ear is not None:
            self._ear[1](bytes(message.payload))

    def _wire(self) -> socket.socket | None:
        wire = self._client.socket()
        return wire if isinstance(wire, socket.socket) else None

    def _watch(self) -> None:
        wire = self._wire()
        if wire is not None:
            self._loop.add_reader(wire, self._client.loop_read)

    def _wants_to_write(self, _client: Client, _data: object, wire: object) -> None:
        """Called from paho, in the thread that connects or on the loop."""
        self._loop.call_soon_threadsafe(self._watch_writes, wire)

    def _watch_writes(self, wanted: object) -> None:
        wire = self._wire()
        if wire is not None and wire is wanted and self.state is LineState.UP and self._client.want_write():
            self._loop.add_writer(wire, self._client.loop_write)

    def _has_written(self, _client: Client, _data: object, _wire: object) -> None:
        wire = self._wire()
        if wire is not None:
            self._loop.remove_writer(wire)

    def _closes(self, _client: Client, _data: object, wire: object) -> None:
        """Called from paho before the socket is closed."""
        if isinstance(wire, socket.socket):
            self._loop.remove_reader(wire)
            self._loop.remove_writer(wire)

    def _unwatch(self) -> None:
        self._closes(self._client, None, self._wire())

    def _drop(self) -> None:
        """Lose the connection without a goodbye."""
        wire = self._wire()
        if wire is None:
            return
        self._unwatch()
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
        while self._client.socket() is not None:
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
