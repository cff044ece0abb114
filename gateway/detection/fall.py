"""She fell, as a radar, pendant or strap reports it; and whether she got up again.

Theory of operation
-------------------
Each fall device has at most one episode:

    (none) --"maybe"--> maybe --fall_maybe_s--> down --fall_up_s--> not_up
    (none) --"fall", "lying"----------------->  down
    maybe --"fall", "lying"------------------>  down
    maybe, down, not_up --sign of being up--->  over --"none"--> (none)

Entering *down* raises, entering *not_up* tells the same alert again, graver: a fall after which nobody gets up is
what people must be woken for. A sign of being up in *down* or *not_up* clears with the raised key; the lifecycle
still wants a human, since who fell once should be seen.

*A sign of being up* is a level rising or an inner door moving in another room than the fall's, a tap or switch
anywhere, the bed being occupied, or the entrance door, each at least `SETTLE_S` after the fall. Movement in the
room of the fall is no such sign: she may crawl. A call for help is none either.

*The device's own "none"* clears nothing, for radars lose people who lie still. It re-arms the device: a later
"fall" is a new one. A "maybe" that the device took back needs only movement anywhere, the same room included, to
be dropped; one that it did not take back needs a sign of being up. "unknown" says nothing.

*One weak source.* A fall that no device was ever sure of is asked before it is told: it carries a countdown
(`countdown_s`), during which the resident, by being up, by any button or by moving while the device takes its
"maybe" back, cancels it. `fall_maybe_s` and the countdown together are at most 60 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.daytime import NEVER
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

SETTLE_S = 10.0
"""Signs this soon after a fall may still be of the walk before it. Source: judgement; radars report a fall about 10 s
late, PIR and radio delays are 1-5 s."""


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
        stage: see the theory above.
        since: when it truly began: the first message.
        room: where; the device's room, or for a worn device the room of the latest sign of life.
        key: of the raised detection; "" before.
        withdrawn: the device has said "none" since.
        due: when the next stage is reached if nothing happens.
        suspected: no device ever said more than "maybe".
    """

    stage: Stage
    since: datetime
    room: str
    key: str = ""
    withdrawn: bool = False
    due: datetime = NEVER
    suspected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FallState:
    """The episodes, by device, and when the first of them moves on by itself."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    due: datetime = NEVER


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a fall device's word, and the fall."""
    device, word = seen.reading.device_id, seen.reading.value
    episode = state.fall.episodes.get(device)
    if word == "none":
        return _withdraw(state, device, episode), ()
    if word in {"fall", "lying"}:
        if episode is not None and episode.stage is not Stage.MAYBE and not episode.withdrawn:
            return state, ()
        return _go_down(home, state, seen, episode)
    if word == "maybe" and (episode is None or (episode.withdrawn and episode.stage is Stage.OVER)):
        due = seen.at + timedelta(seconds=home.limits.fall_maybe_s)
        suspicion = Episode(stage=Stage.MAYBE, since=seen.at, room=_room(state, seen), due=due)
        return _with(state, device, suspicion), ()
    return state, ()


def _withdraw(state: State, device: str, episode: Episode | None) -> State:
    if episode is None or episode.withdrawn:
        return state
    if episode.stage is Stage.OVER:
        return _with(state, device, None)
    return _with(state, device, replace(episode, withdrawn=True))


def _go_down(home: Home, state: State, seen: Seen, before: Episode | None) -> tuple[State, tuple[Detection, ...]]:
    device = seen.reading.device_id
    suspected = before is not None and before.stage is Stage.MAYBE
    since = before.since if before is not None and suspected else seen.at
    episode = Episode(
        stage=Stage.DOWN,
        since=since,
        room=_room(state, seen),
        key=f"fall:{device}:{since.isoformat()}",
        due=seen.at + timedelta(seconds=home.limits.fall_up_s),
    )
    reason = Reason.LYING_REPORTED if seen.reading.value == "lying" else Reason.FALL_REPORTED
    return _with(state, device, episode), (_raised(device, episode, seen.at, reason),)


def _room(state: State, seen: Seen) -> str:
    if seen.device.room or state.last_sign is None:
        return seen.device.room
    return state.last_sign.room


def notice(_home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a sign of life, and the falls that it shows to be over."""
    found: list[Detection] = []
    for device, episode in state.fall.episodes.items():
        if episode.stage is Stage.OVER or not _is_up(episode, seen):
            continue
        if episode.stage is not Stage.MAYBE:
            found.append(_up_again(device, episode, seen))
        over = replace(episode, stage=Stage.OVER, due=NEVER)
        state = _with(state, device, None if episode.withdrawn else over)
    return state, tuple(found)


def _is_up(episode: Episode, seen: Seen) -> bool:
    if seen.at - episode.since < timedelta(seconds=SETTLE_S):
        return False
    kind, role = seen.reading.kind, seen.device.role
    if kind is Kind.CONTACT and role is Role.ENTRANCE:
        return True
    if not seen.indoors or role is Role.SOS or kind in {Kind.SOS, Kind.SOS_FLAG, Kind.VIBRATION}:
        return False
    if kind in {Kind.ACTIVITY, Kind.BED}:
        return True
    if episode.withdrawn and (episode.suspected or episode.stage is Stage.MAYBE):
        return True
    return seen.device.room not in {"", episode.room}


def forgive(state: State, device: str) -> State:
    """The state after a person said that this device's fall was a test: it is over, whoever gets up."""
    episode = state.fall.episodes.get(device)
    if episode is None:
        return state
    over = replace(episode, stage=Stage.OVER, due=NEVER)
    return _with(state, device, None if episode.withdrawn else over)


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the falls that time alone makes graver."""
    found: list[Detection] = []
    for device, episode in state.fall.episodes.items():
        if episode.due > due:
            continue
        if episode.stage is Stage.MAYBE:
            later = replace(
                episode,
                stage=Stage.DOWN,
                key=f"fall:{device}:{episode.since.isoformat()}",
                due=due + timedelta(seconds=home.limits.fall_up_s),
                suspected=True,
            )
            suspected = _raised(device, later, at, Reason.FALL_SUSPECTED)
            suspected.evidence["limit_s"] = home.limits.fall_maybe_s
            found.append(replace(suspected, countdown_s=home.limits.countdown_s))
        else:
            later = replace(episode, stage=Stage.NOT_UP, due=NEVER)
            found.append(_not_up(home, state, device, episode, at))
        state = _with(state, device, later)
    return state, tuple(found)


def _with(state: State, device: str, episode: Episode | None) -> State:
    episodes = {other: kept for other, kept in state.fall.episodes.items() if other != device}
    if episode is not None:
        episodes[device] = episode
    due = min((kept.due for kept in episodes.values()), default=NEVER)
    return replace(state, fall=FallState(episodes=episodes, due=due))


def _raised(device: str, episode: Episode, at: datetime, reason: Reason) -> Detection:
    return Detection(
        key=episode.key,
        kind=AlertKind.FALL,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=episode.since,
        at=at,
        reason=reason,
        device=device,
        evidence={"device": device, "room": episode.room},
    )


def _not_up(home: Home, state: State, device: str, episode: Episode, at: datetime) -> Detection:
    told = _raised(device, replace(episode, key=f"{episode.key}:not_up"), at, Reason.NOT_UP_AGAIN)
    told.evidence["limit_s"] = home.limits.fall_up_s
    told.evidence["lying_s"] = (at - episode.since).total_seconds()
    if state.last_sign is not None:
        told.evidence["last_sign_at"] = state.last_sign.at.isoformat()
        told.evidence["last_sign_device"] = state.last_sign.device
        told.evidence["last_sign_room"] = state.last_sign.room
    return told


def _up_again(device: str, episode: Episode, seen: Seen) -> Detection:
    return Detection(
        key=episode.key,
        kind=AlertKind.FALL,
        phase=Phase.CLEARED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=episode.since,
        at=seen.at,
        reason=Reason.UP_AGAIN,
        device=seen.reading.device_id,
        evidence={
            "device": seen.reading.device_id,
            "room": seen.device.room,
            "fall_device": device,
            "lying_s": (seen.at - episode.since).total_seconds(),
        },
    )
