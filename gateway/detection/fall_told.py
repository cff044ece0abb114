"""The detections that tell of a fall: what is said, how grave it is, and from what it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.fall_episode import Episode, GotUp
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


def key_of(device: str, since: datetime) -> str:
    """The key of a fall: which device saw it, and when."""
    return f"fall:{device}:{since.isoformat()}"


def raised(device: str, episode: Episode, at: datetime, reason: Reason) -> Detection:
    """A fall that must be looked after now."""
    evidence: dict[str, str | int | float | bool] = {"device": device, "room": episode.room}
    if episode.score is not None:
        evidence["score"] = episode.score
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
        evidence=evidence,
    )


def not_up(home: Home, state: State, told: Detection) -> Detection:
    """The same fall, graver: nobody got up.

    Args:
        home: its limits.
        state: the latest sign of life is evidence.
        told: made by `raised`, with a key of its own.
    """
    told.evidence["limit_s"] = home.limits.fall_up_s
    told.evidence["lying_s"] = (told.at - told.since).total_seconds()
    if state.last_sign is not None:
        told.evidence["last_sign_at"] = state.last_sign.at.isoformat()
        told.evidence["last_sign_device"] = state.last_sign.device
        told.evidence["last_sign_room"] = state.last_sign.room
    return told


def up_again(device: str, episode: Episode, seen: Seen) -> Detection:
    """The end of a fall that was told: she is up."""
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


def got_up(fall: GotUp, at: datetime) -> Detection:
    """A fall that is over, for somebody to ask after when convenient."""
    return Detection(
        key=f"{key_of(fall.device, fall.since)}:got_up",
        kind=AlertKind.FALL,
        phase=Phase.RAISED,
        severity=Severity.WARNING,
        subject="resident",
        since=fall.since,
        at=at,
        reason=Reason.FALL_GOT_UP,
        device=fall.device,
        evidence={
            "device": fall.device,
            "room": fall.room,
            "lying_s": (fall.up_at - fall.since).total_seconds(),
        },
    )
