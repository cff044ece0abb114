"""What she does for longer, later or more often than she ever does: in the bathroom, out of bed at night, in bed.

Theory of operation
-------------------
Four habits are watched beside inactivity (`habits`), each a warning with its own subject, so that none hides another:

* *In the bathroom*: a stay begins with a sign there and ends with a sign in another room, or with her being out. It
  is told after `bathroom_long_s`, or sooner: after one and a half times the longest that is usual.
* *Out of bed at night* and not back: from when the bed was left by night, after it had been occupied for `LAIN`,
  until somebody lies in it again or the day begins. Told after `out_of_bed_s`, or sooner in the same way; but only
  once it has also been quiet for a while: who is up and about needs nobody.
* *Not up*: in bed since the night, an hour later than she is usually up at the latest.
* *Up often*: three times more often at night than usual at most; told in the morning.

What is usual is the second highest of the latest 28 days (`days`); before 7 days were seen only the fixed limits hold,
and the last two habits are not judged. All but the first need a bed sensor, and the first needs to know which room is
a bathroom. While a sensor that sees her is lost, nothing is told: a room would be left unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection import days, habits
from gateway.detection.changing import replace
from gateway.detection.days import DayRecord
from gateway.detection.daytime import NEVER, is_night
from gateway.detection.habits import Habit, Watched, watched
from gateway.detection.presence import Place
from gateway.detection.profile import is_half_blind
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

LAIN = timedelta(minutes=30)
"""Source: our choice: who sat on the edge of the bed for less has not gone to bed."""
UP_UNTIL_MIN = 12 * 60
"""Whoever leaves the bed later in the day has had a nap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineState:
    """What is remembered of her habits.

    Args:
        records: of the days that are over.
        today: of the day that goes on; None before the first sign.
        quarter: the number of the quarter hour of the latest sign.
        bath: the bathroom in which she is; "" for none.
        bath_since: since when; meaningless in none.
        out_since: since when she has been out of bed, this night; None when she is not.
        told: by habit, the key and the beginning of what was told and goes on.
        due: when to look again.
    """

    records: tuple[DayRecord, ...] = ()
    today: DayRecord | None = None
    quarter: int = 0
    bath: str = ""
    bath_since: datetime = NEVER
    out_since: datetime | None = None
    told: dict[Habit, tuple[str, datetime]] = field(default_factory=dict)
    due: datetime = NEVER


def notice(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a sign of life, and what is as usual again."""
    mine, room = state.routine, seen.device.room
    quarter = int(seen.at.timestamp()) // days.QUARTER_S
    if quarter != mine.quarter or mine.today is None:
        mine = _counted(home, mine, seen.at, quarter)
    if seen.indoors and room != mine.bath and room and (mine.bath or room in home.baths):
        mine = _moved(home, mine, seen.at, room)
    left_bed = False
    if seen.reading.kind is Kind.BED:
        mine, left_bed = _bed(home, mine, seen), seen.fell
    if mine is state.routine:
        return state, ()
    ended = [habit for habit in mine.told if _is_over(mine, habit, left_bed=left_bed)]
    found = tuple(_over(habit, *mine.told[habit], seen) for habit in ended)
    told = {habit: what for habit, what in mine.told.items() if habit not in ended}
    return replace(state, routine=replace(mine, told=told)), found


def _counted(home: Home, mine: RoutineState, at: datetime, quarter: int) -> RoutineState:
    """One quarter hour with a sign more; of a new day perhaps."""
    day = days.day_of(home, at)
    today, records = mine.today or DayRecord(day), mine.records
    if today.day != day:
        records, today = days.kept(records, today), DayRecord(day)
    return replace(mine, quarter=quarter, records=records, today=today._replace(quarters=today.quarters + 1))


def _moved(home: Home, mine: RoutineState, at: datetime, room: str) -> RoutineState:
    """She is in another room than before; one of the two is a bathroom."""
    if mine.bath and mine.today is not None:
        stay_s = min((at - mine.bath_since).total_seconds(), habits.LONGER * habits.longest_stay_s(home, mine.records))
        today = mine.today._replace(bath_min=max(mine.today.bath_min, round(stay_s / 60)))
        mine = replace(mine, today=today, bath="", bath_since=NEVER)
    return replace(mine, bath=room, bath_since=at, due=at) if room in home.baths else mine


def _bed(home: Home, mine: RoutineState, seen: Seen) -> RoutineState:
    """The bed was left, or lain in again."""
    at, today, lain_since = seen.at, mine.today, seen.before.levels.get(Kind.BED)
    if today is None:
        return mine
    if seen.rose and mine.out_since is not None:
        out_s = min((at - mine.out_since).total_seconds(), habits.LONGER * habits.longest_out_s(home, mine.records))
        if is_night(home, at):  # otherwise she was up for the day
            today = today._replace(out_of_bed_min=max(today.out_of_bed_min, round(out_s / 60)))
    if seen.fell and lain_since is not None and at - lain_since >= LAIN:
        local = at.astimezone(home.timezone)
        minute = local.hour * 60 + local.minute
        if minute < UP_UNTIL_MIN:
            today = today._replace(up_min=minute)
        if is_night(home, at):
            return replace(mine, today=today._replace(trips=today.trips + 1), out_since=at, due=at)
    return replace(mine, today=today, out_since=None if seen.rose else mine.out_since, due=at)


def _is_over(mine: RoutineState, habit: Habit, *, left_bed: bool) -> bool:
    """Whether what was told of a habit is over."""
    since = mine.told[habit][1]
    if habit is Habit.BATHROOM:
        return mine.bath_since != since
    if habit is Habit.OUT_OF_BED:
        return mine.out_since != since
    return left_bed if habit is Habit.NOT_UP else mine.today is not None and mine.today.quarters == 1


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the habits that are out of the usual by then."""
    mine = state.routine
    if state.presence.place is Place.AWAY:
        return replace(state, routine=replace(mine, bath="", bath_since=NEVER, out_since=None, due=NEVER)), ()
    found: list[Detection] = []
    told, later = dict(mine.told), NEVER
    for one in watched(home, state, due):
        if one.habit in told:
            continue
        if one.tell_at > due:
            later = min(later, one.tell_at)
        elif is_half_blind(home, state):
            later = min(later, due + habits.QUIET)
        else:
            key = f"{one.habit.value}:{one.since.isoformat()}"
            told[one.habit] = (key, one.since)
            found.append(_told(state, one, key, at))
    return replace(state, routine=replace(mine, told=told, due=later)), tuple(found)


_REASONS = {
    Habit.BATHROOM: (Reason.BATHROOM_LONG, Reason.LEFT_BATHROOM),
    Habit.OUT_OF_BED: (Reason.OUT_OF_BED, Reason.BACK_IN_BED),
    Habit.NOT_UP: (Reason.NOT_UP, Reason.UP),
    Habit.UP_OFTEN: (Reason.UP_OFTEN, Reason.NIGHT_OVER),
}


def _told(state: State, one: Watched, key: str, at: datetime) -> Detection:
    sign = state.last_sign
    return Detection(
        key=key,
        kind=AlertKind.INACTIVITY,
        phase=Phase.RAISED,
        severity=Severity.WARNING,
        subject=one.habit.value,
        since=one.since,
        at=at,
        reason=_REASONS[one.habit][0],
        evidence={
            **one.evidence,
            "stay_s": max(0.0, (at - one.since).total_seconds()),
            "last_sign_at": "" if sign is None else sign.at.isoformat(),
            "last_sign_device": "" if sign is None else sign.device,
            "last_sign_room": "" if sign is None else sign.room,
        },
    )


def _over(habit: Habit, key: str, since: datetime, seen: Seen) -> Detection:
    return Detection(
        key=key,
        kind=AlertKind.INACTIVITY,
        phase=Phase.CLEARED,
        severity=Severity.WARNING,
        subject=habit.value,
        since=since,
        at=seen.at,
        reason=_REASONS[habit][1],
        device=seen.reading.device_id,
        evidence={
            "device": seen.reading.device_id,
            "room": seen.device.room,
            "stay_s": max(0.0, (seen.at - since).total_seconds()),
        },
    )
