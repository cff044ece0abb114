"""The rungs of a ladder, and whose turn it is at what hour.

Theory of operation
-------------------
A rung says whom we tell and how long after the beginning. `turns` makes the order of one round from it:

* A rung whose contact is not there at that hour is left out of the round, and nobody waits for it: when the first
  rung is closed, everybody who is open is told of an emergency at once, and of anything else with the same gaps as
  before, from the first open rung on. The console of a closed station has it all the same. Where nobody at all is
  open, the hours are disregarded: somebody must be told.
* A fault waits for the contact's next opening: it wakes nobody.
* A contact may wish for quiet (`quiet`) from alerts of some severities at some hours: it is told when they end. An
  emergency knows no quiet.
* Inactivity asks gently first: the rungs marked `gentle`, a neighbour or a call home, are told at once and the others
  `gentle_s` later. Gentle rungs serve nothing else.
* A test of the chain is told to the contacts that it names, and to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from alerts.hours import Hours, is_open, next_closed, next_open
from alerts.model import Alert, AlertKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

CONSOLE = "station"
"""The channel that rings nowhere: a closed station has the alert on its console all the same."""

CHINA = ZoneInfo("Asia/Shanghai")
"""China has one time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which a contact wishes not to be told of some severities.

    Args:
        hours: when.
        severities: of what; an emergency is told all the same.
    """

    hours: tuple[Hours, ...]
    severities: frozenset[Severity] = frozenset({Severity.WARNING, Severity.FAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder.

    Args:
        contact: whom we tell.
        channels: the ways to tell, all at once.
        after_s: seconds after the ladder began without a person's acknowledgement.
        severities: for which alerts this rung is used.
        hours: when the contact is there; empty for always.
        quiet: when it wishes not to be told; None for never.
        gentle: asked first, and only, when there is no sign of life.
    """

    contact: str
    channels: tuple[str, ...]
    after_s: float
    severities: frozenset[Severity] = frozenset(Severity)
    hours: tuple[Hours, ...] = ()
    quiet: Quiet | None = None
    gentle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs, and the patience of the whole.

    Args:
        rungs: in any order.
        round_s: seconds between the last rung and the first of the next round.
        gentle_s: seconds that gentle rungs have before the others.
        arrival_s: seconds after somebody took an emergency in which somebody must arrive.
        zone: whose wall clock the hours mean.
    """

    rungs: tuple[Rung, ...]
    round_s: float
    gentle_s: float = 0.0
    arrival_s: float = 1080.0
    zone: ZoneInfo = CHINA


class Turn(NamedTuple):
    """When a rung is first told in a round: seconds after its start, and the rung."""

    after_s: float
    rung: Rung


def turns(ladder: Ladder, alert: Alert, start: datetime) -> tuple[Turn, ...]:
    """Say when each rung is first told in a round.

    Args:
        ladder: the bed's ladder.
        alert: the alert; its kind, severity and whether it is a test decide.
        start: when the round begins (aware UTC).

    Returns:
        The rungs that serve this alert and whose contact is there, the earliest first.
    """
    rungs = serving(ladder, alert)
    if alert.test:
        return _sorted(rungs)
    if alert.severity is Severity.FAULT:
        return _sorted(_at_opening(ladder, alert, start, turn) for turn in rungs)
    gentle = [turn for turn in rungs if turn.rung.gentle and _is_there(ladder, start, turn)]
    head_s = ladder.gentle_s if gentle else 0.0
    others = [Turn(head_s + turn.after_s, turn.rung) for turn in rungs if not turn.rung.gentle]
    return _sorted([*gentle, *_others(ladder, alert, start, others, head_s)])


def serving(ladder: Ladder, alert: Alert) -> list[Turn]:
    """Give the rungs that serve an alert, whoever is there, and when each asks for its turn."""
    if alert.test:
        named = str(alert.evidence.get("contacts", "")).split("\n")
        return [Turn(0.0, rung) for rung in ladder.rungs if rung.contact in named]
    silent = alert.kind is AlertKind.INACTIVITY
    return [
        Turn(rung.after_s, rung)
        for rung in ladder.rungs
        if alert.severity in rung.severities and (silent or not rung.gentle)
    ]


def _others(ladder: Ladder, alert: Alert, start: datetime, rungs: list[Turn], head_s: float) -> list[Turn]:
    """Give the turns of the rungs that are not asked gently, from `head_s` on."""
    there = [turn for turn in rungs if _is_there(ladder, start, turn)]
    if not there:
        return rungs
    late_s = min(turn.after_s for turn in there) - min(turn.after_s for turn in rungs)
    closed = [_console(turn) for turn in rungs if turn not in there and CONSOLE in turn.rung.channels]
    if late_s > 0 and alert.severity is Severity.EMERGENCY:
        return [*closed, *(Turn(head_s, rung) for _, rung in there)]
    return [*closed, *(_after_quiet(ladder, alert, start, Turn(wait_s - late_s, rung)) for wait_s, rung in there)]


def _console(turn: Turn) -> Turn:
    return Turn(turn.after_s, replace(turn.rung, channels=(CONSOLE,)))


def _is_there(ladder: Ladder, start: datetime, turn: Turn) -> bool:
    return is_open(turn.rung.hours, moment_of(start, turn.after_s), ladder.zone)


def _at_opening(ladder: Ladder, alert: Alert, start: datetime, turn: Turn) -> Turn:
    opening = next_open(turn.rung.hours, moment_of(start, turn.after_s), ladder.zone)
    return _after_quiet(ladder, alert, start, Turn((opening - start).total_seconds(), turn.rung))


def _after_quiet(ladder: Ladder, alert: Alert, start: datetime, turn: Turn) -> Turn:
    quiet, at = turn.rung.quiet, moment_of(start, turn.after_s)
    if quiet is None or alert.severity is Severity.EMERGENCY or alert.severity not in quiet.severities:
        return turn
    if not is_open(quiet.hours, at, ladder.zone):
        return turn
    return Turn((next_closed(quiet.hours, at, ladder.zone) - start).total_seconds(), turn.rung)


def _sorted(found: Iterable[Turn]) -> tuple[Turn, ...]:
    return tuple(sorted(found, key=lambda turn: turn.after_s))


def moment_of(start: datetime, after_s: float) -> datetime:
    """Give the time so many seconds after the start."""
    return start + timedelta(seconds=after_s)
