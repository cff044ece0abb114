"""Shouwang's own dialect, version 1, as docs/mqtt.md promises it to firmware authors.

Theory of operation. A topic names the device and one of four sorts of message. `event`, `heartbeat` and `window` are
JSON objects that share an envelope (version, boot, sequence, the device's clock); `status` is one word. Each field is
judged by itself: what is good becomes a reading, what is bad becomes a refusal, and neither hides the other. A call
for help is the exception that errs on the loud side: a word we do not know is still a press. A window of acceleration
stands as a whole (see `native_window`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from devices.dialects.native_message import Message
from devices.dialects.payload import Fault, origin, read_object, read_text, refuse_field
from devices.dialects.refusals import Reason, refuse
from devices.reading import Decoded, Kind, Reading, Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from devices.reading import AccelWindow

LONGEST_ACTIVITY = 64
"""Characters of an activity's name, and of the id of what an annunciator has played."""

LONGEST_INTERVAL_S = 7 * 24 * 3600
"""Longest heartbeat interval a device may announce, in seconds. Source: docs/mqtt.md 1.3."""

_TOPIC = re.compile(r"([A-Za-z0-9._-]{1,64})/(event|heartbeat|status|window|say|heard)")
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
    "worn": (Kind.WORN, _FLAG),
    "after": (Kind.AFTER, {word: word for word in ("still", "stirring", "up")}),
}
_EVERY_VERSION = ("sos", "fall", "smoke", "gas", "carbon_monoxide")
_NAMES = {"activity": Kind.ACTIVITY, "played": Kind.PLAYED}
_EVENT = (*_WORDS, *_NAMES, "battery_percent")
_HEARTBEAT = ("uptime_s", "battery_percent", "battery_low")
_LOUD = {"sos": "press", "fall": "unknown"}
_Fact = tuple[Kind, bool | float | str]
_ALIVE: list[_Fact] = [(Kind.HEARTBEAT, 0.0)]
"""What a message proves that states nothing usable: something alive sent it."""


def subscriptions(base_topic: str = "shouwang") -> tuple[str, ...]:
    """The topic filters under which devices of this dialect speak."""
    return tuple(f"{base_topic}/+/{sort}" for sort in ("event", "heartbeat", "status", "window"))


def decode(topic: str, payload: bytes, at: datetime, *, base_topic: str = "shouwang") -> Decoded:
    """Reads one message; stateless, and never raises.

    Args:
        topic: the message's full topic.
        payload: its bytes, whatever they are.
        at: when the gateway heard it (aware UTC).
        base_topic: what the topics of this dialect start with.

    Returns:
        The readings and the window in it, and the refusals of whatever in it could not be used.
    """
    match = _TOPIC.fullmatch(topic, len(base_topic) + 1) if topic.startswith(f"{base_topic}/") else None
    if match is None:
        wanted = f"{base_topic}/<device_id>/event | heartbeat | status | window"
        return Decoded((), (refuse(Reason.UNKNOWN_TOPIC, topic, f"应为 / should be {wanted}"),))
    device_id, sort = match.groups()
    if sort in {"say", "heard"}:  # our own word to a device, heard again
        return Decoded()
    if sort == "status":
        return _status(topic, device_id, payload, at)
    body = read_object(topic, payload)
    if isinstance(body, Refusal):
        return Decoded((), (body,))
    message = Message(topic, device_id, at, origin(topic, payload), body.fields, list(body.refusals))
    if sort == "window":
        return _window(message)
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


def _window(message: Message) -> Decoded:
    known = message.has_our_version()
    sequence, device_at = message.sequence(), message.device_at()
    window = _read_window(message, sequence, device_at) if known else None
    if window is not None:
        return Decoded((), tuple(message.refusals), (window,))
    return Decoded(_readings(message, _ALIVE, sequence, device_at), tuple(message.refusals))


def _read_window(message: Message, sequence: int | None, device_at: datetime | None) -> AccelWindow | None:
    from devices.dialects import native_window  # noqa: PLC0415 - loads numpy: most homes never need it

    return native_window.read(message, sequence, device_at)


def _judge(message: Message, expected: tuple[str, ...]) -> Decoded:
    if not message.has_our_version():
        expected = tuple(name for name in expected if name in _EVERY_VERSION)
    sequence, device_at = message.sequence(), message.device_at()
    found = _heartbeat(message) if "uptime_s" in expected else []
    found += _facts(message, expected)
    if not found:
        if not message.refusals:
            detail = "没有事实；至少要有一个 / no fact; there must be at least one"
            message.refusals.append(refuse(Reason.NO_FACT, message.topic, detail))
        found = _ALIVE
    return Decoded(_readings(message, found, sequence, device_at), tuple(message.refusals))


def _readings(
    message: Message, found: list[_Fact], sequence: int | None, device_at: datetime | None
) -> tuple[Reading, ...]:
    return tuple(
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


def _heartbeat(message: Message) -> list[_Fact]:
    """A heartbeat proves life whatever its figures are; 0.0 where the uptime is not usable."""
    uptime_s = message.figure("uptime_s", 0, float(2**40))
    message.figure("interval_s", 1, LONGEST_INTERVAL_S)
    return [(Kind.HEARTBEAT, 0.0 if uptime_s is None else uptime_s)]


def _facts(message: Message, expected: tuple[str, ...]) -> list[_Fact]:
    found: list[_Fact] = []
    for name in expected:
        if message.fields.get(name) is None:
            continue
        if name in _WORDS:
            _word(message, name, found)
        elif name in _NAMES:
            _name(message, name, found)
        elif name == "battery_percent" and (percent := message.figure(name, 0, 100)) is not None:
            found.append((Kind.BATTERY, percent))
    return found


def _word(message: Message, name: str, found: list[_Fact]) -> None:
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


def _name(message: Message, name: str, found: list[_Fact]) -> None:
    told = message.fields[name]
    if isinstance(told, str) and 1 <= len(told) <= LONGEST_ACTIVITY and told.isprintable():
        found.append((_NAMES[name], told))
        return
    reason = Reason.UNKNOWN_VALUE if isinstance(told, str) else Reason.WRONG_TYPE
    message.refuse(
        name, Fault(reason, f"1 到 {LONGEST_ACTIVITY} 个可见字符 / 1 to {LONGEST_ACTIVITY} visible characters")
    )
