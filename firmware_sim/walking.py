"""How she moves: a stay becomes steps from room to room, getting into bed, and the small stirrings in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_sim.resident import IN_BED, Doing, Place, Stay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random


class Deed(StrEnum):
    """One thing her body does; what a sensor can feel of it is the sensor's affair."""

    ENTER = "enter"  # steps into a room
    STIR = "stir"  # moves where she is
    LIE_DOWN = "lie_down"
    TURN = "turn"  # turns over in bed: for a moment nothing weighs on the strap
    LIE_STILL = "lie_still"  # and lies on it again
    RISE = "rise"  # out of bed, or up from the floor
    OPEN_DOOR = "open_door"
    CLOSE_DOOR = "close_door"
    FALL = "fall"
    COLLAPSE = "collapse"  # goes down without a fall that a radar would know, and moves no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A deed at its time and place.

    Args:
        at: home time (aware UTC).
        deed: see `Deed`.
        place: where she is while doing it.
        staged: the incident that this act completes; "" in ordinary life.
    """

    at: datetime
    deed: Deed
    place: Place
    staged: str = ""


STIR_EVERY_S = {
    Doing.SLEEP: 1500.0,
    Doing.NAP: 900.0,
    Doing.WASH: 25.0,
    Doing.TOILET: 60.0,
    Doing.COOK: 30.0,
    Doing.EAT: 120.0,
    Doing.REST: 300.0,
    Doing.TIDY: 20.0,
}
"""Mean seconds between two movements that a sensor could see, for each doing; estimates that give a home of
about 2,000 readings a day."""

_ROOM_S = (4.0, 9.0)  # crossing a room at the 0.8 m/s of an old person indoors
_DOOR_S = (6.0, 12.0)  # shoes, handle, step, lock
_TURN_S = (1.0, 4.0)
_NEXT_DOOR = frozenset({Place.LIVING, Place.KITCHEN})  # joined without the hall


def route(start: Place, goal: Place) -> tuple[Place, ...]:
    """Return the rooms she steps into on her way, the goal last; everything opens onto the hall."""
    if start == goal:
        return ()
    if {start, goal} == _NEXT_DOOR or Place.HALL in (start, goal):
        return (goal,)
    return (Place.HALL, goal)


def walk(at: datetime, start: Place, goal: Place, rolls: Random, *, door_open: bool = False) -> Iterator[Act]:
    """Yield the steps from room to room, through the front door where the way leads in or out.

    Args:
        at: when she sets out (aware UTC).
        start: where she is.
        goal: where she goes.
        rolls: decides her pace.
        door_open: the front door stands open already; she closes it behind her all the same.
    """
    for place in route(start, goal):
        at += timedelta(seconds=rolls.uniform(*_ROOM_S))
        through_door = Place.OUTSIDE in (start, place)
        if through_door and not door_open:
            yield Act(at=at, deed=Deed.OPEN_DOOR, place=start)
            at += timedelta(seconds=rolls.uniform(*_DOOR_S))
        yield Act(at=at, deed=Deed.ENTER, place=place)
        if through_door:
            at += timedelta(seconds=rolls.uniform(*_DOOR_S))
            yield Act(at=at, deed=Deed.CLOSE_DOOR, place=place)
        start = place


def settle(at: datetime, stay: Stay, rolls: Random, activity: float) -> Iterator[Act]:
    """Yield what she does once she is where she wants to be, until the stay ends.

    Args:
        at: when she has arrived (aware UTC).
        stay: what she came for.
        rolls: decides when she stirs.
        activity: 1 for her usual self; 2 stirs twice as often.
    """
    in_bed = stay.doing in IN_BED
    if in_bed:
        at += timedelta(seconds=rolls.uniform(20, 90))
        yield Act(at=at, deed=Deed.LIE_DOWN, place=stay.place)
    while stay.doing in STIR_EVERY_S:
        at += timedelta(seconds=1 + rolls.expovariate(activity / STIR_EVERY_S[stay.doing]))
        if at >= stay.end:
            break
        yield Act(at=at, deed=Deed.TURN if in_bed else Deed.STIR, place=stay.place)
        if in_bed:
            at += timedelta(seconds=rolls.uniform(*_TURN_S))
            yield Act(at=at, deed=Deed.LIE_STILL, place=stay.place)
