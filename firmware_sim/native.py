"""Writes the `native` dialect of docs/mqtt.md: what a device with its own MQTT connection sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from devices.reading import Kind
from firmware_sim import blows
from firmware_sim.blows import How
from firmware_sim.dice import dice
from firmware_sim.firmware import Occasion, Said
from firmware_sim.message import Message, Number, rank_of

if TYPE_CHECKING:
    from datetime import datetime

KEEP_ALIVE_S = 60
"""docs/mqtt.md, 1.6.2; the broker believes a client dead after one and a half of it."""

_WORDS: dict[Kind, dict[bool | float | str, str]] = {
    Kind.CONTACT: {True: "open", False: "closed"},
    Kind.BED: {True: "occupied", False: "empty"},
}
"""Kinds whose values have names; all others are sent as they are, under the kind's own name."""


def write(said: Said, base_topic: str) -> Message:
    """Return the message for what a firmware said; equal things said give equal bytes."""
    fields: dict[str, object] = {"v": 1, "boot": said.boot, "seq": said.seq}
    if said.device_at is not None:
        fields["at"] = zulu(said.device_at)
    if said.occasion is Occasion.HEARTBEAT:
        fields |= {"uptime_s": said.uptime_s, "interval_s": said.interval_s}
        if said.battery_percent is not None:
            fields["battery_percent"] = said.battery_percent
    for kind, value in said.facts:
        if kind is Kind.IMPACT:
            fields |= blows.window(How(str(value)), dice("blow", said.device, said.boot, said.seq))
        else:
            fields[kind.value] = _WORDS.get(kind, {}).get(value, value)
    return Message(
        client=said.device,
        topic=f"{base_topic}/{said.device}/{said.occasion}",
        payload=json.dumps(fields, separators=(",", ":")).encode(),
        rank=rank_of({kind for kind, _ in said.facts}),
        number=(said.boot, said.seq),
    )


def say_topic(device: str, base_topic: str) -> str:
    """Return the topic on which an annunciator is asked to say something."""
    return f"{base_topic}/{device}/say"


def status_topic(device: str, base_topic: str) -> str:
    """Return the retained topic of a device's `online` and `offline`."""
    return f"{base_topic}/{device}/status"


def heard_topic(device: str, base_topic: str) -> str:
    """Return the topic on which the gateway says which calls of a device it has heard."""
    return f"{base_topic}/{device}/heard"


def read_heard(payload: bytes) -> Number | None:
    """Return boot and seq of the call that was heard; None where the payload makes no sense."""
    try:
        said = json.loads(payload)
        return int(said["boot"]), int(said["seq"])
    except (ValueError, TypeError, KeyError):
        return None


def zulu(at: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds and a Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
