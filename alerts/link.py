"""One supervised MQTT connection: the gateway's ear, its voice to the station, and the station's both.

Theory of operation
-------------------
A `Link` lives as long as its owner's task group; a `Session` (`alerts.session`) is one connection within it, with its
own paho client and its own number, the epoch. Starting afresh at each connection is what makes the rules easy to
keep: nothing of a dead connection can leak into the next one.

* Acknowledging is the owner's act, after its commit. Acknowledgements leave in the order in which the messages came
  (MQTT-4.6.0-2; rumqttd closes the connection otherwise): one that is early waits for those before it. A message of
  an older epoch cannot be acknowledged any more; the broker hands it out again, so asking is harmless.
* `publish` returns when the broker has confirmed. When the connection goes, whatever is unconfirmed fails with
  `LinkDown`: the owner's outbox, which survives a crash, sends it again. The link itself keeps nothing.
* A broker that says nothing is a broken broker. paho closes after two of its keepalives without an answer, so it is
  given two thirds of ours: a half-open connection is noticed within 4/3 of `keepalive_s`, before the broker (3/2,
  MQTT-3.1.2-24) gives up on us.
* Two clients of one name push each other out for ever; so a connection counts as good only when it has outlived the
  longest pause, and until then each further one waits longer.
* An exception in the owner's `on_message` or `on_state` comes out of `run()`. It is never logged and forgotten.
* Only dialling blocks (names, TCP, TLS); it has a thread.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from paho.mqtt.client import MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from alerts.dialling import Answerer, Dialler, Route
from alerts.session import End, LinkDown, Message, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paho.mqtt.client import Client

__all__ = ["Link", "LinkDown", "Message", "PublishTimeout", "Route", "Tls", "Will"]

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 30.0
"""Between attempts: a random part of a limit that doubles from the first to the longest. Source: "full jitter",
AWS Architecture Blog, Exponential Backoff And Jitter (2015); the first value is ours, for a broker's restart."""

REFUSED_DELAY_S = (5.0, 30.0)
"""After a refusal (password, certificate, access): people must act, and asking often only fills the broker's log."""

STABLE_S = 60.0
"""A connection that lasted this long makes the next delay short again. It is more than the longest delay, so that two
clients of one name, of which each lives until the other comes back, never get there."""

_jitter = random.SystemRandom()


class PublishTimeout(TimeoutError):
    """The broker did not confirm in time; it may or may not have the message."""


class Will(NamedTuple):
    """What the broker says in our name when we vanish without a word."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How to know the broker, and how it knows us. Files are read at each connection, so renewal needs no restart.

    Args:
        ca_file: certificates to trust, PEM; None trusts the system's.
        certificate_file: our own certificate, PEM, where the broker asks for one.
        key_file: its key, PEM.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Reads the files. Raises OSError (ssl.SSLError is one) when one is missing or wrong."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


class Link:
    """A connection to one broker that mends itself. MQTT 3.1.1, persistent session, manual acknowledgement.

    Args:
        host, port: the broker.
        client_id: names the persistent session; one process per name.
        subscriptions: (topic filter, QoS 0 or 1), asked for at every connection.
        on_message: called on the loop for each message; must be quick, and must lead to `ack(message)` one day.
        on_state: called on the loop with (connected, a sentence that says why) at each change.
        username, password: None where the broker asks for none.
        tls: None for plain TCP.
        will: None for none.
        keepalive_s: seconds; a dead peer is noticed within 4/3 of it.
        clean: True asks the broker to forget the session; messages sent while away are then lost.
        route: by which wires to leave.
        longest_delay_s: between attempts at most; None for `LONGEST_DELAY_S`. More where each attempt costs money.
    """

    def __init__(  # noqa: PLR0913 - a connection has this many settings; each is named at the call
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        subscriptions: Sequence[tuple[str, int]] = (),
        on_message: Callable[[Message], None],
        on_state: Callable[[bool, str], None],
        username: str | None = None,
        password: str | None = None,
        tls: Tls | None = None,
        will: Will | None = None,
        keepalive_s: int = 30,
        clean: bool = False,
        route: Route | None = None,
        longest_delay_s: float | None = None,
    ) -> None:
        self._host, self._port, self._client_id = host, port, client_id
        self._username, self._password = username, password
        self._tls, self._will, self._clean = tls, will, clean
        self._keepalive_s = keepalive_s
        self._route = route or Route()
        self._known: Answerer | None = None
        self._longest_delay_s = longest_delay_s
        self._hurried = asyncio.Event()
        self._subscriptions = list(subscriptions)
        self._on_message, self._on_state = on_message, on_state
        self._session: Session | None = None
        self._epoch = 0
        self._told: tuple[bool, str] = (False, "not connected yet")

    @property
    def connected(self) -> bool:
        """True from the broker's answer to our subscriptions until the connection goes."""
        return self._session is not None and self._session.up

    @property
    def unacknowledged(self) -> int:
        """Messages of this connection that wait for `ack`, or for an earlier one's."""
        return len(self._session.held) if self._session is not None else 0

    async def run(self) -> None:
        """Keeps the connection up until cancelled. Raises what `on_message` or `on_state` raised."""
        clock = asyncio.get_running_loop().time
        attempt = 0
        while True:
            began = clock()
            end = await self._connect_once()
            self._tell(connected=False, reason=end.reason)
            attempt = 0 if clock() - began >= STABLE_S else attempt + 1
            await self._pause(_delay_s(attempt, self._longest_delay_s or LONGEST_DELAY_S, refused=end.refused))

    def ack(self, message: Message) -> None:
        """Tells the broker that the message is safe here. Harmless twice, or when its connection is gone."""
        if self._session is not None and self._session.epoch == message.epoch:
            self._session.ack(message)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, timeout_s: float = 10.0
    ) -> None:
        """Returns when the broker has confirmed (QoS 1), or when the message is on its way (QoS 0).

        Raises:
            LinkDown: there is no connection, or it went before the broker confirmed.
            PublishTimeout: no confirmation within `timeout_s`.
        """
        if self._session is None or not self._session.up:
            raise LinkDown(self._told[1])
        confirmed = self._session.publish(topic, payload, qos=qos, retain=retain)
        try:
            async with asyncio.timeout(timeout_s):
                await confirmed
        except TimeoutError:
            raise PublishTimeout(f"the broker did not confirm {topic} within {timeout_s:g} s") from None

    def hurry(self) -> None:
        """Ends the pause before the next attempt: something cannot wait. Harmless while connected."""
        self._hurried.set()

    def redial(self, reason: str) -> None:
        """Gives up the present connection, which its owner knows to be dead, and dials at once."""
        if self._session is not None:
            self._session.end(reason)
            self.hurry()

    async def _pause(self, pause_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._hurried.wait()
        self._hurried.clear()

    def _tell(self, *, connected: bool, reason: str) -> None:
        if self._told != (connected, reason):
            self._told = (connected, reason)
            self._on_state(connected, reason)

    async def _connect_once(self) -> End:
        client = self._new_client()
        dialling = asyncio.get_running_loop().run_in_executor(None, self._dial, client)
        try:
            await asyncio.shield(dialling)
        except asyncio.CancelledError:
            dialling.add_done_callback(lambda dialled: _hang_up(client, dialled))
            raise
        except ssl.SSLError as error:
            where = f"{self._host}:{self._port}"
            return End(f"TLS with {where} failed: {error}; check the CA file and the host name", refused=True)
        except (OSError, ValueError) as error:
            return End(f"cannot reach the broker at {self._host}:{self._port}: {error}")
        self._known = client.known
        return await self._serve(client)

    async def _serve(self, client: Client) -> End:
        self._epoch += 1
        self._session = Session(
            client,
            epoch=self._epoch,
            subscriptions=self._subscriptions,
            on_message=self._on_message,
            on_up=lambda: self._tell(connected=True, reason="connected"),
        )
        try:
            return await self._session.live()
        finally:
            self._session.close()
            self._session = None

    def _new_client(self) -> Dialler:
        client = Dialler(
            route=self._route,
            known=self._known,
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=self._clean,
            protocol=MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages = 0  # no limit: the outbox decides how much is under way
        client.username_pw_set(self._username, self._password)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        return client

    def _dial(self, client: Client) -> None:
        """Runs in a thread; paho has no callbacks yet, so nothing of ours is called there."""
        if self._tls is not None:
            client.tls_set_context(self._tls.context())
        client.connect(self._host, self._port, keepalive=max(1, self._keepalive_s * 2 // 3))
        sock = client.socket()
        if isinstance(sock, socket.socket):  # paho's type allows a WebSocket too
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _hang_up(client: Client, dialled: asyncio.Future[None]) -> None:
    """Lets go of a connection that came when nobody wanted it any more; one that failed is no news."""
    if not dialled.cancelled():
        dialled.exception()
    client.disconnect()
    client.loop_write()


def _delay_s(attempt: int, longest_s: float, *, refused: bool) -> float:
    if refused:
        return _jitter.uniform(*REFUSED_DELAY_S)
    return _jitter.uniform(0.0, min(longest_s, FIRST_DELAY_S * 2.0 ** min(attempt, 16)))
