"""Where she is: at home, asleep, away, with a visitor, or unknown; from what we believe it, and how surely.

Theory of operation
-------------------
Door, motion and bed are taken together; nobody presses a button. Whether she has left or come is in `departure`, where
the dangerous error is kept off; whether somebody is with her in `visiting`.

Asleep and visitor are words for people; the detectors treat both as home. Asleep with a bed sensor: in bed by night, or
for `NAP_S` by day. Without one: by night, after `QUIET_NIGHT_S` without a sign.

Nothing is known at the start, and "unknown" is watched like home: day 0 has no gap.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import departure, silence, visiting
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER, is_night, next_change, next_night
from gateway.detection.home import Role
from gateway.detection.whereabouts import Confidence, Evidence, Place, Presence

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

__all__ = ["Confidence", "Evidence", "Place", "Presence", "bed_since", "begin", "doubt", "expire", "moved", "show"]

NAP_S = 20 * 60.0
"""In bed this long by day is sleep. Source: judgement."""
QUIET_NIGHT_S = 30 * 60.0
"""Quiet this long by night is sleep, where no bed sensor says otherwise. Source: judgement; words only."""

_NAP, _QUIET_NIGHT = timedelta(seconds=NAP_S), timedelta(seconds=QUIET_NIGHT_S)
_NOT_SEEN = frozenset({Place.AWAY, Place.UNKNOWN})
_MAY_SLEEP = frozenset({Place.HOME, Place.UNKNOWN})


def begin(home: Home, at: datetime) -> Presence:
    """Nothing known yet, at the start of the watch."""
    return Presence(
        place=Place.UNKNOWN, since=at, evidence=Evidence.NOTHING_YET, due=next_night(home, at) + _QUIET_NIGHT
    )


def show(home: Home, state: State, seen: Seen) -> State:
    """The state after a reading that is a sign of life."""
    before = state.presence
    if seen.reading.kind is Kind.CONTACT and seen.device.role is Role.ENTRANCE:
        mine = visiting.at_door(departure.show_door(home, state, seen), seen.at)
        return state if mine is before else moved(home, state, mine, seen.at)
    mine = visiting.notice(home, state, departure.stir(home, state, before, seen), seen)
    if mine.place is Place.VISITOR:
        pass  # a visitor's movements are no news of where she is
    elif seen.reading.kind is Kind.BED:
        mine = _show_bed(home, mine, seen)
    elif seen.indoors and (mine.place in _NOT_SEEN or mine.evidence is Evidence.QUIET_AT_NIGHT):
        mine = _at_home(mine, seen)
    return state if mine is before else moved(home, state, mine, seen.at)


def _at_home(mine: Presence, seen: Seen) -> Presence:
    since = mine.since if mine.evidence is Evidence.DOOR_WHILE_AWAY else seen.at
    perhaps_pet = seen.device.role is Role.MOTION and visiting.has_pet(mine)
    return replace(
        mine,
        place=Place.HOME,
        since=since,
        evidence=Evidence.SIGN_INDOORS,
        confidence=Confidence.LIKELY if perhaps_pet else Confidence.SURE,
    )


def _show_bed(home: Home, mine: Presence, seen: Seen) -> Presence:
    if not seen.indoors:
        if mine.evidence is not Evidence.BED_OCCUPIED:
            return mine
        return replace(mine, place=Place.HOME, since=seen.at, evidence=Evidence.OUT_OF_BED, confidence=Confidence.SURE)
    asleep = is_night(home, seen.at)
    return replace(
        mine,
        place=Place.ASLEEP if asleep else Place.HOME,
        since=seen.at,
        evidence=Evidence.BED_OCCUPIED if asleep else Evidence.SIGN_INDOORS,
        confidence=Confidence.SURE,
    )


def expire(home: Home, state: State, due: datetime) -> State:
    """The state after time has reached `due`."""
    mine = state.presence
    if mine.door_at is not None and departure.due_at(home, state, mine) <= due:
        mine = departure.judge(home, state, mine)
    mine = visiting.end(mine, due)
    if mine.place in _MAY_SLEEP:
        mine = _judge_sleep(home, state, mine, due)
    return moved(home, state, mine, due)


def doubt(home: Home, state: State, at: datetime) -> State:
    """The state after an entrance sensor was lost: her return could no longer be seen."""
    mine = departure.doubt(state.presence, at)
    return state if mine is state.presence else moved(home, state, mine, at)


def _judge_sleep(home: Home, state: State, mine: Presence, due: datetime) -> Presence:
    in_bed = bed_since(state)
    if in_bed is not None:
        if due < in_bed + _NAP and not is_night(home, due):
            return mine
        since, evidence, confidence = in_bed, Evidence.BED_OCCUPIED, Confidence.SURE
    elif _has_bed(home) or not is_night(home, due) or due < state.quiet_since + _QUIET_NIGHT:
        return mine
    else:
        since, evidence, confidence = state.quiet_since, Evidence.QUIET_AT_NIGHT, Confidence.LIKELY
    return replace(mine, place=Place.ASLEEP, since=since, evidence=evidence, confidence=confidence)


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
    due = min(departure.due_at(home, state, mine), visiting.due_at(mine))
    return min(due, _sleep_due(home, state, at)) if mine.place in _MAY_SLEEP else due


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
