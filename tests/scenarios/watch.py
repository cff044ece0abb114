"""One home under watch, for tests: says what its sensors say at local times, and writes down what is told, as lines.

Times are written "day HH:MM:SS" on the wall clock of a home in Shanghai; day 1 is 2 March 2026. A line is
"day HH:MM:SS raised|cleared kind reason [subject] since day HH:MM:SS", the first time being the moment of noticing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from devices.reading import VALUE_TYPES, Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.home import Device, Home, Limits, Role

if TYPE_CHECKING:
    from alerts.model import Detection

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)

LIMITS = Limits(
    inactivity_day_s=21600.0,
    inactivity_night_s=36000.0,
    inactivity_floor_s=43200.0,
    away_after_s=900.0,
    door_open_day_s=1800.0,
    door_open_night_s=600.0,
    out_at_night_s=1800.0,
    away_long_s=86400.0,
    fall_maybe_s=30.0,
    fall_up_s=120.0,
    silence_factor=2.0,
    silence_cap_s=604800.0,
    bridge_silence_s=180.0,
    bridge_replay_s=15.0,
    station_silence_s=170.0,
    spare_silence_s=17700.0,
    sos_burst_s=10.0,
    battery_low_percent=15.0,
    countdown_s=30.0,
    trial_window_s=60.0,
    trial_confirm_s=60.0,
    trial_every_days=0.0,
    trial_grace_days=7.0,
    mains_loss_s=20.0,
    unseen_limit_s=0.0,
    false_alarms_a_month=1.0,
    bathroom_long_s=3600.0,
    out_of_bed_s=2700.0,
)
"""Fixed here, so that tuning a default moves no test; patient with silent devices."""

DEVICES = (
    Device(id="door", role=Role.ENTRANCE, room="hall"),
    Device(id="hall", role=Role.MOTION, room="hall"),
    Device(id="living", role=Role.MOTION, room="living"),
    Device(id="kitchen", role=Role.MOTION, room="kitchen"),
    Device(id="bedroom", role=Role.MOTION, room="bedroom"),
    Device(id="bed", role=Role.BED, room="bedroom"),
    Device(id="sofa", role=Role.SEAT, room="living"),
    Device(id="fridge", role=Role.INNER_DOOR, room="kitchen"),
    Device(id="tap", role=Role.ACTIVITY, room="bathroom"),
    Device(id="radar", role=Role.FALL, room="bathroom"),
    Device(id="belt", role=Role.FALL),
    Device(id="pendant", role=Role.SOS),
    Device(id="cord", role=Role.SOS, room="bathroom"),
    Device(id="smoke", role=Role.HAZARD, room="kitchen"),
    Device(id="leak", role=Role.HAZARD, room="bathroom"),
)
"""A furnished home; none of its devices has a report interval."""

KINDS = {
    Role.ENTRANCE: Kind.CONTACT,
    Role.INNER_DOOR: Kind.CONTACT,
    Role.MOTION: Kind.MOTION,
    Role.PRESENCE: Kind.PRESENCE,
    Role.SEAT: Kind.PRESENCE,
    Role.BED: Kind.BED,
    Role.ACTIVITY: Kind.ACTIVITY,
    Role.FALL: Kind.FALL,
    Role.SOS: Kind.SOS,
    Role.BRIDGE: Kind.BRIDGE,
}
"""What a device of each role says when a test does not name the kind."""


WORDS = {
    **dict.fromkeys(("opens", "moves", "filled", "on", "online", "up"), True),
    **dict.fromkeys(("closes", "still", "empty", "off", "offline", "down"), False),
}
"""What levels say, in words that read well."""


def home(*ids: str, extra: tuple[Device, ...] = (), **limits: float) -> Home:
    """The furnished home, or only some of its devices, patient with silent ones, with other limits where given."""
    chosen = [device for device in DEVICES if not ids or device.id in ids]
    return Home(
        timezone=SHANGHAI,
        day_starts=time(6),
        night_starts=time(22),
        devices={device.id: device for device in (*chosen, *extra)},
        limits=replace(LIMITS, **limits),
    )


def when(moment: str) -> datetime:
    """The instant that "day HH:MM:SS" names (aware UTC)."""
    day, clock = moment.split()
    local = datetime.combine(FIRST_DAY + timedelta(days=int(day) - 1), time.fromisoformat(clock), SHANGHAI)
    return local.astimezone(UTC)


def moment(at: datetime) -> str:
    """The name of an instant, as `when` reads it."""
    local = at.astimezone(SHANGHAI)
    days = (local.date() - FIRST_DAY.date()).days + 1
    return f"{days} {local:%H:%M:%S}"


def line(found: Detection) -> str:
    """A detection as one line."""
    subject = "" if found.subject == "resident" else f" {found.subject}"
    return f"{moment(found.at)} {found.phase} {found.kind} {found.reason}{subject} since {moment(found.since)}"


class Watch:
    """A home under watch.

    Args:
        home: the home; the furnished one by default.
        begins: when the watch begins.
    """

    def __init__(self, home_: Home | None = None, begins: str = "1 08:00:00") -> None:
        self.home = home_ or home()
        self.state = pipeline.start(self.home, when(begins))
        self.found: list[Detection] = []

    @property
    def lines(self) -> list[str]:
        """Everything told so far."""
        return [line(found) for found in self.found]

    @property
    def place(self) -> str:
        """Where she is, since when, and from what."""
        presence = self.state.presence
        return f"{presence.place} since {moment(presence.since)}: {presence.evidence}"

    def until(self, moment_: str) -> list[str]:
        """Let time pass as the gateway does, which looks whenever something is due; what is told meanwhile."""
        before, end = len(self.found), when(moment_)
        while (due := pipeline.next_due(self.state)) is not None and due < end:
            self._step(Tick(at=due))
        self._step(Tick(at=end))
        return self.lines[before:]

    def hears(
        self,
        moment_: str,
        device: str,
        value: str | float,
        kind: Kind | None = None,
        *,
        sequence: int | None = None,
        origin: str = "",
    ) -> list[str]:
        """Hear a reading after the box has been off until then; what is told.

        Args:
            moment_: when.
            device: which device.
            value: what it says; one of `WORDS` for a level.
            kind: the reading's kind; by default the usual one of the device's role.
            sequence: as in `Reading`.
            origin: as in `Reading`.
        """
        before = len(self.found)
        kind = kind or KINDS[self.home.devices[device].role]
        said = WORDS[str(value)] if VALUE_TYPES[kind] is bool else value
        self._step(Reading(device_id=device, kind=kind, value=said, at=when(moment_), sequence=sequence, origin=origin))
        return self.lines[before:]

    def takes(self, reading: Reading) -> list[str]:
        """Hear a reading as it is, whoever it is of; what is told."""
        before = len(self.found)
        self._step(reading)
        return self.lines[before:]

    def says(
        self,
        moment_: str,
        device: str,
        value: str | float,
        kind: Kind | None = None,
        *,
        sequence: int | None = None,
        origin: str = "",
    ) -> list[str]:
        """Let time pass until then and hear a reading, as `hears`; what is told."""
        return [*self.until(moment_), *self.hears(moment_, device, value, kind, sequence=sequence, origin=origin)]

    def moves(self, moment_: str, device: str = "living") -> list[str]:
        """Somebody moves before a motion sensor for half a minute; what is told."""
        later = moment(when(moment_) + timedelta(seconds=30))
        return [*self.says(moment_, device, "moves"), *self.says(later, device, "still")]

    def passes(self, moment_: str, door: str = "door") -> list[str]:
        """Somebody goes through the entrance: it opens, and closes six seconds later; what is told."""
        later = moment(when(moment_) + timedelta(seconds=6))
        return [*self.says(moment_, door, "opens"), *self.says(later, door, "closes")]

    def play(self, script: str, until: str) -> list[str]:
        """Hear a whole script, one "day HH:MM:SS device word [kind]" a line, and let time pass; all that was told."""
        for said in filter(None, map(str.strip, script.splitlines())):
            day, clock, device, word, *kind = said.split()
            self.says(f"{day} {clock}", device, float(word) if word[0].isdigit() else word, *map(Kind, kind))
        self.until(until)
        return self.lines

    def _step(self, event: Reading | Tick) -> None:
        self.state, found = pipeline.step(self.home, self.state, event)
        self.found += found
