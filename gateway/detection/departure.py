"""Whether she has left by the entrance, or come in by it.

Theory of operation
-------------------
Being wrong about "away" is the dangerous error, since nobody looks for a person who is out. So "away" needs all of
this:

1. The entrance door *opened* while she was at home (a departure may have begun) and every entrance is closed
   again.
2. No indoor sign for `away_after_s` since the last movement of the door. Signs within `LEAVING_S` after it do not
   count: a PIR may see her back as the door falls shut. The fall of a level counts once it comes later than
   `LINGER_S`. But if nothing had moved inside for `APPROACH_S` before the door opened, or nothing had between its
   falling shut and its opening again, whoever opened it came from outside: any indoor sign after that is somebody who
   came in. (She came back from the dustbin and collapsed in the hall.)
3. No sensor that lives still says that somebody is there: bed occupied, radar present, motion unbroken. That is
   the caregiver who leaves while she stays in bed.
4. At least one indoor sensor is known to live; without one, hearing nothing indoors means nothing. And no entrance
   sensor is known to be silent; without it, her return could not be seen.

She is then away since the last movement of the door. An open door proves nothing: she may lie in the doorway.

Away ends with any indoor sign (home), or with the entrance opening: that alone says only that somebody came, so
the place is *unknown* until an indoor sign. Unknown is watched like home: perhaps she came in and collapsed behind
the door. For the same reason door movements within `ARRIVAL_S` of an arrival belong to it (two bags, two openings), and
only a later opening begins a new departure, or one before which something had moved inside since she came. When an
entrance sensor is lost while she is away, her return could no longer be seen: the place is unknown from then on.

*How surely.* Away is sure when a living sensor sees the way to the door and saw her go there; likely without; and
doubtful right after an arrival, or when a visitor was with her: perhaps only the visitor left. `outing` tells of a
doubtful one no later than of a silence at home.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import silence
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.home import Role
from gateway.detection.signs import watchers
from gateway.detection.whereabouts import Confidence, Evidence, Place, Presence

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

LEAVING_S = 10.0
"""A PIR may rise for the last time this long after the door. Source: judgement; PIR and radio delays are 1-5 s."""
APPROACH_S = 60.0
"""Who leaves was seen inside at most this long before the door opens. Source: judgement; shoes and coat in the hall."""
LINGER_S = 300.0
"""A radar, mat or strap may hold True this long after a person left. Source: judgement; makers' hold times are
30-180 s."""
ARRIVAL_S = 300.0
"""Door movements this soon after an arrival belong to it. Source: Kasteren A, 10 March 2008: home at 06:18, the door
again at 06:21, and then asleep without a sign until 08:34."""
CHATTER_S = 5.0
"""A door that opens again so soon has not been walked through. Source: Kasteren A: contacts report one opening twice,
3-4 s apart; Aruba, 5 November 2010: out and back in 11 s."""

_LEAVING, _LINGER, _ARRIVAL = (timedelta(seconds=s) for s in (LEAVING_S, LINGER_S, ARRIVAL_S))
_APPROACH, _CHATTER = timedelta(seconds=APPROACH_S), timedelta(seconds=CHATTER_S)
_STANDING = (Kind.BED, Kind.PRESENCE, Kind.MOTION)
_SEEING = frozenset({Role.MOTION, Role.PRESENCE})
_AT_HOME = frozenset({Place.HOME, Place.ASLEEP, Place.VISITOR})


def show_door(home: Home, state: State, seen: Seen) -> Presence:
    """What is believed after a movement of the entrance; the same value when it changes nothing."""
    mine, at = state.presence, seen.at
    if mine.place is Place.AWAY:
        return replace(
            mine,
            place=Place.UNKNOWN,
            since=at,
            evidence=Evidence.DOOR_WHILE_AWAY,
            confidence=Confidence.DOUBTFUL,
            door_at=None,
            arrived_at=at,
        )
    if _belongs_to_arrival(home, state, mine, seen):
        return mine
    if seen.rose:
        if mine.door_at is not None and at - mine.door_at <= _CHATTER:
            return replace(mine, door_at=at)
        returns = mine.door_at is not None and mine.stirred_at is None  # nothing has moved since it fell shut
        approached = not returns and is_approached(home, state, at)
        comes = mine.place in _AT_HOME and not returns and (mine.resting is not None or not approached)
        from_outside = comes and _walked_to(home, state, seen) is False
        return replace(mine, door_at=at, approached=approached, from_outside=from_outside, stirred_at=None)
    return mine if mine.door_at is None else replace(mine, door_at=at)


def _belongs_to_arrival(home: Home, state: State, mine: Presence, seen: Seen) -> bool:
    """Whether she is still coming in: soon after she came, unless she was seen inside and walked to the door again."""
    if mine.arrived_at is None or seen.at - mine.arrived_at > _ARRIVAL or mine.door_at is not None:
        return False
    return not (seen.rose and mine.place is not Place.UNKNOWN and _walked_to(home, state, seen))


def stir(home: Home, state: State, mine: Presence, seen: Seen) -> Presence:
    """What is believed of a departure after a sign of life that is not of the entrance."""
    if mine.door_at is None:
        return mine
    if _was_inside(home, state, seen, mine.door_at):
        return replace(mine, door_at=None, passed_at=mine.door_at)
    return replace(mine, stirred_at=seen.at) if seen.indoors and mine.stirred_at is None else mine


def _was_inside(home: Home, state: State, seen: Seen, door_at: datetime) -> bool:
    """Whether this sign proves that somebody stayed behind a door that has closed, or came in by it."""
    if seen.indoors and not state.presence.approached:
        return True
    if is_open(home, state):
        return False
    return seen.at - door_at > (_LEAVING if seen.indoors else _LINGER)


def is_approached(home: Home, state: State, at: datetime) -> bool:
    """Whether an indoor sensor has just spoken: who leaves must first walk to the door."""
    heard = (state.devices[device].last_heard for device in watchers(home) if device in state.devices)
    return any(last is not None and at - last <= _APPROACH for last in heard)


def _walked_to(home: Home, state: State, seen: Seen) -> bool | None:
    """Whether a living sensor beside this entrance has just spoken; None where none lives there."""
    heard = [state.devices[device].last_heard for device in guards(home, state, seen.device.room)]
    if not heard:
        return None
    return any(last is not None and seen.at - last <= _APPROACH for last in heard)


def guards(home: Home, state: State, room: str) -> list[str]:
    """The living sensors that see movement beside an entrance; all of them in a home whose sensors have no rooms."""
    return [
        device.id
        for device in home.devices.values()
        if device.role in _SEEING and device.room == room and silence.is_alive(state, device.id)
    ]


def is_entrance(home: Home, device: str) -> bool:
    """Whether the device is the contact on a door to the outside."""
    return home.devices[device].role is Role.ENTRANCE


def is_open(home: Home, state: State) -> bool:
    """Whether any entrance stands open."""
    return any(Kind.CONTACT in known.levels and is_entrance(home, device) for device, known in state.devices.items())


def due_at(home: Home, state: State, mine: Presence) -> datetime:
    """When it will be judged whether she has left."""
    if mine.door_at is None or is_open(home, state):
        return NEVER
    return mine.door_at + timedelta(seconds=home.limits.away_after_s)


def judge(home: Home, state: State, mine: Presence) -> Presence:
    """What is believed once nothing has been heard for long enough since the door."""
    alive = [device for device in watchers(home) if silence.is_alive(state, device)]
    standing = any(kind in state.devices[device].levels for device in alive for kind in _STANDING)
    blind = not alive or any(is_entrance(home, device) for device in state.silence.lost)
    if standing or blind or mine.door_at is None:
        return replace(mine, door_at=None, passed_at=mine.door_at or mine.passed_at)
    return replace(
        mine,
        place=Place.AWAY,
        since=mine.door_at,
        evidence=Evidence.DOOR_AFTER_VISIT if mine.visit else Evidence.DOOR_THEN_NOTHING,
        confidence=_confidence(home, state, mine),
        door_at=None,
        passed_at=None,
        visit=None,
    )


def _confidence(home: Home, state: State, mine: Presence) -> Confidence:
    just_came = mine.arrived_at is not None and mine.door_at is not None and mine.door_at - mine.arrived_at <= _ARRIVAL
    if mine.visit is not None or just_came:
        return Confidence.DOUBTFUL
    rooms = {device.room for device in home.devices.values() if device.role is Role.ENTRANCE}
    seen = mine.approached and all(guards(home, state, room) for room in rooms)
    return Confidence.SURE if seen else Confidence.LIKELY


def doubt(mine: Presence, at: datetime) -> Presence:
    """What is believed after an entrance sensor was lost: her return could no longer be seen."""
    if mine.place is not Place.AWAY:
        return mine
    evidence, confidence = Evidence.DOOR_SENSOR_LOST, Confidence.DOUBTFUL
    return replace(mine, place=Place.UNKNOWN, since=at, evidence=evidence, confidence=confidence)
