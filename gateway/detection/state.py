"""Everything the box believes, as one immutable value: the sum of what each detector remembers."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - snapshots resolve the annotations at run time
from typing import NamedTuple

from gateway.detection.battery import BatteryState
from gateway.detection.coverage_told import CoverageState
from gateway.detection.door import DoorState
from gateway.detection.emergency import EmergencyState
from gateway.detection.fall_episode import FallState
from gateway.detection.hearing import DeviceState  # noqa: TC001 - as above
from gateway.detection.inactivity import InactivityState  # noqa: TC001 - as above
from gateway.detection.mains import MainsState
from gateway.detection.outing import OutingState
from gateway.detection.presence import Place, Presence
from gateway.detection.profile import Profile  # noqa: TC001 - as above
from gateway.detection.proof import ProofState
from gateway.detection.routine import RoutineState
from gateway.detection.signs import Sign  # noqa: TC001 - as above
from gateway.detection.silence import SilenceState  # noqa: TC001 - as above
from gateway.detection.trial import TrialState
from gateway.detection.trouble import TroubleState
from gateway.detection.weak import WeakState


class State(NamedTuple):
    """What the box believes; a tuple, since one in which little has changed is made for every reading.

    Args:
        at: the time of the latest reading; never goes back. Ticks do not move it, so that losing one changes nothing.
        started: when the watch began.
        next_due: when time alone may next change anything; until then one comparison answers a tick.
        devices: what is known of each device that has spoken, by id.
        last_sign: the latest sign of life; None before the first.
        presence, emergency, fall, inactivity, door, outing, battery, silence, trouble, trial, proof, mains,
            coverage: what each detector remembers.
        profile: what is usual for this person.
        routine: what she does when, by the day.
        weak: which sensors count for less.
    """

    at: datetime
    devices: dict[str, DeviceState]
    last_sign: Sign | None
    profile: Profile
    started: datetime
    next_due: datetime
    presence: Presence
    inactivity: InactivityState
    silence: SilenceState
    emergency: EmergencyState = EmergencyState()
    fall: FallState = FallState()
    door: DoorState = DoorState()
    outing: OutingState = OutingState()
    battery: BatteryState = BatteryState()
    trouble: TroubleState = TroubleState()
    trial: TrialState = TrialState()
    proof: ProofState = ProofState()
    mains: MainsState = MainsState()
    coverage: CoverageState = CoverageState()
    routine: RoutineState = RoutineState()
    weak: WeakState = WeakState()

    def remembering(
        self, at: datetime, devices: dict[str, DeviceState], last_sign: Sign | None, profile: Profile
    ) -> State:
        """The same after one more reading; the first four fields are what it changes."""
        return tuple.__new__(State, (at, devices, last_sign, profile, *self[4:]))

    @property
    def quiet_since(self) -> datetime:
        """Since when silence has been unexplained: the last sign, or the moment her being out came into doubt."""
        last = self.started if self.last_sign is None else self.last_sign.at
        return max(last, self.presence.since) if self.presence.place is Place.UNKNOWN else last
