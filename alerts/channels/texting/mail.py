"""What comes out of the modem: a text from somebody, or the network's report on a text of ours. Pure.

Numbers and words of ModemManager's Sms interface; source: ModemManager 1.20, include/ModemManager-enums.h, and for the
fate of a message 3GPP TS 23.040 section 9.2.3.15.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_RECEIVED = 3
"""MM_SMS_STATE_RECEIVED: all parts are there."""

_DELIVER, _STATUS_REPORT = 1, 3
_UNCERTAIN = frozenset({0x01, 0x02, 0x100})
"""Passed on without confirmation; replaced by the message centre; unknown."""
_STILL_TRYING = range(0x20, 0x40)

_CHINESE_MOBILE = re.compile(r"(?:00)?(?:86)?0?(1[0-9]{10})")
"""The ways to write one: +86 139..., 0086 139..., 0139..., 139..."""


class Fate(Enum):
    """What became of a message that the network took."""

    DELIVERED = "delivered"  # the telephone has it
    UNDECIDED = "undecided"  # the network goes on trying, or does not know
    FAILED = "failed"  # the network has given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Somebody wrote to us.

    Args:
        number: whose it is, as the network says it.
        text: what it says.
        written_at: when the network took it (aware); None where it did not say.
    """

    number: str
    text: str
    written_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The network tells what became of a message of ours.

    Args:
        number: to whom it was sent, as the network says it.
        reference: the number that the network gave it, 0 to 255.
        fate: what became of it.
        at: when that happened (aware); None where the network did not say.
    """

    number: str
    reference: int
    fate: Fate
    at: datetime | None


def mail_of(properties: Mapping[str, Any]) -> Text | Report | None:
    """Read a message.

    Args:
        properties: of ModemManager's Sms interface.

    Returns:
        None for a message of our own, and for one of which parts are still to come.
    """
    if properties.get("State") != STATE_RECEIVED:
        return None
    number = str(properties.get("Number", ""))
    if properties.get("PduType") == _STATUS_REPORT:
        return Report(
            number=number,
            reference=int(properties.get("MessageReference", -1)),
            fate=_fate(int(properties.get("DeliveryState", -1))),
            at=_moment(properties.get("DischargeTimestamp")),
        )
    if properties.get("PduType") == _DELIVER:
        return Text(
            number=number, text=str(properties.get("Text", "")), written_at=_moment(properties.get("Timestamp"))
        )
    return None


def is_ours(properties: Mapping[str, Any]) -> bool:
    """Say whether a message is one that we made."""
    return properties.get("PduType") not in {_DELIVER, _STATUS_REPORT}


def plain(number: str) -> str:
    """Give a number in the one way in which two ways to write it are equal."""
    digits = re.sub(r"[^0-9A-Za-z]", "", number)
    mobile = _CHINESE_MOBILE.fullmatch(digits)
    return mobile[1] if mobile else digits.removeprefix("00")


def _fate(state: int) -> Fate:
    if state == 0:
        return Fate.DELIVERED
    if state in _UNCERTAIN or state in _STILL_TRYING:
        return Fate.UNDECIDED
    return Fate.FAILED


def _moment(text: object) -> datetime | None:
    """Read "2026-11-22T08:39:48+08"; None for what is no time or has no zone."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
