"""Whether somebody is with her: a visitor, or only a pet.

Theory of operation
-------------------
Nobody presses a button on coming in. A visitor is inferred from what one person cannot do:

* *The door from outside*: the entrance opens while she is at home, a living sensor beside it has seen nobody walk
  there, and then something moves indoors.
* *Two at once*: a bed or a seat stays taken while something moves in another room, and goes on doing so for longer
  than any sensor lingers (`LINGER_S`), and the entrance had opened within `CALLED_S` before.

A visit is over when the door has moved and nothing has told of two people for `OVER_S` since; when everybody has left;
and at the latest after `LONGEST_S`.

*A pet* moves elsewhere while she lies in bed, too, but nobody came before it. Seen on `PET_DAYS` days of the latest
`PET_WINDOW_DAYS`, there is one: two at once then proves no visitor any more, and a sensor of movement alone makes
"home" no more than likely.

*What a visit changes.* It is shown, and it makes an "away" after it doubtful. It delays nothing: with a visitor she is
watched as at home, and the visitor's movements count as hers, since no sensor can tell them apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import silence
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.departure import LINGER_S
from gateway.detection.home import Role
from gateway.detection.whereabouts import Confidence, Evidence, Place, Presence, Resting, Visit

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

CALLED_S = 4 * 3600.0
"""Two at once are a visitor if the door moved at most this long before. Source: judgement; a visit of a caregiver lasts
one to two hours, that of a family an afternoon."""
OVER_S = 1800.0
"""Nothing of two people for so long after the door: the visitor has left. Source: judgement."""
LONGEST_S = 24 * 3600.0
"""The longest visit that is believed without any further sign of it. Source: judgement; a guest for the night."""
PET_DAYS, PET_WINDOW_DAYS = 3, 14
"""Days with a sign of a pet that make one. Source: judgement; a restless night or two is none."""

_CALLED, _OVER, _LONGEST = timedelta(seconds=CALLED_S), timedelta(seconds=OVER_S), timedelta(seconds=LONGEST_S)
_LINGER = timedelta(seconds=LINGER_S)
_RESTS = {Role.BED: Kind.BED, Role.SEAT: Kind.PRESENCE}


def has_pet(mine: Presence) -> bool:
    """Whether something lives here that moves, and is not she."""
    return len(mine.pet_days) >= PET_DAYS


def notice(home: Home, state: State, mine: Presence, seen: Seen) -> Presence:
    """What is believed after a sign of life that is not of the entrance; the same value for nearly all of them.

    Args:
        home: its devices.
        state: what was believed.
        mine: what `departure` makes of the sign.
        seen: the sign.
    """
    before = state.presence
    if before.door_at is not None and before.from_outside and mine.door_at is None and before.visit is None:
        mine = _begin(mine, before.door_at, Evidence.DOOR_FROM_OUTSIDE, Confidence.LIKELY)
    if _RESTS.get(seen.device.role) is seen.reading.kind:
        return replace(mine, resting=_rest(mine.resting, seen))
    resting = mine.resting
    if resting is None or not seen.indoors or seen.device.room in {resting.room, ""}:
        return mine
    if resting.other_at is None:
        return replace(mine, resting=replace(resting, other_at=seen.at))
    if seen.at - resting.other_at < _LINGER or not silence.is_alive(state, resting.device):
        return mine
    return _two_at_once(home, mine, resting.other_at, seen.at)


def _rest(resting: Resting | None, seen: Seen) -> Resting | None:
    if seen.rose:
        return Resting(device=seen.reading.device_id, room=seen.device.room, since=seen.at)
    return None if resting is not None and resting.device == seen.reading.device_id else resting


def _two_at_once(home: Home, mine: Presence, since: datetime, at: datetime) -> Presence:
    if mine.visit is not None:
        return mine if mine.visit.left_at is None else replace(mine, visit=replace(mine.visit, left_at=None))
    came_at = max((door for door in (mine.passed_at, mine.arrived_at) if door is not None), default=None)
    if came_at is None or since - came_at > _CALLED:
        return _with_pet(home, mine, at)
    if has_pet(mine):
        return mine
    return _begin(mine, came_at, Evidence.TWO_AT_ONCE, Confidence.SURE)


def _begin(mine: Presence, since: datetime, evidence: Evidence, confidence: Confidence) -> Presence:
    visit = Visit(since=since, evidence=evidence)
    return replace(mine, place=Place.VISITOR, since=since, evidence=evidence, confidence=confidence, visit=visit)


def _with_pet(home: Home, mine: Presence, at: datetime) -> Presence:
    today = at.astimezone(home.timezone).date().toordinal()
    if mine.pet_days and mine.pet_days[-1] == today:
        return mine
    days = (*(day for day in mine.pet_days if today - day < PET_WINDOW_DAYS), today)
    return replace(mine, pet_days=days)


def at_door(mine: Presence, at: datetime) -> Presence:
    """What is believed of a visit after the entrance moved: the visitor may have left."""
    return mine if mine.visit is None else replace(mine, visit=replace(mine.visit, left_at=at))


def due_at(mine: Presence) -> datetime:
    """When a visit is over if nothing more is seen of it."""
    visit = mine.visit
    if visit is None:
        return NEVER
    return visit.since + _LONGEST if visit.left_at is None else visit.left_at + _OVER


def end(mine: Presence, due: datetime) -> Presence:
    """What is believed once nothing has told of two people for long enough."""
    visit = mine.visit
    if visit is None or due_at(mine) > due:
        return mine
    if mine.place is not Place.VISITOR:
        return replace(mine, visit=None)
    return replace(
        mine,
        place=Place.HOME,
        since=visit.left_at or due,
        evidence=Evidence.VISIT_OVER,
        confidence=Confidence.LIKELY,
        visit=None,
    )
