"""The mains are gone: what the battery still has, and that it will soon be empty.

Theory of operation
-------------------
That the box runs on its battery is a trouble of the part "gateway/mains" like any other (`trouble`): it has its
patience, its alert and its end. What is different is kept here. Readings of the device "gateway/ups" tell the
battery's charge (`BATTERY`) and how long it will last (`RUNTIME`) before the mains' own reading, so that whoever is
told of the loss is told the remaining time too, after a restart as well. And when the reserve is reached
(`BATTERY_LOW`) the box is about to end itself: the same alert is told again, at once, whether or not the loss was
told before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection import trouble
from gateway.detection.changing import replace
from gateway.detection.parts import MAINS
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from alerts.model import Detection
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsState:
    """What is known of the box's own battery.

    Args:
        percent: its charge; None where that was never told.
        runtime_s: how long it lasted by the latest word; None where that was never told.
        ending: its reserve is reached: the box ends itself.
    """

    percent: float | None = None
    runtime_s: float | None = None
    ending: bool = False

    def evidence(self) -> dict[str, float]:
        """What people are told of it."""
        told = {"percent": self.percent, "runtime_s": self.runtime_s}
        return {name: value for name, value in told.items() if value is not None}


def show(_home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a word about the battery, and that it is nearly empty."""
    mine, value = state.mains, seen.reading.value
    match seen.reading.kind:
        case Kind.BATTERY:
            return replace(state, mains=replace(mine, percent=float(value))), ()
        case Kind.RUNTIME:
            return replace(state, mains=replace(mine, runtime_s=float(value))), ()
        case Kind.BATTERY_LOW if bool(value) is not mine.ending:
            state = replace(state, mains=replace(mine, ending=bool(value)))
            return _end(state, seen) if value else (state, ())
    return state, ()


def _end(state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    outage = state.trouble.down.get(MAINS)
    if outage is None:
        return state, ()
    if outage.key:
        told = replace(outage, key=f"{outage.key}:ending")  # a further occurrence of the alert that is open
    else:
        state, told = trouble.tell_now(state, MAINS, outage)
    facts: dict[str, str | float] = {"part": "mains", **state.mains.evidence()}
    return state, (trouble.raised(MAINS, told, seen.at, Reason.BATTERY_ENDING, facts),)
