"""The home's sensors: they say a call again until the gateway has heard it, as docs/mqtt.md asks of firmware."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

BOOT = 1

REPEAT_S = 5.0
"""A press that the broker confirmed and the gateway did not is said again after that. Source: docs/mqtt.md, 1.6.8."""


@dataclass(slots=True, kw_only=True)
class Press:
    """One call for help that was staged.

    Args:
        device: who said it.
        number: its place among all presses of the world, from 1; the pendant's sequence.
        at: when it was said (Unix time).
        confirmed_at: when the home's broker had it; None before.
    """

    device: str
    number: int
    at: float
    confirmed_at: float | None = None

    @property
    def sequence(self) -> int | None:
        """What the reading carries; None for the button, whose presses are all alike."""
        return BOOT << 32 | self.number if self.device == "pendant" else None


class Sensors:
    """A pendant whose presses are numbered, and a Zigbee button whose presses are not.

    Args:
        address, port: of the home's broker.
    """

    def __init__(self, address: str, port: int) -> None:
        self.presses: list[Press] = []
        self._waiting: dict[int, Press] = {}
        self._unheard: dict[int, Press] = {}
        self._early: set[int] = set()
        self._lock = Lock()
        self._closed = Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="sensors", clean_session=False)
        self._client.max_inflight_messages_set(1000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._confirmed
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._client.connect_async(address, port, keepalive=10)
        self._client.loop_start()
        Thread(target=self._repeat, daemon=True).start()

    def press(self, device: str) -> Press:
        """Presses a button; returns at once."""
        press = Press(device=device, number=len(self.presses) + 1, at=time.time())
        self.presses.append(press)
        if press.sequence is not None:
            self._unheard[press.number] = press
        self._say(press)
        return press

    def unconfirmed(self) -> int:
        """How many presses the broker does not have yet."""
        return sum(press.confirmed_at is None for press in self.presses)

    def close(self) -> None:
        """Switches them off."""
        self._closed.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _say(self, press: Press) -> None:
        topic, body = "zigbee2mqtt/button", {"action": "emergency"}
        if press.device == "pendant":
            topic, body = "shouwang/pendant/event", {"v": 1, "boot": BOOT, "seq": press.number, "sos": "press"}
        mid = self._client.publish(
            topic, json.dumps(body), qos=1
        ).mid  # outside our lock: paho calls back within its own
        with self._lock:
            early = mid in self._early
            self._early.discard(mid)
            if not early:
                self._waiting[mid] = press
        if early:
            self._is_safe(press)

    def _connected(self, *_: Any) -> None:  # noqa: ANN401 - the library's arguments
        """The connection broke: a broker that died may have confirmed what it had not stored yet."""
        self._client.subscribe("shouwang/pendant/heard", 1)
        self._say_again(0.0)

    def _heard(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._unheard.pop(json.loads(message.payload)["seq"], None)

    def _repeat(self) -> None:
        while not self._closed.wait(REPEAT_S):
            self._say_again(REPEAT_S)

    def _say_again(self, after_s: float) -> None:
        said_by = time.time() - after_s
        for press in list(self._unheard.values()):
            if press.confirmed_at is not None and press.confirmed_at <= said_by and self._client.is_connected():
                self._say(press)

    def _confirmed(self, _client: paho.Client, _userdata: object, mid: int, *_: Any) -> None:  # noqa: ANN401
        with self._lock:
            press = self._waiting.pop(mid, None)
            if press is None:  # the answer is here before we know its number
                self._early.add(mid)
        if press is not None:
            self._is_safe(press)

    @staticmethod
    def _is_safe(press: Press) -> None:
        if press.confirmed_at is None:
            press.confirmed_at = time.time()
