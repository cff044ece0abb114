"""Smoke, gas, carbon monoxide, leaking water; and a sensor that somebody has opened or taken off the wall.

Theory of operation
-------------------
These are levels: the rise raises, the fall clears, repeats are nothing. Nothing is remembered here, since the
device's own levels hold when each rose, and the key is made of that. Smoke, gas and carbon monoxide concern a
life; water should be looked at soon; a tampered sensor is a fault of the watch. A fall of the level never closes
an alert by itself: the lifecycle keeps it until a person has looked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


class _Telling(NamedTuple):
    kind: AlertKind
    severity: Severity
    raised: Reason
    cleared: Reason


_TELLINGS = {
    Kind.SMOKE: _Telling(AlertKind.HAZARD, Severity.EMERGENCY, Reason.SMOKE, Reason.HAZARD_OVER),
    Kind.GAS: _Telling(AlertKind.HAZARD, Severity.EMERGENCY, Reason.GAS, Reason.HAZARD_OVER),
    Kind.CARBON_MONOXIDE: _Telling(AlertKind.HAZARD, Severity.EMERGENCY, Reason.CARBON_MONOXIDE, Reason.HAZARD_OVER),
    Kind.WATER_LEAK: _Telling(AlertKind.HAZARD, Severity.WARNING, Reason.WATER_LEAK, Reason.HAZARD_OVER),
    Kind.TAMPER: _Telling(AlertKind.TAMPER, Severity.FAULT, Reason.TAMPERED, Reason.TAMPER_OVER),
}


def show(_home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a hazard's reading, and the hazard that began or ended."""
    if not (seen.rose or seen.fell):
        return state, ()
    reading = seen.reading
    telling = _TELLINGS[reading.kind]
    since = seen.at if seen.rose else seen.before.levels[reading.kind]
    found = Detection(
        key=f"{telling.raised}:{reading.device_id}:{since.isoformat()}",
        kind=telling.kind,
        phase=Phase.RAISED if seen.rose else Phase.CLEARED,
        severity=telling.severity,
        subject=reading.device_id,
        since=since,
        at=seen.at,
        reason=telling.raised if seen.rose else telling.cleared,
        device=reading.device_id,
        evidence={"device": reading.device_id, "room": seen.device.room},
    )
    if seen.fell:
        found.evidence["hazard"] = telling.raised.value
        found.evidence["lasted_s"] = (seen.at - since).total_seconds()
    return state, (found,)
