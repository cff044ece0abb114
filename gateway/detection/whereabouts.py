"""What is believed of where she is: the place, from what, how surely, and what is remembered to judge it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - snapshots resolve the annotations at run time
from enum import StrEnum

from gateway.detection.daytime import NEVER


class Place(StrEnum):
    """Where she is."""

    HOME = "home"
    AWAY = "away"
    ASLEEP = "asleep"
    VISITOR = "visitor"  # at home, and somebody is with her
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """From what we believe it."""

    NOTHING_YET = "nothing_yet"
    SIGN_INDOORS = "sign_indoors"
    DOOR_THEN_NOTHING = "door_then_nothing"
    DOOR_AFTER_VISIT = "door_after_visit"
    DOOR_WHILE_AWAY = "door_while_away"
    DOOR_SENSOR_LOST = "door_sensor_lost"
    BED_OCCUPIED = "bed_occupied"
    OUT_OF_BED = "out_of_bed"
    QUIET_AT_NIGHT = "quiet_at_night"
    DOOR_FROM_OUTSIDE = "door_from_outside"
    TWO_AT_ONCE = "two_at_once"
    VISIT_OVER = "visit_over"


class Confidence(StrEnum):
    """How surely we believe it."""

    SURE = "sure"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody is with her.

    Args:
        since: since when (aware UTC).
        evidence: from what we believe it.
        left_at: the last movement of the door, by which the visitor may have left; None while it has not moved.
    """

    since: datetime
    evidence: Evidence
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """A bed or seat with somebody on it, and who else may be about.

    Args:
        device: its sensor.
        room: where.
        since: since when (aware UTC).
        other_at: when something first moved in another room meanwhile; None before.
    """

    device: str
    room: str
    since: datetime
    other_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where she is.

    Args:
        place: see `Place`.
        since: since when (aware UTC).
        evidence: from what we believe it.
        confidence: how surely.
        door_at: the last movement of the door through which she may have left; None when nobody may have.
        approached: somebody inside had just moved when that door opened, and it was not opened to come back.
        from_outside: it opened while she was at home, and the living sensor beside it had seen nobody go there.
        stirred_at: an indoor sign so soon after that door that it may be of the leaving; None for none.
        arrived_at: when the door last opened while she was away; None before.
        passed_at: when the door last moved and she was at home afterwards; None before, and while she is away.
        visit: the visitor who is with her; None for none.
        resting: the bed or seat that was last taken and is still; None for none.
        pet_days: the local days, as ordinals, on which something moved elsewhere while she lay, and nobody had come.
        due: when time alone may next change this.
    """

    place: Place
    since: datetime
    evidence: Evidence
    confidence: Confidence = Confidence.DOUBTFUL
    door_at: datetime | None = None
    approached: bool = False
    from_outside: bool = False
    stirred_at: datetime | None = None
    arrived_at: datetime | None = None
    passed_at: datetime | None = None
    visit: Visit | None = None
    resting: Resting | None = None
    pet_days: tuple[int, ...] = ()
    due: datetime = NEVER
