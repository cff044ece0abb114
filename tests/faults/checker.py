"""Judges what both ends of a world remember: was a call for help lost, told twice, or an outage told to nobody?

Theory of operation
-------------------
Pure: `Records` in, findings out. What each word means here:

*Lost.* A staged press is known by its device and sequence number. It is safe when the gateway remembers that it acted
on an alert, and a person acknowledged, attended or closed that alert in a revision that contains the press, or the
alert still needs a person and a row of its ladder is under way. Anything else is lost. Of the button, whose presses
are all alike, only the number can be compared. Where the gateway's memory itself was damaged, what it remembered just
before counts, too, and so does what a person at the station took.

*Doubled.* A press that acted twice; an alert that counts more presses than acted on it; an alert at the station that
the home does not have; a telling at the hotline that the gateway's ladder did not plan; the same telling received
twice, or two tellings of one revision received at once; a telephone that rings
more often than was planned; each without a reason. Reasons are a disturbance under way at that
moment (the far end knows a telling that is said again by its id), and the ladder's own moments, `MOMENT_S` apart.

*Untold.* A disturbance that lasted longer than its limit names what must be told (`Told`); it is told when an alert
whose key begins so reached the station or the hotline since it began.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.faults.papers import TELEPHONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TAKEN = frozenset({"acknowledged", "attended", "closed"})
UNTAKEN = frozenset({"open", "returned", "pending"})
UNDER_WAY = frozenset({"due", "sent"})

MOMENT_S = 1.0
"""Moments of the ladder lie further apart than this; two tellings of one revision that come closer are one too many."""

STATIONS_OWN = ("gateway_silent:", "path_silent:", "gateway_twins:", "station_restored:")
"""Beginnings of the keys of what the station finds out by itself. Source: alerts/station/rows.py."""

AFTERMATH_S = 15.0
"""How long after a disturbance what it delayed may still be said again: a receipt's time-out and a reconnection."""


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, in a sentence."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A press that the home's broker confirmed; `sequence` None for a device whose presses are all alike."""

    device: str
    sequence: int | None
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A press that acted on an alert, in the gateway's memory; `old` if it did before this round."""

    device: str
    sequence: int | None
    alert: str
    old: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One revision of an alert, in the gateway's memory."""

    alert: str
    revision: int
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One telling that the ladder planned, in the gateway's memory."""

    id: str
    alert: str
    contact: str
    revision: int
    state: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One telling that a far end received."""

    id: str
    alert: str
    contact: str
    revision: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What must be told because of a disturbance: an alert whose key begins with `prefix`."""

    prefix: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What was done to the world.

    Args:
        name: of the fault.
        began, ended: Unix times.
        told: what it makes necessary.
        forgets: the gateway's memory went back in time by it, so that its history proves nothing.
        hurries: the gateway finds the true time by it, which is later: moments of the ladder come together.
    """

    name: str
    began: float
    ended: float
    told: tuple[Told, ...] = ()
    forgets: bool = False
    hurries: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a gateway remembers: presses that acted, the history of alerts, and what its ladder planned."""

    applied: tuple[Applied, ...] = ()
    steps: tuple[Step, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What was done, and what both ends remember of it.

    Args:
        staged: confirmed presses.
        disturbances: what was done to the world.
        memory: the gateway's.
        earlier: what it remembered before its memory was damaged.
        station: alert keys in the station's memory, and since when.
        taken: alerts that a person at the station took → presses that the person knew of.
        repeats: a broker may say again what it had confirmed, and presses that are all alike act twice.
        arrivals: the hotline's file.
        heard: alert keys of any age that reached somebody, and when.
        calls: how often the hotline's telephone rang.
    """

    staged: tuple[Staged, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    memory: Memory = field(default_factory=Memory)
    earlier: tuple[Memory, ...] = ()
    station: dict[str, float] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    repeats: bool = False
    arrivals: tuple[Arrival, ...] = ()
    heard: tuple[tuple[str, float], ...] = ()
    calls: int = 0


def check(records: Records) -> list[Finding]:
    """Gives everything that is wrong; empty when the world survived."""
    lost = (Finding(kind=Kind.LOST, sentence=said) for said in _lost(records))
    doubled = (Finding(kind=Kind.DOUBLED, sentence=said) for said in _doubled(records))
    untold = (Finding(kind=Kind.UNTOLD, sentence=said) for said in _untold(records))
    return [*lost, *doubled, *untold]


def _lost(records: Records) -> Iterator[str]:
    acted = {(a.device, a.sequence) for memory in _memories(records) for a in memory.applied}
    for press in records.staged:
        if press.sequence is not None and (press.device, press.sequence) not in acted:
            yield f"{press.device} press {press.sequence & 0xFFFFFFFF} acted on no alert"
    for device, said in Counter(p.device for p in records.staged if p.sequence is None).items():
        times = max(sum(a.device == device and not a.old for a in memory.applied) for memory in _memories(records))
        if times < said and not _forgot(records):
            yield f"{device} was pressed {said} times and acted {times} times"
    for memory in _memories(records):
        for alert in sorted({a.alert for a in memory.applied}):
            yield from _left_alone(records, memory, alert)


def _memories(records: Records) -> tuple[Memory, ...]:
    return (records.memory, *records.earlier)


def _forgot(records: Records) -> bool:
    return any(each.forgets for each in records.disturbances)


def _left_alone(records: Records, memory: Memory, alert: str) -> Iterator[str]:
    """The last press of an alert must be taken or still called for, and so are those before it."""
    steps = _steps(memory, alert)
    if not steps:
        yield f"{alert} is not remembered"
        return
    last = max(step.count for step in steps)
    pressed = min(step.revision for step in steps if step.count == last)
    taken = any(step.state in TAKEN for step in steps if step.revision > pressed)
    taken_there = _forgot(records) and records.taken.get(alert, 0) >= last
    if not (taken or taken_there or _is_called(records.memory, alert)):
        yield f"{alert} is {steps[-1].state}: nobody took its press {last}, and nobody is called"


def _steps(memory: Memory, alert: str) -> list[Step]:
    return sorted((step for step in memory.steps if step.alert == alert), key=lambda step: step.revision)


def _is_called(memory: Memory, alert: str) -> bool:
    steps = _steps(memory, alert)
    under_way = any(row.alert == alert and row.state in UNDER_WAY for row in memory.rows)
    return bool(steps) and steps[-1].state in UNTAKEN and under_way


def _doubled(records: Records) -> Iterator[str]:
    for memory in _memories(records):
        yield from _acted_twice(records, memory)
    if not _forgot(records):
        known = {step.alert for step in records.memory.steps}
        yield from (f"the station has {key}, the home does not" for key in records.station if _foreign(key, known))
        yield from (f"{a.contact} was told {a.id} of {a.alert}: nobody planned it" for a in _unplanned(records))
        yield from _rang_too_often(records)
    yield from _said_twice(records)
    yield from _said_at_once(records)


def _foreign(key: str, known: set[str]) -> bool:
    return key not in known and not key.startswith(STATIONS_OWN)


def _unplanned(records: Records) -> Iterator[Arrival]:
    planned = {row.id for row in records.memory.rows}
    return (arrival for arrival in records.arrivals if arrival.id not in planned)


def _acted_twice(records: Records, memory: Memory) -> Iterator[str]:
    for (device, sequence), times in Counter((a.device, a.sequence) for a in memory.applied if not a.old).items():
        if sequence is not None and times > 1:
            yield f"{device} press {sequence & 0xFFFFFFFF} acted {times} times"
        if (
            sequence is None
            and not records.repeats
            and times > (said := sum(p.device == device for p in records.staged))
        ):
            yield f"{device} was pressed {said} times and acted {times} times"
    for alert, times in Counter(a.alert for a in memory.applied).items():
        count = max((step.count for step in _steps(memory, alert)), default=0)
        if count > times and not _forgot(records):  # the presses may be what was lost
            yield f"{alert} counts {count} presses, {times} acted on it"


def _said_twice(records: Records) -> Iterator[str]:
    by_id: defaultdict[str, list[Arrival]] = defaultdict(list)
    for arrival in records.arrivals:
        by_id[arrival.id].append(arrival)
    for same in by_id.values():
        for first, again in pairwise(sorted(same, key=lambda arrival: arrival.at)):
            if not _disturbed(records, first.at, again.at):
                yield f"{again.contact} was told {again.id} of {again.alert} again after {again.at - first.at:.1f} s"


def _said_at_once(records: Records) -> Iterator[str]:
    """Different tellings of one revision to one contact that come together are one call too many.

    A press may come just before the ladder's next moment: then the one row tells the news, the other is due anyway.
    """
    planned = {row.id: row.revision for memory in _memories(records) for row in memory.rows}
    hurried = replace(records, disturbances=tuple(each for each in records.disturbances if each.hurries))
    groups: defaultdict[tuple[str, str, int], dict[str, Arrival]] = defaultdict(dict)
    for arrival in sorted(records.arrivals, key=lambda arrival: arrival.at):
        groups[arrival.contact, arrival.alert, arrival.revision].setdefault(arrival.id, arrival)
    for (contact, alert, revision), told in groups.items():
        for first, then in pairwise(told.values()):
            together = then.at - first.at < MOMENT_S and planned.get(first.id) == planned.get(then.id)
            if together and not _disturbed(hurried, first.at, then.at):
                yield f"{contact} was told revision {revision} of {alert} twice within {then.at - first.at:.2f} s"


def _rang_too_often(records: Records) -> Iterator[str]:
    """Each row of the ladder may call as often as it was tried; a try that a blow cut off was not written down."""
    planned = sum(max(1, row.attempts) for row in records.memory.rows if row.contact == TELEPHONE)
    if records.calls > planned + len(records.disturbances):
        yield f"the telephone rang {records.calls} times: {planned} calls were planned, and a blow cuts off one at most"


def _disturbed(records: Records, first: float, again: float) -> bool:
    return any(each.began <= again and first <= each.ended + AFTERMATH_S for each in records.disturbances)


def _untold(records: Records) -> Iterator[str]:
    for disturbance in records.disturbances:
        for told in unheard(disturbance.told, records.heard):
            lasted = disturbance.ended - disturbance.began
            yield f"{disturbance.name} lasted {lasted:.0f} s and nobody was told of {told.prefix}"


def unheard(must: Iterable[Told], heard: Iterable[tuple[str, float]]) -> Iterator[Told]:
    """Gives what nobody was told, of what must be.

    Args:
        must: what must be told.
        heard: keys of alerts that reached somebody, and when.
    """
    every = list(heard)
    return (told for told in must if not any(key.startswith(told.prefix) and at >= told.since for key, at in every))
