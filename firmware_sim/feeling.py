"""What reaches a sensor: her deeds, turned into movement, weight, and a door's leaf that bounces.

Sensors feel these and nothing else; no sensor is told what she is doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_sim.dice import dice
from firmware_sim.resident import Place
from firmware_sim.walking import Act, Deed

if TYPE_CHECKING:
    from datetime import datetime


class Sense(StrEnum):
    """A physical quantity that a channel of a sensor answers to."""

    MOVEMENT = "movement"  # something warm moved
    PRESENCE = "presence"  # somebody is in the room, breathing
    WEIGHT = "weight"  # on the bed's strap
    LEAF = "leaf"  # the door's leaf is away from its frame
    FLOOR = "floor"  # a person lies on the floor
    SMOKE = "smoke"
    FINGER = "finger"  # on the button, or pulling the cord


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeling:
    """One change of one quantity in one place.

    Args:
        at: home time (aware UTC).
        sense: see `Sense`.
        place: where it can be felt.
        level: the quantity after the change; True for a mere movement.
    """

    at: datetime
    sense: Sense
    place: Place
    level: bool = True


def felt(act: Act, before: Place, seed: int) -> tuple[Feeling, ...]:
    """Return what sensors could feel of a deed, in order of time.

    Args:
        act: the deed.
        before: where she was before it.
        seed: decides how often the door's leaf bounces.
    """
    moved = Feeling(at=act.at, sense=Sense.MOVEMENT, place=act.place)
    match act.deed:
        case Deed.ENTER:
            left = Feeling(at=act.at, sense=Sense.PRESENCE, place=before, level=False)
            return left, Feeling(at=act.at, sense=Sense.PRESENCE, place=act.place), moved
        case Deed.OPEN_DOOR | Deed.CLOSE_DOOR:
            return moved, *_bounces(act, seed)
        case Deed.LIE_DOWN | Deed.LIE_STILL | Deed.TURN:
            weighs = act.deed is not Deed.TURN
            weight = Feeling(at=act.at, sense=Sense.WEIGHT, place=act.place, level=weighs)
            return (moved, weight) if act.deed is Deed.LIE_DOWN else (weight,)
        case Deed.RISE:
            off = Feeling(at=act.at, sense=Sense.WEIGHT, place=act.place, level=False)
            return off, Feeling(at=act.at, sense=Sense.FLOOR, place=act.place, level=False), moved
        case Deed.FALL:
            return moved, Feeling(at=act.at, sense=Sense.FLOOR, place=act.place)
        case _:
            return (moved,)


def _bounces(act: Act, seed: int) -> tuple[Feeling, ...]:
    """Return the flips of the reed switch: an odd number, a few milliseconds apart, ending where the leaf is."""
    rolls = dice(seed, "bounce", act.at.isoformat())
    opened = act.deed is Deed.OPEN_DOOR
    flips = 1 + 2 * rolls.randint(0, 3)
    at, found = act.at, []
    for flip in range(flips):
        level = opened if flip % 2 == 0 else not opened
        found.append(Feeling(at=at, sense=Sense.LEAF, place=Place.HALL, level=level))
        at += timedelta(milliseconds=rolls.randint(2, 20))
    return tuple(found)
