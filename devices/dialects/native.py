"""Shouwang's own dialect, version 1, as docs/mqtt.md promises it to firmware authors.

Theory of operation. A topic names the device and one of three sorts of message. `event` and `heartbeat` are JSON
objects that share an envelope (version, boot, sequence, the device's clock); `status` is one word. Each field is
judged by itself: what is good becomes a reading, what is bad becomes a refusal, and neither hides the other. A call
for help is the exception that errs on the loud side: a word we do not know is still a press.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devices.dialects.payload import Fault, origin, read_number, read_object, read_text, read_time, refuse_field
from devices.dialects.refusals import Reason, refuse
from devices.reading import Decoded, Kind, Reading, Refusal

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1
"""The contract's version that this module reads."""

LAST_BOOT = 2**31 - 1
"""Highest boot number, so that `boot << 32 | seq` fits a signed 64-bit column."""

LAST_SEQ = 2**32 - 1
"""Highest sequence number within one boot."""

LONGEST_ACTIVITY = 64
"""Characters of an activity's name, and of the id of what an annunciator has played."""

LONGEST_INTERVAL_S = 7 * 24 * 3600
"""Longest heartbeat interval a device may announce, in seconds. Source: docs/mqtt.md 1.3."""

_TOPIC = re.compile(r"([A-Za-z0-9._-]{1,64})/(event|heartbeat|status|say|heard)")
_FLAG: dict[Any, bool | str] = {True: True, False: False}
_WORDS: dict[str, tuple[Kind, dict[Any, bool | str]]] = {
    "sos": (Kind.SOS, {word: word for word in ("press", "double", "long", "cord")}),
    "fall": (Kind.FALL, {word: word for word in ("none", "maybe", "fall", "lying", "unknown")}),
    "smoke": (Kind.SMOKE, _FLAG),
    "gas": (Kind.GAS, _FLAG),
    "carbon_monoxide": (Kind.CARBON_MONOXIDE, _FLAG),
    "contact": (Kind.CONTACT, {"open": True, "closed": False}),
    "motion": (Kind.MOTION, _FLAG),
    "presence": (Kind.PRESENCE, _FLAG),
    "bed": (Kind.BED, {"occupied": True, "empty": False}),
    "vibration": (Kind.VIBRATION, {word: word for word in ("vibration", "tilt", "drop")}),
    "water_leak": (Kind.WATER_LEAK, _FLAG),
    "tamper": (Kind.TAMPER, _FLAG),
    "battery_low": (Kind.BATTERY_LOW, _FLAG),
}
_EVERY_VERSION = ("sos", "fall", "smoke", "gas", "carbon_monoxide")
_NAMES = {"activity": Kind.ACTIVITY, "played": Kind.PLAYED}
_EVENT = (*_WORDS, *_NAMES, "battery_percent")
_HEARTBEAT = ("uptime_s", "battery_percent", "battery_low")
_LOUD = {"sos": "press", "fall": "unknown"}


@dataclass(slots=True)
class _Message:
    """One message while it is being read."""

    topic: str
    device_id: str
    at: datetime
    origin: str
    fields: dict[str, Any]
    refusals: list[Refusal]

    def refuse(self, name: str, fault: Fault) -> None:
        self.refusals.append(refuse_field(self.topic, name, self.fields.get(name), fault))


def subscriptions(base_topic: str = "shouwang") -> tuple[str, ...]:
    """The topic filters under which devices of this dialect speak."""
    return (f"{base_topic}/+/event", f"{base_topic}/+/heartbeat", f"{base_topic}/+/status")


def decode(topic: str, payload: bytes, at: datetime, *, base_topic: str = "shouwang") -> Decoded:
    """Reads one message; stateless, and never raises.

    Args:
        topic: the message's full topic.
        payload: its bytes, whatever they are.
        at: when the gateway heard it (aware UTC).
        base_topic: what the topics of this dialect start with.

    Returns:
        The readings in it and the refusals of whatever in it could not be used.
    """
    match = _TOPIC.fullmatch(topic, len(base_topic) + 1) if topic.startswith(f"{base_topic}/") else None
    if match is None:
        wanted = f"{base_topic}/<device_id>/event | heartbeat | status"
        return Decoded((), (refuse(Reason.UNKNOWN_TOPIC, topic, f"应为 / should be {wanted}"),))
    device_id, sort = match.groups()
    if sort in {"say", "heard"}:  # our own word to a device, heard again
        return Decoded()
    if sort == "status":
        return _status(topic, device_id, payload, at)
    body = read_object(topic, payload)
    if isinstance(body, Refusal):
        return Decoded((), (body,))
    message = _Message(topic, device_id, at, origin(topic, payload), body.fields, list(body.refusals))
    return _judge(message, _HEARTBEAT if sort == "heartbeat" else _EVENT)


def _status(topic: str, device_id: str, payload: bytes, at: datetime) -> Decoded:
    word = read_text(topic, payload)
    if isinstance(word, Refusal):
        return Decoded((), (word,))
    if word not in {"online", "offline"}:
        fault = Fault(Reason.UNKNOWN_VALUE, "online 或 offline / online or offline")
        return Decoded((), (refuse_field(topic, "status", word, fault),))
    reading = Reading(
        device_id=device_id,
        kind=Kind.AVAILABILITY,
        value=word == "online",
        at=at,
        origin=origin(topic, payload),
    )
    return Decoded((reading,))


def _judge(message: _Message, expected: tuple[str, ...]) -> Decoded:
    if not _same_version(message):
        expected = tuple(name for name in expected if name in _EVERY_VERSION)
    sequence, device_at = _sequence(message), _device_at(message)
    found = _heartbeat(message) if "uptime_s" in expected else []
    found += _facts(message, expected)
    if not found:
        if not message.refusals:
            detail = "没有事实；至少要有一个 / no fact; there must be at least one"
            message.refusals.append(refuse(Reason.NO_FACT, message.topic, detail))
        found = [(Kind.HEARTBEAT, 0.0)]  # it states nothing, but something alive sent it
    readings = tuple(
        Reading(
            device_id=message.device_id,
            kind=kind,
            value=value,
            at=message.at,
            device_at=device_at,
            sequence=sequence,
            origin=message.origin,
        )
        for kind, value in found
    )
    return Decoded(readings, tuple(message.refusals))


def _same_version(message: _Message) -> bool:
    found = message.fields.get("v")
    if found == VERSION and type(found) is int:
        return True
    message.refuse(
        "v", Fault(Reason.UNKNOWN_VERSION, f"{VERSION}；请升级网关或固件 / {VERSION}: update one of the two")
    )
    return False


def _sequence(message: _Message) -> int | None:
    parts = []
    for name, last in (("boot", LAST_BOOT), ("seq", LAST_SEQ)):
        number = message.fields.get(name)
        if type(number) is not int or not 0 <= number <= last:
            message.refuse(name, Fault(Reason.BAD_SEQUENCE, f"0 到 {last} 的整数 / an integer from 0 to {last}"))
            return None
        parts.append(number)
    return parts[0] << 32 | parts[1]


def _device_at(message: _Message) -> datetime | None:
    told = message.fields.get("at")
    if told is None:
        return None
    when = read_time(told) if isinstance(told, str) else read_time(None)
    if isinstance(when, Fault):
        message.refuse("at", when)
        return None
    return when


def _heartbeat(message: _Message) -> list[tuple[Kind, bool | float | str]]:
    """A heartbeat proves life whatever its figures are; 0.0 where the uptime is not usable."""
    uptime_s = _figure(message, "uptime_s", 0, float(2**40))
    _figure(message, "interval_s", 1, LONGEST_INTERVAL_S)
    return [(Kind.HEARTBEAT, 0.0 if uptime_s is None else uptime_s)]


def _figure(message: _Message, name: str, low: float, high: float) -> float | None:
    told = message.fields.get(name)
    number = _number(told, low, high)
    if isinstance(number, Fault):
        message.refuse(name, number if name in message.fields else Fault(Reason.MISSING, number.expected))
        return None
    return number


def _number(told: object, low: float, high: float) -> float | Fault:
    """As `read_number`, but a number in quotes is none here."""
    return read_number(None if isinstance(told, str) else told, low, high)


def _facts(message: _Message, expected: tuple[str, ...]) -> list[tuple[Kind, bool | float | str]]:
    found: list[tuple[Kind, bool | float | str]] = []
    for name in expected:
        if message.fields.get(name) is None:
            continue
        if name in _WORDS:
            _word(message, name, found)
        elif name in _NAMES:
            _name(message, name, found)
        elif name == "battery_percent" and (percent := _figure(message, name, 0, 100)) is not None:
            found.append((Kind.BATTERY, percent))
    return found


def _word(message: _Message, name: str, found: list[tuple[Kind, bool | float | str]]) -> None:
    kind, words = _WORDS[name]
    told = message.fields[name]
    value = words.get(told) if type(told) in {bool, str} else None
    if value is not None:
        found.append((kind, value))
        return
    wanted = ", ".join(str(word).lower() if isinstance(word, bool) else word for word in words)
    reason = Reason.UNKNOWN_VALUE if isinstance(told, type(next(iter(words)))) else Reason.WRONG_TYPE
    message.refuse(name, Fault(reason, f"以下之一 / one of: {wanted}"))
    if name in _LOUD and told:
        found.append((kind, _LOUD[name]))


def _name(message: _Message, name: str, found: list[tuple[Kind, bool | float | str]]) -> None:
    told = message.fields[name]
    if isinstance(told, str) and 1 <= len(told) <= LONGEST_ACTIVITY and told.isprintable():
        found.append((_NAMES[name], told))
        return
    reason = Reason.UNKNOWN_VALUE if isinstance(told, str) else Reason.WRONG_TYPE
    message.refuse(
        name, Fault(reason, f"1 到 {LONGEST_ACTIVITY} 个可见字符 / 1 to {LONGEST_ACTIVITY} visible characters")
    )
