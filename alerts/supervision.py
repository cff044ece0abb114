"""Whether a path to the station works, and which one to use: pure functions of what was asked, heard and when.

Theory of operation
-------------------
A connection proves nothing: a half-open one looks as good as any, and a broker may live while the station behind it
is dead. The only proof that a path works is the station's own sealed answer to a heartbeat that went by this path, or
its receipt for an alert that did. So a path is *asked* again and again, and each question that is not answered before
the next one is due is *missed*.

* One miss makes a path doubtful: others are preferred, and its connection is dialled anew.
* `LOST_AFTER` misses in a row make it lost, since the last proof. How long a lost path may go untold is not decided
  here (`gateway.detection.trouble` counts from that last proof).
* Whatever else goes wrong on it, such as a publish that is not confirmed, makes it doubtful and asks at once.
* A path is asked seldom while another one works (a spare one is paid for by the byte), and more often while it is the
  only one.

All times are seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LOST_AFTER = 3
"""Source: our choice: one question may be lost by a line that hiccups, another one while it is dialled anew."""

REMEMBERED = 8
"""Questions whose answers count although a later one was asked."""

STATION = "station"
"""The name under which `troubles` tells that no path is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a path is asked, in seconds.

    Args:
        beat_s: while it answers.
        alone_s: the same while it is the only path that does.
        answer_s: how long an answer may take.
        retries_s: after the first question without an answer, the second, ...; the last one is repeated.
    """

    beat_s: float
    alone_s: float
    answer_s: float
    retries_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathState:
    """What is known of one path.

    Args:
        proven_s: when it last proved to work; before the first proof, from when on it is expected to.
        due_s: when to ask next.
        heard: it has proved to work since the process began.
        waiting: the latest question has no answer yet.
        answer_by_s: until when a question may wait for its answer.
        missed: questions in a row whose answer did not come in time.
        doubted: something else went wrong since the last proof.
        numbers: of the latest questions, oldest first.
    """

    proven_s: float
    due_s: float
    heard: bool = False
    waiting: bool = False
    answer_by_s: float = 0.0
    missed: int = 0
    doubted: bool = False
    numbers: tuple[int, ...] = ()

    @property
    def good(self) -> bool:
        """Nothing speaks against it."""
        return not self.missed and not self.doubted

    @property
    def lost(self) -> bool:
        """It does not work."""
        return self.missed >= LOST_AFTER


def asked(state: PathState, rhythm: Rhythm, number: int, at_s: float) -> PathState:
    """The path after a question was due, whether or not it could be sent.

    Args:
        state: before.
        rhythm: of the path.
        number: of the question.
        at_s: now.
    """
    late = state.waiting and at_s >= state.answer_by_s
    missed = state.missed + late
    return replace(
        state,
        due_s=at_s + rhythm.retries_s[min(missed, len(rhythm.retries_s) - 1)],
        waiting=True,
        answer_by_s=at_s + rhythm.answer_s if late or not state.waiting else state.answer_by_s,
        missed=missed,
        numbers=(*state.numbers, number)[-REMEMBERED:],
    )


def answered(state: PathState, rhythm: Rhythm, number: int, at_s: float, *, alone: bool) -> PathState:
    """The path after an answer; unchanged when it answers no question that was asked lately."""
    return proven(state, rhythm, at_s, alone=alone) if number in state.numbers else state


def proven(state: PathState, rhythm: Rhythm, at_s: float, *, alone: bool) -> PathState:
    """The path after it has proved to work."""
    due_s = at_s + (rhythm.alone_s if alone else rhythm.beat_s)
    return PathState(proven_s=at_s, due_s=due_s, heard=True, numbers=state.numbers)


def doubted(state: PathState, at_s: float) -> PathState:
    """The path after something went wrong on it: asked at once, unless an answer is already awaited."""
    return replace(state, doubted=True, due_s=state.due_s if state.waiting else at_s)


def connected(state: PathState, at_s: float) -> PathState:
    """The path after its connection came: asked at once."""
    return replace(state, due_s=min(state.due_s, at_s))


def cut(state: PathState, rhythm: Rhythm, at_s: float) -> PathState:
    """The path after its connection went: asked when it has had time to come back.

    Not at once, since asking has a connection dialled without its pause, and two boxes of one name, which push each
    other out, would never come to rest.
    """
    return replace(state, due_s=min(state.due_s, at_s + rhythm.answer_s))


def hastened(state: PathState, rhythm: Rhythm, at_s: float) -> PathState:
    """The path now that the others are doubtful: asked at once, if its last proof is older than it may be alone."""
    if not state.good or state.waiting:
        return state
    return replace(state, due_s=min(state.due_s, max(at_s, state.proven_s + rhythm.alone_s)))


def in_order(states: Mapping[str, PathState], connected: Collection[str]) -> list[str]:
    """The paths in the order in which something is to be sent by them.

    Args:
        states: by name, the preferred path first.
        connected: those whose connection seems to stand.
    """
    names = list(states)
    return sorted(names, key=lambda name: (name not in connected, not states[name].good, names.index(name)))


def troubles(states: Mapping[str, PathState], begun: Collection[str]) -> dict[str, float]:
    """What is to be told of the paths: names of lost ones, or `STATION` when none is left, and since when.

    One cause is one trouble. So a path that is lost is told as such only when another one has answered since;
    when all are lost, that alone is told, and beside it only what was told before. A path that has not been heard since
    the process began keeps the trouble that it had.

    Args:
        states: by name.
        begun: the names of the troubles that were told and are not over.
    """
    last_s = max(state.proven_s for state in states.values())
    found = {}
    if all(_still_lost(state, STATION in begun) for state in states.values()):
        found[STATION] = last_s
    for name, state in states.items():
        replaced = any(other.proven_s > state.proven_s and not other.lost for other in states.values())
        if len(states) > 1 and _still_lost(state, name in begun) and (replaced or name in begun):
            found[name] = state.proven_s
    return found


def _still_lost(state: PathState, begun: bool) -> bool:  # noqa: FBT001 - "lost, or lost before and not heard since"
    return state.lost or (begun and not state.heard)
