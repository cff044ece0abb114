"""The day as lines that people read: what happened, when, and how often. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from alerts.model import AlertKind
from alerts.occurrence import TITLES, Words
from gateway.web.page import Row
from gateway.web.words import HAPPENINGS, MOMENTARY, PARTS, PLACES_SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.web.page import Reader
    from gateway.web.view import Happening

LINES: Final = 60
"""Lines of the day shown: three screens of a phone. Source: our choice."""

_SAME_THING: Final = timedelta(minutes=15)
"""What says the same again within this is one line. Source: our choice; a PIR repeats every minute or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    first: datetime
    latest: datetime
    words: str
    times: int = 1


def day(happenings: Iterable[Happening], reader: Reader) -> list[Row]:
    """The latest lines of the day, newest first; what repeats itself is one line with a count.

    Args:
        happenings: oldest first.
        reader: for whom.

    Returns:
        At most `LINES` rows: the time as name, what happened as words, the count as aside.
    """
    lines: list[_Line] = []
    for happening in happenings:
        words = _words(happening, reader)
        if not words:
            continue
        last = lines[-1] if lines else None
        if last and last.words == words and happening.at - last.latest < _SAME_THING:
            lines[-1] = replace(last, latest=happening.at, times=last.times + 1)
        else:
            lines.append(_Line(first=happening.at, latest=happening.at, words=words))
    return [_row(line, reader) for line in reversed(lines[-LINES:])]


def _row(line: _Line, reader: Reader) -> Row:
    return Row(name=reader.clock(line.first), words=line.words, aside=f"× {line.times}" if line.times > 1 else "")


def _words(happening: Happening, reader: Reader) -> str:
    name, told = _name(happening), _told(happening)
    if told is None:
        return ""
    return " ".join(word for word in (reader.says(name), reader.says(told)) if word)


def _told(happening: Happening) -> Words | None:
    if happening.source == "presence":
        return PLACES_SHORT.get(happening.kind)
    if happening.source == "reading":
        return MOMENTARY.get(happening.kind) or HAPPENINGS.get(("reading", happening.kind, happening.value))
    return HAPPENINGS.get((happening.source, "", happening.value))


def _name(happening: Happening) -> Words:
    if happening.source == "alert" and happening.kind in set(AlertKind):
        return TITLES[AlertKind(happening.kind)]
    if happening.source == "watch":
        return PARTS.get(happening.kind, Words(happening.kind, happening.kind))
    plain = happening.device or happening.room
    return Words(plain, plain)
