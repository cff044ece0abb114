"""A Zigbee2MQTT bridge as the home's broker sees it: cached states, inventory, availability. Pure of I/O.

As zigbee2mqtt 2 does: each report is merged into the device's cached state and the whole is published; an `action` is
published once and not cached; at a start the cached states are published again; a mains device is offline after 10
min, a battery device after 25 h. Older versions cached the action too, and pressed again at each start
(zigbee2mqtt issues 992, 25566, 31766): `replays_actions` imitates that.

Messages go out with QoS 1, which zigbee2mqtt does where the installer sets `qos: 1`, and must be set: at QoS 0 a
press is lost while the gateway restarts.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind
from firmware_sim.dice import dice
from firmware_sim.firmware import Occasion, Said
from firmware_sim.inventory import ieee_address, inventory
from firmware_sim.message import Message, Rank, rank_of
from firmware_sim.native import zulu

if TYPE_CHECKING:
    from datetime import datetime

    from firmware_sim.house import House

CLIENT_ID = "zigbee2mqtt"
ONLINE, OFFLINE = b'{"state":"online"}', b'{"state":"offline"}'
OFFLINE_AFTER = {True: timedelta(minutes=10), False: timedelta(hours=25)}
"""By mains or not. Source: zigbee2mqtt's defaults for availability."""

_COMMON_WORDS = {Kind.SOS_FLAG: "sos", Kind.BATTERY_LOW: "battery_low"}
_LINK_QUALITY = (60, 160)
_EMPTY_MV, _FULL_MV = 2100, 3000


class Bridge:
    """The bridge's memory and what it publishes.

    Args:
        house: whose devices are paired with it.
        base_topic: usually "zigbee2mqtt".
        seed: decides addresses and link qualities.
        replays_actions: imitate old versions.
    """

    def __init__(self, house: House, base_topic: str, seed: int, *, replays_actions: bool = False) -> None:
        self.up = False
        self.replays_actions = replays_actions
        self._house, self._base, self._seed = house, base_topic, seed
        self._devices = {device.id: device for device in house.devices}
        self._states: dict[str, dict[str, object]] = {}
        self._pressed: dict[str, dict[str, object]] = {}
        self._heard_at: dict[str, datetime] = {}

    @property
    def state_topic(self) -> str:
        """The retained topic of the bridge's own state."""
        return f"{self._base}/bridge/state"

    def start(self, at: datetime) -> list[Message]:
        """Come up: publish the inventory, availabilities, and every cached state again.

        Mains devices are pinged, so their time to be missed begins anew at `at`.
        """
        self.up = True
        self._heard_at |= {name: at for name in self._heard_at if self._devices[name].model.mains}
        listed = json.dumps(inventory(self._house, self._seed), ensure_ascii=False).encode()
        first = self._message("bridge/devices", listed, retain=True)
        known = [self._availability(name, online=True) for name in self._heard_at]
        again = self._pressed if self.replays_actions else {}
        cached = [self._message(name, _as_json(state | again.get(name, {}))) for name, state in self._states.items()]
        return [first, *known, *cached]

    def hear(self, said: Said) -> list[Message]:
        """Publish what a device said; nothing while the bridge is down, when the radio speaks to nobody."""
        if not self.up:
            return []
        back = [] if said.device in self._heard_at else [self._availability(said.device, online=True)]
        self._heard_at[said.device] = said.at
        told, passing = self._words(said)
        state = {**self._states.get(said.device, {}), **told, **self._radio(said)}
        self._states[said.device] = state
        if passing:
            self._pressed[said.device] = passing
        rank = rank_of({kind for kind, _ in said.facts})
        return [*back, self._message(said.device, _as_json(state | passing), rank=rank)]

    def announce(self, device: str) -> list[Message]:
        """Publish that a device has come back to the network."""
        if not self.up:
            return []
        data = {"friendly_name": device, "ieee_address": ieee_address(device, self._seed)}
        return [self._message("bridge/event", _as_json({"type": "device_announce", "data": data}))]

    def due(self) -> datetime | None:
        """Return when a device will next have been quiet for too long."""
        if not self.up:
            return None
        return min((self._gone_at(name) for name in self._heard_at), default=None)

    def wake(self, at: datetime) -> list[Message]:
        """Publish as offline what has been quiet for too long by `at`."""
        gone = [name for name in self._heard_at if self._gone_at(name) <= at] if self.up else []
        for name in gone:
            del self._heard_at[name]
        return [self._availability(name, online=False) for name in gone]

    def _gone_at(self, name: str) -> datetime:
        return self._heard_at[name] + OFFLINE_AFTER[self._devices[name].model.mains]

    def _words(self, said: Said) -> tuple[dict[str, object], dict[str, object]]:
        """Return the properties that last, and those that pass (actions)."""
        told: dict[str, object] = {}
        passing: dict[str, object] = {}
        for kind, value in said.facts:
            words = self._devices[said.device].model.zigbee.words.get(kind, {})
            found = {name: word[value] for name, word in words.items()} or {_COMMON_WORDS[kind]: value}
            (passing if kind is Kind.SOS else told).update(found)
        return told, passing

    def _radio(self, said: Said) -> dict[str, object]:
        quality = dice(self._seed, "link", said.device, said.boot, said.seq).randint(*_LINK_QUALITY)
        seen = {"linkquality": quality, "last_seen": zulu(said.at)}
        if said.battery_percent is None or said.occasion is not Occasion.HEARTBEAT:
            return seen
        millivolts = round(_EMPTY_MV + (_FULL_MV - _EMPTY_MV) * said.battery_percent / 100)
        return {"battery": round(said.battery_percent), "voltage": millivolts, **seen}

    def _availability(self, name: str, *, online: bool) -> Message:
        return self._message(f"{name}/availability", ONLINE if online else OFFLINE, retain=True)

    def _message(self, topic: str, payload: bytes, *, retain: bool = False, rank: Rank = Rank.STATE) -> Message:
        return Message(client=CLIENT_ID, topic=f"{self._base}/{topic}", payload=payload, retain=retain, rank=rank)


def _as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
