"""Times, durations and small lists the way people say them, in Chinese and in English. Pure; knows no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

Language = Literal["zh", "en"]

_PARTS_OF_DAY_ZH = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_NOON = 12


def local(at: datetime, timezone: ZoneInfo) -> datetime:
    """The wall-clock time of a moment in the home.

    Args:
        at: an aware time; a naive one is taken as UTC, and one at the calendar's edge stays in its own zone.
        timezone: the home's.

    Returns:
        The same moment, aware, in the home's zone.
    """
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return aware.astimezone(timezone)
    except OverflowError:
        return aware


def clock(at: datetime, language: Language, timezone: ZoneInfo) -> str:
    """A time of day as people say it: "下午 3:05", "3:05 pm"."""
    here = local(at, timezone)
    hour = here.hour if here.hour <= _NOON else here.hour - _NOON
    if language == "zh":
        part = next(word for until, word in _PARTS_OF_DAY_ZH if here.hour < until)
        return f"{part} {hour}:{here.minute:02}"
    return f"{hour or _NOON}:{here.minute:02} {'am' if here.hour < _NOON else 'pm'}"


def moment(at: datetime, language: Language, timezone: ZoneInfo, *, seen_from: datetime) -> str:
    """A time of day, with its date where that is not the day it is told from.

    Args:
        at: the moment told.
        language: "zh" or "en".
        timezone: the home's.
        seen_from: the moment from which it is told; on the same local day the date is left out.

    Returns:
        "下午 3:05" or "11 月 21 日下午 3:05"; "3:05 pm" or "3:05 pm on 21 Nov".
    """
    here = local(at, timezone)
    told = clock(at, language, timezone)
    if here.date() == local(seen_from, timezone).date():
        return told
    if language == "zh":
        return f"{here.month} 月 {here.day} 日{told}"
    return f"{told} on {here.day} {_MONTHS_EN[here.month - 1]}"


def duration(length: timedelta, language: Language) -> str:
    """A length of time in at most two units: "3 小时 10 分", "3 hours 10 minutes"; never negative."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < _MINUTE_S:
        return _units(((seconds, "秒", "second"),), language)
    if seconds < _HOUR_S:
        return _units(((seconds // _MINUTE_S, "分钟", "minute"),), language)
    if seconds < _DAY_S:
        minutes = seconds % _HOUR_S // _MINUTE_S
        return _units(((seconds // _HOUR_S, "小时", "hour"), (minutes, "分", "minute")), language)
    hours = seconds % _DAY_S // _HOUR_S
    return _units(((seconds // _DAY_S, "天", "day"), (hours, "小时", "hour")), language)


def _units(units: tuple[tuple[int, str, str], ...], language: Language) -> str:
    first, *rest = units
    told = [first, *(unit for unit in rest if unit[0])]
    if language == "zh":
        return " ".join(f"{count} {zh}" for count, zh, _ in told)
    return " ".join(f"{count} {en}{'' if count == 1 else 's'}" for count, _, en in told)


def listing(items: Iterable[str], language: Language) -> str:
    """Items in a row, with the comma of the language."""
    return ("、" if language == "zh" else ", ").join(items)


def one_line(text: str, limit: int) -> str:
    """Text on one line without control characters, cut with an ellipsis at `limit` characters."""
    if text.isprintable() and "  " not in text:
        flat = text.strip()
    else:
        flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
