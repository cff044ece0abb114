"""Sensors whose word counts for less, recognised from their own history: one that chatters, sees ghosts, or misses.

Theory of operation
-------------------
* *Chatter*: a level that falls less than `CHATTER_S` after it rose is no person's doing. A sensor that does so
  `CHATTER_A_DAY` times on a day has chattered that day.
* *Ghost*: she is out, a sensor sees somebody, nobody else does, and the next thing is that she comes in by the
  entrance. A person who had been there would have been seen by others, or have gone out first.
* *Misses*: a motion sensor that speaks in fewer quarter hours of a day than a fifth of its usual, while she was as
  active at home as ever.

A sensor that did so on `DAYS_WEAK` of its latest `DAYS_KEPT` days at home is weak, until fewer days show it. What a
chattering or ghostly sensor says alone is no sign of life: it counts when another sensor spoke within `TOGETHER`. So
a ghost ends no silence, and the silences that are learned are hers. While she is thought to be out it counts all the
same: nobody may lie at home believed to be out. A sensor that misses is believed whenever it speaks; but while it is
weak nothing is learned of silences and nothing learned is used, as while a sensor is lost: its room is half unseen.
So all of this only ever makes telling sooner, or as soon as the fixed limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection.changing import replace
from gateway.detection.home import Role
from gateway.detection.presence import Evidence, Place

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.hearing import DeviceState, Seen
    from gateway.detection.home import Home
    from gateway.detection.presence import Presence
    from gateway.detection.state import State

CHATTER_S = 1.0
"""Source: our choice: a door that is opened and shut again takes longer; a PIR holds for seconds at least."""
CHATTER_A_DAY = 10
"""Source: our choice: once is a draught."""
DAYS_WEAK, DAYS_KEPT = 3, 7
"""Source: our choice: a week decides, and a new battery is believed again within it."""
USUAL_DAYS = 14
MISSES_SHARE = 0.2
"""Source: our choice: a fifth of the usual on three days is no mood of hers."""
SPOKE_LEAST = 8
"""Quarter hours a day below which a sensor is too quiet to be judged."""
TOGETHER = timedelta(minutes=2)
"""Source: our choice: who walks past one sensor passes the next within two minutes."""


class Watchdays(NamedTuple):
    """What is remembered of one sensor.

    Args:
        spoke: quarter hours in which it spoke, by day at home, the latest last.
        chattered, ghosts: whether it chattered, or saw a ghost, by the same days.
        quarter: the number of the quarter hour in which it spoke last.
        spoke_today, chattered_today, ghosts_today: of the day that goes on.
    """

    spoke: tuple[int, ...] = ()
    chattered: tuple[bool, ...] = ()
    ghosts: tuple[bool, ...] = ()
    quarter: int = 0
    spoke_today: int = 0
    chattered_today: int = 0
    ghosts_today: int = 0


_UNKNOWN = Watchdays()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakState:
    """What is remembered of the sensors.

    Args:
        sensors: by device id.
        day: the day that goes on, as in `days.day_of`; 0 before the first sign.
        alone: the sensors whose word counts only together with another's.
        misses: the sensors that miss.
        ghost: the sensor that alone saw somebody while she was out; "" for none.
    """

    sensors: dict[str, Watchdays] = field(default_factory=dict)
    day: int = 0
    alone: frozenset[str] = frozenset()
    misses: frozenset[str] = frozenset()
    ghost: str = ""


def named(state: State, device: str) -> str:
    """How a sensor is weak: "alone", "misses", or "" for not at all."""
    if device in state.weak.alone:
        return "alone"
    return "misses" if device in state.weak.misses else ""


def is_doubted(state: State, device: str, at: datetime) -> bool:
    """Whether a sensor's sign counts for nothing by itself, and nothing stands beside it.

    Args:
        state: before the sign.
        device: the sensor.
        at: when it spoke (aware UTC).
    """
    if device not in state.weak.alone or state.presence.place is Place.AWAY:
        return False
    sign = state.last_sign
    return sign is None or sign.device == device or at - sign.at > TOGETHER


def notice(home: Home, was: Presence, state: State, seen: Seen) -> State:
    """The state after a sign of life.

    Args:
        home: the home.
        was: where she was believed to be before the sign.
        state: what is believed now; `routine` has counted the sign.
        seen: the sign.
    """
    mine, device = state.weak, seen.reading.device_id
    quarter, today = state.routine.quarter, state.routine.today
    known = mine.sensors.get(device, _UNKNOWN)
    if quarter != known.quarter and today is not None:
        if today.day != mine.day:
            mine = _day_over(home, replace(mine, day=today.day), state)
            known = mine.sensors.get(device, _UNKNOWN)
        mine = _with(mine, device, known._replace(quarter=quarter, spoke_today=known.spoke_today + 1))
    if seen.fell and _bounced(seen.before, seen):
        known = mine.sensors[device]
        mine = _with(mine, device, known._replace(chattered_today=known.chattered_today + 1))
    if mine.ghost or was.place is Place.AWAY:
        mine = _haunted(was, mine, seen)
    return state if mine is state.weak else replace(state, weak=mine)


def _with(mine: WeakState, device: str, known: Watchdays) -> WeakState:
    return replace(mine, sensors={**mine.sensors, device: known})


def _bounced(before: DeviceState, seen: Seen) -> bool:
    rose_at = before.levels.get(seen.reading.kind)
    return rose_at is not None and (seen.at - rose_at).total_seconds() < CHATTER_S


def _haunted(was: Presence, mine: WeakState, seen: Seen) -> WeakState:
    """Remember who alone saw somebody while she was out, and count it once she comes in by the entrance."""
    device = seen.reading.device_id
    if was.place is Place.AWAY and seen.indoors:
        return replace(mine, ghost=device)
    if not mine.ghost or device == mine.ghost:
        return mine
    if seen.device.role is Role.ENTRANCE and seen.rose and was.evidence is Evidence.SIGN_INDOORS:
        known = mine.sensors.get(mine.ghost, _UNKNOWN)
        mine = _with(mine, mine.ghost, known._replace(ghosts_today=known.ghosts_today + 1))
    return replace(mine, ghost="")


def _day_over(home: Home, mine: WeakState, state: State) -> WeakState:
    """Close the day of every sensor and judge each anew; a day away from home is not counted."""
    records = state.routine.records
    at_home = bool(records) and records[-1].quarters >= SPOKE_LEAST
    known_here = ((device, known) for device, known in mine.sensors.items() if device in home.devices)
    sensors = {device: _closed(known, counts=at_home) for device, known in known_here}
    alone = frozenset(device for device, known in sensors.items() if _is_ghostly(known))
    misses = frozenset(
        device for device, known in sensors.items() if home.devices[device].role is Role.MOTION and _misses(known)
    )
    return replace(mine, sensors=sensors, alone=alone, misses=misses)


def _closed(known: Watchdays, *, counts: bool) -> Watchdays:
    if not counts:
        return known._replace(spoke_today=0, chattered_today=0, ghosts_today=0)
    return Watchdays(
        spoke=(*known.spoke, known.spoke_today)[-USUAL_DAYS - DAYS_KEPT :],
        chattered=(*known.chattered, known.chattered_today >= CHATTER_A_DAY)[-DAYS_KEPT:],
        ghosts=(*known.ghosts, known.ghosts_today > 0)[-DAYS_KEPT:],
        quarter=known.quarter,
    )


def _is_ghostly(known: Watchdays) -> bool:
    return sum(known.chattered) >= DAYS_WEAK or sum(known.ghosts) >= DAYS_WEAK


def _misses(known: Watchdays) -> bool:
    """Whether it has spoken far less than it used to, on enough of the latest days."""
    before, latest = sorted(known.spoke[:-DAYS_KEPT]), known.spoke[-DAYS_KEPT:]
    if len(before) < DAYS_KEPT:
        return False
    usual = before[len(before) // 2]
    return usual >= SPOKE_LEAST and sum(spoke < MISSES_SHARE * usual for spoke in latest) >= DAYS_WEAK
