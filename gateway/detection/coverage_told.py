"""When the longest unseen time has grown too long, the station is told what to mend.

Theory of operation
-------------------
The figure (`coverage`) is worked out anew when a device falls silent or speaks for the first time or again, when a
bridge or a path breaks or is mended, and every morning, since limits are learned by the day. No reading waits for it:
what changes it only sets `due`, a little later.

It is told once some place has been, for `PATIENCE_S`, worse than the bed's limit and worse than it would be with
everything in order: what cannot be mended is shown, not told. It is cleared when it is better. In the first
`silence_cap_s` of the watch nothing is told, since a sensor that speaks only when something happens has not yet had its
occasion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection import coverage
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.coverage import Coverage
    from gateway.detection.home import Home
    from gateway.detection.state import State

PART = "gateway/coverage"
"""What the alert is about."""

PATIENCE_S = 1800.0
"""Source: our choice: a battery that is being changed, or a bridge that is set up anew, is back within half an hour."""

MORNING = time(4, 30)
"""When the new day's figure is worked out, local time. Source: our choice: after the night, before she is up."""

SOON_S = 5.0
"""After a change. Source: our choice: a press that comes with the change does not wait for the figure."""

_PATIENCE, _SOON = timedelta(seconds=PATIENCE_S), timedelta(seconds=SOON_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageState:
    """What is remembered of the longest unseen time.

    Args:
        longest_s: the figure, in seconds; None where nothing bounds it, and before it was first worked out.
        worse_since: since when it has been too long; None while it is not.
        told: the key under which that was told; "" when it was not.
        due: when to look again.
    """

    longest_s: float | None = None
    worse_since: datetime | None = None
    told: str = ""
    due: datetime = NEVER


def ask(state: State, at: datetime) -> State:
    """The state in which the figure is soon due, after something that it depends on has changed at `at`."""
    due = min(state.coverage.due, at + _SOON)
    return state if due == state.coverage.due else replace(state, coverage=replace(state.coverage, due=due))


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state with the figure as it is at `due`, and what is to be told of it."""
    found = coverage.judge(home, state, due)
    mine = replace(
        state.coverage,
        longest_s=None if found.longest_s == inf else found.longest_s,
        due=_next_morning(home, due),
    )
    if not _is_too_long(home, found):
        over = (_detection(home, found, mine, Phase.CLEARED, at),) if mine.told else ()
        return replace(state, coverage=replace(mine, worse_since=None, told="")), over
    since = mine.worse_since or due
    tell_at = max(since + _PATIENCE, state.started + timedelta(seconds=home.limits.silence_cap_s))
    mine = replace(mine, worse_since=since, due=min(mine.due, tell_at) if tell_at > due else mine.due)
    if mine.told or tell_at > due:
        return replace(state, coverage=mine), ()
    mine = replace(mine, told=f"unseen:{since.isoformat()}")
    return replace(state, coverage=mine), (_detection(home, found, mine, Phase.RAISED, at),)


def _is_too_long(home: Home, found: Coverage) -> bool:
    limit_s, impaired = home.limits.unseen_limit_s, found.impaired
    return limit_s > 0 and impaired is not None and impaired.longest_s > limit_s


def _next_morning(home: Home, at: datetime) -> datetime:
    today = at.astimezone(home.timezone).date()
    days = (datetime.combine(today + timedelta(days=n), MORNING, home.timezone).astimezone(UTC) for n in range(3))
    return next(morning for morning in days if morning > at)


def _detection(home: Home, found: Coverage, mine: CoverageState, phase: Phase, at: datetime) -> Detection:
    spot = found.impaired or found.worst
    told = Detection(
        key=mine.told,
        kind=AlertKind.SYSTEM,
        phase=phase,
        severity=Severity.FAULT,
        subject=PART,
        since=mine.worse_since or at,
        at=at,
        reason=Reason.UNSEEN_TOO_LONG if phase is Phase.RAISED else Reason.UNSEEN_IN_TIME,
        evidence={"cause": spot.cause.value, "room": spot.room, "limit_s": home.limits.unseen_limit_s},
    )
    if spot.longest_s < inf:
        told.evidence["unseen_s"] = spot.longest_s
    if found.repairs:
        told.evidence["todo"], told.evidence["what"] = found.repairs[0].todo.value, found.repairs[0].what
    return told
