"""Today drawn as a strip: one lane for where the person was, one for each room in which something moved. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.web.view import Happening, PresenceSeen

CELLS: Final = 144
"""Ten minutes each: a cell is two pixels wide on a phone, and a visit to the kitchen can still be seen."""

_SIGNS: Final = frozenset({"motion", "presence", "contact", "bed", "activity", "vibration", "sos"})
"""Kinds of reading that a person causes."""

_LEVELS: Final = frozenset({"presence", "bed"})
"""Kinds that last: the room is lived in until they end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A coloured stretch of a lane, in cells from midnight."""

    start: int
    width: int
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of the strip; `name` is a room's name, or "" for the person's whereabouts."""

    name: str
    spans: tuple[Span, ...]


def lanes(happenings: Sequence[Happening], presence: PresenceSeen, *, midnight: datetime, now: datetime) -> list[Lane]:
    """The strip of one day.

    Args:
        happenings: of the day, oldest first; a level that stands at midnight is told at midnight.
        presence: the place now; fills the time since it began.
        midnight: the day's first moment in the home (aware).
        now: nothing is drawn after it.

    Returns:
        The whereabouts first, then the rooms in the order of their first sign.
    """
    last = position(now, midnight)
    rooms = dict.fromkeys(h.room for h in happenings if _is_sign(h))
    drawn = [Lane(name=room, spans=_room(happenings, room, midnight, last)) for room in rooms]
    return [Lane(name="", spans=_whereabouts(happenings, presence, midnight, last)), *drawn]


def _is_sign(happening: Happening) -> bool:
    return happening.source == "reading" and happening.kind in _SIGNS and bool(happening.room)


def position(at: datetime, midnight: datetime) -> int:
    """The cell of a moment, the first or last one for a moment outside the day."""
    cell = (at - midnight) * CELLS // timedelta(days=1)
    return min(max(cell, 0), CELLS - 1)


def _room(happenings: Iterable[Happening], room: str, midnight: datetime, last: int) -> tuple[Span, ...]:
    lit: set[int] = set()
    held: dict[str, int] = {}
    for happening in happenings:
        if not _is_sign(happening) or happening.room != room:
            continue
        cell = position(happening.at, midnight)
        if happening.kind in _LEVELS:
            start = held.pop(happening.device, None)
            if happening.value is True:
                held[happening.device] = cell if start is None else start
            elif start is not None:
                lit.update(range(start, cell + 1))
        elif happening.kind != "motion" or happening.value is True:
            lit.add(cell)
    for start in held.values():
        lit.update(range(start, last + 1))
    return tuple(_merge((cell, "sign") for cell in sorted(lit) if cell <= last))


def _whereabouts(
    happenings: Iterable[Happening], presence: PresenceSeen, midnight: datetime, last: int
) -> tuple[Span, ...]:
    tones: dict[int, str] = {}
    changes = [(h.at, h.kind) for h in happenings if h.source == "presence"]
    if presence.since is not None:
        changes = [(at, place) for at, place in changes if at < presence.since] + [(presence.since, presence.place)]
    for at, place in changes:
        tones.update(dict.fromkeys(range(position(at, midnight), last + 1), place))
    return tuple(_merge(sorted(tones.items())))


def _merge(cells: Iterable[tuple[int, str]]) -> Iterable[Span]:
    for (_, tone), run in groupby(enumerate(cells), key=lambda pair: (pair[1][0] - pair[0], pair[1][1])):
        members = [cell for _, (cell, _) in run]
        yield Span(start=members[0], width=len(members), tone=tone)
