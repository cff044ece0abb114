"""She went out by night and has not come back; she is out longer, later or at stranger hours than ever; or very long.

Theory of operation
-------------------
Follows `presence`. An outing begins with the last movement of the door before nobody was home, and is told

* after `out_at_night_s`, when it began by night;
* when it is longer, later or at a stranger hour than hers ever are (`usual_outings`), once enough of them is known;
* after `inactivity_floor_s`, when it is doubtful whether she is out at all: then it is told no later than any silence;
* after `away_long_s` in any case: a trip to a daughter's home is not a work order, but "away" is an inference, and an
  inference must not stop anybody from looking for ever.

Each is told once, as one story. Coming home clears all, and so does a doubt whether she is still out: from then on
inactivity watches. What ends with her coming home is remembered as an outing of hers, unless it was doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER, is_night
from gateway.detection.presence import Confidence, Evidence, Place
from gateway.detection.reasons import Reason
from gateway.detection.usual_outings import Outing, remember
from gateway.detection.usual_outings import judge as judge_usual

if TYPE_CHECKING:
    from gateway.detection.home import Home
    from gateway.detection.presence import Presence
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class OutingState:
    """What is remembered of an outing.

    Args:
        told: the keys that were told of it.
        since: when the present one began; `NEVER` while there is none.
        doubtful: it is doubtful whether she is out.
        past: earlier ones, oldest first.
        due: when to look again.
    """

    told: tuple[str, ...] = field(default=())
    since: datetime = NEVER
    doubtful: bool = False
    past: tuple[Outing, ...] = field(default=())
    due: datetime = NEVER


class _Verdict(NamedTuple):
    due: datetime
    key: str
    limit_s: float
    reason: Reason
    usual_s: float = 0.0


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due` or presence has changed, and what is to be told of the outing."""
    mine, presence = state.outing, state.presence
    if presence.place is not Place.AWAY:
        ended = OutingState(past=_past(home, mine, presence, due))
        return replace(state, outing=ended), tuple(_back(mine, at))
    same = mine.since == presence.since
    found = [] if same else _back(mine, at)
    told = mine.told if same else ()
    doubtful = presence.confidence is Confidence.DOUBTFUL
    verdicts = [each for each in _judge(home, mine.past, presence.since, doubtful=doubtful) if each.key not in told]
    reached = [verdict for verdict in verdicts if verdict.due <= due]
    later = min((verdict.due for verdict in verdicts if verdict.due > due), default=NEVER)
    found += [_told(presence.since, verdict, at) for verdict in reached]
    told = (*told, *(verdict.key for verdict in reached))
    outing = OutingState(told=told, since=presence.since, doubtful=doubtful, past=mine.past, due=later)
    return replace(state, outing=outing), tuple(found)


def _past(home: Home, mine: OutingState, presence: Presence, at: datetime) -> tuple[Outing, ...]:
    """The outings remembered now that she is not away; a lost sensor of the door ends none."""
    if mine.since == NEVER or mine.doubtful or presence.evidence is Evidence.DOOR_SENSOR_LOST:
        return mine.past
    return remember(home, mine.past, mine.since, at)


def told_after_s(home: Home, state: State, since: datetime) -> float:
    """How long an outing lasts that begins at `since`, beyond doubt, until it is told, in seconds."""
    return (_judge(home, state.outing.past, since, doubtful=False)[0].due - since).total_seconds()


def _judge(home: Home, past: tuple[Outing, ...], since: datetime, *, doubtful: bool) -> list[_Verdict]:
    limits, start = home.limits, since.isoformat()
    verdicts = [_verdict(since, f"not_back:{start}", limits.away_long_s, Reason.NOT_BACK)]
    if is_night(home, since):
        verdicts.append(_verdict(since, f"out_at_night:{start}", limits.out_at_night_s, Reason.OUT_AT_NIGHT))
    if doubtful:
        verdicts.append(_verdict(since, f"perhaps_home:{start}", limits.inactivity_floor_s, Reason.PERHAPS_AT_HOME))
    unusual = judge_usual(home, past, since)
    if unusual is not None and unusual.due < since + timedelta(seconds=limits.away_long_s):
        limit_s = (unusual.due - since).total_seconds()
        verdicts.append(_Verdict(unusual.due, f"unusual_outing:{start}", limit_s, unusual.reason, unusual.usual_s))
    return sorted(verdicts)


def _verdict(since: datetime, key: str, limit_s: float, reason: Reason) -> _Verdict:
    return _Verdict(since + timedelta(seconds=limit_s), key, limit_s, reason)


def _told(since: datetime, verdict: _Verdict, at: datetime) -> Detection:
    told = Detection(
        key=verdict.key,
        kind=AlertKind.DOOR,
        phase=Phase.RAISED,
        severity=Severity.WARNING,
        subject="resident",
        since=since,
        at=at,
        reason=verdict.reason,
        evidence={
            "left_at": since.isoformat(),
            "out_s": (at - since).total_seconds(),
            "limit_s": verdict.limit_s,
        },
    )
    if verdict.reason is Reason.OUT_LONGER_THAN_USUAL:
        told.evidence["usual_s"] = verdict.usual_s
    elif verdict.reason is Reason.OUT_LATER_THAN_USUAL:
        told.evidence["usual_at"] = (since + timedelta(seconds=verdict.usual_s)).isoformat()
    return told


def _back(mine: OutingState, at: datetime) -> list[Detection]:
    return [
        Detection(
            key=key,
            kind=AlertKind.DOOR,
            phase=Phase.CLEARED,
            severity=Severity.WARNING,
            subject="resident",
            since=mine.since,
            at=at,
            reason=Reason.BACK_HOME,
            evidence={"out_s": (at - mine.since).total_seconds()},
        )
        for key in mine.told
    ]
