"""The modem's own language for text messages: TPDUs of 3GPP TS 23.040, in UCS-2, as far as a modem in a test needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

INTERNATIONAL, NATIONAL = 0x91, 0x81
CONCATENATED = 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """An SMS-SUBMIT as the modem was handed it."""

    number: str
    text: str
    wants_report: bool
    concatenated: bool
    validity: int | None


def read_submit(line: str) -> Submitted:
    """Reads what follows AT+CMGS, with the message centre's address in front."""
    octets = bytes.fromhex(line)
    octets = octets[1 + octets[0] :]
    first, _reference, digits = octets[:3]
    length = (digits + 1) // 2
    number = _digits(octets[4 : 4 + length], digits)
    plus = "+" if octets[3] == INTERNATIONAL else ""
    rest = octets[4 + length :]
    coding, rest = rest[1], rest[2:]
    assert coding == 8, "Chinese is sent as UCS-2"
    validity = None
    if first & 0x18 == 0x10:
        validity, rest = rest[0], rest[1:]
    return Submitted(
        number=plus + number,
        text=rest[1 : 1 + rest[0]].decode("utf-16-be"),
        wants_report=bool(first & 0x20),
        concatenated=bool(first & CONCATENATED),
        validity=validity,
    )


def deliver(number: str, text: str, at: datetime, part: tuple[int, int, int] | None = None) -> str:
    """Writes an SMS-DELIVER; `part` is (reference, parts, which) of a long message."""
    header = bytes([5, 0, 3, *part]) if part else b""
    data = header + text.encode("utf-16-be")
    first = 0x04 | (CONCATENATED if part else 0)
    octets = bytes([0, first]) + _address(number) + bytes([0, 8]) + _timestamp(at) + bytes([len(data)]) + data
    return octets.hex().upper()


def status_report(number: str, reference: int, state: int, sent_at: datetime, at: datetime) -> str:
    """Writes an SMS-STATUS-REPORT."""
    octets = bytes([0, 0x06, reference]) + _address(number) + _timestamp(sent_at) + _timestamp(at) + bytes([state])
    return octets.hex().upper()


def octets_of(pdu: str) -> int:
    """How long it is without the message centre's address, as AT commands count it."""
    return len(pdu) // 2 - 1


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    kind = INTERNATIONAL if number.startswith("+") else NATIONAL
    padded = digits + "F" * (len(digits) % 2)
    swapped = bytes(int(padded[n + 1] + padded[n], 16) for n in range(0, len(padded), 2))
    return bytes([len(digits), kind]) + swapped


def _digits(octets: bytes, count: int) -> str:
    return "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets)[:count]


def _timestamp(at: datetime) -> bytes:
    offset = at.utcoffset()
    quarters = int(offset.total_seconds() // 900) if offset else 0
    fields = (at.year % 100, at.month, at.day, at.hour, at.minute, at.second, quarters)
    return bytes(int(f"{field % 10}{field // 10}", 16) for field in fields)
