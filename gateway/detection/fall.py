"""She fell, as a radar, pendant or strap reports it or its window of acceleration shows; and whether she got up again.

Theory of operation
-------------------
Each fall device has at most one episode:

    (none) --"maybe"--> maybe --fall_maybe_s--> down --fall_up_s--> not_up
    (none) --"fall", "lying"----------------->  down
    maybe --"fall", "lying"------------------>  down
    maybe --a second weak source-------------->  down
    maybe, down, not_up --sign of being up--->  over --"none"--> (none)

Entering *down* raises, entering *not_up* tells the same alert again, graver: a fall after which nobody gets up is
what people must be woken for. A sign of being up in *down* or *not_up* clears with the raised key; the lifecycle
still wants a human, since who fell once should be seen.

*A worn sensor's window* arrives as the score that the model gave it (`IMPACT`). From `SUSPECTED` on it counts as one
"maybe", never as more: whoever drops into a chair has struck the sensor too. Its device takes nothing back and
repeats nothing, so that its episode ends without a trace. In the minute after, it says coarsely what it feels
(`AFTER`): "up" is a sign of being up, "still" the second weak source.

*Two weak sources are a strong one.* When two devices say "maybe" within `TOGETHER_S`, or the one that was struck
lies still, the fall is told at once, without the countdown; a countdown that runs is over.

*A sign of being up* is a level rising or an inner door moving in another room than the fall's, a tap or switch
anywhere, the bed being occupied, the entrance door, or a worn sensor's "up", each at least `SETTLE_S` after the fall.
Movement in the room of the fall is no such sign: she may crawl. A call for help is none either.

*A fall after which she goes on as usual* wakes nobody. Where the window left little doubt (`SURE`), it is told as a
warning, by day: at once, or in the morning.

*The device's own "none"* clears nothing, for radars lose people who lie still. It re-arms the device: a later
"fall" is a new one. A "maybe" that the device took back needs only movement anywhere, the same room included, to
be dropped; one that it did not take back needs a sign of being up. "unknown" says nothing.

*One weak source.* A fall that no device was ever sure of is asked before it is told: it carries a countdown
(`countdown_s`), during which the resident, by being up, by any button or by moving while the device takes its
"maybe" back, cancels it. `fall_maybe_s` and the countdown together are at most 60 s.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import fall_told
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER, is_night, next_change
from gateway.detection.fall_episode import Episode, GotUp, Stage, end, put, remind
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from alerts.model import Detection
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

SETTLE_S = 10.0
"""Signs this soon after a fall may still be of the walk before it. Source: judgement; radars report a fall about 10 s
late, PIR and radio delays are 1-5 s."""

SUSPECTED = 0.5
"""From this score on a window counts as "maybe". Source: the model's scores are scaled so that its working point is
here (docs/fall-model.md)."""

SURE = 0.9
"""From this score on a window leaves little doubt: no elder's daily activity scored as much. Source: as above."""

TOGETHER_S = 60.0
"""Two weak sources this close mean one fall. Source: judgement; radars need up to 20 s, a worn sensor 3 s and its
first word about stillness 15 s more."""


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a fall device's word, and the fall."""
    device, word = seen.reading.device_id, _word(seen)
    episode = state.fall.episodes.get(device)
    if word == "none":
        return _withdraw(state, device, episode), ()
    if word in {"fall", "lying"}:
        if episode is not None and episode.stage is not Stage.MAYBE and not episode.withdrawn:
            return state, ()
        return _go_down(home, state, seen, episode)
    if word == "still" and episode is not None and episode.suspected:
        return _strengthen(home, state, device, seen, Reason.FALL_LYING_STILL)
    if word == "maybe" and (episode is None or (episode.withdrawn and episode.stage is Stage.OVER)):
        return _suspect(home, state, seen)
    return state, ()


def _word(seen: Seen) -> object:
    """What the device says, in the words of fall devices."""
    if seen.reading.kind is Kind.IMPACT:
        return "maybe" if float(seen.reading.value) >= SUSPECTED else ""
    return seen.reading.value


def _withdraw(state: State, device: str, episode: Episode | None) -> State:
    if episode is None or episode.withdrawn:
        return state
    if episode.stage is Stage.OVER:
        return put(state, device, None)
    return put(state, device, replace(episode, withdrawn=True))


def _suspect(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """Begin to suspect a fall, or find that another device suspects the same one."""
    suspicion = Episode(
        stage=Stage.MAYBE,
        since=seen.at,
        room=_room(state, seen),
        due=seen.at + timedelta(seconds=home.limits.fall_maybe_s),
        suspected=True,
        score=float(seen.reading.value) if seen.reading.kind is Kind.IMPACT else None,
    )
    other = _also_suspecting(state, seen)
    if other is None:
        return put(state, seen.reading.device_id, suspicion), ()
    state = end(state, seen.reading.device_id, suspicion)  # one fall, and it goes by the name of who saw it first
    return _strengthen(home, state, other, seen, Reason.FALL_SEEN_TWICE)


def _also_suspecting(state: State, seen: Seen) -> str | None:
    """The other device that has suspected a fall just now."""
    for device, episode in state.fall.episodes.items():
        unsure = episode.suspected and episode.stage in {Stage.MAYBE, Stage.DOWN}
        if unsure and device != seen.reading.device_id and seen.at - episode.since <= timedelta(seconds=TOGETHER_S):
            return device
    return None


def _strengthen(
    home: Home, state: State, device: str, seen: Seen, reason: Reason
) -> tuple[State, tuple[Detection, ...]]:
    """Tell a suspected fall at once, now that a second weak source has spoken."""
    before = state.fall.episodes[device]
    if before.stage not in {Stage.MAYBE, Stage.DOWN}:
        return state, ()
    key = fall_told.key_of(device, before.since)
    due = before.due if before.stage is Stage.DOWN else seen.at + timedelta(seconds=home.limits.fall_up_s)
    episode = replace(before, stage=Stage.DOWN, key=before.key or key, due=due, suspected=False)
    again = replace(episode, key=f"{key}:again") if before.key else episode
    told = fall_told.raised(device, again, seen.at, reason)
    if reason is Reason.FALL_SEEN_TWICE:
        told.evidence["second"] = seen.reading.device_id
    return put(state, device, episode), (told,)


def _go_down(home: Home, state: State, seen: Seen, before: Episode | None) -> tuple[State, tuple[Detection, ...]]:
    device = seen.reading.device_id
    suspected = before is not None and before.stage is Stage.MAYBE
    since = before.since if before is not None and suspected else seen.at
    episode = Episode(
        stage=Stage.DOWN,
        since=since,
        room=_room(state, seen),
        key=fall_told.key_of(device, since),
        due=seen.at + timedelta(seconds=home.limits.fall_up_s),
    )
    reason = Reason.LYING_REPORTED if seen.reading.value == "lying" else Reason.FALL_REPORTED
    return put(state, device, episode), (fall_told.raised(device, episode, seen.at, reason),)


def _room(state: State, seen: Seen) -> str:
    if seen.device.room or state.last_sign is None:
        return seen.device.room
    return state.last_sign.room


def notice(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a sign of life, and the falls that it shows to be over."""
    found: list[Detection] = []
    for device, episode in state.fall.episodes.items():
        if episode.stage is Stage.OVER or not _is_up(episode, seen):
            continue
        if episode.stage is not Stage.MAYBE:
            found.append(fall_told.up_again(device, episode, seen))
        if episode.suspected and (episode.score or 0.0) >= SURE:
            state = remind(state, (*state.fall.got_up, _gently(home, device, episode, seen.at)))
        state = end(state, device, episode)
    return state, tuple(found)


def _gently(home: Home, device: str, episode: Episode, at: datetime) -> GotUp:
    due = next_change(home, at) if is_night(home, at) else at
    return GotUp(device=device, since=episode.since, room=episode.room, up_at=at, due=due)


def _is_up(episode: Episode, seen: Seen) -> bool:
    if seen.at - episode.since < timedelta(seconds=SETTLE_S):
        return False
    kind, role = seen.reading.kind, seen.device.role
    if kind is Kind.AFTER or (kind is Kind.CONTACT and role is Role.ENTRANCE):
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
    return state if episode is None else end(state, device, episode)


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the falls that time alone makes graver or lets be told."""
    found: list[Detection] = []
    for device, episode in state.fall.episodes.items():
        if episode.due <= due:
            state, told = _grow(home, state, device, due, at)
            found.append(told)
    told_now = [fall for fall in state.fall.got_up if fall.due <= due]
    if told_now:
        state = remind(state, tuple(fall for fall in state.fall.got_up if fall.due > due))
        found += [fall_told.got_up(fall, at) for fall in told_now]
    return state, tuple(found)


def _grow(home: Home, state: State, device: str, due: datetime, at: datetime) -> tuple[State, Detection]:
    """Nobody got up: from a suspicion to a fall, and from a fall to a person who lies there."""
    episode = state.fall.episodes[device]
    if episode.stage is not Stage.MAYBE:
        graver = replace(episode, key=f"{episode.key}:not_up")
        told = fall_told.not_up(home, state, fall_told.raised(device, graver, at, Reason.NOT_UP_AGAIN))
        return put(state, device, replace(episode, stage=Stage.NOT_UP, due=NEVER)), told
    key = fall_told.key_of(device, episode.since)
    until = due + timedelta(seconds=home.limits.fall_up_s)
    down = replace(episode, stage=Stage.DOWN, key=key, due=until)
    told = fall_told.raised(device, down, at, Reason.FALL_SUSPECTED)
    told.evidence["limit_s"] = home.limits.fall_maybe_s
    return put(state, device, down), replace(told, countdown_s=home.limits.countdown_s)
