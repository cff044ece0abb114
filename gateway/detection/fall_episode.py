"""What is remembered of falls: an episode for each device, and what is still to be told gently."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - snapshots resolve the annotations at run time
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER

if TYPE_CHECKING:
    from gateway.detection.state import State


class Stage(StrEnum):
    """How far an episode has come."""

    MAYBE = "maybe"
    DOWN = "down"
    NOT_UP = "not_up"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One fall as one device sees it.

    Args:
        stage: see the theory of `gateway.detection.fall`.
        since: when it truly began: the first message.
        room: where; the device's room, or for a worn device the room of the latest sign of life.
        key: of the raised detection; "" before.
        withdrawn: the device has said "none" since.
        due: when the next stage is reached if nothing happens.
        suspected: no device ever said more than "maybe".
        score: of the window of acceleration that began it, 0-1; None where the device itself judged.
    """

    stage: Stage
    since: datetime
    room: str
    key: str = ""
    withdrawn: bool = False
    due: datetime = NEVER
    suspected: bool = False
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GotUp:
    """A fall after which she went on as usual: nobody need be woken for it.

    Args:
        device: which worn sensor felt it.
        since: when it was.
        room: as in `Episode`.
        up_at: when she was seen up.
        due: when to tell it.
    """

    device: str
    since: datetime
    room: str
    up_at: datetime
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FallState:
    """The episodes by device, the falls to be told gently, and when the first of all these moves on by itself."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    got_up: tuple[GotUp, ...] = ()
    due: datetime = NEVER


def put(state: State, device: str, episode: Episode | None) -> State:
    """The state with this device's episode in place of the one before; None for none."""
    episodes = {other: kept for other, kept in state.fall.episodes.items() if other != device}
    if episode is not None:
        episodes[device] = episode
    return _timed(state, replace(state.fall, episodes=episodes))


def end(state: State, device: str, episode: Episode) -> State:
    """The state after an episode is over; a device that takes words back, or never repeats one, is at once ready."""
    if episode.withdrawn or episode.score is not None:
        return put(state, device, None)
    return put(state, device, replace(episode, stage=Stage.OVER, due=NEVER))


def remind(state: State, got_up: tuple[GotUp, ...]) -> State:
    """The state with these falls to be told gently."""
    return _timed(state, replace(state.fall, got_up=got_up))


def _timed(state: State, falls: FallState) -> State:
    due = min((*(kept.due for kept in falls.episodes.values()), *(fall.due for fall in falls.got_up)), default=NEVER)
    return replace(state, fall=replace(falls, due=due))
