"""What the API and the page need to know of the longest unseen time. Plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotSeen:
    """One place and how long she could lie there unseen.

    Args:
        room: the room's name; "" for the whole home.
        in_bed: in the bed that stands there.
        longest_s: at the worst hour; None where nothing bounds it.
        begins: that hour, "HH:MM" in the home; "" where every hour is as bad.
        cause: the fixed name of what decides it, as coverage gives it.
        hours_s: for each hour of the day in which she came to lie there.
    """

    room: str
    in_bed: bool
    longest_s: float | None
    begins: str
    cause: str
    hours_s: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoSeen:
    """What would make the longest unseen time better.

    Args:
        todo: the fixed name of what to do, as coverage gives it.
        what: the name of the device or room, or a part of the gateway.
    """

    todo: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSeen:
    """The longest time that she could lie unseen, as things stand.

    Args:
        longest_s: seconds; None where nothing bounds it.
        in_order_s: the same with everything in order.
        limit_s: the bed's limit; 0 for none.
        at_door_s: beside the entrance, taken to be out; 0 where that cannot happen, None where nothing bounds it.
        todo: most useful first.
        spots: every place, the worst first.
        impaired: the worst of those that something broken makes worse; None where nothing does.
    """

    longest_s: float | None
    in_order_s: float | None
    limit_s: float
    at_door_s: float | None
    todo: tuple[TodoSeen, ...]
    spots: tuple[SpotSeen, ...]
    impaired: SpotSeen | None = None
