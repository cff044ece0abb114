"""Where she is: at home, asleep, away, or unknown; and from what we believe it.

Theory of operation
-------------------
Being wrong about "away" is the dangerous error, since nobody looks for a person who is out. So "away" needs all of
this:

1. The entrance door *opened* while she was at home (a departure may have begun) and every entrance is closed
   again.
2. No indoor sign for `away_after_s` since the last movement of the door. Signs within `LEAVING_S` after it do not
   count: a PIR may see her back as the door falls shut. The fall of a level counts once it comes later than
   `LINGER_S`. But if nothing had moved inside for `APPROACH_S` before the door opened, whoever opened it came from
   outside: any indoor sign after that is somebody who came in. (She came back from the dustbin and collapsed in
   the hall.)
3. No sensor that lives still says that somebody is there: bed occupied, radar present, motion unbroken. That is
   the caregiver who leaves while she stays in bed.
4. At least one indoor sensor is known to live; without one, hearing nothing indoors means nothing. And no entrance
   sensor is known to be silent; without it, her return could not be seen.

She is then away since the last movement of the door. An open door proves nothing: she may lie in the doorway.

Away ends with any indoor sign (home), or with the entrance opening: that alone says only that somebody came, so
the place is *unknown* until an indoor sign. Unknown is watched like home: perhaps she came in and collapsed behind
the door. For the same reason door movements within `ARRIVAL_S` of an arrival belong to it (two bags, two openings)
and only a later opening begins a new departure. When an entrance sensor is lost while she is away, her return
could no longer be seen: the place is unknown from then on.

Asleep is a word for people; the detectors treat it as home. With a bed sensor: in bed by night, or for `NAP_S` by
day. Without one: by night, after `QUIET_NIGHT_S` without a sign.

Nothing is known at the start, and "unknown" is watched like home: day 0 has no gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import silence
from gateway.detection.daytime import NEVER, is_night, next_change, next_night
from gateway.detection.home import Role
from gateway.detection.signs import watchers

if TYPE_CHECKING:
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
NAP_S = 20 * 60.0
"""In bed this long by day is sleep. Source: judgement."""
QUIET_NIGHT_S = 30 * 60.0
"""Quiet this long by night is sleep, where no bed sensor says otherwise. Source: judgement; words only."""

_LEAVING, _LINGER, _ARRIVAL = (timedelta(seconds=s) for s in (LEAVING_S, LINGER_S, ARRIVAL_S))
_APPROACH = timedelta(seconds=APPROACH_S)
_NAP, _QUIET_NIGHT = timedelta(seconds=NAP_S), timedelta(seconds=QUIET_NIGHT_S)
_STANDING = (Kind.BED, Kind.PRESENCE, Kind.MOTION)


class Place(StrEnum):
    """Where she is."""

    HOME = "home"
    AWAY = "away"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """From what we believe it."""

    NOTHING_YET = "nothing_yet"
    SIGN_INDOORS = "sign_indoors"
    DOOR_THEN_NOTHING = "door_then_nothing"
    DOOR_WHILE_AWAY = "door_while_away"
    DOOR_SENSOR_LOST = "door_sensor_lost"
    BED_OCCUPIED = "bed_occupied"
    OUT_OF_BED = "out_of_bed"
    QUIET_AT_NIGHT = "quiet_at_night"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where she is.

    Args:
        place: see `Place`.
        since: since when (aware UTC).
        evidence: from what we believe it.
        door_at: the last movement of the door through which she may have left; None when nobody may have.
        approached: somebody inside had just moved when that door opened.
        arrived_at: when the door last opened while she was away; None before.
        due: when time alone may next change this.
    """

    place: Place
    since: datetime
    evidence: Evidence
    door_at: datetime | None = None
    approached: bool = False
    arrived_at: datetime | None = None
    due: datetime = NEVER


def begin(home: Home, at: datetime) -> Presence:
    """Nothing known yet, at the start of the watch."""
    return Presence(
        place=Place.UNKNOWN, since=at, evidence=Evidence.NOTHING_YET, due=next_night(home, at) + _QUIET_NIGHT
    )


def show(home: Home, state: State, seen: Seen) -> State:
    """The state after a reading that is a sign of life."""
    if seen.reading.kind is Kind.CONTACT and seen.device.role is Role.ENTRANCE:
        return _show_door(home, state, seen)
    mine = state.presence
    if mine.door_at is not None and _was_inside(home, state, seen, mine.door_at):
        mine = replace(mine, door_at=None)
    if seen.reading.kind is Kind.BED:
        mine = _show_bed(home, mine, seen)
    elif seen.indoors and (mine.place in _NOT_SEEN or mine.evidence is Evidence.QUIET_AT_NIGHT):
        since = mine.since if mine.evidence is Evidence.DOOR_WHILE_AWAY else seen.at
        mine = replace(mine, place=Place.HOME, since=since, evidence=Evidence.SIGN_INDOORS)
    return state if mine is state.presence else moved(home, state, mine, seen.at)


_NOT_SEEN = frozenset({Place.AWAY, Place.UNKNOWN})


def _show_door(home: Home, state: State, seen: Seen) -> State:
    mine, at = state.presence, seen.at
    if mine.place is Place.AWAY:
        mine = replace(
            mine, place=Place.UNKNOWN, since=at, evidence=Evidence.DOOR_WHILE_AWAY, door_at=None, arrived_at=at
        )
    elif mine.arrived_at is not None and at - mine.arrived_at <= _ARRIVAL:
        return state
    elif seen.rose:
        same = mine.approached and mine.door_at is not None and at - mine.door_at <= _APPROACH
        mine = replace(mine, door_at=at, approached=same or _is_approached(home, state, at))
    elif mine.door_at is not None:
        mine = replace(mine, door_at=at)
    else:
        return state
    return moved(home, state, mine, at)


def _was_inside(home: Home, state: State, seen: Seen, door_at: datetime) -> bool:
    """Whether this sign proves that somebody stayed behind a door that has closed, or came in by it."""
    if seen.indoors and not state.presence.approached:
        return True
    if _is_open(home, state):
        return False
    return seen.at - door_at > (_LEAVING if seen.indoors else _LINGER)


def _is_approached(home: Home, state: State, at: datetime) -> bool:
    """Whether an indoor sensor has just spoken: who leaves must first walk to the door."""
    heard = (state.devices[device].last_heard for device in watchers(home) if device in state.devices)
    return any(last is not None and at - last <= _APPROACH for last in heard)


def is_entrance(home: Home, device: str) -> bool:
    """Whether the device is the contact on a door to the outside."""
    return home.devices[device].role is Role.ENTRANCE


def _is_open(home: Home, state: State) -> bool:
    return any(Kind.CONTACT in known.levels and is_entrance(home, device) for device, known in state.devices.items())


def _show_bed(home: Home, mine: Presence, seen: Seen) -> Presence:
    if not seen.indoors:
        if mine.evidence is not Evidence.BED_OCCUPIED:
            return mine
        return replace(mine, place=Place.HOME, since=seen.at, evidence=Evidence.OUT_OF_BED)
    if is_night(home, seen.at):
        return replace(mine, place=Place.ASLEEP, since=seen.at, evidence=Evidence.BED_OCCUPIED)
    return replace(mine, place=Place.HOME, since=seen.at, evidence=Evidence.SIGN_INDOORS)


def expire(home: Home, state: State, due: datetime) -> State:
    """The state after time has reached `due`."""
    mine = state.presence
    if mine.door_at is not None and _departure_due(home, state, mine) <= due:
        mine = _judge_departure(home, state, mine)
    if mine.place in {Place.HOME, Place.UNKNOWN}:
        mine = _judge_sleep(home, state, mine, due)
    return moved(home, state, mine, due)


def doubt(home: Home, state: State, at: datetime) -> State:
    """The state after an entrance sensor was lost: her return could no longer be seen."""
    if state.presence.place is not Place.AWAY:
        return state
    mine = replace(state.presence, place=Place.UNKNOWN, since=at, evidence=Evidence.DOOR_SENSOR_LOST)
    return moved(home, state, mine, at)


def _judge_departure(home: Home, state: State, mine: Presence) -> Presence:
    alive = [device for device in watchers(home) if silence.is_alive(state, device)]
    standing = any(kind in state.devices[device].levels for device in alive for kind in _STANDING)
    blind = not alive or any(is_entrance(home, device) for device in state.silence.lost)
    if standing or blind or mine.door_at is None:
        return replace(mine, door_at=None)
    return replace(mine, place=Place.AWAY, since=mine.door_at, evidence=Evidence.DOOR_THEN_NOTHING, door_at=None)


def _judge_sleep(home: Home, state: State, mine: Presence, due: datetime) -> Presence:
    in_bed = bed_since(state)
    if in_bed is not None:
        if due < in_bed + _NAP and not is_night(home, due):
            return mine
        return replace(mine, place=Place.ASLEEP, since=in_bed, evidence=Evidence.BED_OCCUPIED)
    if _has_bed(home) or not is_night(home, due) or due < state.quiet_since + _QUIET_NIGHT:
        return mine
    return replace(mine, place=Place.ASLEEP, since=state.quiet_since, evidence=Evidence.QUIET_AT_NIGHT)


def moved(home: Home, state: State, mine: Presence, at: datetime) -> State:
    """The state with this presence, its next due time, and the detectors that follow it woken."""
    mine = replace(mine, due=_next_due(home, state, mine, at))
    if mine.place is state.presence.place and mine.since == state.presence.since:
        return replace(state, presence=mine)
    return replace(
        state,
        presence=mine,
        inactivity=replace(state.inactivity, due=at),
        outing=replace(state.outing, due=at),
    )


def _next_due(home: Home, state: State, mine: Presence, at: datetime) -> datetime:
    departure = NEVER if mine.door_at is None else _departure_due(home, state, mine)
    if mine.place not in {Place.HOME, Place.UNKNOWN}:
        return departure
    return min(departure, _sleep_due(home, state, at))


def _departure_due(home: Home, state: State, mine: Presence) -> datetime:
    if mine.door_at is None or _is_open(home, state):
        return NEVER
    return mine.door_at + timedelta(seconds=home.limits.away_after_s)


def _sleep_due(home: Home, state: State, at: datetime) -> datetime:
    """When she may next be thought asleep; asking again then, since signs may have come meanwhile."""
    in_bed = bed_since(state)
    if in_bed is not None:
        return max(at, min(in_bed + _NAP, next_night(home, at)))
    if _has_bed(home):
        return NEVER
    quiet = max(state.quiet_since, at - _QUIET_NIGHT) + _QUIET_NIGHT
    return _at_night(home, quiet, at)


def _at_night(home: Home, quiet: datetime, at: datetime) -> datetime:
    """The first time after `at` that is both night and not before `quiet`."""
    due = next_night(home, quiet)
    return due if due > at else next_change(home, at)


def _has_bed(home: Home) -> bool:
    return any(device.role is Role.BED for device in home.devices.values())


def bed_since(state: State) -> datetime | None:
    """Since when somebody has been in a bed, as a living bed sensor says; None when nobody is."""
    times = [
        known.levels[Kind.BED]
        for device, known in state.devices.items()
        if Kind.BED in known.levels and silence.is_alive(state, device)
    ]
    return min(times, default=None)
