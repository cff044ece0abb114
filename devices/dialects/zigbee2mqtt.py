"""Zigbee2MQTT: what the radio bridge says on the home's broker.

Theory of operation. The topic says what kind of message it is: a device's state, its availability, or the bridge's
own. A device's state is a JSON object in which the bridge repeats everything it remembers of the device, so a
reading here is a level that may be old; telling news from a repeat is the pipeline's work, by `origin`. Each
property is looked up in `zigbee2mqtt_words` and judged by itself: a bad battery figure never hides the press beside
it. A message gives at most one reading of each kind, the graver one. If nothing in it is known (a signal strength,
say), it still proves that the device lives and becomes a heartbeat of 0.0.

Source: zigbee2mqtt.io, "MQTT topics and messages"; zigbee-herdsman-converters 26.112.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devices.dialects.payload import Fault, origin, read_number, read_object, read_text, read_time, refuse_field
from devices.dialects.refusals import Reason, refuse
from devices.dialects.zigbee2mqtt_words import LOOSE, STRICT, action_fact, graver
from devices.reading import Decoded, Kind, Reading, Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from devices.dialects.payload import Body

LONGEST_NAME = 200
"""Characters of a friendly name."""

LONGEST_ACTION = 64
"""Characters of an action."""

_NOTHING = Decoded()
_ONLINE = {"online": True, "offline": False}


def subscriptions(base_topic: str = "zigbee2mqtt") -> tuple[str, ...]:
    """The topic filters under which this bridge speaks; friendly names may hold slashes, so it is everything."""
    return (f"{base_topic}/#",)


def bridge_id(base_topic: str = "zigbee2mqtt") -> str:
    """The device id under which the bridge itself is heard."""
    return f"{base_topic}/bridge"


def decode(topic: str, payload: bytes, at: datetime, *, base_topic: str = "zigbee2mqtt") -> Decoded:
    """Reads one message; stateless, and never raises.

    Args:
        topic: the message's full topic.
        payload: its bytes, whatever they are.
        at: when the gateway heard it (aware UTC).
        base_topic: the bridge's own base topic.

    Returns:
        The readings in it and the refusals of whatever in it could not be used. Both are empty for messages that
        concern nobody here: commands to devices, the bridge's log and answers, its inventory (see
        `zigbee2mqtt_inventory`).
    """
    name = topic[len(base_topic) + 1 :] if topic.startswith(f"{base_topic}/") else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return Decoded((), (refuse(Reason.UNKNOWN_TOPIC, topic, f"应为 / should be {base_topic}/<friendly_name>"),))
    if name.startswith("bridge/"):
        return _bridge(topic, name, payload, at)
    if name.endswith("/availability"):
        return _state(topic, payload, at, Kind.AVAILABILITY, name.removesuffix("/availability"))
    if _is_command(name):
        return _NOTHING
    body = read_object(topic, payload)
    if isinstance(body, Refusal):
        return Decoded((), (body,))
    return _device(topic, name, body, at, origin(topic, payload))


def _is_command(name: str) -> bool:
    """`<name>/set`, `<name>/get` and `<name>/set/<property>` go to devices; nothing comes back under them."""
    return name.endswith(("/set", "/get")) or "/set/" in name or "/get/" in name


def _bridge(topic: str, name: str, payload: bytes, at: datetime) -> Decoded:
    if name == "bridge/state":
        return _state(topic, payload, at, Kind.BRIDGE, topic.removesuffix("/state"))
    if name == "bridge/event":
        return _event(topic, payload, at)
    return _NOTHING


def _state(topic: str, payload: bytes, at: datetime, kind: Kind, device_id: str) -> Decoded:
    """Both forms of "online": the bare word, and the object with `state`."""
    word: Any = read_text(topic, payload)
    if isinstance(word, str) and word.lstrip().startswith("{"):
        body = read_object(topic, payload)
        word = body if isinstance(body, Refusal) else body.fields.get("state")
    if isinstance(word, Refusal):
        return Decoded((), (word,))
    value = _ONLINE.get(word.strip().lower()) if isinstance(word, str) else None
    if value is None:
        fault = Fault(Reason.UNKNOWN_VALUE, "online 或 offline / online or offline")
        return Decoded((), (refuse_field(topic, "state", word, fault),))
    return Decoded((Reading(device_id=device_id, kind=kind, value=value, at=at, origin=origin(topic, payload)),))


def _event(topic: str, payload: bytes, at: datetime) -> Decoded:
    """A device that leaves the network is gone, whether its battery was pulled or somebody reset it.

    It is told as unavailable, not as tampering: it ends when the device is heard again, and nobody ever says
    "no longer tampered with" of a device that left.
    """
    body = read_object(topic, payload)
    if isinstance(body, Refusal):
        return Decoded((), (body,))
    if body.fields.get("type") != "device_leave":
        return Decoded((), body.refusals)
    data = body.fields.get("data")
    name = (data.get("friendly_name") or data.get("ieee_address")) if isinstance(data, dict) else None
    if not isinstance(name, str) or not name.isprintable() or len(name) > LONGEST_NAME:
        fault = Fault(Reason.WRONG_TYPE, "设备名 / a device's name")
        return Decoded((), (*body.refusals, refuse_field(topic, "friendly_name", name, fault)))
    gone = Reading(device_id=name, kind=Kind.AVAILABILITY, value=False, at=at, origin=origin(topic, payload))
    return Decoded((gone,), body.refusals)


def _device(topic: str, name: str, body: Body, at: datetime, digest: str) -> Decoded:
    found: dict[Kind, bool | float | str] = {}
    refusals = list(body.refusals)
    for key, value in body.fields.items():
        if value is None:
            continue  # the bridge knows the property and has heard nothing of it yet
        fault = _judge(key, value, found)
        if fault is not None:
            refusals.append(refuse_field(topic, key, value, fault))
    device_at = _last_seen(topic, body.fields, refusals)
    _bed_strap(found)
    readings = tuple(
        Reading(device_id=name, kind=kind, value=value, at=at, device_at=device_at, origin=digest)
        for kind, value in (found or {Kind.HEARTBEAT: 0.0}).items()
    )
    return Decoded(readings, tuple(refusals))


def _judge(key: str, value: Any, found: dict[Kind, bool | float | str]) -> Fault | None:  # noqa: ANN401  # any JSON
    words = STRICT.get(key)
    if words is None:
        words = LOOSE.get(key)
        if words is None:
            return _judge_other(key, value, found)
    word = value.strip().lower() if isinstance(value, str) else value
    facts = words.get(word) if isinstance(word, bool | str) else None
    if facts is not None:
        for kind, fact in facts:
            old = found.get(kind)
            found[kind] = fact if old is None or isinstance(old, float) else graver(old, fact)
        return None
    if key in LOOSE:
        return None
    reason = Reason.UNKNOWN_VALUE if isinstance(value, str) else Reason.WRONG_TYPE
    return Fault(reason, f"以下之一 / one of: {', '.join(sorted({str(word).lower() for word in words}))}")


def _judge_other(key: str, value: Any, found: dict[Kind, bool | float | str]) -> Fault | None:  # noqa: ANN401  # any JSON
    if key == "battery":
        percent = read_number(value, 0, 100)
        if isinstance(percent, Fault):
            return percent
        found[Kind.BATTERY] = percent
    elif key == "action":
        return _action(value, found)
    return None


def _action(value: object, found: dict[Kind, bool | float | str]) -> Fault | None:
    """An empty action is how older versions say that the last one is over: no fact, no fault."""
    if not isinstance(value, str):
        return Fault(Reason.WRONG_TYPE, "文字 / text")
    if len(value) > LONGEST_ACTION or not value.isprintable():
        return Fault(
            Reason.UNKNOWN_VALUE, f"最多 {LONGEST_ACTION} 个可见字符 / up to {LONGEST_ACTION} visible characters"
        )
    fact = action_fact(value)
    if fact is not None:
        kind, word = fact
        old = found.get(kind)
        found[kind] = graver(old, word) if isinstance(old, str) else word
    return None


def _bed_strap(found: dict[Kind, bool | float | str]) -> None:
    """A strap that says how long the bed has been taken calls "somebody in it" occupancy: that is no motion."""
    if Kind.BED in found and Kind.MOTION in found and Kind.PRESENCE not in found:
        found[Kind.BED] = found.pop(Kind.MOTION)


def _last_seen(topic: str, fields: dict[str, Any], refusals: list[Refusal]) -> datetime | None:
    told = fields.get("last_seen")
    if told is None:
        return None
    when = read_time(told)
    if isinstance(when, Fault):
        refusals.append(refuse_field(topic, "last_seen", told, when))
        return None
    return when
