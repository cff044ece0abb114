"""The longest unseen time on the page: one figure, its sentence, and the day by place and hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Final

from alerts import spoken, unseen
from alerts.occurrence import Words
from gateway.web.page import Drawn, Row
from gateway.web.strip import Span
from gateway.web.words import COVERAGE, TONES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.brief import BedInfo
    from alerts.spoken import Language
    from gateway.web.coverage_view import CoverageSeen, SpotSeen
    from gateway.web.page import Reader

HOURS: Final = 24
SOON_S: Final = 600.0
"""Seen almost at once. Source: our choice: a radar's minute, and the minutes of a rung that comes later."""

A_MORNING_S: Final = 4 * 3600.0
"""Source: the default of `inactivity_day_s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The card.

    Args:
        tone: "ok", or "weak" when something that is broken makes it worse than the bed's limit.
        figure: the longest unseen time.
        sentences: what makes it so.
        todo: what to do, most useful first.
        door: what is to be said of the entrance; "" for nothing.
        lanes: each place over the day.
        rows: each place with its longest time.
        legend: tone and words.
    """

    tone: str
    figure: str
    sentences: tuple[str, ...]
    todo: tuple[str, ...]
    door: str
    lanes: tuple[Drawn, ...]
    rows: tuple[Row, ...]
    legend: tuple[tuple[str, str], ...]


def covered(coverage: CoverageSeen, bed: BedInfo, reader: Reader) -> Covered:
    """The card in the reader's language."""
    impaired = coverage.impaired is not None and _rank(coverage.impaired.longest_s) > (coverage.limit_s or inf)
    return Covered(
        tone="weak" if impaired else "ok",
        figure=_length(coverage.longest_s, reader),
        sentences=sentences(coverage, bed, reader.language),
        todo=todo(coverage, bed, reader.language),
        door=_door(coverage, reader),
        lanes=tuple(_lane(spot, coverage, bed, reader) for spot in coverage.spots),
        rows=tuple(_row(spot, bed, reader) for spot in coverage.spots),
        legend=tuple((tone, reader.says(words)) for tone, words in _legend(coverage, reader)),
    )


def sentences(coverage: CoverageSeen, bed: BedInfo, language: Language) -> tuple[str, ...]:
    """When and where the longest unseen time begins, and why it takes so long; then the same of what is broken."""
    spots = [coverage.spots[0]]
    if coverage.impaired is not None and coverage.impaired != spots[0]:
        spots.append(coverage.impaired)
    return tuple(_sentence(spot, bed, language) for spot in spots)


def _sentence(spot: SpotSeen, bed: BedInfo, language: Language) -> str:
    where = COVERAGE["in_bed" if spot.in_bed else "on_floor"].in_(language)
    when = COVERAGE["when"].in_(language).format(clock=spot.begins) if spot.begins else ""
    place = where.format(room=unseen.room_name(spot.room, bed, language))
    how_long = unseen.how_long(spot.longest_s, language)
    why = unseen.why(spot.cause, spot.room, bed, language, in_bed=spot.in_bed)
    if language == "zh":
        return f"{when}{place}，{how_long}：{why}。"
    return f"{place}{when}, {how_long}: {why}."


def todo(coverage: CoverageSeen, bed: BedInfo, language: Language) -> tuple[str, ...]:
    """What would make it better, most useful first, each as a sentence."""
    words = (unseen.todo(repair.todo, repair.what, bed, language) for repair in coverage.todo)
    stop = "。" if language == "zh" else "."
    return tuple(f"{told[0].upper()}{told[1:]}{stop}" for told in words if told)


def _door(coverage: CoverageSeen, reader: Reader) -> str:
    if coverage.at_door_s == 0:
        return ""
    return reader.says(COVERAGE["door"]).format(how_long=unseen.how_long(coverage.at_door_s, reader.language))


def _rank(seconds: float | None) -> float:
    return inf if seconds is None else seconds


def _length(seconds: float | None, reader: Reader) -> str:
    return reader.says(COVERAGE["no_bound"]) if seconds is None else reader.length(seconds)


def _name(spot: SpotSeen, bed: BedInfo, reader: Reader) -> str:
    room = unseen.room_name(spot.room, bed, reader.language)
    return reader.says(COVERAGE["bed"]).format(room=room) if spot.in_bed else room


def _lane(spot: SpotSeen, coverage: CoverageSeen, bed: BedInfo, reader: Reader) -> Drawn:
    spans = tuple(_spans([_tone(seconds, coverage) for seconds in spot.hours_s]))
    words = (f"{span.start}–{span.start + span.width} {_longest(spot, span, reader)}" for span in spans)
    return Drawn(name=_name(spot, bed, reader), spans=spans, spoken=spoken.listing(words, reader.language))


def _longest(spot: SpotSeen, span: Span, reader: Reader) -> str:
    hours = spot.hours_s[span.start : span.start + span.width]
    return _length(max(hours, key=_rank), reader)


def _tone(seconds: float | None, coverage: CoverageSeen) -> str:
    if seconds is None:
        return "never"
    bounds = (("soon", SOON_S), ("hours", A_MORNING_S), ("long", coverage.limit_s or inf))
    return next((tone for tone, bound_s in bounds if seconds <= bound_s), "late")


def _spans(tones: list[str]) -> Iterator[Span]:
    start = 0
    for tone, run in groupby(tones):
        width = len(list(run))
        yield Span(start=start, width=width, tone=tone)
        start += width


def _row(spot: SpotSeen, bed: BedInfo, reader: Reader) -> Row:
    return Row(name=_name(spot, bed, reader), words=_length(spot.longest_s, reader), ok=spot.longest_s is not None)


def _legend(coverage: CoverageSeen, reader: Reader) -> Iterator[tuple[str, Words]]:
    """The tones that are drawn."""
    drawn = {_tone(seconds, coverage) for spot in coverage.spots for seconds in spot.hours_s}
    limit = reader.length(coverage.limit_s)
    for tone, words in TONES.items():
        if tone in drawn:
            yield tone, Words(words.zh.format(limit=limit), words.en.format(limit=limit))
