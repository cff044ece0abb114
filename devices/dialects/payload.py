"""From the bytes of a message to plain values, for every dialect that speaks JSON. Nothing here ever raises.

What is lenient and what is strict:

* NaN, Infinity and integers too long to read become null, with a refusal beside them: they must not hide the
  press in the same object.
* Where a key appears twice, the last one counts, as in every common JSON reader.
* Bytes must be UTF-8. (`json.loads` would guess UTF-16 from bytes, so it is given text.)
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from devices.dialects.refusals import Reason, refuse
from devices.reading import Refusal

LIMIT_BYTES = 64 * 1024
"""Largest message that is read. Source: our choice; real payloads of devices stay under 2 KiB."""

INVENTORY_LIMIT_BYTES = 8 * 1024 * 1024
"""Largest inventory that is read: some 400 devices at 20 KB of exposes each, the most a Zigbee coordinator serves."""

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Years that a device's clock may show: an unset clock says 1970, a broken one anything."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_LONGEST_INTEGER = 18
_SHOWN = 60


class Fault(NamedTuple):
    """Why a value could not be used.

    Args:
        reason: which of the fixed list.
        expected: what it should have been, Chinese then English.
    """

    reason: Reason
    expected: str


class Body(NamedTuple):
    """A message that is a JSON object, and what in it had to be left out."""

    fields: dict[str, Any]
    refusals: tuple[Refusal, ...] = ()


def read_text(topic: str, payload: bytes, limit_bytes: int = LIMIT_BYTES) -> str | Refusal:
    """The message as text, or why not: too big, empty or not UTF-8."""
    if len(payload) > limit_bytes:
        return refuse(Reason.TOO_BIG, topic, f"{len(payload)} 字节，上限 {limit_bytes} / bytes, limit {limit_bytes}")
    if not payload:
        return refuse(Reason.EMPTY, topic, "空消息，已忽略 / an empty message, nothing to read")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return refuse(Reason.NOT_UTF8, topic, f"第 {error.start} 字节 / at byte {error.start}")


def read_json(topic: str, payload: bytes, limit_bytes: int = LIMIT_BYTES) -> tuple[Any, tuple[Refusal, ...]] | Refusal:
    """Any JSON value with what had to be left out of it, or why it could not be read at all."""
    text = read_text(topic, payload, limit_bytes)
    if isinstance(text, Refusal):
        return text
    try:
        return _parse(topic, text)
    except json.JSONDecodeError as error:
        return refuse(Reason.NOT_JSON, topic, f"第 {error.pos} 个字符：{error.msg} / at character {error.pos}")
    except RecursionError:
        return refuse(Reason.TOO_DEEP, topic, "嵌套太深，不是传感器消息 / nested too deeply for a sensor's message")


def read_object(topic: str, payload: bytes) -> Body | Refusal:
    """The message as a JSON object, or why not."""
    found = read_json(topic, payload)
    if isinstance(found, Refusal):
        return found
    value, refusals = found
    if not isinstance(value, dict):
        return refuse(Reason.NOT_AN_OBJECT, topic, f"收到 {shown(value)}，应为 JSON 对象 / should be a JSON object")
    return Body(value, refusals)


def _parse(topic: str, text: str) -> tuple[Any, tuple[Refusal, ...]]:
    if "NaN" in text or "Infinity" in text:
        return _parse_leniently(topic, text)
    try:
        return json.loads(text), ()
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _parse_leniently(topic, text)  # an integer of over 4,300 digits, which int() itself refuses


def _parse_leniently(topic: str, text: str) -> tuple[Any, tuple[Refusal, ...]]:
    """Parses with unusable numbers as null, and one refusal for each kind of them."""
    found: dict[Reason, str] = {}

    def constant(name: str) -> None:
        found.setdefault(Reason.NOT_A_NUMBER, f"{name} 不是数，按空值处理 / {name} is no number and is read as null")

    def integer(digits: str) -> int | None:
        count = len(digits)
        if count <= _LONGEST_INTEGER:
            return int(digits)
        found.setdefault(
            Reason.OUT_OF_RANGE, f"{count} 位的整数，按空值处理 / an integer of {count} digits is read as null"
        )
        return None

    value = json.loads(text, parse_constant=constant, parse_int=integer)
    return value, tuple(refuse(reason, topic, detail) for reason, detail in found.items())


def read_number(value: object, low: float, high: float) -> float | Fault:
    """A number within bounds; decimal text such as "100.00" counts, as some converters send it."""
    expected = f"{low:g} 到 {high:g} 的数 / a number from {low:g} to {high:g}"
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Fault(Reason.WRONG_TYPE, expected)
    if not low <= value <= high:
        finite = isinstance(value, int) or math.isfinite(value)
        return Fault(Reason.OUT_OF_RANGE if finite else Reason.NOT_A_NUMBER, expected)
    return float(value)


def read_time(value: object) -> datetime | Fault:
    """A device's own clock: ISO 8601 with a zone, or milliseconds since 1970; as aware UTC."""
    try:
        when = _moment(value)
    except (ValueError, OverflowError, OSError):
        return _BAD_TIME
    return when if when and FIRST_YEAR <= when.year <= LAST_YEAR else _BAD_TIME


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        when = datetime.fromisoformat(value)
        return when.astimezone(UTC) if when.tzinfo else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    return None


_BAD_TIME = Fault(Reason.BAD_TIME, f"带时区的 ISO 8601 时间 / ISO 8601 with a zone, {FIRST_YEAR}-{LAST_YEAR}")


def refuse_field(topic: str, name: str, value: object, fault: Fault) -> Refusal:
    """Turns one field's fault into the refusal that the installer reads."""
    return refuse(fault.reason, topic, f"{name}：收到 {shown(value)}，应为{fault.expected}")


def shown(value: object) -> str:
    """A value as the installer may see it: short, on one line, and never a nest that print would fail on."""
    if isinstance(value, list | dict):
        return "[…]" if isinstance(value, list) else "{…}"
    return repr(value)[:_SHOWN]


def origin(topic: str, payload: bytes) -> str:
    """16 hex digits that are the same for two messages only if topic and payload are."""
    return blake2b(topic.encode("utf-8", "surrogatepass") + b"\0" + payload, digest_size=8).hexdigest()
