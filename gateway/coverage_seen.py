"""The longest unseen time as the page and the API show it, with the names that people use."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

from gateway import household
from gateway.detection import coverage, pipeline
from gateway.detection.coverage_scene import mended
from gateway.web.coverage import sentences, todo
from gateway.web.coverage_view import CoverageSeen, SpotSeen, TodoSeen

if TYPE_CHECKING:
    from alerts.brief import BedInfo
    from alerts.spoken import Language
    from config.settings import Settings
    from gateway.detection.coverage import Repair, Spot
    from gateway.detection.coverage_told import CoverageState
    from gateway.detection.home import Home
    from gateway.detection.state import State


ANY_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday without a holiday: before anything is learned every day has the same limits."""


class CoverageShown:
    """Works the figure out for whoever looks, once for each change of what it depends on.

    Args:
        home: its devices, rooms, ways and limits.
        bed: its names.
    """

    def __init__(self, home: Home, bed: BedInfo) -> None:
        self._home = home
        self._bed = bed
        self._of: CoverageState | None = None
        self._seen: CoverageSeen | None = None

    def show(self, state: State, now: datetime) -> CoverageSeen:
        """The figure as it is now."""
        if self._seen is None or state.coverage is not self._of:
            self._of, self._seen = state.coverage, seen(self._home, state, now, self._bed)
        return self._seen


def seen(home: Home, state: State, now: datetime, bed: BedInfo) -> CoverageSeen:
    """The longest unseen time, as things stand now."""
    found = coverage.judge(home, state, now)
    return CoverageSeen(
        longest_s=_bounded(found.longest_s),
        in_order_s=_bounded(found.in_order_s),
        limit_s=home.limits.unseen_limit_s,
        at_door_s=_bounded(found.at_door_s),
        todo=tuple(_todo(repair, bed) for repair in found.repairs),
        spots=tuple(_spot(spot, bed) for spot in found.spots),
        impaired=_spot(found.impaired, bed) if found.impaired else None,
    )


def planned(settings: Settings) -> list[str]:
    """What the longest unseen time will be once every device speaks, and what would make it better, in both languages.

    Args:
        settings: of the home.
    """
    home, bed = household.home_of(settings), household.bed_of(settings)
    found = seen(home, mended(home, pipeline.start(home, ANY_DAY)), ANY_DAY, bed)
    languages: tuple[Language, ...] = ("zh", "en")
    return [line for code in languages for line in (*sentences(found, bed, code), *todo(found, bed, code))]


def _bounded(seconds: float) -> float | None:
    return None if seconds == inf else seconds


def _todo(repair: Repair, bed: BedInfo) -> TodoSeen:
    return TodoSeen(
        todo=repair.todo.value, what=bed.rooms.get(repair.what) or bed.devices.get(repair.what, repair.what)
    )


def _spot(spot: Spot, bed: BedInfo) -> SpotSeen:
    return SpotSeen(
        room=bed.rooms.get(spot.room, spot.room),
        in_bed=spot.in_bed,
        longest_s=_bounded(spot.longest_s),
        begins="" if len(set(spot.unseen_s)) == 1 else f"{spot.worst}:00",
        cause=spot.cause.value,
        hours_s=tuple(_bounded(seconds) for seconds in spot.unseen_s),
    )
