"""She went out by night and has not come back; or she has been out for very long.

Theory of operation
-------------------
Follows `presence`. An outing begins with the last movement of the door before nobody was home. One that began by
night is told after `out_at_night_s`; any outing is told after `away_long_s`: a trip to a daughter's home is not a
work order, but "away" is an inference, and an inference must not stop anybody from looking for ever. Coming home
clears both, and so does a doubt whether she is still out: from then on inactivity watches.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection.daytime import NEVER, is_night
from gateway.detection.presence import Place
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class OutingState:
    """What is remembered of an outing.

    Args:
        told: the keys that were told of it.
        since: when it began; meaningless when nothing was told.
        due: when to look again.
    """

    told: tuple[str, ...] = field(default=())
    since: datetime = NEVER
    due: datetime = NEVER


class _Verdict(NamedTuple):
    due: datetime
    key: str
    limit_s: float
    reason: Reason


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due` or presence has changed, and what is to be told of the outing."""
    mine = state.outing
    since = state.presence.since
    out = state.presence.place is Place.AWAY
    found = [] if out and mine.since == since else _back(mine, at)
    if not out:
        return replace(state, outing=OutingState()), tuple(found)
    told = mine.told if mine.since == since else ()
    verdicts = [verdict for verdict in _judge(home, since) if verdict.key not in told]
    reached = [verdict for verdict in verdicts if verdict.due <= due]
    later = min((verdict.due for verdict in verdicts if verdict.due > due), default=NEVER)
    found += [_told(since, verdict, at) for verdict in reached]
    told = (*told, *(verdict.key for verdict in reached))
    return replace(state, outing=OutingState(told=told, since=since, due=later)), tuple(found)


def told_after_s(home: Home, _state: State, since: datetime) -> float:
    """How long an outing lasts that begins at `since` until it is told, in seconds."""
    return (_judge(home, since)[0].due - since).total_seconds()


def _judge(home: Home, since: datetime) -> list[_Verdict]:
    limits, start = home.limits, since.isoformat()
    verdicts = [_verdict(since, f"not_back:{start}", limits.away_long_s, Reason.NOT_BACK)]
    if is_night(home, since):
        verdicts.append(_verdict(since, f"out_at_night:{start}", limits.out_at_night_s, Reason.OUT_AT_NIGHT))
    return sorted(verdicts)


def _verdict(since: datetime, key: str, limit_s: float, reason: Reason) -> _Verdict:
    return _Verdict(since + timedelta(seconds=limit_s), key, limit_s, reason)


def _told(since: datetime, verdict: _Verdict, at: datetime) -> Detection:
    return Detection(
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
